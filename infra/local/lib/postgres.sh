# shellcheck shell=bash
# PostgreSQL: own data folder, passwords on every connection, and a role per database that can open no other.

# Debian keeps the server out of PATH; the newest version wins. brew keeps it in a folder per version.
postgres_bin() {
    local folder found=
    for folder in /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin; do
        [[ -x $folder/initdb ]] && found=$folder
    done
    if [[ -z $found ]] && have initdb; then found=$(dirname "$(command -v initdb)"); fi
    echo "$found"
}

prepare_postgres() {
    local user folder bin password locale=C.UTF-8
    user=$(store_user postgres)
    bin=$(postgres_bin)
    make_store_folder postgres "$user"
    folder=$(store_folder postgres)
    if [[ ! -f $folder/data/PG_VERSION ]]; then
        say "making the Postgres data folder"
        # pg_trgm knows Korean letters only when the locale's character type does: not in plain C.
        is_macos && locale=en_US.UTF-8
        password=$folder/initial-password
        saved POSTGRES_PASSWORD | write_file "$password" 600 "$user"
        # Complete or not there at all, also when this is interrupted.
        rm -rf "$folder/data" "$folder/data.new"
        (cd "$folder" && as_user "$user" "$bin/initdb" --pgdata="$folder/data.new" --username=postgres --pwfile="$password" \
            --auth=scram-sha-256 --encoding=UTF8 --locale="$locale" >"$LOGS/initdb.log" 2>&1) ||
            fail "initdb failed: $(tail -n 5 "$LOGS/initdb.log")"
        rm -f "$password"
        mv "$folder/data.new" "$folder/data"
    fi
    write_file "$folder/data/postgresql.conf" 600 "$user" <<TEXT
# Written by infra/local.
listen_addresses = '127.0.0.1'
port = $(port_of postgres)
unix_socket_directories = '.' # this folder: a full path might be longer than a socket's may be
max_connections = 150
shared_buffers = 64MB
work_mem = 4MB
maintenance_work_mem = 32MB
max_wal_size = 512MB
max_parallel_workers_per_gather = 0
dynamic_shared_memory_type = mmap # only parallel queries would use more; /dev/shm is tiny or absent in containers
password_encryption = scram-sha-256
log_line_prefix = '%m %u@%d '
log_timezone = 'UTC'
timezone = 'UTC'
$(is_macos || echo "recovery_init_sync_method = syncfs # back 1.5 s after a kill -9; file by file it takes 5 s")
TEXT
    write_file "$folder/data/pg_hba.conf" 600 "$user" <<'TEXT'
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
TEXT
}

run_postgres() {
    local folder
    folder=$(store_folder postgres)
    cd "$folder/data" || exit
    exec_as "$(store_user postgres)" "$(postgres_bin)/postgres" -D "$folder/data"
}

ready_postgres() { "$(postgres_bin)/pg_isready" --quiet --host=127.0.0.1 --port="$(port_of postgres)" --timeout=1; }

# As the superuser; passwords travel by the environment and standard input, where `ps` does not show them.
superuser_sql() {
    PGPASSWORD=$(saved POSTGRES_PASSWORD) "$(postgres_bin)/psql" --no-psqlrc --quiet --tuples-only --no-align \
        --set=ON_ERROR_STOP=1 --host=127.0.0.1 --port="$(port_of postgres)" --username=postgres --dbname="${1:-postgres}"
}

create_database() {
    local name=$1 password=$2
    superuser_sql <<TEXT
select 'create role $name login password ''$password''' where not exists (select from pg_roles where rolname = '$name') \gexec
select 'create database $name owner $name' where not exists (select from pg_database where datname = '$name') \gexec
revoke all on database $name from public;
TEXT
}

create_databases() {
    superuser_sql <<<'revoke all on database postgres, template1 from public;'
    create_database matcha_user "$(saved USER_DATABASE_PASSWORD)"
    create_database matcha_movie "$(saved MOVIE_DATABASE_PASSWORD)"
    create_database matcha_rating "$(saved RATING_DATABASE_PASSWORD)"
    superuser_sql matcha_movie <<<'set client_min_messages = warning; create extension if not exists pg_trgm;'
}
