#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same iteration in NumPy, of 5,000 samples.

static        policy step, forward pass, loss, reward
three_factor  clean and perturbed pass, whose first product they share; a bit per sample; credit of
              all synapses at inputs centred by pixel; a step by its signs

usage: peer_numpy.py HIDDEN ITERATIONS [static|three_factor] -> milliseconds an iteration
"""
import sys
import time

import numpy

hidden, iterations = int(sys.argv[1]), int(sys.argv[2])
rule = sys.argv[3] if len(sys.argv) > 3 else "static"
random = numpy.random.default_rng(1)
inputs = random.random((5000, 784), dtype="float32")
centred = inputs - inputs.mean(0)
labels = random.integers(0, 10, 5000)
samples = numpy.arange(5000)
sizes = [784, hidden, 10] if hidden else [784, 10]
weights = [random.uniform(-0.1, 0.1, shape).astype("float32") for shape in zip(sizes, sizes[1:])]
biases = [numpy.zeros(size, "float32") for size in sizes[1:]]
synapses = weights + biases
histories = [numpy.full(array.shape, 4, "int8") for array in synapses]
greedy = random.integers(0, 3, (9, 9)).astype("int8")
rewards, old_loss = 4, numpy.inf


def losses(values):
    values -= values.max(1, keepdims=True)
    return numpy.log(numpy.exp(values).sum(1)) - values[samples, labels]


def iterate_static():
    global rewards, old_loss
    for array, history in zip(synapses, histories):
        action = greedy[rewards][history]
        explores = random.random(array.shape, dtype="float32") < 0.1
        action[explores] = random.integers(0, 3, int(explores.sum()), dtype="int8")
        array += numpy.float32(1e-4) * (action - 1).astype("float32")
        history[...] = (history * 3 + action) % 9
    values = inputs
    for layer, (weight, bias) in enumerate(zip(weights, biases)):
        values = values @ weight
        values += bias
        if layer + 1 < len(weights):
            numpy.maximum(values, 0, out=values)
    loss = float(losses(values).mean())
    rewards = (rewards * 3 + (2 if loss < old_loss else 0)) % 9
    old_loss = loss


def noise(shape):
    bits = numpy.unpackbits(random.integers(0, 256, (shape[0] * shape[1] + 7) // 8, "uint8"))
    return bits[: shape[0] * shape[1]].reshape(shape).astype("float32") * 2 - 1


def iterate_three_factor():
    first = inputs @ weights[0]
    first += biases[0]
    xi = [noise((5000, size)) for size in sizes[1:]]
    active = numpy.maximum(first, 0)
    clean = losses(active @ weights[1] + biases[1])
    moved = numpy.maximum(first + numpy.float32(0.03) * xi[0], 0) @ weights[1]
    moved += biases[1] + numpy.float32(0.03) * xi[1]
    reward = numpy.sign(clean - losses(moved))[:, None]
    signals = [xi[0] * reward * (active > 0), xi[1] * reward]
    for weight, bias, values, signal in zip(weights, biases, (centred, active), signals):
        weight += numpy.float32(0.01) * numpy.sign(values.T @ signal)
        bias += numpy.float32(0.01) * numpy.sign(signal.sum(0))


iterate = iterate_three_factor if rule == "three_factor" else iterate_static
for _ in range(3):
    iterate()
start = time.perf_counter()
for _ in range(iterations):
    iterate()
print((time.perf_counter() - start) / iterations * 1e3)
