#!/usr/bin/env bash
# `make test`: every test there is, against real stores and, for the browser, a real cluster, none of them the developer's
# own: all in .matcha-test, on ports from 17800. FILTER=rating runs only the Rust tests whose name has the word; S=rating only the
# tests of that package; D=relay only the tests across services whose name has the word (each fault is one: D=faults runs
# them all), on the cluster and without a browser.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
export MATCHA_HOME=.matcha-test MATCHA_PORT_BASE=${TEST_PORT_BASE:-17800}
export TEST_BUILD=1
unset MATCHA_PORT
for part in "$here"/lib/*.sh; do
    # shellcheck source=/dev/null
    source "$part"
done
export MATCHA_TEST_HOME=$MATCHA_HOME
cd "$ROOT"

timings=
current=start
# stage NAME COMMAND...: runs it and remembers how long it took; the first that fails ends the run.
stage() {
    local name=$1 began=$SECONDS
    shift
    current=$name
    step "$name"
    "$@"
    timings="$timings$(printf '%6s s  %s' "$((SECONDS - began))" "$name")"$'\n'
}

# Stores that somebody works with stay as they were found.
kept=no
if supervisor_runs; then kept=yes; fi
finish() {
    local status=$?
    trap - EXIT
    step "cleaning up"
    if [[ $kept == yes ]]; then
        drop_test_databases
        say "the stores of $MATCHA_HOME ran before and are left running"
    elif [[ $status -eq 0 ]]; then
        # Each test leaves a database; the next run starts with none.
        YES=1 "$here/matcha" reset || status=1
    else
        "$here/matcha" down || status=1
        say "the logs are in $LOGS"
    fi
    printf '\n%s' "$timings"
    if [[ $status -eq 0 ]]; then say "all tests passed"; else say "FAILED: $current (exit code $status)"; fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Those whose test has ended: a database in use cannot be dropped.
drop_test_databases() {
    local name
    for name in $(superuser_sql <<<"select datname from pg_database where datname like 'test\_%'"); do
        superuser_sql <<<"drop database if exists $name" 2>/dev/null || true
    done
}

# nextest runs each test in a process of its own, chooses by package, and stops those that hang.
ensure_nextest() {
    cargo nextest --version >/dev/null 2>&1 && return 0
    say "installing cargo-nextest"
    cargo install cargo-nextest --locked
}

TEST_RUN=(--config-file infra/local/nextest.toml --config infra/local/test-build.toml --release --locked)

# rust_tests FILTER NEXTEST_ARGUMENTS...: the filter chooses packages, so that dependencies are built once for all.
rust_tests() {
    local filter=$1
    shift
    [[ -z ${FILTER:-} ]] || filter="($filter) and test($FILTER)"
    cargo nextest run "${TEST_RUN[@]}" --workspace -E "$filter" "$@"
}

# What the tests of a cluster ask of it that members do not: many sign-ups from one address, traces for their collector, and no
# repair of a view every few minutes, which would hide that an event was lost.
settings_for_tests() {
    mkdir -p "$MATCHA_HOME"
    cat >"$MATCHA_HOME/env.local" <<TEXT
LOGIN_RATE_ADDRESS_BURST=10000
LOGIN_RATE_NAME_AND_ADDRESS_BURST=1000
LOGIN_RATE_NAME_BURST=1000
REFRESH_RATE_BURST=10000
LOGIN_RATE_GATEWAY_BURST=10000
RECONCILE_EVERY=86400
RECONCILE_SETTLE=86400
CATCH_UP_EVERY=86400
OTLP_ENDPOINT=http://127.0.0.1:$((BASE + 8))
TEXT
}

# The cluster as a member meets it: built, seeded, the site served by the gateway.
cluster() {
    settings_for_tests
    "$here/matcha" up
}

# One after the other: they kill what the others would be using.
tests_across_services() { FILTER=${D:-${FILTER:-}} rust_tests "package(matcha-tests)" --test-threads 1; }

browser_tests() { MATCHA_URL=http://localhost:$PUBLIC_PORT npm --prefix tests/web test; }

# Of one package only: nothing else is compiled.
tests_of_package() { cargo nextest run "${TEST_RUN[@]}" -p "$S" ${FILTER:+-E "test($FILTER)"}; }

if [[ -n ${S:-} ]]; then
    stage "nextest" ensure_nextest
    stage "stores" "$here/matcha" stores
    stage "tests of $S" tests_of_package
    exit 0
fi
if [[ -n ${D:-} ]]; then
    stage "nextest" ensure_nextest
    stage "cluster" cluster
    stage "tests across services with '$D' in their name" tests_across_services
    exit 0
fi
stage "machine" "$here/matcha" install --tests
stage "nextest" ensure_nextest
if [[ $kept == no && -d $MATCHA_HOME ]]; then YES=1 "$here/matcha" reset; fi
stage "stores" "$here/matcha" stores
stage "tests of each service" rust_tests "not package(matcha-tests)"
[[ -z ${FILTER:-} ]] || exit 0
stage "packages of the site" npm_install "$ROOT/web"
stage "packages of the browser tests" npm_install "$ROOT/tests/web"
stage "unit tests of the site" npm --prefix web test
stage "cluster" cluster
stage "tests across services" tests_across_services
stage "browser tests" browser_tests
