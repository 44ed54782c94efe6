# shellcheck shell=bash
# The seed: a catalogue of real movies and a synthetic community, loaded through the RPCs of the services.

SEEDED=$MATCHA_HOME/seeded
# As infra/seed gives it to the demo member.
# shellcheck disable=SC2034 # the other parts use it
DEMO_PASSWORD=matcha-demo-popcorn

# The tool speaks as an operator, and knows no database.
run_seed_tool() {
    (
        load_environment
        forget_foreign_secrets operator
        export INTERNAL_KEY=$KEYS/operator.key.pem INSTANCE=seed ENVIRONMENT=${ENVIRONMENT:-development}
        # The tool prints its own progress; of the client beneath it only trouble is of interest.
        export RUST_LOG=${RUST_LOG:-warn}
        cd "$ROOT" && exec "$ROOT/target/release/matcha-seed" "$@" 9>&-
    )
}

# Seeding twice changes nothing; the mark only saves the time.
seed_once() {
    [[ -f $SEEDED ]] && return 0
    command_seed
}

command_seed() {
    step "loading the catalogue and a synthetic community"
    run_seed_tool seed || fail "seeding failed; 'make seed' tries again and loads only what is missing"
    touch "$SEEDED"
}

command_import() {
    [[ -n ${1:-} ]] || fail "which data set? make import DIR=path/to/ml-latest-small"
    [[ -d $1 ]] || fail "there is no folder '$1'"
    local folder
    folder=$(cd "$1" && pwd -P)
    step "importing $folder"
    run_seed_tool import "$folder"
}
