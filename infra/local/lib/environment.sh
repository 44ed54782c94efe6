# shellcheck shell=bash
# shellcheck disable=SC2034 # the other parts use these
# Where the cluster lives, its ports, and $MATCHA_HOME/env: the one file with every address and password.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd -P)
MATCHA_HOME=${MATCHA_HOME:-.matcha}
[[ $MATCHA_HOME == /* ]] || MATCHA_HOME=$ROOT/$MATCHA_HOME
# The same folder must have one name, as its checksum names folders elsewhere.
[[ -d $MATCHA_HOME ]] && MATCHA_HOME=$(cd "$MATCHA_HOME" && pwd -P)
export MATCHA_HOME
ENV_FILE=$MATCHA_HOME/env
LOGS=$MATCHA_HOME/logs
KEYS=$MATCHA_HOME/keys
RUN=$MATCHA_HOME/run

# The value of one key as the last run left it; empty when there is none.
saved() {
    [[ -f $ENV_FILE ]] || return 0
    sed -n "s/^$1=//p" "$ENV_FILE" | tail -n 1
}

# Asked for now, or as last time, or the default.
BASE=${MATCHA_PORT_BASE:-$(saved MATCHA_PORT_BASE)}
BASE=${BASE:-7800}
PUBLIC_PORT=${MATCHA_PORT:-$(saved MATCHA_PORT)}
PUBLIC_PORT=${PUBLIC_PORT:-$((BASE + 280))}

# port_of PROGRAM: where it listens. Replicas count from 1: rating-2 is base + 32.
port_of() {
    local number=${1##*-}
    case $1 in
        postgres) echo $((BASE + 1)) ;;
        redis) echo $((BASE + 2)) ;;
        rabbitmq) echo $((BASE + 3)) ;;
        epmd) echo $((BASE + 4)) ;;
        erlang-distribution) echo $((BASE + 5)) ;;
        etcd) echo $((BASE + 6)) ;;
        etcd-peer) echo $((BASE + 7)) ;;
        gateway) echo "$PUBLIC_PORT" ;;
        gateway-*) echo $((PUBLIC_PORT + number - 1)) ;; # a further one, which a test starts
        user-*) echo $((BASE + 10 + number)) ;;
        movie-*) echo $((BASE + 20 + number)) ;;
        rating-*) echo $((BASE + 30 + number)) ;;
        recommendation-*) echo $((BASE + 40 + number)) ;;
    esac
}

# What people read; the trainer listens nowhere.
address_of() {
    local port
    port=$(port_of "$1")
    echo "${port:+127.0.0.1:$port}"
}

# /livez, /readyz and /metrics of a service.
admin_port_of() {
    case $1 in
        gateway) echo $((BASE + 100)) ;;
        gateway-*) echo $((BASE + 99 + ${1##*-})) ;;
        *) echo $(($(port_of "$1") + 100)) ;;
    esac
}

secret() {
    local value
    value=$(saved "$1")
    echo "${value:-$(random_secret)}"
}

write_environment() {
    local postgres user movie rating redis rabbitmq database
    if [[ ! -f $ENV_FILE && -d $MATCHA_HOME/postgres ]]; then
        fail "$ENV_FILE is gone, and with it the passwords of the data in $MATCHA_HOME; 'make reset' starts afresh"
    fi
    postgres=$(secret POSTGRES_PASSWORD)
    user=$(secret USER_DATABASE_PASSWORD)
    movie=$(secret MOVIE_DATABASE_PASSWORD)
    rating=$(secret RATING_DATABASE_PASSWORD)
    redis=$(secret REDIS_PASSWORD)
    rabbitmq=$(secret RABBITMQ_PASSWORD)
    database=127.0.0.1:$(port_of postgres)
    write_file "$ENV_FILE" 600 "$(id -un)" <<TEXT
# Written by infra/local. To change a value (a proxy's address, RUST_LOG), put the line into env.local beside this file and
# run 'make up' again. Plain KEY=value lines: no quotes, no expansion.
MATCHA_HOME=$MATCHA_HOME
MATCHA_PORT_BASE=$BASE
MATCHA_PORT=$PUBLIC_PORT
POSTGRES_PASSWORD=$postgres
USER_DATABASE_PASSWORD=$user
MOVIE_DATABASE_PASSWORD=$movie
RATING_DATABASE_PASSWORD=$rating
REDIS_PASSWORD=$redis
RABBITMQ_PASSWORD=$rabbitmq
POSTGRES_SUPERUSER_URL=postgres://postgres:$postgres@$database/postgres
USER_DATABASE_URL=postgres://matcha_user:$user@$database/matcha_user
MOVIE_DATABASE_URL=postgres://matcha_movie:$movie@$database/matcha_movie
RATING_DATABASE_URL=postgres://matcha_rating:$rating@$database/matcha_rating
REDIS_URL=redis://:$redis@127.0.0.1:$(port_of redis)/0
REDIS_PREFIX=matcha
AMQP_URL=amqp://matcha:$rabbitmq@127.0.0.1:$(port_of rabbitmq)/%2f
AMQP_PREFIX=matcha
REGISTRY=etcd
ETCD_ENDPOINTS=http://127.0.0.1:$(port_of etcd)
ETCD_NAMESPACE=matcha
KEYS_DIR=$KEYS
INTERNAL_TRUST=$KEYS/trust
INTERNAL_MEMBER_ISSUER=gateway
ISSUER=http://localhost:$PUBLIC_PORT
GATEWAY_URL=http://localhost:$PUBLIC_PORT
MODEL_DIR=$MATCHA_HOME/model
TEXT
}

# Exports every line of env and env.local without letting the shell interpret any of it.
load_environment() {
    local file line
    for file in "$ENV_FILE" "$MATCHA_HOME/env.local"; do
        [[ -f $file ]] || continue
        while IFS= read -r line || [[ -n $line ]]; do
            [[ $line =~ ^[A-Z_]+= ]] && export "${line?}"
        done <"$file"
    done
    return 0
}

# rust-toolchain.toml names a version. Where that version has another name (a machine with `stable` and no way to download),
# cargo is told to use it; without rustup there is one compiler, and Cargo.toml says which is too old.
use_pinned_toolchain() {
    local version
    have rustup && [[ -z ${RUSTUP_TOOLCHAIN:-} ]] || return 0
    version=$(sed -n 's/^channel = "\(.*\)"$/\1/p' "$ROOT/rust-toolchain.toml")
    [[ $(rustup toolchain list 2>/dev/null) != *"$version"* ]] || return 0
    # Outside the checkout rustup answers with its default.
    [[ $(cd / && rustc --version 2>/dev/null) == "rustc $version "* ]] || return 0
    RUSTUP_TOOLCHAIN=$(cd / && rustup show active-toolchain)
    export RUSTUP_TOOLCHAIN=${RUSTUP_TOOLCHAIN%% *}
}
use_pinned_toolchain
