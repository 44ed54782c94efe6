# shellcheck shell=bash
# Ed25519 keys: one per issuer of internal tokens, with its public half in trust/, and the key of members' access tokens.

ISSUERS="gateway user movie rating recommendation operator"

# The openssl that macOS brings cannot make these keys; brew's can.
openssl_command() {
    local brewed=/opt/homebrew/opt/openssl@3/bin/openssl
    [[ -x $brewed ]] || brewed=/usr/local/opt/openssl@3/bin/openssl
    if is_macos && [[ -x $brewed ]]; then echo "$brewed"; else echo openssl; fi
}

make_key() {
    local path=$1 openssl
    [[ -s $path ]] && return 0
    openssl=$(openssl_command)
    (umask 077 && "$openssl" genpkey -algorithm ed25519 -out "$path.new")
    mv "$path.new" "$path"
}

make_keys() {
    local issuer openssl
    openssl=$(openssl_command)
    mkdir -p "$KEYS/trust"
    chmod 700 "$KEYS"
    for issuer in $ISSUERS; do
        make_key "$KEYS/$issuer.key.pem"
        [[ $KEYS/trust/$issuer.pem -nt $KEYS/$issuer.key.pem ]] && continue
        "$openssl" pkey -in "$KEYS/$issuer.key.pem" -pubout -out "$KEYS/trust/$issuer.pem"
    done
    make_key "$KEYS/access.key.pem"
}
