#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/tasks.lua: each task under a rule and under guesses, and which of them says nothing of the rule.

tasks() {
    synrl run --quiet --no-record "$SOURCE/scripts/tasks.lua" trials=1 "$@"
}

# Whether two symbols are equal, an early guess of seed 1 happens to say; of the exclusive or of two bits in four no guess
# of 300 is right in all sixteen sequences, and gradient descent learns it; a sum nobody finds in so many passes.
test_what_guessing_solves_is_marked() {
    exits 0 tasks tasks=xor,match,adding rule=gd passes=300 ranges=10 hidden=4
    grep -Eq '^xor +4 +[0-9]+ \(1\) +>300 \(0\) +- +passed$' "$OUTPUT"
    grep -Eq '^match +6 +[0-9]+ \(1\) +[0-9]+ \(1\) +10 +guessable$' "$OUTPUT"
    grep -Eq '^adding +10 +>300 \(0\) +>300 \(0\) +- +unsolved$' "$OUTPUT"
    grep -Eq '^match +guessable$' "$OUTPUT"
}

test_unknown_tasks_and_rules_are_refused() {
    exits 1 tasks tasks=order,xxor
    complains 'no task "xxor"'
    exits 1 tasks rule=static
    says 'the script knows three_factor'
}
