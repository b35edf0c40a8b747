#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A sweep of two machines on one folder, each with a host name, a boot and process ids of its own (they
# are namespaces of this machine), where locks are missing, or are local to each machine as some network
# file systems are mounted. One machine ends at once: the other takes over what it was running when its
# claim has lapsed, and goes on from the checkpoint.
# As root. usage: tests/cluster/folder.sh BUILD
set -Eeuo pipefail
trap 'echo "failed: $BASH_COMMAND, line $LINENO" >&2' ERR

skip() {
    echo "skipped: sweeps of two machines, since $1"
    exit 0
}
[ "$(id -u)" -eq 0 ] || skip 'namespaces have to be made as root'
unshare --uts --pid --mount --fork --mount-proc true 2>/dev/null || skip 'there are no namespaces'

# shellcheck source=/dev/null
. "$(dirname "$0")/shared/sweeps.sh"
build=$(readlink -f "$1")
PATH=$build:$PATH
place=$(mktemp -d)
machines=()

finish() {
    local machine
    for machine in "${machines[@]}"; do
        kill -9 "$machine" 2>/dev/null || true
    done
    if [ "$1" -ne 0 ]; then
        tail -n 20 "$place"/*/said-* >&2 || true
        echo "kept: $place" >&2
    else
        rm -rf "$place"
    fi
}
trap 'finish $?' EXIT

# on HOST COMMAND...: on a machine of that name.
# shellcheck disable=SC2016 # for the other shell
on=(unshare --uts --pid --mount --fork --mount-proc --kill-child bash -c 'hostname "$0"
echo "$0-boot" >"$PLACE/boot-$0"
mount --bind "$PLACE/boot-$0" /proc/sys/kernel/random/boot_id
"$@"')
export PLACE=$place
without_locks=(env LD_PRELOAD="$build/tests/fault/lockless.so")

# start HOST COMMAND...: sweeps there, by that command.
start() {
    "${on[@]}" "$1" "${@:2}" synrl sweep --quiet --lapse 5 s.lua seed=1..4 pause=0.05 >"said-$1" 2>&1 &
    machines+=($!)
}

# is_half_done HOST: whether it is at a cell that has a checkpoint; $run is the folder of its run.
is_half_done() {
    for run in runs/2*; do
        if grep -qs "\"host\": \"$1\"" "$run/run.json" && grep -q '"status": "running"' "$run/run.json" &&
            compgen -G "$run/checkpoint*" >/dev/null; then
            return 0
        fi
    done
    return 1
}

# a_machine_ends NAME A... -- B...: machines a and b sweep by these commands, and b is ended.
a_machine_ends() {
    local name=$1 i first=() second=() run began
    shift
    for ((i = 1; i <= $#; i++)); do
        [ "${!i}" != -- ] || break
        first+=("${!i}")
    done
    second=("${@:i + 1}")
    in_folder "$name"
    start a "${first[@]}"
    start b "${second[@]}"
    until_true 60 is_half_done b
    # Neither is it taken for dead from elsewhere, nor removed.
    "${on[@]}" a "${first[@]}" synrl ls --runs runs >listed 2>/dev/null
    grep "$(basename "$run")" listed | grep -q ' \(unknown\|running\) on b ' || fail "$(cat listed)"
    ! "${on[@]}" a "${first[@]}" synrl rm "$run" 2>/dev/null || fail "$run was removed"
    {
        kill -9 "${machines[-1]}"
        wait "${machines[-1]}" || true
    } 2>/dev/null # where bash says that it was killed
    began=$SECONDS
    wait "${machines[-2]}" || fail 'the machine that was left failed'
    machines=()
    whole 4
    grep -q '"resumed"' "$run/run.json" || fail 'the cell was begun again'
    same_hashes 4
    echo "4 cells, 2 machines, $name, one ended: each cell once, nothing left ($((SECONDS - began)) s later)"
}

a_machine_ends 'without locks' "${without_locks[@]}" -- "${without_locks[@]}"
a_machine_ends 'locks local to each' env -- "${without_locks[@]}"
