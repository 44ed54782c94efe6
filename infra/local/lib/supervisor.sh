# shellcheck shell=bash
# The supervisor (supervisord) owns every process of the cluster. Here are its configuration and the talk with it.

SUPERVISOR_CONF=$MATCHA_HOME/supervisord.conf
SUPERVISOR_PID=$RUN/supervisord.pid

# A socket's path may have about 100 characters; a deep checkout gets a private folder in /tmp.
supervisor_socket() {
    local path=$MATCHA_HOME/supervisor.sock folder
    if [[ ${#path} -gt 85 ]]; then
        folder=/tmp/matcha-$(id -u)-$(printf '%s' "$MATCHA_HOME" | checksum)
        [[ -d $folder ]] || mkdir -m 700 "$folder"
        [[ -O $folder ]] || fail "$folder belongs to somebody else"
        path=$folder/supervisor.sock
    fi
    echo "$path"
}

supervisor_runs() { [[ -s $SUPERVISOR_PID ]] && kill -0 "$(cat "$SUPERVISOR_PID")" 2>/dev/null && supervisor_says pid >/dev/null; }

supervisor_says() { supervisorctl -c "$SUPERVISOR_CONF" "$@"; }

# Names and states of all programs; empty when nothing runs. (supervisorctl's exit code tells of stopped ones: not of interest.)
program_states() {
    supervisor_runs || return 0
    supervisor_says status 2>/dev/null | awk '{ print $1, $2 }' || true
}

# programs_named rating: rating-1 and rating-2; rating-1 is itself.
programs_named() {
    local found
    found=$(program_states | awk -v name="$1" '$1 == name || $1 ~ ("^" name "-[0-9]+$") { print $1 }')
    [[ -n $found ]] || fail "no program is called '$1'; 'make status' lists them"
    echo "$found"
}

# Tells one build of a binary from the next without reading its hundred megabytes (GNU's stat, then BSD's).
version_of() { stat -c '%Y %s %i' "$1" 2>/dev/null || stat -f '%m %z %i' "$1"; }

# Changes when what the program runs or reads has changed; the supervisor then restarts it, and only it.
stamp_of() {
    local program=$1 folder=$MATCHA_HOME/$1 lib=$ROOT/infra/local/lib
    case $program in
        postgres) cat "$lib/postgres.sh" "$folder/data/postgresql.conf" "$folder/data/pg_hba.conf" ;;
        redis) cat "$lib/redis.sh" "$folder/redis.conf" ;;
        rabbitmq) cat "$lib/rabbitmq.sh" "$folder/rabbitmq.conf" ;;
        epmd) port_of epmd ;;
        etcd) cat "$lib/etcd.sh" && port_of etcd ;;
        *)
            cat "$lib/services.sh" "$ENV_FILE"
            version_of "$(service_binary "$program")"
            [[ ! -f $MATCHA_HOME/env.local ]] || cat "$MATCHA_HOME/env.local"
            ;;
    esac | checksum
}

# `%` opens a variable in the supervisor's configuration.
escaped() { printf '%s' "${1//%/%%}"; }

program_section() {
    local program=$1 priority=$2 signal=$3 patience=$4
    cat <<TEXT

[program:$program]
command=bash infra/local/matcha run $program
environment=STAMP="$(stamp_of "$program")"
priority=$priority
stopsignal=$signal
stopwaitsecs=$patience
killasgroup=true
stdout_logfile=$(escaped "$LOGS")/$program.log
redirect_stderr=true
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=2
autostart=true
autorestart=true
startsecs=1
; A store or service that was killed comes back however often that happens; the pause grows by a second each time.
startretries=1000000
TEXT
}

write_supervisor_config() {
    local program services=$1
    {
        cat <<TEXT
; Written by infra/local.
[unix_http_server]
file=$(escaped "$(supervisor_socket)")
chmod=0700

[supervisord]
logfile=$(escaped "$LOGS")/supervisord.log
logfile_maxbytes=5MB
logfile_backups=1
pidfile=$(escaped "$SUPERVISOR_PID")
directory=$(escaped "$ROOT")
identifier=matcha
$(is_root && echo user=root)

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://$(escaped "$(supervisor_socket)")
TEXT
        # Postgres ends fast at INT (at TERM it would wait for its clients). Lower priorities start first and stop last.
        program_section postgres 10 INT 30
        program_section redis 10 TERM 15
        program_section etcd 10 TERM 15
        program_section epmd 11 TERM 5
        program_section rabbitmq 12 TERM 40
        for program in $services; do program_section "$program" "$(service_priority "$program")" TERM 15; done
    } | write_file "$SUPERVISOR_CONF" 600 "$(id -un)"
}

# Starts the supervisor with the stores, or brings a running one up to date without touching the services.
start_supervisor() {
    local services limit
    if supervisor_runs; then
        services=$(program_states | awk -v stores=" $STORES " 'index(stores, " " $1 " ") == 0 { print $1 }')
        write_supervisor_config "$services"
        update_supervisor
    else
        end_leftovers
        # shellcheck disable=SC2086 # a list of names
        check_ports $STORES
        write_supervisor_config ""
        # Brokers and gateways hold many connections; 1,024 files, the usual soft limit, are too few.
        limit=$(ulimit -Hn)
        [[ $limit != unlimited && $limit -lt 65536 ]] || limit=65536
        (
            ulimit -n "$limit"
            # A clean environment: what happens to be set in this shell must not change how a service behaves.
            exec env -i PATH="$PATH" HOME="$HOME" LANG=C.UTF-8 MATCHA_HOME="$MATCHA_HOME" \
                supervisord -c "$SUPERVISOR_CONF" 9>&- </dev/null
        ) || fail "the supervisor does not start: $(tail -n 5 "$LOGS/supervisord.log" 2>/dev/null)"
    fi
    # shellcheck disable=SC2086
    start_stopped $STORES
}

# Adds, removes and restarts what the configuration changed, and says so.
update_supervisor() {
    supervisor_says update | grep -v '^$' || true
}

# start_stopped PROGRAM...: those of them that somebody stopped.
start_stopped() {
    local program state
    while read -r program state; do
        case " $* " in *" $program "*) ;; *) continue ;; esac
        case $state in
            STOPPED | EXITED | FATAL) supervisor_says start "$program" ;;
        esac
    done < <(program_states)
}
