#!/usr/bin/env bash
# infra/local/contracts-same.sh [REVISION]: shows that REST and GraphQL are what they were at a Git revision (where this branch
# left main, unless another is named): every path, field, type, number and directive. Descriptions may differ, and order.
# Prints what differs and fails if anything does.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
for part in "$here"/lib/*.sh; do
    # shellcheck source=/dev/null
    source "$part"
done
cd "$ROOT"

revision=${1:-$(git merge-base HEAD main 2>/dev/null || echo HEAD)}
commit=$(git rev-parse --verify --quiet "$revision^{commit}") || fail "there is no revision '$revision'"
old=$(mktemp -d)
trap 'rm -rf "$old"' EXIT

say "compared with ${commit:0:10}"
status=0
for file in openapi.json schema.graphql; do
    git show "$commit:services/gateway/$file" >"$old/$file"
    python3 infra/checks/contracts_same.py "$old/$file" "services/gateway/$file" || status=1
done
exit "$status"
