# shellcheck shell=bash
# Readiness of stores and services: checking it, and waiting for it with progress on the terminal.

is_ready() {
    case " $STORES " in
        *" $1 "*) "ready_$1" ;;
        *) ready_service "$1" ;;
    esac
}

# wait_ready PROGRAM SECONDS: one line a part; when it takes too long, the end of its log.
wait_ready() {
    local program=$1 patience=$2 began=$SECONDS asked=0
    printf '  %-18s %-16s ' "$program" "$(address_of "$program")"
    until is_ready "$program"; do
        if [[ $((SECONDS - began)) -ge $patience ]]; then
            printf 'not ready\n'
            printf '\nThe last lines of %s:\n' "$LOGS/$program.log" >&2
            tail -n 20 "$LOGS/$program.log" >&2 2>/dev/null || true
            fail "$program did not become ready within $patience seconds"
        fi
        sleep 0.2
        asked=$((asked + 1))
        [[ $((asked % 5)) -ne 0 ]] || printf '.'
    done
    printf ' ready (%s s)\n' "$((SECONDS - began))"
}
