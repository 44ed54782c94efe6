# shellcheck shell=bash
# Ports: is one taken, and by whom.

# Does anything accept connections there?
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A sentence about who listens on the port; Linux' own tables serve where `ss` is not installed.
port_owner() {
    local port=$1 inode pid
    if [[ -r /proc/net/tcp ]]; then
        inode=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
            awk -v port="$(printf ':%04X' "$port")" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10; exit }')
        if [[ -n $inode ]]; then
            pid=$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" 2>/dev/null | head -n 1 | cut -d / -f 3 || true)
        fi
    elif have lsof; then
        pid=$(lsof -nP -t -iTCP:"$port" -sTCP:LISTEN 2>/dev/null | head -n 1 || true)
    fi
    if [[ -n ${pid:-} ]]; then
        echo "process $pid ($(ps -o args= -p "$pid" | cut -c 1-80))"
    else
        echo "a process of another user"
    fi
}

ports_of() {
    port_of "$1"
    case $1 in
        rabbitmq) port_of erlang-distribution ;;
        etcd) port_of etcd-peer ;;
        gateway | user-* | movie-* | rating-* | recommendation-*) admin_port_of "$1" ;;
    esac
}

# check_ports PROGRAM...: for programs about to start. Names every port that is taken, then gives up.
check_ports() {
    local program port taken=0
    for program in "$@"; do
        for port in $(ports_of "$program"); do
            answers "$port" || continue
            printf 'port %s, for %s, is held by %s\n' "$port" "$program" "$(port_owner "$port")" >&2
            taken=1
        done
    done
    [[ $taken -eq 0 ]] || fail "free the ports above, or choose others: make up MATCHA_PORT_BASE=… (all) or MATCHA_PORT=… (the site's)"
}
