#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One run by several processes: SYNRL_CRASHES times a random one of 1 to 3 ranks is killed at a random
# moment, and the run resumed by a random other number of ranks, until it ends, with the hash of one
# that nobody killed. Then two machines that are network namespaces of this one, each with an address
# and a host name of its own, by TCP; and runs whose exchanges take longer, by a number of
# microseconds.
# As root. usage: tests/cluster/mpi.sh BUILD
set -Eeuo pipefail
trap 'echo "failed: $BASH_COMMAND, line $LINENO" >&2' ERR

build=$(readlink -f "$1")
# shellcheck source=/dev/null
. "$(dirname "$0")/shared/mpi.sh"
export OMPI_MCA_mpi_yield_when_idle=1
place=$(mktemp -d)
cd "$place"

finish() {
    ip netns del synrl0 2>/dev/null || true
    ip netns del synrl1 2>/dev/null || true
    if [ "$1" -ne 0 ]; then
        tail -n 20 said* >&2 || true
        echo "kept: $place" >&2
    else
        rm -rf "$place"
    fi
}
trap 'finish $?' EXIT

cat >run.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { rule = 'win_stay', iterations = 1500 }
local r = synrl.train { name = 'run', data = synrl.dataset('boundary', { samples = 240, seed = 3 }),
  model = synrl.model('mlp', { layers = { 2, 12, 1 } }), loss = 'mse', iterations = o.iterations,
  rule = o.rule, checkpoint = { every = 20 } }
print(r.summary.weights_hash)
END

# ranks N ARGUMENT...: synrl as N processes; --comm, since one process alone would not use MPI.
ranks() {
    mpirun --quiet --oversubscribe -n "$1" synrl "${2}" --comm mpi --threads 1 --quiet "${@:3}"
}

# ours: the processes of the run.
ours() {
    local at
    for at in /proc/[0-9]*; do
        if [ "$(readlink "$at/cwd" 2>/dev/null)" = "$PWD" ] && grep -qs '^synrl$' "$at/comm"; then
            echo "${at#/proc/}"
        fi
    done
}

wanted=$(synrl run --quiet --no-record run.lua)
kills=0 runs=0
while [ $kills -lt "${SYNRL_CRASHES:-100}" ]; do
    rm -rf runs
    n=$((RANDOM % 3 + 1))
    command=(run --no-pictures run.lua)
    while true; do
        ranks $n "${command[@]}" >said 2>said-error &
        job=$!
        # At a random moment of what a run takes here.
        sleep "0.$((RANDOM % 7 + 1))$((RANDOM % 10))"
        mapfile -t processes < <(ours)
        if [ ${#processes[@]} -gt 0 ] && kill -KILL "${processes[RANDOM % ${#processes[@]}]}" 2>/dev/null; then
            kills=$((kills + 1))
        fi
        if wait $job; then
            break
        fi
        [ -z "$(ours)" ] || sleep 2 # mpirun gives them a second to end
        [ -z "$(ours)" ]
        folder=$(compgen -G 'runs/*-run' || true)
        n=$(((n + RANDOM % 2) % 3 + 1)) # another number
        command=(run --no-pictures run.lua)
        [ -z "$folder" ] || command=(resume "$folder")
    done
    runs=$((runs + 1))
    [ "$(cat said)" = "$wanted" ] || { echo "ended with $(cat said), not $wanted" >&2; exit 1; }
done
echo "$kills kills of a rank in $runs runs: each resumed by another number of ranks, equal hashes"

# Two machines ---------------------------------------------------------------------------------------

machines() {
    ip netns add synrl0 && ip netns add synrl1 &&
        ip link add synrl0 netns synrl0 type veth peer name synrl1 netns synrl1 &&
        ip -n synrl0 addr add 10.77.0.1/24 dev synrl0 && ip -n synrl1 addr add 10.77.0.2/24 dev synrl1 &&
        for i in 0 1; do ip -n synrl$i link set synrl$i up && ip -n synrl$i link set lo up || return 1; done
}
if machines 2>said; then
    # What ssh would do: enter the machine of that address and run the command there.
    cat >agent <<'END'
#!/bin/bash
case $1 in 10.77.0.1) name=synrl0 ;; *) name=synrl1 ;; esac
shift
exec ip netns exec $name unshare --uts bash -c "hostname $name; $*"
END
    chmod +x agent
    printf '10.77.0.1 slots=1\n10.77.0.2 slots=1\n' >hosts
    for rule in win_stay three_factor open_es; do
        alone=$(synrl run --quiet --no-record run.lua rule=$rule iterations=40)
        # shellcheck disable=SC2016 # for the other shell
        both=$(ip netns exec synrl0 unshare --uts bash -c 'hostname synrl0
            mpirun --quiet --hostfile hosts --mca plm_rsh_agent "$PWD/agent" --mca btl tcp,self \
            --mca oob_tcp_if_include 10.77.0.0/24 --mca btl_tcp_if_include 10.77.0.0/24 -n 2 \
            -x PATH synrl run --quiet --no-record "$@"' machines run.lua rule=$rule iterations=40 2>said-error)
        [ "$alone" = "$both" ] || { echo "$rule: two machines end with $both, not $alone" >&2; exit 1; }
    done
    echo 'two machines by TCP: win_stay, three_factor and open_es end with the hashes of one'
else
    echo "skipped: two machines, since there are no network namespaces: $(cat said)"
fi

# Latency --------------------------------------------------------------------------------------------

if [ -e "$build/tests/fault/latency.so" ]; then
    synrl run --quiet --no-record run.lua iterations=300 >said
    for delay in 0 10 100 1000; do
        LD_PRELOAD=$build/tests/fault/latency.so SYNRL_LATENCY=$delay \
            ranks 2 run --no-record run.lua iterations=300 >said-slow
        cmp said said-slow
    done
    echo 'exchanges that take 0, 10, 100 and 1000 us longer: equal hashes'
fi
