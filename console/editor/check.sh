#!/usr/bin/env bash
# Rebuilds the editor of profiles from its sources and compares it with the one in the tree. With
# `UPDATE=1` the tree gets the new one.
set -euo pipefail
cd "$(dirname "$0")"
assets=$(cd ../../src/console/assets && pwd)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp package.json package-lock.json ./*.mjs "$folder"
npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent
(cd "$folder" && node test.mjs "$assets/../../../docs/schema/profile.schema.json")
mkdir "$folder/built"
(cd "$folder" && node build.mjs built)

for name in editor.js editor.licences.txt; do
  if [ "${UPDATE:-}" = 1 ]; then
    cp "$folder/built/$name" "$assets/$name"
  elif ! cmp -s "$folder/built/$name" "$assets/$name"; then
    echo "src/console/assets/$name differs from its sources: run UPDATE=1 console/editor/check.sh" >&2
    exit 1
  fi
done
