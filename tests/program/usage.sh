#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Help, the manual page and completion of the program: all flags of all commands, wherever a person
# looks for them. What there must be is looked up in the sources, as text.

# Help ------------------------------------------------------------------------------------------

test_the_commands_are_listed() {
    exits 2 synrl
    prints ''
    cp "$ERROR" usage
    head -n 1 usage | grep -q '^usage: synrl COMMAND'
    for flag in help --help -h; do
        exits 0 synrl $flag
        prints "$(cat usage)"
    done
}

# The file of each command is core/cli/NAME.c.
test_every_command_shows_its_help_wherever_it_is_asked() {
    local name n=0
    for name in $(grep -l '^const struct command command_' "$SOURCE"/core/cli/*.c | xargs -n 1 basename -s .c); do
        exits 0 synrl help "$name"
        cp "$OUTPUT" help
        [[ $(head -n 1 help) == "usage: synrl $name"* ]] || fail "no usage of $name"
        grep -q -e --help help || fail "$name does not mention --help"
        exits 0 synrl "$name" --help
        prints "$(cat help)"
        exits 0 synrl "$name" -h
        prints "$(cat help)"
        n=$((n + 1))
    done
    [ $n -eq 21 ]
}

test_help_is_shown_after_other_flags() {
    exits 0 synrl help rm
    cp "$OUTPUT" help
    exits 0 synrl rm --force x --help
    prints "$(cat help)"
    exits 1 synrl rm --force -- --help # a run's name
    complains 'synrl: no run "--help", and no folder runs'
}

# The manual page -------------------------------------------------------------------------------

# flags_of FILE: those of its table, of rows such as `{"--name", FLAG_...`, but for hidden ones.
flags_of() {
    tr '\n' ' ' <"$1" | sed 's/}, *{/}\n{/g' | grep -v 'is_hidden = true' |
        grep -o '^.*{"--\?[a-z-]*", *FLAG_' | grep -o '"--\?[a-z-]*", *FLAG_' | cut -d'"' -f2
}

# explained COMMAND FILE [FLAGS]: each flag of the file's table, or of these, is in the help, the page
# and the completion.
explained() {
    local flag
    synrl "$1" --help >help
    sed -n "/^\.SS $1\$/,/^\.SS/p" "$BUILD/synrl.1" | sed 's/\\-/-/g' >page
    sed -n "/^  $1)/,/ esac/p" "$BUILD/synrl.bash" >completion
    for flag in ${3:-$(flags_of "$2")}; do
        grep -q -e "^  ${flag}[ ,]" help || fail "$1: no help on $flag"
        grep -q -e "^\.BI\? $flag\( \|\$\)" page || fail "$1: nothing in the page on $flag"
        grep -q -e "[ ']${flag}[ ']" completion || fail "$1: $flag is not completed"
        n_flags=$((n_flags + 1))
    done
}

test_every_flag_of_the_tables_is_explained() {
    local name n_flags=0
    for name in $(grep -l '{"--\?[a-z]*", *FLAG_' "$SOURCE"/core/cli/*.c | xargs -n 1 basename -s .c); do
        explained "$name" "$SOURCE/core/cli/$name.c"
    done
    explained evaluate "$SOURCE/core/cli/question.h"
    explained predict "$SOURCE/core/cli/question.h"
    explained run "$SOURCE/core/record/invocation.c" "$(flags_of "$SOURCE/core/record/invocation.c" |
        grep -vx -e --force-changed -e --folder)"
    explained resume "$SOURCE/core/record/invocation.c" '--force-changed --folder --quiet'
    [ $n_flags -gt 40 ]
}

test_every_variable_is_in_the_page() {
    local names name
    names=$(cat "$SOURCE"/core/*/*.c | grep -o 'getenv("SYNRL[A-Z_]*' | cut -d'"' -f2 | sort -u)
    [ "$names" = $'SYNRL_ISA\nSYNRL_PATH\nSYNRL_PLUGIN_PATH\nSYNRL_TRACEBACK' ]
    for name in $names; do
        grep -qx ".B $name" "$BUILD/synrl.1" || fail "nothing on $name"
    done
}

# man's own checks find nothing to say, and nothing is left of the marks.
test_the_page_is_a_manual_page() {
    grep @ "$BUILD/synrl.1" && fail 'a mark is left'
    if has groff; then
        exits 0 groff -man -ww -Tutf8 "$BUILD/synrl.1"
        complains ''
    fi
}

# Completion ------------------------------------------------------------------------------------

# completes WORDS COMPLETIONS: the last word, empty after a blank, can become these, sorted.
completes() {
    local words=("synrl")
    # shellcheck disable=SC2206 # split on purpose
    words+=($1)
    [ "${1% }" = "$1" ] || words+=('')
    bash -c 'set -u
source <(synrl completion bash)
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_synrl
printf "%s\n" "${COMPREPLY[@]}" | sort | paste -sd " "' - "${words[@]}" >completed
    [ "$(cat completed)" = "$2" ] || fail "$1: $(cat completed), not $2"
}

test_bash_completes() {
    has_proc || return 0 # bash's own <(...) needs it
    mkdir -p runs/2031-first runs/2031-second
    touch script.lua
    completes 're' 'reindex replay report resume'
    completes 'ls --st' '--status'
    completes 'ls --status ' 'crashed diverged done failed interrupted running stopped unknown'
    completes 'ls --sort valid_' 'valid_accuracy valid_loss'
    completes 'show 2' '2031-first 2031-second'
    completes 'rm --force runs/2031-f' 'runs/2031-first'
    completes 'run scr' 'script.lua'
    completes 'run --runs ru' 'runs'
    completes 'run --cell' ''
    completes 'help swe' 'sweep'
    completes 'completion ' 'bash'
    completes 'version ' ''
}
