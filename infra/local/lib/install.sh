# shellcheck shell=bash
# What the machine must have. Nothing is done, and nothing asked of the network, when it has everything.

# missing_packages [build] [tests]: lines "package" that are missing; Debian's names.
missing_packages() {
    local purposes=" $* "
    [[ -n $(postgres_bin) ]] || echo postgresql
    have redis-server && have redis-cli || echo redis-server
    [[ -n $(rabbitmq_server) ]] && have epmd || echo rabbitmq-server
    have etcd || echo etcd-server
    have supervisord || echo supervisor
    have openssl || echo openssl
    have python3 || echo python3
    have curl || echo curl
    have ps || echo procps
    if [[ $purposes == *' build '* ]]; then
        have protoc || echo protobuf-compiler
        # The well-known types, which protoc needs but does not bring along.
        include_found google/protobuf/empty.proto || echo libprotobuf-dev
        have cc || echo gcc
        have pkg-config || echo pkg-config
        include_found stdio.h || is_macos || echo libc6-dev
        have make || echo make
    fi
    [[ $purposes == *' tests '* ]] || return 0
    have shellcheck || echo shellcheck
    # It brings the programs of infra/tools; Homebrew's Python has it.
    python3 -m pip --version >/dev/null 2>&1 || is_macos || echo python3-pip
    if ! is_macos; then
        # Debian has a Chromium without a window, which runs the tests in two thirds of the time.
        if is_debian; then
            have chromium-headless-shell || echo chromium-headless-shell
        else
            have chromium || have chromium-browser || have google-chrome || echo chromium
        fi
        # Without them the Korean pages are boxes on every screenshot.
        compgen -G '/usr/share/fonts/*/noto/NotoSansCJK*' >/dev/null || echo fonts-noto-cjk
    fi
}

is_debian() { grep -qx 'ID=debian' /etc/os-release 2>/dev/null; }

include_found() {
    local folder
    for folder in /usr/include /usr/local/include /opt/homebrew/include; do
        [[ -e $folder/$1 ]] && return 0
    done
    return 1
}

# Debian starts what it installs. A policy that says no (101), for these minutes only and only if there is none, keeps the
# packages' own servers off the machine's ports.
apt_install() {
    local sudo='' policy=/usr/sbin/policy-rc.d ours=no status=0 package
    if ! is_root; then
        have sudo || fail "missing: $*. As root: apt-get install $*"
        sudo=sudo
    fi
    say "installing with apt-get: $*"
    if [[ ! -e $policy ]]; then
        ours=yes
        printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
        $sudo chmod 755 "$policy"
    fi
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null &&
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" </dev/null || status=$?
    [[ $ours == no ]] || $sudo rm -f "$policy"
    [[ $status -eq 0 ]] || fail "apt-get could not install: $*"
    # The machine's own servers, which came along, shall not start at the next boot either. Those it had before are left alone.
    have systemctl || return 0
    for package in "$@"; do
        case $package in
            postgresql | redis-server | supervisor) $sudo systemctl --quiet disable "$package.service" || true ;;
            rabbitmq-server) $sudo systemctl --quiet disable rabbitmq-server.service epmd.service epmd.socket || true ;;
            etcd-server) $sudo systemctl --quiet disable etcd.service || true ;;
        esac
    done
}

brew_install() {
    local package names=()
    have brew || fail "missing: $*. Install Homebrew (https://brew.sh), or these by hand"
    for package in "$@"; do
        case $package in
            postgresql) names+=(postgresql@17) ;;
            redis-server) names+=(redis) ;;
            rabbitmq-server) names+=(rabbitmq) ;;
            etcd-server) names+=(etcd) ;;
            protobuf-compiler | libprotobuf-dev) names+=(protobuf) ;;
            gcc | make) fail "missing: Apple's command line tools; run xcode-select --install" ;;
            *) names+=("$package") ;;
        esac
    done
    say "installing with brew: ${names[*]}"
    brew install "${names[@]}"
}

check_toolchains() {
    local version
    have cargo || fail "Rust is missing: https://rustup.rs installs it (1.95 or newer)"
    if ! have node || ! have npm; then fail "Node.js with npm is missing: https://nodejs.org (20.19 or newer)"; fi
    version=$(node --version)
    node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
        fail "Node.js is $version; the site needs 20.19 or newer"
}

command_install() {
    if [[ ${1:-} == --tests ]]; then install_packages build tests; else install_packages build; fi
    check_toolchains
    if [[ ${1:-} == --tests ]]; then install_tools; fi
}

# What runs the cluster, and what the words ask for besides.
install_packages() {
    local missing
    # Debian keeps servers in sbin, which an ordinary user's PATH may lack.
    PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
    missing=$(missing_packages "$@")
    if [[ -n $missing ]]; then
        # shellcheck disable=SC2086 # a list of names
        if is_macos; then
            brew_install $missing
        elif have apt-get; then
            apt_install $missing
        else
            fail "missing, by Debian's names: $(echo "$missing" | tr '\n' ' '). Install them with this system's package manager"
        fi
        missing=$(missing_packages "$@")
        [[ -z $missing ]] || fail "still missing after the installation: $(echo "$missing" | tr '\n' ' ')"
    fi
}
