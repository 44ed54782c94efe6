# shellcheck shell=bash
# etcd: the registry of services. It holds a few kilobytes; the quota and the compaction keep it so.

prepare_etcd() { make_store_folder etcd "$(store_user etcd)"; }

run_etcd() {
    local folder client peer
    folder=$(store_folder etcd)
    client=http://127.0.0.1:$(port_of etcd)
    peer=http://127.0.0.1:$(port_of etcd-peer)
    cd "$folder" || exit
    # etcd 3.4 asks for this before it runs on such a machine.
    [[ $(uname -m) == aarch64 ]] && export ETCD_UNSUPPORTED_ARCH=arm64
    # Services ping etcd to notice a dead connection within seconds. By default etcd closes the connection of a client that
    # pings more often than every five seconds.
    exec_as "$(store_user etcd)" "$(command -v etcd)" --name matcha --data-dir "$folder/data" \
        --listen-client-urls "$client" --advertise-client-urls "$client" \
        --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "matcha=$peer" \
        --quota-backend-bytes 134217728 --auto-compaction-mode periodic --auto-compaction-retention 10m \
        --grpc-keepalive-min-time 1s --logger zap --log-level warn
}

ready_etcd() { curl --silent --fail --max-time 1 "http://127.0.0.1:$(port_of etcd)/health" | grep -q true; }
