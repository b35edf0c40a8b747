#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a report's page must show of averaged runs, worked out from their metrics.csv.

averages.py make RUN FOLDER   makes 62 runs in FOLDER from a recorded one, in two groups
averages.py check FOLDER DOM  compares what the page drew, dumped into DOM, with their files
"""
import html
import json
import math
import os
import random
import re
import sys

SEEDS = 31
LAST = 1200
T = {27: 2.0555, 28: 2.0518, 29: 2.0484, 30: 2.0452, 31: 2.0423}  # Student's t, 97.5%, n - 1 degrees of freedom


def make(source, folder):
    random.seed(1)
    record = json.load(open(source + '/run.json'))
    heading = open(source + '/metrics.csv').readline()
    for group, epsilon in enumerate([0.1, 0.2]):
        for seed in range(SEEDS):
            record['config']['rule']['parameters']['epsilon'] = epsilon
            record['config']['seed'] = seed
            record['status'] = 'done'
            last = LAST
            if group == 1 and seed < 10:  # these have reached their aim ...
                last = 400 + 37 * seed
            if group == 1 and 10 <= seed < 13:  # ... and these have not
                last = 555
                record['status'] = 'interrupted'
            path = f'{folder}/{epsilon}-{seed}'
            os.makedirs(path)
            json.dump(record, open(path + '/run.json', 'w'))
            with open(path + '/metrics.csv', 'w') as file:
                file.write(heading)
                for i in range(last + 1):
                    loss = math.exp(-i / 300 + random.gauss(0, 1.5) - group)
                    loss = 'inf' if group == 1 and seed == 20 and i > 1000 else repr(loss)
                    valid = repr(random.random()) if i % 10 == 0 else ''
                    file.write(f'{i},{loss},{random.random()},1,{valid},,0.001,{epsilon},{i},0\n')


def read(path, name):
    """The values of a column by iteration."""
    rows = [line.rstrip('\n').split(',') for line in open(path + '/metrics.csv')]
    place = rows[0].index(name)
    return {int(row[0]): float(row[place]) for row in rows[1:] if row[place] != ''}


def expected(runs, x):
    """The values that are averaged at x: a run that is done keeps its last one."""
    values = []
    for status, last, curve in runs:
        value = curve[x] if x <= last else curve[last] if status == 'done' else math.inf
        if math.isfinite(value):
            values.append(value)
    return values


def near(a, b, tolerance):
    return abs(a - b) <= tolerance * abs(b)


def check_series(series, runs):
    for x, mean, half, n in zip(series['x'], series['y'], series['half'], series['n'], strict=True):
        values = expected(runs, x)
        right = math.fsum(values) / len(values)
        deviation = math.sqrt(math.fsum((v - right) ** 2 for v in values) / (len(values) - 1))
        assert n == len(values), (series['name'], x, n, len(values))
        assert near(mean, right, 2e-5), (series['name'], x, mean, right)
        assert near(half, T[n] * deviation / math.sqrt(n), 5e-3), (series['name'], x, half)


def check_grid(series, runs):
    """Of all means over every run, the first, the last, the least and the greatest are shown."""
    long = [curve for status, last, curve in runs if last == LAST]
    assert len(series['x']) < LAST, 'not thinned'
    assert series['x'][0] == 0 and series['x'][-1] == LAST
    if len(long) == SEEDS:
        means = {x: math.fsum(curve[x] for curve in long) for x in range(1, LAST)}
        assert min(means, key=means.get) in series['x'] and max(means, key=means.get) in series['x']


def check_bounds(chart):
    """A bound that is not above 0 is far below the axis; all others are drawn as they are."""
    n_off = 0
    for place, series in enumerate(chart['series']):
        at = {x: i for i, x in enumerate(chart['data'][0])}
        upper, lower = chart['data'][3 * place + 2], chart['data'][3 * place + 3]
        for x, mean, half in zip(series['x'], series['y'], series['half']):
            assert near(upper[at[x]], mean + half, 1e-9)
            if mean > half:
                assert near(lower[at[x]], mean - half, 1e-6)
            else:
                n_off += 1
                assert 0 < lower[at[x]] < 1e-200 < chart['least'] * 1e-100
    assert n_off > 10, 'no interval reaches 0'


def check(folder, dom):
    text = html.unescape(re.search(r'<pre id="drawn">(.*?)</pre>', open(dom).read(), re.S)[1])
    chart = json.loads(text)
    names = ['epsilon=0.1 (mean of 31)', 'epsilon=0.1, validation (mean of 31)',
             'epsilon=0.2 (mean of 27 to 31)', 'epsilon=0.2, validation (mean of 28 to 31)']
    shown = [series['name'] for series in chart['series']]
    assert shown == names, shown
    for series in chart['series']:
        column = 'valid_loss' if 'validation' in series['name'] else 'loss'
        paths = [f'{folder}/{series["name"][8:11]}-{seed}' for seed in range(SEEDS)]
        curves = [read(path, column) for path in paths]
        runs = [(json.load(open(path + '/run.json'))['status'], max(curve), curve)
                for path, curve in zip(paths, curves)]
        check_series(series, runs)
        if column == 'loss':
            check_grid(series, runs)
    check_bounds(chart)


{'make': make, 'check': check}[sys.argv[1]](*sys.argv[2:])
