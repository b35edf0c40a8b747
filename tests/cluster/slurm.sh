#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A sweep as an array job of a real Slurm: one node, this machine, with a controller, a daemon and munge of
# its own, in a folder of its own. A task is killed, a time limit is reached, a task is cancelled; each
# time every cell has its result once, nothing is begun again, and nothing is left behind.
# As root, with slurm-wlm and munge (sh tools/setup more).
# usage: tests/cluster/slurm.sh BUILD
set -Eeuo pipefail
trap 'echo "failed: $BASH_COMMAND, line $LINENO" >&2' ERR

skip() {
    echo "skipped: sweeps under Slurm, since $1"
    exit 0
}
for tool in slurmctld slurmd sbatch munged mungekey; do
    PATH=$PATH:/usr/sbin command -v $tool >/dev/null || skip "$tool is not installed; run: sh tools/setup more"
done
[ "$(id -u)" -eq 0 ] || skip 'its daemons have to be started as root'
[ -r /proc/self/stat ] || skip 'there is no /proc'

# shellcheck source=/dev/null
. "$(dirname "$0")/shared/sweeps.sh"
build=$(readlink -f "$1")
PATH=$build:$PATH:/usr/sbin
place=$(mktemp -d)
chmod 755 "$place"
daemons=()

finish() {
    local daemon
    if [ "${SLURM_CONF-}" = "$place/slurm.conf" ] && scancel -u root >/dev/null 2>&1; then # the tasks would outlive the daemons
        for _ in $(seq 60); do
            [ -n "$(squeue -h 2>/dev/null)" ] || break
            sleep 0.5
        done
    fi
    for daemon in "${daemons[@]}"; do
        kill "$daemon" 2>/dev/null || true
    done
    wait
    if [ "$1" -ne 0 ]; then
        tail -n 20 "$place"/*.log "$place"/*/runs/*.log >&2 || true
        echo "kept: $place" >&2
    else
        rm -rf "$place"
    fi
}
trap 'finish $?' EXIT

# The cluster ------------------------------------------------------------------------------------

free_port() {
    python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start_cluster() {
    local host
    host=$(uname -n)
    mkdir -p "$place/munge" "$place/state" "$place/spool"
    mungekey --create --keyfile="$place/munge/key"
    munged --foreground --force --key-file="$place/munge/key" --socket="$place/munge/socket" \
        --pid-file="$place/munge/pid" --seed-file="$place/munge/seed" --log-file="$place/munge.log" 2>/dev/null &
    daemons+=($!)
    until_true 20 test -S "$place/munge/socket"
    # Without a delay that lets old credentials lapse before a task that was queued again may start.
    cat >"$place/slurm.conf" <<END
ClusterName=synrl
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$place/munge/socket,cred_expire=5
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
StateSaveLocation=$place/state
SlurmdSpoolDir=$place/spool
SlurmctldPidFile=$place/slurmctld.pid
SlurmdPidFile=$place/slurmd.pid
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=20
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
    export SLURM_CONF=$place/slurm.conf
    slurmctld -D >"$place/slurmctld.log" 2>&1 &
    daemons+=($!)
    slurmd -D >"$place/slurmd.log" 2>&1 &
    daemons+=($!)
    until_true 60 is_idle
}
is_idle() {
    [ "$(sinfo -h -o %t 2>/dev/null)" = idle ]
}

# Sweeps -----------------------------------------------------------------------------------------

# submit N ARGUMENT...: starts the sweep in N tasks; its id is in $job.
submit() {
    synrl sweep s.lua --slurm --array "$@" >submitted
    job=$(awk '{ print $4 }' submitted)
}

has_ended() {
    [ -z "$(squeue -h -j "$job" 2>/dev/null)" ]
}
# told TASK KEY: what Slurm says of a task.
told() {
    scontrol show job "${job}_$1" | tr ' ' '\n' | sed -n "s/^$2=//p" | head -n 1
}

# kill_task TASK: its script, its sweep and its cell, at once, as when a machine runs out of memory.
kill_task() {
    local at pids=()
    for at in /proc/[0-9]*; do
        if tr '\0' '\n' 2>/dev/null <"$at/environ" >"$place/environment" &&
            grep -qx "SLURM_ARRAY_TASK_ID=$1" "$place/environment" &&
            grep -qx "SLURM_CONF=$SLURM_CONF" "$place/environment"; then
            pids+=("${at#/proc/}")
        fi
    done
    kill -9 "${pids[@]}" 2>/dev/null || true
}

a_task_is_killed() {
    local victim=$((RANDOM % 4 + 1)) after=$((RANDOM % 20 + 1)) start=$SECONDS
    in_folder killed
    submit 4 --quiet seed=1..40 pause=0.005
    until_true 120 has_some "$after"
    kill_task "$victim"
    until_true 300 has_ended
    [ "$(told "$victim" JobState)" = FAILED ] || fail "task $victim is $(told "$victim" JobState)"
    whole 40
    same_hashes 40
    echo "40 cells, 4 tasks, task $victim killed after $after cells: each cell once, nothing left ($((SECONDS - start)) s)"
}

a_time_limit_is_reached() {
    local start=$SECONDS restarts
    in_folder limited
    submit 1 --quiet --time 1 seed=1 pause=0.3
    until_true 400 has_ended
    restarts=$(told 1 Restarts)
    [ "$restarts" -ge 1 ] || fail 'it was not queued again'
    [ "$(told 1 JobState)" = COMPLETED ] || fail "$(told 1 JobState)"
    whole 1
    grep -q '"resumed"' runs/*/run.json || fail 'the run was begun again'
    same_hashes 1
    echo "a time limit of 1 minute, a cell of longer: queued again $restarts times, one run, the same hash ($((SECONDS - start)) s)"
}

a_task_is_cancelled() {
    local start=$SECONDS
    in_folder cancelled
    submit 2 --quiet seed=1..2 pause=0.05
    until_true 60 has_begun
    scancel "${job}_1"
    until_true 120 has_ended
    [ "$(told 1 JobState)" = CANCELLED ] || fail "$(told 1 JobState)"
    [ "$(told 2 JobState)" = COMPLETED ] || fail "$(told 2 JobState)"
    whole 2
    grep -q '"resumed"' runs/*seed1/run.json || fail 'the cell was begun again'
    same_hashes 2
    echo "a cancelled task: its cell was gone on with by the other ($((SECONDS - start)) s)"
}

# One run by two tasks, which meet by PMIx; the signal that --signal sends ahead of a limit; and its
# resumption by mpirun within a job of its own.
ranks_are_interrupted() {
    local start=$SECONDS wanted step code=0
    if ! command -v mpirun >/dev/null || [ ! -e "$build/plugins/comm/mpi.so" ]; then
        echo 'skipped: runs of several tasks, since OpenMPI is not installed, or was not when this was built'
        return
    fi
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    in_folder ranks
    synrl run --quiet --no-record s.lua >wanted
    wanted=$(grep hash wanted)
    srun --mpi=pmix -n 2 synrl run --quiet s.lua pause=0.1 >said 2>&1 &
    step=$!
    until_true 60 compgen -G 'runs/*/checkpoint-*' >/dev/null
    scancel --signal=USR1 "$(squeue -h -o %i | head -n 1)"
    wait $step || code=$?
    [ $code -eq 75 ] || fail "srun ended with $code: $(cat said)"
    grep -q '"interrupted"' runs/*/run.json || fail 'it was not saved as interrupted'
    printf '#!/bin/bash\n#SBATCH --ntasks=2 --output=resumed.log\nmpirun --quiet synrl resume --quiet %s\n' \
        "$(echo runs/*-seed1)" >resume.sbatch
    sbatch --wait resume.sbatch >/dev/null
    [ "$(grep hash resumed.log)" = "$wanted" ] || fail "ended with $(cat resumed.log), not $wanted"
    echo "one run by two tasks: interrupted by SIGUSR1, resumed by mpirun, the same hash ($((SECONDS - start)) s)"
}

start_cluster
echo "Slurm $(sinfo --version | cut -d' ' -f2): one controller, one node"
for scene in ${SCENES:-a_task_is_killed a_task_is_cancelled a_time_limit_is_reached ranks_are_interrupted}; do
    $scene
done
