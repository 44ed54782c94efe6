# shellcheck shell=bash
# Redis: it refuses rather than forgets when full, and writes its log once a second.

prepare_redis() {
    local user folder
    user=$(store_user redis)
    make_store_folder redis "$user"
    folder=$(store_folder redis)
    write_file "$folder/redis.conf" 600 "$user" <<TEXT
# Written by infra/local.
bind 127.0.0.1
port $(port_of redis)
requirepass $(saved REDIS_PASSWORD)
daemonize no
dir "$folder"
appendonly yes
appendfsync everysec
save ""
maxmemory 512mb
maxmemory-policy noeviction
TEXT
}

run_redis() {
    local folder
    folder=$(store_folder redis)
    cd "$folder" || exit
    exec_as "$(store_user redis)" "$(command -v redis-server)" "$folder/redis.conf"
}

ready_redis() {
    [[ $(REDISCLI_AUTH=$(saved REDIS_PASSWORD) redis-cli -h 127.0.0.1 -p "$(port_of redis)" ping 2>/dev/null) == PONG ]]
}
