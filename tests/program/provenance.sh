#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What run.json says of the repository that a script lies in.

git_as_x() {
    git -c user.name=x -c user.email=x@y -c commit.gpgsign=false "$@"
}

# A repository with two commits and a script in a folder of it.
setup() {
    cat >s.lua <<'END'
local synrl = require 'synrl'
synrl.train { loss = 'mse', rule = 'win_stay', iterations = 1,
  data = synrl.dataset('boundary', { samples = 50 }),
  model = synrl.model('mlp', { layers = { 2, 5, 1 } }) }
END
    git init -q -b main repository
    mkdir repository/deep
    cp s.lua repository/deep
    git_as_x -C repository add .
    git_as_x -C repository commit -q -m one
    git_as_x -C repository commit -q --allow-empty -m two
}

# commit_is COMMIT SCRIPT: a run of the script is recorded with this commit, or None.
commit_is() {
    local found
    rm -rf runs
    exits 0 "$BUILD/synrl" run --quiet --no-pictures "$2"
    found=$(/usr/bin/python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["provenance"]["git"])' runs/*/run.json)
    [ "$found" = "$1" ] || fail "$2: $found, not $1"
}

# revision NAME: the whole hash.
revision() {
    git -C repository rev-parse --verify "$1"
}

test_the_commit_is_that_of_the_scripts_repository() {
    local main before
    main=$(revision main)
    before=$(revision main~1)
    [ "${#main}" -eq 40 ]
    [ "$main" != "$before" ]
    commit_is "$main" repository/deep/s.lua
    # A script is where its file is, not where a link to it is.
    ln -s repository/deep/s.lua link.lua
    commit_is "$main" link.lua
    git -C repository checkout -q main~1
    commit_is "$before" repository/deep/s.lua
    git -C repository worktree add -q ../linked main~1
    commit_is "$before" linked/deep/s.lua
    git -C repository pack-refs --all
    git -C repository checkout -q main
    commit_is "$main" repository/deep/s.lua
    git clone -q --bare repository bare
    mkdir bare/deep
    cp s.lua bare/deep
    commit_is "$main" bare/deep/s.lua
    cp s.lua repository/.git/hooks
    commit_is "$main" repository/.git/hooks/s.lua
}

# A hook of git sets these for its own repository.
test_the_environment_of_git_does_not_count() {
    git init -q -b main other
    GIT_DIR=other/.git GIT_WORK_TREE=other commit_is "$(revision main)" repository/deep/s.lua
}

test_without_a_commit_it_is_null() {
    git init -q empty
    cp s.lua empty
    commit_is None empty/s.lua
    rm -rf repository/.git
    mkdir repository/.git
    commit_is None repository/deep/s.lua
}

test_without_git_it_is_null() {
    mkdir none
    for command in bash cat rm grep tail; do
        ln -s "$(command -v $command)" none
    done
    PATH=$PWD/none commit_is None repository/deep/s.lua
}
