#!/usr/bin/env bash
# `make check`: everything that is not right or not tidy, without running the system. All checks run; any one fails the run.
# shellcheck disable=SC2317 # the checks are called by name, through `check`
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
for part in "$here"/lib/*.sh; do
    # shellcheck source=/dev/null
    source "$part"
done
cd "$ROOT" || exit

results=
failed=0
check() {
    local name=$1 began=$SECONDS verdict=ok
    shift
    step "$name"
    if ! "$@"; then
        verdict=FAILED
        failed=1
    fi
    results="$results$(printf '%-8s %5s s  %s' "$verdict" "$((SECONDS - began))" "$name")"$'\n'
}

buf_in_protos() { npm_install "$ROOT/infra/buf" && (cd protos && ../infra/buf/node_modules/.bin/buf "$@"); }
released_contract() { buf_in_protos breaking --against released.binpb; }
unused_dependencies() { install_tools && "$TOOLS/bin/cargo-shear" --locked --deny-warnings; }
site() { npm_install "$ROOT/web" && npm --prefix web run check; }
# With types, so both have to know their packages; `check` has generated what the site's types refer to.
site_lint() {
    npm_install "$ROOT/web" && npm_install "$ROOT/tests/web" && npm --prefix web run generate && npm --prefix web run lint
}
site_format() { npm_install "$ROOT/web" && npm --prefix web run format:check; }
browser_tests() { npm_install "$ROOT/tests/web" && npm --prefix tests/web run check; }
scripts() {
    if ! have shellcheck; then
        say "shellcheck is not installed; infra/local/matcha install --tests brings it"
        return 0
    fi
    shellcheck -x infra/local/matcha infra/local/*.sh infra/local/lib/*.sh .ci/run
}
# Who builds nothing installs nothing to build with. As on a machine that has nothing at all.
packages() (
    have() { false; }
    include_found() { false; }
    [[ $(missing_packages) != *protobuf* && $(missing_packages build) == *protobuf* ]]
)

check "formatting" cargo fmt --all --check
check "clippy" cargo clippy --release --workspace --all-targets --locked -- -D warnings
check "contracts (buf lint)" buf_in_protos lint
check "contracts, with the released ones (buf breaking)" released_contract
check "licences, sources and advisories of crates (cargo-deny)" infra/local/deny.sh
check "unused dependencies (cargo-shear)" unused_dependencies
check "the limits on the code (make house)" infra/local/house.sh faces queries reasons services coupling stores functions circles \
    glossary
check "query metadata (sqlx)" infra/local/sqlx.sh --check
check "scripts (shellcheck)" scripts
check "files that the documents name" python3 infra/checks/documents.py
check "packages" packages
check "site (svelte-check)" site
check "site (eslint)" site_lint
check "site and its tests (prettier)" site_format
check "browser tests (tsc)" browser_tests

printf '\n%s' "$results"
exit "$failed"
