#!/usr/bin/env bash
# `make screenshots`: pictures of the running site for book/images; with LOOKS=folder also of every page in every look.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
for part in "$here"/lib/*.sh; do
    # shellcheck source=/dev/null
    source "$part"
done

supervisor_runs || fail "the cluster does not run; 'make up' starts it"
npm_install "$ROOT/tests/web"
if [[ -n ${LOOKS:-} ]]; then
    mkdir -p "$LOOKS"
    LOOKS=$(cd "$LOOKS" && pwd -P)
    export LOOKS
fi
export MATCHA_URL=http://localhost:$PUBLIC_PORT
npm --prefix "$ROOT/tests/web" run screenshots
