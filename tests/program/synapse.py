# SPDX-License-Identifier: MIT
"""Checks what `synrl replay --synapse` printed of a run of replay.lua with rule=static, against the
run's own files: the rewards are the bits, a weight moves by alpha times the action, and a greedy action is
that of the script's policy. usage: synapse.py OUTPUT REWARDS.BIN"""
import re
import sys

lines = open(sys.argv[1]).read().splitlines()
bits = open(sys.argv[2], "rb").read()
assert len(bits) == 500 // 8 + 1
weight = float(re.fullmatch(r"synapse 2:3:5, at first (\S+)", lines[0]).group(1))
steps = lines[2:]
assert len(steps) == 500

last_action, last_reward, before = "0", ".", "."
n_explored = 0
for t, line in enumerate(steps):
    iteration, state, how, action, reward, after = line.split()
    assert int(iteration) == t
    assert reward == ("+" if bits[t // 8] >> t % 8 & 1 else "-")
    alpha = 1e-3 if t < 123 else 7e-4 if t < 300 else 3.5e-4
    weight += {"+": alpha, "-": -alpha, "0": 0}[action]
    assert abs(float(after) - weight) <= 1e-5
    assert state[0] == before and state[1] == last_reward and state[4] == last_action
    if how == "greedy":
        opposite = {"+": "-", "-": "+", "0": "0"}[last_action]
        assert action == (opposite if last_reward == "-" else last_action)
    n_explored += how == "explored"
    before, last_reward, last_action = last_reward, reward, action

# 50 steps at 0.3 and 450 at 0.2: 105 expected, and a standard deviation of 9.1.
assert 105 - 46 < n_explored < 105 + 46
