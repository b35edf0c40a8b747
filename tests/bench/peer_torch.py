#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same iteration in PyTorch on the CPU, with the better of one thread and two.

usage: peer_torch.py HIDDEN ITERATIONS -> milliseconds an iteration
"""
import sys
import time

import torch

hidden, iterations = int(sys.argv[1]), int(sys.argv[2])
torch.manual_seed(1)
inputs, labels = torch.rand(5000, 784), torch.randint(0, 10, (5000,))
sizes = [784, hidden, 10] if hidden else [784, 10]
weights = [torch.empty(shape).uniform_(-0.1, 0.1) for shape in zip(sizes, sizes[1:])]
biases = [torch.zeros(size) for size in sizes[1:]]
synapses = weights + biases
histories = [torch.full(tensor.shape, 4) for tensor in synapses]
greedy = torch.randint(0, 3, (9, 9))
rewards, old_loss = 4, float("inf")


@torch.no_grad()
def iterate():
    global rewards, old_loss
    for i, tensor in enumerate(synapses):
        action = greedy[rewards][histories[i]]
        explores = torch.rand(tensor.shape) < 0.1
        action = torch.where(explores, torch.randint(0, 3, tensor.shape), action)
        tensor.add_(1e-4 * (action - 1))
        histories[i] = (histories[i] * 3 + action) % 9
    values = inputs
    for layer, (weight, bias) in enumerate(zip(weights, biases)):
        values = torch.addmm(bias, values, weight)
        if layer + 1 < len(weights):
            values.relu_()
    loss = torch.nn.functional.cross_entropy(values, labels).item()
    rewards = (rewards * 3 + (2 if loss < old_loss else 0)) % 9
    old_loss = loss


def measure(threads):
    torch.set_num_threads(threads)
    for _ in range(10):
        iterate()
    start = time.perf_counter()
    for _ in range(iterations):
        iterate()
    return (time.perf_counter() - start) / iterations * 1e3


print(min(measure(1), measure(2)))
