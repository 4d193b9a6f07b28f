#!/usr/bin/env bash
# Fuzzes every target for some seconds: fuzz/run.sh 60 [TARGET]. Needs a C++ compiler for the engine.
# Ignore warnings about __sanitizer functions: no sanitizer is used. The run stops at the first
# finding and writes it to fuzz/found/<target>/. Move that file to fuzz/corpus/<target>/, so that the
# ordinary tests try it from then on. New inputs go to target/fuzz-corpus/, where the next run
# starts; the committed corpus stays small.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
targets=${2:-"profile path_template form pbx"}

export RUSTC_WRAPPER="$PWD/cover.sh"
target=${CARGO_TARGET_DIR:-"$PWD/../target"}
cargo build --locked --target-dir "$target"

for name in $targets; do
  mkdir -p "found/$name" "$target/fuzz-corpus/$name"
  more=()
  if [ "$name" = profile ]; then more=(../mappings); fi
  "$target/debug/$name" -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="found/$name/" \
    "$target/fuzz-corpus/$name" "corpus/$name" "${more[@]}"
done
