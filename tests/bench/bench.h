/* SPDX-License-Identifier: MIT */
/* What the files of the benchmark share. */
#ifndef BENCH_H
#define BENCH_H

#include "base/core.h"

enum { BENCH_SAMPLES = 5000, BENCH_INPUTS = 784 };

/* Multiply-accumulates a second that this machine can do on all workers with the instruction of one
 * variant of the engine ("avx512", "amx"), in 10^9; 0 without it. */
double bench_measure_peak(struct core *core, const char *isa);
/* Reads of this many bytes again and again by one thread, in 10^9 bytes a second. */
double bench_measure_reads(struct core *core, size_t size);
/* Of the dense kernel, one thread, in 10^9 multiply-accumulates a second. */
double bench_measure_kernel(struct core *core, size_t n_outputs);
/* Seconds that a projection of 784 inputs to 10 outputs of n_samples takes on all workers to follow
 * an act in which a synapse in ten chooses anew, beyond what asking for its values takes anyway:
 * the median of some, on the path "dense" or "sparse". */
double bench_measure_update(struct core *core, size_t n_samples, const char *path);

#endif
