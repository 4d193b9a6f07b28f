#!/bin/sh
# Called by cargo in place of rustc: our own crates are built with counters for the fuzzing engine, all
# others as always. Stable Rust, no cargo-fuzz.
rustc=$1
shift
case " $* " in
*" --crate-name leadgate "* | *" --crate-name profile "* | *" --crate-name path_template "* | *" --crate-name form "*)
  exec "$rustc" "$@" --cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
  ;;
*) exec "$rustc" "$@" ;;
esac
