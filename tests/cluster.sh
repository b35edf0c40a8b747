#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What goes past one machine, each file of tests/cluster on its own: it sets up what it needs on this
# machine, prints what came of it, and says so where that cannot be had.
# usage: tests/cluster.sh BUILD [NAME...]
set -euo pipefail
here=$(dirname "$0")/cluster
build=$1
shift
[ $# -gt 0 ] || set -- "$here"/*.sh
failed=0
for name; do
    bash "$here/$(basename "$name" .sh).sh" "$build" || failed=1
done
exit $failed
