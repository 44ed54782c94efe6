# shellcheck shell=bash
# RabbitMQ with an Erlang port mapper (epmd) of its own: the machine's would be shared, and would outlive `down`.

# The real script, not Debian's wrapper, which would run it as a child of `su`.
rabbitmq_server() {
    local path
    for path in /usr/lib/rabbitmq/bin/rabbitmq-server /opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server \
        /usr/local/opt/rabbitmq/sbin/rabbitmq-server; do
        if [[ -x $path ]]; then
            echo "$path"
            return
        fi
    done
    command -v rabbitmq-server || true
}

prepare_rabbitmq() {
    local user folder
    user=$(store_user rabbitmq)
    make_store_folder rabbitmq "$user"
    folder=$(store_folder rabbitmq)
    [[ -f $folder/.erlang.cookie ]] || random_secret | write_file "$folder/.erlang.cookie" 400 "$user"
    write_file "$folder/enabled_plugins" 600 "$user" <<<'[].'
    write_file "$folder/rabbitmq-env.conf" 600 "$user" <<<'# Empty on purpose: the machine'\''s own /etc/rabbitmq must not be read.'
    write_file "$folder/rabbitmq.conf" 600 "$user" <<TEXT
# Written by infra/local.
listeners.tcp.default = 127.0.0.1:$(port_of rabbitmq)
default_user = matcha
default_pass = $(saved RABBITMQ_PASSWORD)
default_permissions.configure = .*
default_permissions.read = .*
default_permissions.write = .*
vm_memory_high_watermark.absolute = 400MB
disk_free_limit.absolute = 100MB
# A consumer holds a batch for as long as its store is away; after the default of half an hour the broker would take it back
# and count that against the message.
consumer_timeout = 604800000
# The write-ahead log of quorum queues is held in memory until it is rolled over; the default is 512 MB.
raft.wal_max_size_bytes = 16777216
log.console = true
log.console.level = info
# Each readiness check opens a connection and leaves; that is no news.
log.connection.level = error
log.file = false
TEXT
}

# Everything of Erlang's on 127.0.0.1, the helper nodes that RabbitMQ starts included.
erlang_environment() {
    ERL_EPMD_PORT=$(port_of epmd)
    export ERL_EPMD_PORT
    export ERL_EPMD_ADDRESS=127.0.0.1
    export ERL_FLAGS="-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"
    HOME=$(store_folder rabbitmq)
    export HOME
}

run_epmd() {
    local epmd
    epmd=$(command -v epmd) || fail "epmd, a part of Erlang, is not in PATH"
    cd "$(store_folder rabbitmq)" || exit
    erlang_environment
    exec_as "$(store_user rabbitmq)" "$epmd" -address 127.0.0.1 -port "$(port_of epmd)"
}

run_rabbitmq() {
    local folder distribution
    folder=$(store_folder rabbitmq)
    distribution=$(port_of erlang-distribution)
    cd "$folder" || exit
    # A node that finds no epmd gives up; when both were killed, epmd may come back second.
    until answers "$(port_of epmd)"; do sleep 0.2; done
    erlang_environment
    export RABBITMQ_CONF_ENV_FILE=$folder/rabbitmq-env.conf
    export RABBITMQ_CONFIG_FILE=$folder/rabbitmq.conf
    export RABBITMQ_ADVANCED_CONFIG_FILE=$folder/advanced.config
    export RABBITMQ_ENABLED_PLUGINS_FILE=$folder/enabled_plugins
    export RABBITMQ_MNESIA_BASE=$folder/mnesia
    export RABBITMQ_LOG_BASE=$folder/log
    export RABBITMQ_LOGS=-
    export RABBITMQ_NODENAME=matcha-$BASE@localhost
    export RABBITMQ_DIST_PORT=$distribution
    # Two schedulers that never spin, and tables for 100,000 processes, not a million: a tenth of the idle cost.
    export RABBITMQ_SERVER_ERL_ARGS="+P 100000 +t 1048576 +stbt db +zdbbl 32000"
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 +SDio 4 +sbwt none +sbwtdcpu none +sbwtdio none \
-kernel inet_dist_listen_min $distribution -kernel inet_dist_listen_max $distribution"
    # As under systemd, the script then becomes the Erlang machine instead of keeping it as a child.
    export RUNNING_UNDER_SYSTEMD=true
    exec_as "$(store_user rabbitmq)" "$(rabbitmq_server)"
}

ready_epmd() { answers "$(port_of epmd)"; }

# The listener opens when the broker has booted; a live one answers the protocol's first eight bytes.
ready_rabbitmq() {
    (
        exec 3<>"/dev/tcp/127.0.0.1/$(port_of rabbitmq)" || exit 1
        printf 'AMQP\000\000\011\001' >&3
        IFS= read -r -t 2 -n 1 _ <&3
    ) 2>/dev/null
}
