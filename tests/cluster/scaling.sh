#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How the time of an iteration depends on ranks and on the latency of an exchange: on this machine, which
# should be idle, with one core per rank. Times are those of the fastest of several runs; beside them
# stands what the model of docs/guide/cluster.md says.
# usage: tests/cluster/scaling.sh BUILD
set -Eeuo pipefail
trap 'echo "failed: $BASH_COMMAND, line $LINENO" >&2' ERR

build=$(readlink -f "$1")
# shellcheck source=/dev/null
. "$(dirname "$0")/shared/mpi.sh"
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"

# be32 N: four bytes, the largest first.
be32() {
    printf '%b' "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) \
        $(($1 >> 8 & 255)) $(($1 & 255)))"
}
{
    be32 2051 && be32 60000 && be32 28 && be32 28
    head -c $((60000 * 784)) /dev/urandom
} >images
head -c 2400000 /dev/urandom | tr -dc '\0-\11' >digits
{
    be32 2049 && be32 60000
    head -c 60000 digits
} >labels
cat >scaling.lua <<'END'
local synrl = require 'synrl'
local o = synrl.options { samples = 60000, hidden = 32, iterations = 60, rule = 'static' }
local data = synrl.dataset('idx', { images = 'images', labels = 'labels' })
data = o.samples < 60000 and data:split(o.samples / 60000, 1) or data
local rule = o.rule == 'static' and synrl.rule('static', { policy = synrl.policy.load(os.getenv('GOLDEN')) }) or o.rule
local r = synrl.train { data = data, model = synrl.model('mlp', { layers = { 784, o.hidden, 10 },
  activation = 'relu', init = 0.05 }), loss = 'cross_entropy', rule = rule, iterations = o.iterations,
  record_every = 1000000 }
print(1000 * r.summary.seconds / o.iterations, r.summary.weights_hash)
END
GOLDEN=$(readlink -f "$OLDPWD/datasets/policies/golden.csv")
export GOLDEN

# milliseconds N ARGUMENT...: an iteration with N ranks of one worker each, the fastest of five.
milliseconds() {
    for _ in ${REPEATS:-1 2 3 4 5}; do
        mpirun --quiet -n "$1" --bind-to core synrl run --comm mpi --compare 0 --threads 1 --quiet --no-record \
            scaling.lua "${@:2}"
    done | sort -g | awk 'NR == 1 { print $1 }'
}

# An iteration takes a + b samples / ranks + the latency of the exchange: a and b by two runs of one rank.
few=$(milliseconds 1 samples=1024 iterations=3000)
many=$(milliseconds 1 samples=60000 iterations=100)
read -r a b < <(awk "BEGIN { b = ($many - $few) / (60000 - 1024); print $few - 1024 * b, b }")
awk "BEGIN { printf \"784-32-10: %.1f us + %.4f us per sample\n\", 1000 * $a, 1000 * $b }"

# model SAMPLES RANKS MICROSECONDS
model() {
    awk "BEGIN { printf \"%.3f\", $a + $b * $1 / $2 + $3 / 1000 }"
}
two=$(milliseconds 2 samples=1024 iterations=3000)
latency=$(awk "BEGIN { printf \"%.1f\", 1000 * ($two - $a - $b * 512) }")
echo "an exchange of two ranks on this machine: $latency us"

for samples in 60000 5000; do
    one=$(milliseconds 1 samples=$samples iterations=200)
    for delay in 0 10 100 1000; do
        if [ $delay = 0 ]; then
            two=$(milliseconds 2 samples=$samples iterations=200)
        else
            two=$(LD_PRELOAD=$build/tests/fault/latency.so SYNRL_LATENCY=$delay \
                milliseconds 2 samples=$samples iterations=200)
        fi
        says=$(model $samples 2 "$(awk "BEGIN { print $latency + $delay }")")
        awk "BEGIN { printf \"%d samples, exchanges %d us longer: 1 rank %.3f ms, 2 ranks %.3f ms: %.2f times; the model says %.3f\n\",
            $samples, $delay, $one, $two, $one / $two, $says }"
    done
done

one=$(milliseconds 1 hidden=512 samples=20000 iterations=30)
two=$(milliseconds 2 hidden=512 samples=40000 iterations=30)
awk "BEGIN { printf \"784-512-10, 20,000 samples per rank: 1 rank %.3f ms, 2 ranks %.3f ms: efficiency %.2f\n\", $one, $two, $one / $two }"

alone=$(milliseconds 1 samples=1024 iterations=5000)
plain=$(for _ in 1 2 3 4 5; do
    synrl run --comm self --threads 1 --quiet --no-record scaling.lua samples=1024 iterations=5000
done | sort -g | awk 'NR == 1 { print $1 }')
awk "BEGIN { printf \"one rank by MPI %.4f ms, without %.4f ms: %.2f us an iteration\n\", $alone, $plain, 1000 * ($alone - $plain) }"

for ranks in 1 4 16 64 256; do
    echo "$ranks ranks, 60,000 samples: $(model 60000 $ranks 8) ms at 8 us, $(model 60000 $ranks 30) at 30;" \
        "1,000,000 samples: $(model 1000000 $ranks 8), $(model 1000000 $ranks 30)"
done
