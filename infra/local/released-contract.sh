#!/usr/bin/env bash
# `make released-contract`: makes today's protos the contracts of the last release, which `buf breaking` compares with.
# Part of a release (CONTRIBUTING.md); between releases it would hide an incompatible change.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
for part in "$here"/lib/*.sh; do
    # shellcheck source=/dev/null
    source "$part"
done

npm_install "$ROOT/infra/buf"
cd "$ROOT/protos"
# Without comments and positions: a better comment leaves the file as it is.
../infra/buf/node_modules/.bin/buf build --exclude-source-info --output released.binpb
say "protos/released.binpb is the contract of today's protos"
