# shellcheck shell=bash
# Looking at the running cluster, and hurting it: status, logs, stop, start, restart, kill, scale.

must_run() { supervisor_runs || fail "nothing runs in $MATCHA_HOME; 'make up' starts it"; }

# Lines "root pid" for each given root process and all its descendants.
process_trees() {
    ps -eo pid=,ppid= | awk -v roots="$*" '
        { parent[$1] = $2 }
        END {
            count = split(roots, list, " ")
            for (i = 1; i <= count; i++) wanted[list[i]] = 1
            for (pid in parent) {
                at = pid
                while (at in parent && !(at in wanted)) at = parent[at]
                if (at in wanted) print at, pid
            }
        }'
}

# Kilobytes. Postgres' processes share memory: where Linux tells, each counts its share only once.
memory_of() {
    local pss=
    pss=$(awk '/^Pss:/ { print $2 }' "/proc/$1/smaps_rollup" 2>/dev/null || true)
    echo "${pss:-$(ps -o rss= -p "$1" | tr -d ' ' || true)}"
}

command_status() {
    local states roots program state pid root child kb total=0 trees ready
    must_run
    states=$(supervisor_says status 2>/dev/null | awk '{ gsub(",", "", $4); print $1, $2, ($3 == "pid" ? $4 : "-") }' || true)
    roots="$(awk '$3 != "-" { print $3 }' <<<"$states") $(cat "$SUPERVISOR_PID")"
    # shellcheck disable=SC2086 # a list of pids; the supervisor's own children count as themselves
    trees=$(process_trees $roots | while read -r root child; do echo "$root $(memory_of "$child")"; done |
        awk '{ sum[$1] += $2 } END { for (root in sum) print root, sum[root] }')
    printf '%-18s %-9s %8s %8s  %-10s %s\n' PROGRAM STATE PID MB READY ADDRESS
    while read -r program state pid; do
        kb=$(awk -v root="$pid" '$1 == root { print $2 }' <<<"$trees")
        total=$((total + ${kb:-0}))
        ready=no
        if is_ready "$program" 2>/dev/null; then ready=yes; fi
        printf '%-18s %-9s %8s %8s  %-10s %s\n' "$program" "$state" "$pid" "$((${kb:-0} / 1024))" "$ready" "$(address_of "$program")"
    done <<<"$states"
    kb=$(awk -v root="$(cat "$SUPERVISOR_PID")" '$1 == root { print $2 }' <<<"$trees")
    total=$((total + ${kb:-0}))
    printf '%-18s %-9s %8s %8s\n' supervisor RUNNING "$(cat "$SUPERVISOR_PID")" "$((${kb:-0} / 1024))"
    printf '%-18s %-9s %8s %8s\n' total '' '' "$((total / 1024))"
}

command_logs() {
    local name=${1:-} program files=()
    if [[ -z $name ]]; then
        files=("$LOGS"/*.log)
    else
        for program in "$LOGS/$name.log" "$LOGS/$name"-[0-9]*.log; do
            [[ -f $program ]] && files+=("$program")
        done
    fi
    [[ ${#files[@]} -gt 0 && -f ${files[0]} ]] || fail "there is no log of '$name' in $LOGS"
    if [[ ${FOLLOW:-yes} == no ]]; then exec tail -n 40 "${files[@]}"; else exec tail -n 20 -F "${files[@]}"; fi
}

# stop, start, restart and kill differ in one word.
tell_programs() {
    local names
    must_run
    names=$(programs_named "$1")
    shift
    # shellcheck disable=SC2086 # a list of names
    supervisor_says "$@" $names
}

name_needed() { [[ -n ${1:-} ]] || fail "which one? For example: make $2 S=rating-1"; }

command_stop() {
    name_needed "${1:-}" stop
    tell_programs "$1" stop
}

command_start() {
    local program
    name_needed "${1:-}" start
    tell_programs "$1" start
    for program in $(programs_named "$1"); do wait_ready "$program" 60; done
}

command_restart() {
    local program
    name_needed "${1:-}" restart
    tell_programs "$1" restart
    for program in $(programs_named "$1"); do wait_ready "$program" 60; done
}

command_kill() {
    name_needed "${1:-}" kill
    tell_programs "$1" signal "${2:-KILL}"
}

command_scale() {
    local service=${1:-} count=${2:-}
    case " $REPLICATED " in
        *" $service "*) ;;
        *) fail "these have replicas: $REPLICATED. For example: make scale S=rating N=3" ;;
    esac
    [[ $count =~ ^[1-9]$ ]] || fail "the number of replicas goes from 1 to 9"
    take_lock
    must_run
    touch "$MATCHA_HOME/replicas"
    { grep -v "^$service=" "$MATCHA_HOME/replicas" || true; echo "$service=$count"; } >"$MATCHA_HOME/replicas.new"
    mv "$MATCHA_HOME/replicas.new" "$MATCHA_HOME/replicas"
    start_services
}
