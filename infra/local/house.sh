#!/usr/bin/env bash
# The numbers that the rules of the house limit, with their targets; fails when one is over it. `--report` only tells;
# NAME (faces, queries, reasons, services, coupling, stores, functions, circles, glossary) lists the places that a number counts.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
for part in "$here"/lib/*.sh; do
    # shellcheck source=/dev/null
    source "$part"
done
cd "$ROOT"
PYTHONDONTWRITEBYTECODE=1 exec python3 infra/checks/house.py "$@"
