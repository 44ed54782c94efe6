# shellcheck shell=bash
# matcha's own processes: which there are, with what environment each starts, and when it is ready.

REPLICATED="user movie rating recommendation"

# How many replicas; `scale` writes the file, so the answer lasts.
replicas_of() {
    local count=
    [[ ! -f $MATCHA_HOME/replicas ]] || count=$(sed -n "s/^$1=//p" "$MATCHA_HOME/replicas")
    if [[ -z $count ]]; then
        # Two where losing one must not be felt; killing a replica is a test.
        case $1 in
            rating | recommendation) count=2 ;;
            *) count=1 ;;
        esac
    fi
    echo "$count"
}

service_programs() {
    local service number
    for service in $REPLICATED; do
        for number in $(seq 1 "$(replicas_of "$service")"); do echo "$service-$number"; done
    done
    echo trainer
    echo gateway
}

service_priority() { if [[ $1 == gateway ]]; then echo 30; else echo 20; fi; }

# The crate behind a program: rating-2 is a rating, the trainer a recommendation.
service_of() { if [[ $1 == trainer ]]; then echo recommendation; else echo "${1%-*}"; fi; }

service_binary() { echo "$ROOT/target/release/matcha-$(service_of "$1")"; }

# A service gets the address of its own database only; roles keep the others shut as well.
forget_foreign_secrets() {
    unset POSTGRES_SUPERUSER_URL POSTGRES_PASSWORD REDIS_PASSWORD RABBITMQ_PASSWORD
    unset USER_DATABASE_PASSWORD MOVIE_DATABASE_PASSWORD RATING_DATABASE_PASSWORD
    [[ $1 == user ]] || unset USER_DATABASE_URL
    [[ $1 == movie ]] || unset MOVIE_DATABASE_URL
    [[ $1 == rating ]] || unset RATING_DATABASE_URL
    [[ $1 == recommendation || $1 == trainer ]] || unset REDIS_URL
    [[ $1 != gateway ]] || unset AMQP_URL
    unset KEYS_DIR
}

# The environment of one program; what it must not know is gone from it.
enter_service() {
    local program=$1 service port admin
    service=$(service_of "$program")
    port=$(port_of "$program")
    load_environment
    export INSTANCE=$program
    if [[ -n $port ]]; then
        admin=$(admin_port_of "$program")
        export LISTEN=127.0.0.1:$port ADMIN_LISTEN=127.0.0.1:$admin
    fi
    export ENVIRONMENT=${ENVIRONMENT:-development}
    export LOG_FORMAT=${LOG_FORMAT:-pretty}
    # Large blocks (hashing a password takes 19 MB) go back to the system when they are freed, instead of staying for ever.
    export MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=262144 MALLOC_TRIM_THRESHOLD_=1048576
    # Replicas share the machine's cores: a second worker in each would mostly wake and be woken. On two cores one worker each
    # halves the time from a rating to its prediction under load (`make bench`).
    export TOKIO_WORKER_THREADS=${TOKIO_WORKER_THREADS:-1}
    # No colours in files.
    export NO_COLOR=1
    export INTERNAL_KEY=$KEYS/$service.key.pem
    case $service in
        user) export ACCESS_KEY=$KEYS/access.key.pem ;;
        gateway)
            export SITE_DIR=${SITE_DIR:-$ROOT/web/build}
            export TRUSTED_PROXIES=${TRUSTED_PROXIES:-}
            ;;
    esac
    forget_foreign_secrets "$service"
}

run_service() {
    enter_service "$1"
    if [[ $1 == trainer ]]; then
        # Training takes whatever is left: nobody waits for it, and everybody waits for the services.
        exec nice -n 15 "$(service_binary "$1")" train --watch
    else
        exec "$(service_binary "$1")"
    fi
}

# A service's own commands for operators, such as `matcha tool rating dead-letters list`.
command_tool() {
    local service=${1:-}
    [[ $# -ge 2 && -x $(service_binary "$service-0") ]] || fail "which service, and what? For example: tool rating dead-letters list"
    shift
    enter_service "$service-0"
    exec "$(service_binary "$service-0")" "$@"
}

ready_service() {
    if [[ $1 == trainer ]]; then
        program_states | grep -qx 'trainer RUNNING'
    else
        curl --silent --fail --max-time 1 --output /dev/null "http://127.0.0.1:$(admin_port_of "$1")/readyz"
    fi
}
