# shellcheck shell=bash
# What every other part needs: speaking, files, users. Kept to what macOS' Bash 3.2 understands.

say() { printf '%s\n' "$*"; }
step() { printf '\n==> %s\n' "$*"; }
fail() {
    printf '\nmatcha: %s\n' "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [[ $(id -u) -eq 0 ]]; }
is_macos() { [[ $(uname -s) == Darwin ]]; }

# as_user USER COMMAND...: root lays its rights down for good (no shell or sudo between, so signals reach the command).
as_user() {
    local user=$1
    shift
    if [[ $user == "$(id -un)" ]]; then
        "$@"
    else
        setpriv --reuid "$user" --regid "$(id -gn "$user")" --init-groups -- "$@"
    fi
}

# The same, in place of this shell: the supervisor then owns the program itself.
exec_as() {
    local user=$1
    shift
    if [[ $user == "$(id -un)" ]]; then
        exec "$@"
    else
        exec setpriv --reuid "$user" --regid "$(id -gn "$user")" --init-groups -- "$@"
    fi
}

# write_file PATH MODE OWNER < content: replaces the file only when it differs, so what runs is not restarted for nothing.
write_file() {
    local path=$1 mode=$2 owner=$3 new
    new=$path.new
    (umask 077 && cat >"$new")
    chmod "$mode" "$new"
    [[ $owner == "$(id -un)" ]] || chown "$owner:$(id -gn "$owner")" "$new"
    if cmp -s "$new" "$path"; then rm -f "$new"; else mv -f "$new" "$path"; fi
}

# A short name for a text that stays the same from run to run.
checksum() { cksum | cut -d ' ' -f 1; }

random_secret() { openssl rand -hex 20; }

# Two commands at once on one cluster would undo each other. The supervisor must not inherit the lock (fd 9).
take_lock() {
    mkdir -p "$MATCHA_HOME"
    have flock || return 0 # macOS
    exec 9>"$MATCHA_HOME/lock"
    flock -n 9 && return 0
    say "another command works on $MATCHA_HOME; waiting for it"
    flock -w 900 9 || fail "the other command did not end within 15 minutes"
}
