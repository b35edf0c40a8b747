#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What synrl says to each mistake of docs/reference/mistakes.md. A row of its tables is the mistake,
# the options that run it (tests/mistakes/run.lua rule=rule_action_2), and the line that is said.

RUN=$SOURCE/tests/mistakes/run.lua

setup() {
    export SYNRL_PLUGIN_PATH=$BUILD/tests/mistakes:$BUILD/tests/fixtures:$BUILD/tests/bad
    ulimit -c 0
}

# run OPTION...: runs a mistake; its exit code into $CODE, what it says into the file `said`.
run() {
    CODE=0
    timeout -k 1 60 synrl run --quiet --no-record --threads 2 "$RUN" "$@" >output 2>said || CODE=$?
}

# The lines that synrl itself said, without the name of the program, the place in the script and the
# folder of the plugin. Of a NaN the sign is the processor's.
lines_said() {
    sed -n -e "s|^synrl: ||p; t; s|^[^ ]*/run\.lua:[0-9]*: ||p" said | sed -e "s|$BUILD/tests/[a-z]*/||g; s|-nan|nan|g"
}

# code_for LINE: the exit code that goes with a line; a run that ends without a finite loss is an error.
code_for() {
    case $1 in
    'warning: '*) grep -c ': 1 run diverged: ' said || true ;;
    *': segmentation fault') echo 139 ;;
    *': aborted' | *'no exception may leave a plugin') echo 134 ;;
    *) echo 1 ;;
    esac
}

# pattern_of LINE: the line as a pattern of bash, in which "..." is any text.
pattern_of() {
    local text=${1//\\/\\\\}
    text=${text//\*/\\*} text=${text//\?/\\?} text=${text//\[/\\[}
    printf '%s' "${text//.../*}"
}

# check_mistake LINE OPTION...: the line is said, where "..." stands for any text, and nothing else
# but what the plugin uses and that its loss is not finite; the exit code is that of the line.
check_mistake() {
    local pattern line n=0
    pattern=$(pattern_of "$1")
    run "${@:2}"
    lines_said > lines
    while IFS= read -r line; do
        # shellcheck disable=SC2053 # the right side is a pattern
        if [[ $line == $pattern ]]; then
            n=$((n + 1))
        elif ! grep -q '^warning: \(.* uses [a-z_]*(): \|run: the loss is not finite\)' <<<"$line"; then
            fail "${*:2}: also said: $line"
        fi
    done < lines
    [ "$n" -eq 1 ] || fail "${*:2}: not said: $1"$'\n'"$(head -c 2000 said)"
    [ "$CODE" -eq "$(code_for "$1")" ] || fail "${*:2}: exit code $CODE after: $1"
}

# check_table TITLE: the rows of this section.
check_table() {
    local options line n=0
    awk -v title="## $1" '/^## / { on = $0 == title } on && /^\| .*=/' \
        "$SOURCE/docs/reference/mistakes.md" > rows
    while IFS='|' read -r _ _ options line _; do
        options=${options//\`/} line=${line# \`} line=${line%\` }
        # shellcheck disable=SC2086 # options are separated by spaces
        check_mistake "$line" $options
        n=$((n + 1))
    done < rows
    [ "$n" -gt 0 ] || fail "no rows under $1"
}

# A sanitizer says in its own words what it finds of this, and ends the program.
plain() {
    [ -z "$SANITIZER" ] || skips 'a sanitizer finds these mistakes itself'
}

test_what_is_right_is_run_in_silence() {
    local right hash
    for right in rule=rule_right rule=rule_probes model=model_right loss=loss_right activation=activation_right; do
        run $right
        if [ "$CODE" -ne 0 ] || [ -s said ]; then
            fail "$right: exit code $CODE: $(cat said)"
        fi
    done
    run rule=rule_right
    hash=$(grep weights_hash output)
    run rule=rule_changes_actions # after the step: the host has its own copy
    [ "$hash" = "$(grep weights_hash output)" ] || fail "$hash became $(cat output)"
    run rule=rule_rounds_up # when it is loaded: that does not last
    [ "$hash" = "$(grep weights_hash output)" ] || fail "$hash became $(cat output)"
}

test_entries() {
    check_table 'Entry and parameters'
}
test_rules() {
    check_table 'Rules'
}
test_memory_and_crashes() {
    plain || return 0
    check_table 'Memory, crashes and the C library'
}
test_models() {
    plain || return 0
    check_table 'Models'
}
test_losses() {
    plain || return 0
    check_table 'Losses'
}
test_activations() {
    plain || return 0
    check_table 'Activations'
}
test_data_sets() {
    plain || return 0
    check_table 'Data sets'
}

# In a replay the same is said, for all that a replay lets a rule do: here another rule is put in the
# place of the one that was recorded.
test_rules_in_a_replay() {
    local run rule line n=0
    synrl run --quiet --no-pictures "$RUN" rule=rule_right >/dev/null
    run=$(compgen -G 'runs/*-run')
    cp "$run/run.json" recorded
    grep -E '^[|].*.rule=rule_[a-z0-9_]+. [|] .rule .*(env->(step|step_tensors|step_rank_one|loss)[: ]|parallel from|step (failed|called|returned)|create failed|temperature)' \
        "$SOURCE/docs/reference/mistakes.md" | grep -v 'loss_null\|fail_in_worker\|in_destroy' >rows
    while IFS='|' read -r _ _ rule line _; do
        rule=${rule//[\` ]/} rule=${rule#rule=} line=${line# \`} line=${line%\` }
        sed "s/rule_right/$rule/g" recorded >"$run/run.json"
        refuses 1 "$line" synrl replay --force-changed "$run"
        n=$((n + 1))
    done <rows
    [ "$n" -ge 25 ] || fail "only $n rules"
    # What it writes into the environment is found, though not what it is.
    for rule in rule_writes_seed rule_writes_iteration rule_writes_layout rule_writes_tensors; do
        sed "s/rule_right/$rule/g" recorded >"$run/run.json"
        refuses 1 "rule \"$rule\": changed the environment: all that env points to is the host's" synrl replay --force-changed "$run"
    done
    sed 's/rule_right/rule_leak/g' recorded >"$run/run.json"
    exits 0 synrl replay --force-changed "$run"
    says 'warning: rule "rule_leak": leaks memory: 100 blocks'
}

# What writes far past its memory may be found, or end the program at once: in both cases by name.
test_damage_is_named() {
    plain || return 0
    run rule=rule_overrun_far
    [ "$CODE" -ne 0 ] || fail 'the damage was not noticed'
    lines_said | grep -q '^rule "rule_overrun_far": .*\(crashed in step\|wrote past the end\)' ||
        fail "not named: $(cat said)"
}

test_an_exception_is_named() {
    plain || return 0
    has g++ || return 0
    g++ -w -shared -fPIC -I"$SOURCE/core/include" "$SOURCE/tests/mistakes/rule_throws.cpp" -o rule_throws.so
    SYNRL_PLUGIN_PATH=$PWD check_mistake 'rule "rule_throws": threw std::runtime_error in step, iteration 0: no exception may leave a plugin' \
        rule=rule_throws
}

# A first signal waits for the iteration's end, and says so; a second one does not.
test_an_endless_loop_is_named() {
    plain || return 0 # the thread sanitizer hands signals on when it sees fit
    synrl run --quiet --no-pictures "$RUN" rule=rule_endless 2>said &
    local child=$! i code=0
    await 'runs/*/run.json'
    sleep 0.2
    kill -TERM $child
    for ((i = 0; i < 300; i++)); do
        [ ! -s said ] || break
        sleep 0.1
    done
    kill -TERM $child || true
    wait $child || code=$?
    grep -qx 'synrl: waiting for rule "rule_endless" to end its step, iteration 0; a second signal ends the program at once' said ||
        fail "not said: $(cat said)"
    [ "$code" -eq 143 ] || fail "exit code $code"
}

test_a_state_that_cannot_be_loaded_is_named() {
    synrl run --quiet --no-pictures --threads 2 "$RUN" rule=rule_state_fails checkpoint=10 iterations=1000000000 2>said &
    local child=$!
    await 'runs/*/checkpoint*'
    kill -INT $child
    wait $child || true
    refuses 1 'rule "rule_state_fails": state failed (status 1) without a message' synrl resume runs/*-run
}
