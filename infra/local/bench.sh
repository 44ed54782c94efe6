#!/usr/bin/env bash
# `make bench`: how quick a seeded cluster is and how large, on ports and in a folder of its own (.matcha-bench). DIR=… imports a
# community first, so that search has more to look through. Figures are of this machine today; nothing is asserted.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
export MATCHA_HOME=.matcha-bench MATCHA_PORT_BASE=${BENCH_PORT_BASE:-27800}
unset MATCHA_PORT
for part in "$here"/lib/*.sh; do
    # shellcheck source=/dev/null
    source "$part"
done
cd "$ROOT"
trap 'YES=1 "$here/matcha" reset' EXIT

mkdir -p "$MATCHA_HOME"
# Members of the bench sign up from one address.
printf 'LOGIN_RATE_ADDRESS_BURST=10000\nLOGIN_RATE_NAME_AND_ADDRESS_BURST=1000\nLOGIN_RATE_NAME_BURST=1000\nREFRESH_RATE_BURST=10000\nLOGIN_RATE_GATEWAY_BURST=10000\nRUST_LOG=warn\n' >"$MATCHA_HOME/env.local"
"$here/matcha" up
build_bench
began=$(date +%s.%N)
"$here/matcha" up >/dev/null
second=$(awk -v began="$began" -v now="$(date +%s.%N)" 'BEGIN { printf "%.1f", now - began }')
if [[ -n ${DIR:-} ]]; then "$here/matcha" import "$DIR"; fi

step "measuring"
MATCHA_TEST_HOME=$MATCHA_HOME target/release/matcha-bench
printf 'second make up: %s s\n' "$second"
step "resident memory after that"
"$here/matcha" status
