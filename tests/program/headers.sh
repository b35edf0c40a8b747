#!/usr/bin/env bash
# Each public header compiles by itself, as C11 and as C++, without a warning.

compile() {
    echo "#include <synrl/$1>" | "${@:2}" -Werror -fsyntax-only "-I$SOURCE/core/include" -
}

# each_with COMPILER FLAG...
each_with() {
    local header n=0
    for header in "$SOURCE"/core/include/synrl/*.h; do
        exits 0 compile "${header##*/}" "$@"
        complains ''
        n=$((n + 1))
    done
    [ $n -ge 12 ]
}

test_headers_compile_as_c() {
    each_with gcc -x c -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow
}

test_headers_compile_as_cplusplus() {
    each_with g++ -x c++ -std=c++11 -Wall -Wextra
}
