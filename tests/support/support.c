/* SPDX-License-Identifier: MIT */
/* See support.h. Nothing here is remembered from one test to the next. */
#include "support.h"
#include "plugin/host.h"

#include <check.h>
#include <malloc.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TEST_PLUGINS BUILD_DIR "/plugins:" BUILD_DIR "/tests/fixtures:" BUILD_DIR "/tests/examples"

struct core *test_core(void) {
    struct core *core =
        core_create(&(struct core_options){.n_threads = 2, .plugin_path = TEST_PLUGINS});
    ck_assert_ptr_nonnull(core);
    return core;
}

struct core *test_engine(size_t n_threads, struct host *host) {
    struct core *core = core_create(&(struct core_options){.n_threads = n_threads});
    ck_assert_ptr_nonnull(core);
    host_init(host, core, SYNRL_KIND_MODEL, "test");
    return core;
}

void test_engine_end(struct core *core, struct host *host) {
    host_release(host, 1);
    core_destroy(core);
}

synrl_status test_configure(struct component *component, size_t n,
                            const struct named_value *values) {
    for (size_t i = 0; i < n; i++) {
        SYNRL_TRY(component_set(component, values[i].name, &values[i].value));
    }
    return component_finish(component);
}

void test_set(const struct core *core, struct component *component, size_t n,
              const struct named_value *values) {
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(component_set(component, values[i].name, &values[i].value) == SYNRL_OK, "%s",
                      core->message);
    }
}

struct component *test_component(struct core *core, synrl_kind kind, const char *id, size_t n,
                                 const struct named_value *values) {
    struct component *component;
    ck_assert_msg(component_create(core, kind, id, &component) == SYNRL_OK, "%s", core->message);
    test_set(core, component, n, values);
    ck_assert_msg(component_finish(component) == SYNRL_OK, "%s", core->message);
    return component;
}

void test_failure(const struct core *core, synrl_status wanted, synrl_status got,
                  const char *part) {
    ck_assert_msg(got == wanted, "status %d, must be %d, with: %s", (int)got, (int)wanted, part);
    ck_assert_msg(strstr(core->message, part) != NULL, "\"%s\" does not hold \"%s\"", core->message,
                  part);
}

/* Memory --------------------------------------------------------------------------------------- */

long test_power_of_two(float a, float b) {
    int exponent_a, exponent_b;
    const float digits_a = frexpf(a, &exponent_a), digits_b = frexpf(b, &exponent_b);
    const int m = exponent_a - exponent_b;
    return memcmp(&digits_a, &digits_b, sizeof digits_a) == 0 && m >= 0 && m < 31 ? 1L << m : 0;
}

void test_spoil(void *memory, size_t size) {
    /* Through a variable: a compiler leaves out what it sees written before a free. */
    static void *(*const volatile fill)(void *, int, size_t) = memset;
    fill(memory, 0xdd, size);
}

static void *short_allocate(void *context, size_t size) {
    struct short_memory *memory = context;
    if (memory->n_left == 0 && (memory->for_good || !memory->failed)) {
        memory->failed = true;
        return NULL;
    }
    memory->n_left -= memory->n_left > 0;
    void *made = aligned_alloc(64, (size + 63) / 64 * 64);
    ck_assert_ptr_nonnull(made);
    memset(made, 0xa5, size);
    memory->n_live++;
    return made;
}

static void short_free(void *context, void *made) {
    struct short_memory *memory = context;
    memory->n_live--;
    test_spoil(made, malloc_usable_size(made));
    free(made);
}

void short_memory_init(struct short_memory *memory, size_t n_left) {
    *memory =
        (struct short_memory){.allocator = {memory, short_allocate, short_free}, .n_left = n_left};
}

/* Whether the attempt got by without the allocation that was to fail. */
static bool attempt_once(const char *plugins, attempt_with *attempt, void *context, size_t n_left,
                         bool for_good) {
    struct short_memory memory;
    short_memory_init(&memory, SIZE_MAX);
    struct core *core = core_create(&(struct core_options){
        .n_threads = 1, .plugin_path = plugins, .allocator = &memory.allocator});
    ck_assert_ptr_nonnull(core);
    memory.n_left = n_left;
    memory.for_good = for_good;
    const synrl_status status = attempt(core, context);
    ck_assert_msg(status == (memory.failed ? SYNRL_NO_MEMORY : SYNRL_OK),
                  "allocation %zu failed: status %d, \"%s\"", n_left, (int)status, core->message);
    ck_assert_msg(!memory.failed || strstr(core->message, "memory") != NULL, "\"%s\"",
                  core->message);
    core_destroy(core);
    ck_assert_msg(memory.n_live == 0, "allocation %zu failed: %zu pieces of memory are left",
                  n_left, memory.n_live);
    return !memory.failed;
}

static void short_memory(const char *plugins, attempt_with *attempt, void *context) {
    size_t n_left = 0;
    while (!attempt_once(plugins, attempt, context, n_left, false)) {
        attempt_once(plugins, attempt, context, n_left, true);
        n_left++;
    }
    ck_assert_uint_gt(n_left, 0);
}

void test_short_memory_with(attempt_with *attempt, void *context) {
    short_memory(TEST_PLUGINS, attempt, context);
}

struct plain {
    synrl_status (*attempt)(struct core *core);
};

static synrl_status attempt_plain(struct core *core, void *context) {
    const struct plain *plain = context;
    return plain->attempt(core);
}

void test_short_memory(synrl_status (*attempt)(struct core *core)) {
    test_short_memory_with(attempt_plain, &(struct plain){attempt});
}

void test_short_memory_among(const char *plugins, synrl_status (*attempt)(struct core *core)) {
    short_memory(plugins, attempt_plain, &(struct plain){attempt});
}
