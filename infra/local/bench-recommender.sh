#!/usr/bin/env bash
# `make bench-recommender`: the models on real ratings (DATA=folder with usertime.base, .test, items.tsv …) and on synthetic
# communities up to MOST ratings, beside a reference and the gates. Needs no cluster.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cargo build --release --workspace --locked --bin matcha-recommendation
exec target/release/matcha-recommendation bench ${DATA:+--data "$DATA"} --most "${MOST:-20000000}"
