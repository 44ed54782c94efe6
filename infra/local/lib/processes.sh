# shellcheck shell=bash
# Which processes are ours, even when the supervisor is gone: each program notes its pid and start time before it begins.

# Tells a process from a later one that was given the same pid.
started_at() {
    if [[ -d /proc/self ]]; then
        [[ -r /proc/$1/stat ]] && sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 20
    else
        ps -o lstart= -p "$1" | awk '{ $1 = $1; print }'
    fi
}

# What the supervisor calls as `matcha run PROGRAM`; it ends in an exec, so the pid noted is the program's.
run_program() {
    printf '%s %s\n' "$$" "$(started_at $$)" >"$RUN/$1.pid"
    case " $STORES " in
        *" $1 "*) "run_$1" ;;
        *) run_service "$1" ;;
    esac
}

# Lines "program pid" of all that lives of the programs and their process groups.
leftovers() {
    local file program pid started
    for file in "$RUN"/*.pid; do
        [[ -f $file && $file != "$SUPERVISOR_PID" ]] || continue
        program=$(basename "$file" .pid)
        read -r pid started <"$file" || continue
        if kill -0 "$pid" 2>/dev/null && [[ $(started_at "$pid") != "$started" ]]; then continue; fi
        # A zombie has ended; it only waits for its parent.
        ps -eo pid=,pgid=,stat= | awk -v group="$pid" -v program="$program" '$2 == group && $3 !~ /^Z/ { print program, $1 }'
    done
}

# Ends what a killed supervisor or a crashed `down` left behind: politely, then not.
end_leftovers() {
    local left program pid waited=0
    left=$(leftovers)
    [[ -n $left ]] || return 0
    say "still running from before: $(echo "$left" | awk '{ printf "%s (%s) ", $1, $2 }')"
    while read -r program pid; do
        # At TERM Postgres would wait for its clients.
        if [[ $program == postgres ]]; then kill -INT "$pid"; else kill -TERM "$pid"; fi 2>/dev/null || true
    done <<<"$left"
    until [[ -z $(leftovers) ]]; do
        sleep 0.5
        waited=$((waited + 1))
        if [[ $waited -eq 20 ]]; then
            while read -r program pid; do
                say "$program ($pid) does not end; killing it"
                kill -KILL "$pid" 2>/dev/null || true
            done < <(leftovers)
        fi
        [[ $waited -lt 40 ]] || fail "these processes cannot be ended: $(leftovers)"
    done
}
