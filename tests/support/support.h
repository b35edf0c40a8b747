/* SPDX-License-Identifier: MIT */
/* What suites share: a core that finds the plugins just built, components in one call, and memory
 * that runs out on demand. Helpers end the test themselves where something is not as it must be. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include "plugin/component.h"
#include "plugin/host.h"
#include "support/values.h"

/* With the built plugins, those of tests/fixtures and the examples, and two workers. */
struct core *test_core(void);
/* For suites of the engine: a core of so many workers without plugins, and a host in it. */
struct core *test_engine(size_t n_threads, struct host *host);
void test_engine_end(struct core *core, struct host *host);

/* Sets the values and finishes; the first failure is returned. */
synrl_status test_configure(struct component *component, size_t n,
                            const struct named_value *values);
/* Sets the values, which must work. */
void test_set(const struct core *core, struct component *component, size_t n,
              const struct named_value *values);
/* A finished component. */
struct component *test_component(struct core *core, synrl_kind kind, const char *id, size_t n,
                                 const struct named_value *values);

/* The call failed with this status, and the message holds `part`. */
void test_failure(const struct core *core, synrl_status wanted, synrl_status got, const char *part);

/* Overwrites memory about to be freed, so that a use of it afterwards shows. */
void test_spoil(void *memory, size_t size);

/* 2^m where a is exactly 2^m times b, 0 <= m < 31; else 0. */
long test_power_of_two(float a, float b);

/* The C library's memory, counted; the allocation after `n_left` more ones fails, and with
 * `for_good` all that follow it. */
struct short_memory {
    struct allocator allocator;
    size_t n_left;
    size_t n_live;
    bool for_good;
    bool failed;
};
void short_memory_init(struct short_memory *memory, size_t n_left);

/* Runs attempt in a new core again and again, failing its first allocation, its second, and so on
 * until it needs no more: alone, which finds a failure that nobody noticed, and with all that
 * follow, which finds a clean-up that needs memory. Each failure must be told as SYNRL_NO_MEMORY
 * and leave nothing behind. An attempt frees what it made. */
void test_short_memory(synrl_status (*attempt)(struct core *core));
typedef synrl_status attempt_with(struct core *core, void *context);
void test_short_memory_with(attempt_with *attempt, void *context);

/* The same with the plugins of one folder, instead of all there are. */
void test_short_memory_among(const char *plugins, synrl_status (*attempt)(struct core *core));

#endif
