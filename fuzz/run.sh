#!/usr/bin/env bash
# Fuzzes every target for so many seconds: fuzz/run.sh 60 [TARGET]. Needs a C++ compiler for the engine; its
# warnings about __sanitizer functions are no trouble, there is no sanitizer. It stops at the first finding,
# which lies in fuzz/found/<target>/; put the file into fuzz/corpus/<target>/, where the ordinary tests try it
# ever after. New inputs go into target/fuzz-corpus/, where the next run begins; the committed corpus stays small.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
targets=${2:-"profile path_template form"}

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
