#!/usr/bin/env bash
# The examples of the documents do what they say.

# Cuts the Lua examples of a page into example1.lua, example2.lua ... and prints how many there are.
examples_of() {
    awk '/^```lua$/ { file = "example" ++n ".lua"; next }
         /^```$/ { file = ""; next }
         file != "" { print > file }
         END { print n }' "$1"
}

test_examples_of_the_lua_reference_run() {
    local n i
    n=$(examples_of "$SOURCE/docs/reference/lua.md")
    [ "$n" -ge 7 ]
    for ((i = 1; i <= n; i++)); do
        exits 0 synrl run --quiet --no-pictures "example$i.lua"
        complains ''
    done
}
