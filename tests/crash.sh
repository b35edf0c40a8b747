#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Kills of run and resume, and of sweeps, in rounds: Check cannot say how long a test took that took
# more than half an hour. Each round goes on with the moments that the one before did not reach.
# usage: tests/crash.sh PROGRAM KILLS
set -euo pipefail

round=50
for case in a_run_killed_at_any_moment_ends_the_same kills_at_any_moment_change_nothing; do
    for ((done = 0; done < $2; done += round)); do
        kills=$(($2 - done < round ? $2 - done : round))
        SYNRL_CRASHES=$kills SYNRL_CRASH_MOMENT=$((2 * done)) CK_TIMEOUT_MULTIPLIER=100 CK_RUN_CASE=$case "$1"
        echo "$case: $((done + kills)) of $2 kills"
    done
done
