# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# A sweep that is disturbed, and what must hold when it has ended. $place is an empty folder.

fail() {
    echo "$1" >&2
    exit 1
}

# until_true SECONDS COMMAND...
until_true() {
    local end=$((SECONDS + $1))
    until "${@:2}"; do
        [ $SECONDS -lt $end ] || fail "not within $1 seconds: ${*:2}"
        sleep 0.5
    done
}

# in_folder NAME: a folder with a script that leaves a line in `log` where it ends, and rests `pause`
# seconds in each of its 200 iterations, but not again where a resumed run is told of earlier ones.
in_folder() {
    mkdir "${place:?}/$1"
    cd "$place/$1" || return
    cat >s.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { seed = 1, pause = 0.0 }
local r = synrl.train { name = 'seed' .. o.seed, data = synrl.dataset('boundary', { samples = 100, seed = o.seed }),
  model = synrl.model('mlp', { layers = { 2, 5, 1 } }), loss = 'mse', iterations = 200, rule = 'win_stay',
  checkpoint = { every = 50 }, on_evaluate = function(metrics)
    if o.pause > 0 and metrics.iteration % 10 == 0 then
      os.execute(('mkdir slept-%d-%d 2>/dev/null && sleep %g'):format(o.seed, metrics.iteration, 10 * o.pause))
    end
  end }
local log = assert(io.open('log', 'a'))
log:write(o.seed, '\n')
log:close()
return { hash = r.summary.weights_hash }
END
}

# whole N: N cells have ended, each once, all in runs that are done, and there is nothing besides.
whole() {
    local found
    [ "$(sort -n log)" = "$(seq "$1")" ] || fail "cells that ended: $(sort -n log | tr '\n' ' ')"
    found=$(find runs/.cells -mindepth 1 | grep -vc 'json$' || true)
    [ "$found/$(find runs/.cells -name '*.json' | wc -l)" = "0/$1" ] || fail "$(ls -la runs/.cells)"
    [ "$(find runs -mindepth 2 -name run.json | wc -l)" = "$1" ] || fail "$(synrl ls)"
    [ "$(synrl ls --limit 1000 --status 'done' | grep -c seed)" = "$1" ] || fail "$(synrl ls)"
    found=$(find runs -name '*draft*' -o -name '.2*')
    [ -z "$found" ] || fail "$found"
}

# same_hashes N: as where nothing was in the way.
same_hashes() {
    synrl sweep --quiet --no-record -j 2 s.lua "seed=1..$1" --runs undisturbed >/dev/null
    python3 - <<'END'
import glob, json
def hashes(folder):
    return sorted(json.load(open(f))['result']['hash'] for f in glob.glob(folder + '/.cells/*.json'))
assert hashes('runs') == hashes('undisturbed'), (hashes('runs'), hashes('undisturbed'))
END
}

has_begun() {
    compgen -G 'runs/*seed1/checkpoint*' >/dev/null
}
has_some() {
    [ -e log ] && [ "$(wc -l <log)" -ge "$1" ]
}
