/* SPDX-License-Identifier: MIT */
/* What the files of the benchmark share. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>

#include "base/core.h"

enum { BENCH_SAMPLES = 5000, BENCH_INPUTS = 784, BENCH_CLASSES = 10, BENCH_FOLDER_MAX = 64 };

/* Multiply-accumulates a second that this machine can do on all workers with the instruction of one
 * variant of the engine ("avx2", "avx512", "amx"), in 10^9; 0 without it. */
double bench_measure_peak(struct core *core, const char *isa);
/* Reads of this many bytes again and again by one thread, in 10^9 bytes a second. */
double bench_measure_reads(struct core *core, size_t size);
/* Of the dense kernel, and of the one that correlates with signs, one thread, in 10^9
 * multiply-accumulates a second. */
double bench_measure_kernel(struct core *core, size_t n_outputs);
double bench_measure_correlate(struct core *core, size_t n_outputs);
/* Seconds that a projection of 784 inputs to 10 outputs of n_samples takes on all workers to follow
 * an act in which a synapse in ten chooses anew, beyond what asking for its values takes anyway:
 * the median of some, on the path "dense" or "sparse". */
double bench_measure_update(struct core *core, size_t n_samples, const char *path);

/* Data of random bytes in a new folder, whose name is stored; and away with it. */
bool bench_write_data(char folder[BENCH_FOLDER_MAX]);
void bench_remove_data(const char *folder);

/* A run on that data. */
struct shape {
    size_t hidden;
    const char *rule;
    size_t n_threads;
    uint64_t iterations;
    bool is_boundary;
    size_t n_samples;   /* of a batch; 0: BENCH_SAMPLES */
    bool without_start; /* of an iteration alone, not of what a run begins with */
};

/* Milliseconds an iteration on a path ("auto", "dense", "sparse"): the best of some runs; NaN, with
 * the reason on stderr, where they fail. */
double bench_measure_shape(const char *folder, struct shape shape, const char *path);
/* Bytes held while a network of this width trains with a static policy on a batch of so many. */
double bench_live_bytes(const char *folder, size_t hidden, size_t n_samples, size_t *n_synapses);

#endif
