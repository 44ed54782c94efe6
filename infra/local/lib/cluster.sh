# shellcheck shell=bash
# The whole cluster: its home, up, down and reset.

make_home() {
    if supervisor_runs && [[ $(saved MATCHA_PORT_BASE) != "$BASE" || $(saved MATCHA_PORT) != "$PUBLIC_PORT" ]]; then
        fail "it already runs on ports from $(saved MATCHA_PORT_BASE) (site: $(saved MATCHA_PORT)); 'make down' before choosing others"
    fi
    mkdir -p "$MATCHA_HOME" "$LOGS" "$RUN"
    # Others may pass (the stores' users must) but not look around.
    chmod 711 "$MATCHA_HOME"
    chmod 700 "$LOGS"
    write_environment
    make_keys
    prepare_stores
}

# Adds the services to the running stores, in any order: each waits for what it needs.
start_services() {
    local program running new
    running=" $(program_states | awk '$2 == "RUNNING" || $2 == "STARTING" { print $1 }' | tr '\n' ' ')"
    new=
    for program in $(service_programs); do
        [[ -x $(service_binary "$program") ]] || fail "$(service_binary "$program") is not built; 'make up' builds it"
        case $running in *" $program "*) ;; *) new="$new $program" ;; esac
    done
    # shellcheck disable=SC2086 # a list of names
    check_ports $new
    write_supervisor_config "$(service_programs)"
    update_supervisor
    # shellcheck disable=SC2046
    start_stopped $(service_programs)
    for program in $(service_programs); do wait_ready "$program" 90; done
}

command_up() {
    local option build=yes seed=yes
    for option in "$@"; do
        case $option in
            --no-build) build=no ;;
            --no-seed) seed=no ;;
            *) fail "up does not know '$option'" ;;
        esac
    done
    # Who builds nothing needs nothing to build with.
    if [[ $build == yes ]]; then
        install_packages build
        check_toolchains
    else
        install_packages
    fi
    take_lock
    if [[ $build == yes ]]; then
        build_services
        build_web
    fi
    step "starting the stores"
    start_stores
    step "starting the services"
    start_services
    [[ $seed == no ]] || seed_once
    cat <<TEXT

matcha runs.

  the site        http://localhost:$PUBLIC_PORT
  sign in as      demo, with the password $DEMO_PASSWORD (a synthetic member)
  the interfaces  http://localhost:$PUBLIC_PORT/api/docs

  make status     what runs, and how large it is
  make logs S=rating
  make help       all the rest
TEXT
}

command_down() {
    local pid waited=0
    if [[ ! -d $MATCHA_HOME ]]; then
        say "there is no cluster in $MATCHA_HOME"
        return 0
    fi
    take_lock
    if supervisor_runs; then
        pid=$(cat "$SUPERVISOR_PID")
        say "stopping everything in $MATCHA_HOME"
        supervisor_says shutdown >/dev/null
        while kill -0 "$pid" 2>/dev/null && [[ $waited -lt 600 ]]; do
            sleep 0.2
            waited=$((waited + 1))
        done
        # It holds no data itself, and its programs are ended next.
        if kill -KILL "$pid" 2>/dev/null; then say "the supervisor hung; killed it"; fi
    fi
    end_leftovers
    rm -f "$RUN"/*.pid "$(supervisor_socket)"
    rmdir "/tmp/matcha-$(id -u)-$(printf '%s' "$MATCHA_HOME" | checksum)" 2>/dev/null || true
    say "nothing of $MATCHA_HOME runs any more"
}

# Deletes what infra/local made, by name: a wrong MATCHA_HOME must not cost anybody a folder.
command_reset() {
    local answer name target
    [[ -d $MATCHA_HOME ]] || fail "there is no cluster in $MATCHA_HOME"
    if [[ ${YES:-} != 1 ]]; then
        printf 'Delete all data of the cluster in %s? [y/N] ' "$MATCHA_HOME"
        read -r answer || answer=
        [[ $answer == [yY]* ]] || fail "nothing was deleted (YES=1 answers for you)"
    fi
    command_down
    for name in postgres redis rabbitmq etcd; do
        if [[ -L $MATCHA_HOME/$name ]]; then
            target=$(readlink "$MATCHA_HOME/$name")
            if [[ $target == /var/lib/matcha-*/"$name" ]]; then
                rm -rf "$target"
                rmdir "$(dirname "$target")" 2>/dev/null || true
            fi
            rm -f "$MATCHA_HOME/$name"
        fi
        rm -rf "${MATCHA_HOME:?}/$name"
    done
    rm -rf "$LOGS" "$KEYS" "$RUN" "$MATCHA_HOME/model"
    rm -f "$ENV_FILE" "$SEEDED" "$SUPERVISOR_CONF" "$MATCHA_HOME/replicas" "$MATCHA_HOME/supervisor.sock" "$MATCHA_HOME/lock"
    rmdir "$MATCHA_HOME" 2>/dev/null || say "kept in $MATCHA_HOME: $(ls -A "$MATCHA_HOME")"
    say "all data is gone"
}
