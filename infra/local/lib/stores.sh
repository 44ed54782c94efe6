# shellcheck shell=bash
# What the four stores have in common: their users, their folders, and starting them.

STORES="postgres redis epmd rabbitmq etcd"

# Postgres and RabbitMQ refuse or should not have root's rights. As root each store runs as the user its package made.
store_user() {
    if ! is_root; then
        id -un
    elif id "$1" >/dev/null 2>&1; then
        echo "$1"
    else
        echo nobody
    fi
}

# Makes the store's folder. $MATCHA_HOME/NAME is a link to /var/lib when the store's user cannot reach the checkout
# (one under /root, say).
make_store_folder() {
    local name=$1 user=$2 link=$MATCHA_HOME/$1 away
    away=/var/lib/matcha-$(printf '%s' "$MATCHA_HOME" | checksum)
    if [[ -L $link ]]; then
        mkdir -p "$(readlink "$link")"
    elif [[ ! -d $link ]] && ! as_user "$user" test -x "$MATCHA_HOME"; then
        say "the data of $name goes to $away/$name, as its user cannot reach this checkout"
        mkdir -p "$away/$name"
        ln -s "$away/$name" "$link"
    fi
    mkdir -p "$link"
    chmod 700 "$link/"
    [[ $user == "$(id -un)" ]] || chown "$user:$(id -gn "$user")" "$link/"
}

# The real path, as the store's user may be unable to follow the link.
store_folder() { (cd "$MATCHA_HOME/$1" && pwd -P); }

prepare_stores() {
    prepare_postgres
    prepare_redis
    prepare_rabbitmq
    prepare_etcd
}

command_stores() {
    # With the stores alone, developers build the services by hand, so the packages for a build are installed too.
    install_packages build
    take_lock
    start_stores
    say ""
    say "The stores run; their addresses and passwords are in $ENV_FILE"
}

# Used by `stores` and, before the services, by `up`.
start_stores() {
    local program
    make_home
    start_supervisor
    for program in $STORES; do wait_ready "$program" 90; done
    create_databases
}
