#!/usr/bin/env bash
# `make house`: the limits on the code, each with its count; fails when a count is over its limit. `--report` only prints;
# NAME (faces, queries, reasons, services, coupling, stores, functions, circles, glossary) lists the places that a limit counts.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
for part in "$here"/lib/*.sh; do
    # shellcheck source=/dev/null
    source "$part"
done
cd "$ROOT"
PYTHONDONTWRITEBYTECODE=1 exec python3 infra/checks/house.py "$@"
