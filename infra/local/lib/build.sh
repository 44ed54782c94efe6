# shellcheck shell=bash
# Building: release binaries, and the site when its sources changed.

# What the cluster runs, and nothing else. `--workspace` beside the names gives every dependency the same features as in the tests,
# so that neither build compiles a dependency again.
CLUSTER_BINARIES="matcha-gateway matcha-user matcha-movie matcha-rating matcha-recommendation matcha-seed"

# With TEST_BUILD=1 as the tests are compiled: the cluster of `make test` shares their libraries.
build_services() {
    local binary arguments=()
    [[ -z ${TEST_BUILD:-} ]] || arguments+=(--config "$ROOT/infra/local/test-build.toml")
    step "building the services (the first time takes some minutes)"
    for binary in $CLUSTER_BINARIES; do arguments+=(--bin "$binary"); done
    (cd "$ROOT" && cargo build --release --workspace "${arguments[@]}" --locked --target-dir "$ROOT/target" 9>&-)
}

# The load generator of `make bench`.
build_bench() {
    (cd "$ROOT" && cargo build --release --workspace --bin matcha-bench --locked --target-dir "$ROOT/target" 9>&-)
}

# npm_install FOLDER: exactly what the lock file says, when it changed since the last time.
npm_install() {
    local folder=$1 mark=$1/node_modules/.installed-from
    cmp -s "$folder/package-lock.json" "$mark" && return 0
    step "installing the packages of ${folder#"$ROOT"/}"
    (cd "$folder" && npm ci --no-audit --no-fund 9>&-) || fail "npm could not install the packages of $folder"
    cp "$folder/package-lock.json" "$mark"
}

# The state of the site's sources, generated and ignored files left out, so that a build does not make itself look old.
web_sources() {
    (
        cd "$ROOT/web" || exit
        git ls-files -z --cached --others --exclude-standard 2>/dev/null ||
            find . \( -name node_modules -o -name build -o -name .svelte-kit \) -prune -o -type f -print0
    ) | (cd "$ROOT/web" && xargs -0 cksum 2>/dev/null) | sort | checksum
}

build_web() {
    local web=$ROOT/web mark=$ROOT/web/node_modules/.built-from sources
    npm_install "$web"
    sources=$(web_sources)
    [[ -d $web/build && -f $mark && $(cat "$mark") == "$sources" ]] && return 0
    step "building the site"
    (cd "$web" && npm run build 9>&-) || fail "the site could not be built"
    echo "$sources" >"$mark"
}
