#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Full-batch gradient descent in PyTorch on the CPU, from synrl's splits and initial weights.

usage: peer_gd.py IMAGES LABELS first=101 trials=5 iterations=500 rate=0.1 [centred=1] [adam=1]
       [init=0.05] [threads=1] [every=5] [goal=88.45] [hidden=32]

Prints, for each split, the accuracy on the validation set, the seconds of training, and iterations
and seconds to the final accuracy and to `goal`, as far as validations every `every` iterations show,
which are not timed. Seconds are those of the processor, of all threads. The splits and the weights, U(-init, init), are those of scripts/fast.lua. centred: inputs
less their mean over the training set.
"""
import gzip
import statistics
import sys
import time

import numpy
import torch

PURPOSE_WEIGHTS, PURPOSE_SPLIT = 2, 5  # core/include/synrl/host.h
MASK = numpy.uint64(0xFFFFFFFF)


def words(seed, iteration, purpose, count):
    """The first elements of a synrl_stream: Philox4x32-10, see core/include/synrl/host.h."""
    lanes = numpy.arange((count + 63) // 64 * 16, dtype=numpy.uint64)
    zero = lanes * 0
    counter = [lanes, zero + numpy.uint64(iteration), zero, zero + numpy.uint64(purpose)]
    key = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        first, second = counter[0] * numpy.uint64(0xD2511F53), counter[2] * numpy.uint64(0xCD9E8D57)
        shift = numpy.uint64(32)
        counter = [second >> shift ^ counter[1] ^ numpy.uint64(key[0]), second & MASK,
                   first >> shift ^ counter[3] ^ numpy.uint64(key[1]), first & MASK]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    by_word = numpy.stack(counter).reshape(4, -1, 16)
    return by_word.transpose(1, 0, 2).reshape(-1)[:count]


def split(n, seed):
    """The first three quarters of all samples, and the rest."""
    items = list(range(n))
    for i, word in enumerate(words(seed, 0, PURPOSE_SPLIT, n).tolist()):
        picked = i + (word * (n - i) >> 32)
        items[i], items[picked] = items[picked], items[i]
    n_train = int(0.75 * n + 0.5)
    return items[:n_train], items[n_train:]


def initial(seed, tensor, shape, width):
    drawn = words(seed, tensor, PURPOSE_WEIGHTS, shape[0] * shape[1]) >> numpy.uint64(8)
    unit = drawn.astype(numpy.float32) * numpy.float32(2.0**-24)
    values = numpy.float32(-width) + numpy.float32(2 * width) * unit
    return torch.from_numpy(values.reshape(shape))


def train(images, labels, seed, o):
    first, rest = split(len(labels), seed)
    inputs, known, unseen, truth = images[first], labels[first], images[rest], labels[rest]
    if o["centred"]:
        mean = inputs.mean(0)
        inputs, unseen = inputs - mean, unseen - mean
    sizes = [784, int(o["hidden"]), 10] if o["hidden"] else [784, 10]
    layers = [(initial(seed, 2 * number, (to, n), o["init"]).requires_grad_(),
               torch.zeros(to, requires_grad=True))
              for number, (n, to) in enumerate(zip(sizes, sizes[1:]))]
    tensors = [tensor for layer in layers for tensor in layer]
    optimizer = (torch.optim.Adam if o["adam"] else torch.optim.SGD)(tensors, lr=o["rate"])

    def outputs(values):
        for number, (weight, bias) in enumerate(layers):
            values = torch.addmm(bias, values, weight.t())
            values = values if number + 1 == len(layers) else values.relu()
        return values

    seconds, curve = 0.0, []
    for iteration in range(int(o["iterations"]) + 1):
        if iteration % o["every"] == 0 or iteration == o["iterations"]:
            with torch.no_grad():
                right = (outputs(unseen).argmax(1) == truth).double().mean().item()
            curve.append((iteration, seconds, 100 * right))
        if iteration == o["iterations"]:
            return curve
        start = time.process_time()
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(outputs(inputs), known).backward()
        optimizer.step()
        seconds += time.process_time() - start


def idx(path, header):
    with gzip.open(path) as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=header)


def reached(curve, accuracy):
    for iteration, seconds, right in curve:
        if right >= accuracy:
            return f"{seconds:.2f} s ({iteration} iterations)"
    return "never"


def main():
    o = {"first": 101, "trials": 5, "iterations": 500, "rate": 0.1, "centred": 0, "adam": 0,
         "init": 0.05, "threads": 1, "every": 5, "goal": 88.45, "hidden": 32}
    o.update((name, float(value)) for name, value in (word.split("=") for word in sys.argv[3:]))
    torch.set_num_threads(int(o["threads"]))
    images = torch.from_numpy(idx(sys.argv[1], 16).reshape(-1, 784) / numpy.float32(255))
    labels = torch.from_numpy(idx(sys.argv[2], 8).astype(numpy.int64))
    finals = []
    for seed in range(int(o["first"]), int(o["first"] + o["trials"])):
        curve = train(images, labels, seed, o)
        _, seconds, final = curve[-1]
        finals.append(final)
        print(f"{seed}: {final:.2f}% in {seconds:.2f} s; to that {reached(curve, final)}, "
              f"to {o['goal']:g}% {reached(curve, o['goal'])}", flush=True)
    spread = statistics.stdev(finals) if len(finals) > 1 else 0.0
    print(f"mean {statistics.mean(finals):.2f} +- {spread:.2f}")


main()
