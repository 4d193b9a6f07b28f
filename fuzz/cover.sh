#!/bin/sh
# cargo calls this in place of rustc. It builds our own crates with counters for the fuzzing engine
# and all others as usual. Works with stable Rust, without cargo-fuzz.
rustc=$1
shift
case " $* " in
*" --crate-name leadgate "* | *" --crate-name profile "* | *" --crate-name path_template "* | *" --crate-name form "* | *" --crate-name pbx "*)
  exec "$rustc" "$@" --cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
  ;;
*) exec "$rustc" "$@" ;;
esac
