#!/usr/bin/env bash
# `make sqlx`: renews the query metadata in `.sqlx`, which `query!`, `query_as!` and `query_scalar!` are checked against when
# no database is at hand. Each package with migrations (a library: with tests/schema.sql) is compiled against a migrated
# database of its own, and the macros write the metadata.
#
#   infra/local/sqlx.sh [--check] [PACKAGE...]     --check changes nothing, and fails when a committed file is stale,
#                                                  missing or left over
#
# It does what `cargo sqlx prepare` does without sqlx-cli, which takes minutes to install, and needs no running store.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
for part in "$here"/lib/*.sh; do
    # shellcheck source=/dev/null
    source "$part"
done
cd "$ROOT"

check=no
locked=
if [[ ${1:-} == --check ]]; then
    check=yes
    locked=--locked
    shift
fi
wanted=" $* "

bin=$(postgres_bin)
[[ -n $bin ]] || fail "PostgreSQL is missing; infra/local/matcha install brings it"
database_user=$(store_user postgres)
# A short path, because a socket's may have no more than 103 characters; and only its owner can enter the folder.
work=$(mktemp -d /tmp/matcha-sqlx.XXXXXX)
[[ $database_user == "$(id -un)" ]] || chown "$database_user" "$work"

server() { (cd "$work" && as_user "$database_user" "$bin/$1" "${@:2}"); }
sql() { "$bin/psql" --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --host="$work" --username=postgres "$@" >/dev/null; }

finish() {
    local status=$?
    trap - EXIT
    server pg_ctl --pgdata="$work/data" --mode=immediate stop >/dev/null 2>&1 || true
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# A Postgres for this run alone, reached by a Unix socket in its folder: no port, so that runs do not collide. sqlx infers from
# the query plan which columns may be null, and mistakes the sides of a right join, into which the planner may turn a left one;
# nested loops keep the sides as the query has them, whatever the version of Postgres.
start_server() {
    server initdb --pgdata="$work/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync \
        >"$work/log" 2>&1 || fail "initdb failed: $(tail -n 5 "$work/log")"
    server pg_ctl --pgdata="$work/data" --wait --log="$work/server.log" \
        --options="-c listen_addresses='' -c unix_socket_directories='$work' -c fsync=off \
            -c enable_hashjoin=off -c enable_mergejoin=off" start >"$work/log" 2>&1 ||
        fail "Postgres did not start: $(tail -n 5 "$work/server.log")"
}

# create_schema FOLDER: a database with the name of the package.
create_schema() {
    local folder=$1 name=${1##*/} file
    sql --dbname=postgres --command="create database \"$name\""
    for file in "$folder"/migrations/*.sql "$folder"/tests/schema.sql; do
        [[ ! -f $file ]] || PGOPTIONS='-c client_min_messages=warning' sql --dbname="$name" --single-transaction --file="$file"
    done
}

# Cargo calls the wrapper in place of rustc for the crates of this workspace. It gives each package its own database; with
# DATABASE_URL for the whole run, the queries of a library would be written into the metadata of each service that uses it.
write_compiler_wrapper() {
    write_file "$wrapper" 755 "$(id -un)" <<'SCRIPT'
#!/bin/sh
if [ -d "$SQLX_METADATA/$CARGO_PKG_NAME" ]; then
    export SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$SQLX_METADATA/$CARGO_PKG_NAME"
    export DATABASE_URL="postgres://postgres@localhost/$CARGO_PKG_NAME?host=$SQLX_SERVER"
fi
exec "$@"
SCRIPT
}

packages=
for folder in crates/* services/*; do
    name=${folder##*/}
    [[ -d $folder/migrations || -f $folder/tests/schema.sql ]] || continue
    [[ $wanted =~ ^\ *$ || $wanted == *" $name "* ]] || continue
    packages="$packages $folder"
done
[[ -n $packages ]] || fail "no package with migrations is called$wanted"

start_server
# Always the same path, as cargo compiles everything again when the wrapper has another name.
wrapper=${CARGO_TARGET_DIR:-$ROOT/target}/sqlx-rustc
mkdir -p "${wrapper%/*}" "$work/metadata"
write_compiler_wrapper
arguments=
for folder in $packages; do
    mkdir "$work/metadata/${folder##*/}"
    create_schema "$folder"
    arguments="$arguments --package ${folder##*/}"
done
# All packages at once are checked with the features that they have in the whole workspace, for which clippy has checked their
# dependencies already.
[[ ! $wanted =~ ^\ *$ ]] || arguments=--workspace
# shellcheck disable=SC2086 # a list of arguments
SQLX_METADATA=$work/metadata SQLX_SERVER=$work RUSTC_WORKSPACE_WRAPPER=$wrapper \
    cargo check --release --lib $locked $arguments --message-format json-render-diagnostics >"$work/artifacts" ||
    fail "the queries do not compile"
# The macros write only while they are compiled, so the next run must compile these packages again.
for folder in $packages; do
    grep -o "\"[^\"]*/lib${folder##*/}-[0-9a-f]*\.rmeta\"" "$work/artifacts" | tr -d '"' | xargs rm -f
done

failed=no
for folder in $packages; do
    metadata=$work/metadata/${folder##*/}
    if [[ $check == yes ]]; then
        mkdir -p "$work/none"
        committed=$folder/.sqlx
        [[ -d $committed ]] || committed=$work/none
        diff -r -u "$committed" "$metadata" || failed=yes
    else
        rm -rf "$folder/.sqlx"
        if [[ -n $(ls "$metadata") ]]; then
            mkdir "$folder/.sqlx"
            cp "$metadata"/* "$folder/.sqlx"
        fi
        say "$folder: $(find "$metadata" -type f | wc -l) queries"
    fi
done
[[ $failed == no ]] || fail "the query metadata in .sqlx is stale; 'make sqlx' renews it"
