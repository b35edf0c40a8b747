# SPDX-License-Identifier: MIT
"""Compares a run's metrics.csv with its .npz and its TensorBoard events, which are decoded by hand.
usage: exported.py METRICS.CSV METRICS.NPZ EVENTS"""
import csv
import math
import struct
import sys

import numpy

rows = list(csv.DictReader(open(sys.argv[1])))

arrays = numpy.load(sys.argv[2])
assert set(arrays) == set(rows[0]), list(arrays)
for name in arrays:
    for value, row in zip(arrays[name], rows, strict=True):
        assert value == float(row[name]) if row[name] else math.isnan(value)


def crc32c(data):
    c = 0xFFFFFFFF
    for byte in data:
        c ^= byte
        for _ in range(8):
            c = c >> 1 ^ (0x82F63B78 if c & 1 else 0)
    return c ^ 0xFFFFFFFF


def masked(data):
    c = crc32c(data)
    return ((c >> 15 | c << 17) + 0xA282EAD8) & 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283  # the check value of the polynomial


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    at, found = 0, []
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 1:
            value, at = struct.unpack_from("<d", data, at)[0], at + 8
        elif key & 7 == 5:
            value, at = struct.unpack_from("<f", data, at)[0], at + 4
        else:
            n, at = varint(data, at)
            value, at = data[at : at + n], at + n
        found.append((key >> 3, value))
    assert at == len(data)
    return found


data = open(sys.argv[3], "rb").read()
events, at = [], 0
while at < len(data):
    n, check = struct.unpack_from("<QI", data, at)
    body = data[at + 12 : at + 12 + n]
    assert check == masked(data[at : at + 8])
    assert struct.unpack_from("<I", data, at + 12 + n)[0] == masked(body)
    events.append(dict(fields(body)))
    at += n + 16

assert events[0][3] == b"brain.Event:2"
assert len(events) == len(rows) + 1
for event, row in zip(events[1:], rows, strict=True):
    assert event[2] == int(row["iteration"])
    values = [dict(fields(v)) for _, v in fields(event[5])]
    written = {v[1].decode(): v[2] for v in values}
    wanted = {k: v for k, v in row.items() if v and k != "iteration"}
    assert set(written) == set(wanted), (written, wanted)
    for k in written:
        assert written[k] == numpy.float32(wanted[k])
