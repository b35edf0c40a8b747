#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Whether tools/lint-rooms, tools/lint-links and tools/lint-examples find what they are there for: the
# first two are given a small made-up core, once as it should be and once for each way of breaking
# it, the last one small files.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/tools
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
n_checks=0
n_failures=0

fail() {
    echo "tests/lint.sh: $1"
    sed 's/^/    /' "$folder/output"
    n_failures=$((n_failures + 1))
}

# passes LINT ARGUMENT...
passes() {
    n_checks=$((n_checks + 1))
    "$tools/$1" "${@:2}" >"$folder/output" 2>&1 || fail "$1 refuses a core as it should be"
    [ ! -s "$folder/output" ] || fail "$1 has something to say about a core as it should be"
}

# refuses LINE LINT ARGUMENT... : it has to fail and print exactly that line, perhaps among others
refuses() {
    n_checks=$((n_checks + 1))
    local status=0
    "$tools/$2" "${@:3}" >"$folder/output" 2>&1 || status=$?
    [ "$status" -eq 1 ] || fail "$2 exits with $status in place of 1 for: $1"
    grep -qxF -- "$1" "$folder/output" || fail "$2 does not print: $1"
}

cat >"$folder/rooms" <<'END'
include
low side # neighbours
high
lua
cli
instead cli/all.h
cycle low/here low/there # they are one
END

# core: a small one that is as it should be, in place of the one that was there.
core() {
    rm -rf "$folder/core"
    mkdir -p "$folder"/core/{include/synrl,low,side,high,lua,cli}
    cd "$folder/core"
    printf '#ifndef SYNRL_A_H\n#define SYNRL_A_H\n#include "b.h"\n#endif\n' >include/synrl/a.h
    printf '#ifndef SYNRL_B_H\n#define SYNRL_B_H\n#endif\n' >include/synrl/b.h
    for name in low/here low/there low/family_private side/by high/up; do
        printf '#ifndef %s_H\n#define %s_H\n#include "synrl/a.h"\n#endif\n' \
            "${name##*/}" "${name##*/}" >$name.h
    done
    printf '#include "low/here.h"\n#include "low/there.h"\n' >low/here.c
    printf 'int there(void), here(void);\nint here(void) { return there(); }\n' >>low/here.c
    printf '#include "low/there.h"\nint here(void), there(void);\n' >low/there.c
    printf 'int there(void) { return here(); }\n' >>low/there.c
    printf '#include "low/family_private.h"\nint family;\n' >low/family.c
    printf '#include "low/family_private.h"\nint variant;\n' >low/family_variant.c
    printf '#include "side/by.h"\nint by(void);\nint by(void) { return 1; }\n' >side/by.c
    printf '#include "high/up.h"\n#include "low/here.h"\n#include "side/by.h"\n' >high/up.c
    printf 'int by(void), here(void), up(void);\nint up(void) { return here() + by(); }\n' >>high/up.c
    printf '#ifndef ALL_H\n#define ALL_H\n#endif\n' >cli/all.h
    printf '#include <lua.h>\n#include "cli/all.h"\nint command;\n' >cli/command.c
    cd - >/dev/null
}

rooms() {
    refuses "$1" lint-rooms "$folder/core" "$folder/rooms"
    core
}

core
passes lint-rooms "$folder/core" "$folder/rooms"
at=$folder/core

echo '#include "high/up.h"' >>"$at/low/here.h"
rooms "$at/low/here.h:5: includes \"high/up.h\": low may not include high"
echo '  #  include "side/by.h"' >>"$at/low/there.c"
rooms "$at/low/there.c:4: includes \"side/by.h\": low may not include side"
echo '#include "low/here.h"' >>"$at/include/synrl/a.h"
rooms "$at/include/synrl/a.h:5: includes \"low/here.h\": include may not include low"
echo '#include "there.h"' >>"$at/low/here.c"
rooms "$at/low/here.c:5: includes \"there.h\" without its room"
echo '#include "nowhere/there.h"' >>"$at/low/here.c"
rooms "$at/low/here.c:5: includes \"nowhere/there.h\", which is in no room"
echo '#include "low/family_private.h"' >>"$at/high/up.c"
rooms "$at/high/up.c:6: includes \"low/family_private.h\", which is private to low"
echo '#include <lauxlib.h>' >>"$at/high/up.c"
rooms "$at/high/up.c:6: includes <lauxlib.h>, which only lua and cli may"
sed -i 1d "$at/high/up.c"
rooms "$at/high/up.c does not include the header of its name"
sed -i 1d "$at/low/family_variant.c"
rooms "$at/low/family_variant.c does not include the header of its name"
sed -i '/all.h/d' "$at/cli/command.c"
rooms "$at/cli/command.c does not include the header of its name"
sed -i 's/up_H/here_H/' "$at/high/up.h"
rooms "$at/low/here.h has the include guard of $at/high/up.h"
mkdir "$at/attic" && echo 'int old;' >"$at/attic/old.c"
rooms "$at/attic/old.c: its folder is not in the list of rooms"

# links: of what is there now, compiled
links() {
    local object
    rm -rf "$folder/objects"
    for source in "$folder"/core/*/*.c; do
        object=$folder/objects/${source#"$folder/core/"}
        mkdir -p "${object%/*}"
        sed '/#include/d' "$source" | "${CC:-gcc}" -x c -c -o "${object%.c}.o" -
    done
    if [ "$1" = passes ]; then
        passes lint-links -r "$folder/rooms" "$folder"/objects/*/*.o
    else
        refuses "$1" lint-links -r "$folder/rooms" "$folder"/objects/*/*.o
    fi
    core
}

links passes
printf 'int up(void), down(void);\nint down(void) { return up(); }\n' >>"$at/low/family.c"
links 'low/family needs up of high/up: low may not use high'
printf 'extern int family;\nint read(void);\nint read(void) { return family; }\n' >>"$at/side/by.c"
links 'side/by needs family of low/family: side may not use low'
printf 'extern int family, *own;\nint *own = &family;\n' >>"$at/low/family_variant.c"
printf 'extern int variant, *other;\nint *other = &variant;\n' >>"$at/low/family.c"
links 'need one another: low/family low/family_variant'
printf 'int one(void), two(void), three(void);\nint one(void) { return two(); }\n' >>"$at/high/up.c"
printf 'int two(void), three(void);\nint two(void) { return three(); }\n' >"$at/high/two.c"
printf 'int three(void), one(void);\nint three(void) { return one(); }\n' >"$at/high/three.c"
links 'need one another: high/three high/two high/up'
printf 'int here(void);\nint here(void) { return 0; }\n' >"$at/low/here.c"
links 'no longer need one another, but are listed: low/here low/there'
mkdir "$at/attic" && echo 'int old;' >"$at/attic/old.c"
links 'attic/old.o is in no room'

# example N_BLANK: a file of N_BLANK blank lines, 3 of code and comments that do not count
example() {
    {
        printf '/* SPDX-License-Identifier: MIT */\n/* What it is,\n * in two lines. */\nint a;\n'
        printf '/* 1. A step. */\nint b;\n    /* 2. One of\n     * two lines. */\nint c;\n'
        printf '%*s' "$1" '' | tr ' ' '\n'
    } >"$folder/example.c"
}

example 42
passes lint-examples "$folder/example.c"
example 43
refuses "$folder/example.c: 46 lines beside its comment: must be at most 45" \
    lint-examples "$folder/example.c"
example 41
sed -i 's|^int b;|/* Not a step. */\n&|' "$folder/example.c" # which counts
passes lint-examples "$folder/example.c"
echo 'int d;' >>"$folder/example.c"
refuses "$folder/example.c: 46 lines beside its comment: must be at most 45" \
    lint-examples /dev/null "$folder/example.c"
passes lint-examples "$PWD"/examples/*/*.c

[ "$n_failures" -eq 0 ]
echo "the lints of rooms and examples find what they should: $n_checks checks"
