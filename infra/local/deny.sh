#!/usr/bin/env bash
# The licences, sources, versions and known vulnerabilities of every crate that matcha is built from (deny.toml).
# ADVISORY_DB=folder names a copy of the RustSec advisory database for machines that cannot fetch it. A folder `advisory-db`
# in a folder beside the checkout is found without being named.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
for part in "$here"/lib/*.sh; do
    # shellcheck source=/dev/null
    source "$part"
done
cd "$ROOT"

# Under this name cargo-deny looks for its default database: the checksum is that of the address it fetches from.
database=$ROOT/target/advisory-db/advisory-db-3157b0e258782691

local_copy() {
    local folder
    for folder in "${ADVISORY_DB:-}" "$ROOT"/../*/advisory-db; do
        if [[ -n $folder && -d $folder/crates ]]; then
            echo "$folder"
            return 0
        fi
    done
    return 1
}

# newest_advisory FOLDER: the date of the newest advisory, which tells how old a copy without history is.
newest_advisory() { grep -rhoE '^date = "[0-9-]+"' --include='*.md' "$1/crates" | grep -oE '[0-9]+-[0-9]+-[0-9]+' | sort | tail -n 1; }

# cargo-deny reads the database's age from the commit it stands at, so a plain copy gets a commit with its real date.
use_copy() {
    local copy=$1 date
    date=$(newest_advisory "$copy")
    [[ -n $date ]] || fail "$copy has no advisories"
    if [[ $(git -C "$database" log -1 --format=%s 2>/dev/null) != "$date" ]]; then
        rm -rf "$database"
        mkdir -p "$database"
        cp -R "$copy/." "$database/"
        chmod -R u+w "$database"
        rm -rf "$database/.git"
        git -C "$database" init --quiet
        git -C "$database" add --all
        GIT_COMMITTER_DATE="${date}T00:00:00Z" git -C "$database" -c user.name=matcha -c user.email=matcha@localhost \
            -c commit.gpgsign=false commit --quiet --date "${date}T00:00:00Z" --message "$date"
    fi
    say "advisories: a copy of $date"
    [[ $(python3 -c 'import datetime, sys; print((datetime.date.today() - datetime.date.fromisoformat(sys.argv[1])).days)' "$date") -le 90 ]] ||
        say "WARNING: the copy is older than 90 days; newer advisories are not in it"
}

install_tools
export PATH=$TOOLS/bin:$PATH
options=(--locked)
if copy=$(local_copy); then
    use_copy "$copy"
    # With every crate at hand cargo-deny itself needs no network.
    cargo fetch --locked --quiet
    options=(--locked --offline)
elif [[ $(git -C "$database" log -1 --format=%an 2>/dev/null) == matcha ]]; then
    # Made from a copy that is gone now: nothing can be fetched into it.
    rm -rf "$database"
fi
if ! cargo deny "${options[@]}" check -D unmatched-skip -D license-not-encountered -D advisory-not-detected \
    advisories bans licenses sources; then
    [[ -n ${copy:-} ]] || say "if the database could not be fetched: ADVISORY_DB=folder names a copy of it"
    exit 1
fi
