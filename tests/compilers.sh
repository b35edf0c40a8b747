#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Whether the programs of two compilers end with the same weights, on letters and boundaries, with frozen and learned
# policies. usage: compilers.sh BUILD BUILD [COMMAND that runs the second ...]
set -euo pipefail

hashes() {
    "$@" run --quiet --no-record --json scripts/ocr.lua iterations=300 2>/dev/null
    "$@" run --quiet --no-record --json scripts/ocr.lua iterations=200 hidden=12 rule=static 2>/dev/null
    "$@" run --quiet --no-record --json scripts/boundary.lua iterations=300 2>/dev/null
}

one=$(hashes "$1/synrl" | grep weights_hash)
other=$(hashes "${@:3}" "$2/synrl" | grep weights_hash)
if [ "$one" != "$other" ]; then
    printf '%s and %s differ:\n%s\n%s\n' "$1" "$2" "$one" "$other"
    exit 1
fi
echo "$1 and $2: the same weights in $(wc -l <<<"$one") runs"
