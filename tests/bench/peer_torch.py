#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same iteration in PyTorch on the CPU, with the better of one thread and two: see peer_numpy.py.

usage: peer_torch.py HIDDEN ITERATIONS [static|three_factor] -> milliseconds an iteration
"""
import sys
import time

import torch

hidden, iterations = int(sys.argv[1]), int(sys.argv[2])
rule = sys.argv[3] if len(sys.argv) > 3 else "static"
torch.manual_seed(1)
inputs, labels = torch.rand(5000, 784), torch.randint(0, 10, (5000,))
centred = inputs - inputs.mean(0)
sizes = [784, hidden, 10] if hidden else [784, 10]
weights = [torch.empty(shape).uniform_(-0.1, 0.1) for shape in zip(sizes, sizes[1:])]
biases = [torch.zeros(size) for size in sizes[1:]]
synapses = weights + biases
histories = [torch.full(tensor.shape, 4) for tensor in synapses]
greedy = torch.randint(0, 3, (9, 9))
rewards, old_loss = 4, float("inf")


@torch.no_grad()
def iterate_static():
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


def losses(values):
    return torch.nn.functional.cross_entropy(values, labels, reduction="none")


def noise(size):
    return torch.empty(5000, size).bernoulli_(0.5).mul_(2).sub_(1)


@torch.no_grad()
def iterate_three_factor():
    first = torch.addmm(biases[0], inputs, weights[0])
    xi = [noise(size) for size in sizes[1:]]
    active = first.relu()
    clean = losses(torch.addmm(biases[1], active, weights[1]))
    moved = torch.addmm(biases[1], first.add_(xi[0], alpha=0.03).relu_(), weights[1])
    reward = torch.sign(clean - losses(moved.add_(xi[1], alpha=0.03)))[:, None]
    signals = [xi[0].mul_(reward).mul_(active > 0), xi[1].mul_(reward)]
    for weight, bias, values, signal in zip(weights, biases, (centred, active), signals):
        weight.add_(torch.sign(values.T @ signal), alpha=0.01)
        bias.add_(torch.sign(signal.sum(0)), alpha=0.01)


def measure(threads):
    iterate = iterate_three_factor if rule == "three_factor" else iterate_static
    torch.set_num_threads(threads)
    for _ in range(10):
        iterate()
    start = time.perf_counter()
    for _ in range(iterations):
        iterate()
    return (time.perf_counter() - start) / iterations * 1e3


print(min(measure(1), measure(2)))
