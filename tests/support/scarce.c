/* Allocation failure, injected through the core's allocator. */
#include "support/scarce.h"

#include <check.h>
#include <stdlib.h>

enum { ALIGNMENT = 64, ATTEMPTS_MAX = 10000 };

struct scarce {
    size_t allowed, n_live;
};

static void *scarce_allocate(void *context, size_t size) {
    struct scarce *scarce = context;
    if (scarce->allowed == 0) {
        return NULL;
    }
    scarce->allowed--;
    scarce->n_live++;
    return aligned_alloc(ALIGNMENT, (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

static void scarce_free(void *context, void *memory) {
    ((struct scarce *)context)->n_live--;
    free(memory);
}

void check_scarce(synrl_status (*attempt)(struct core *core, void *context), void *context) {
    struct scarce scarce = {.allowed = SIZE_MAX};
    const struct allocator allocator = {&scarce, scarce_allocate, scarce_free};
    struct core *core = core_create(&(struct core_options){
        .n_threads = 1, .allocator = &allocator, .plugin_path = BUILD_DIR "/plugins"});
    ck_assert_ptr_nonnull(core);
    const size_t n_before = scarce.n_live;
    synrl_status status = SYNRL_NO_MEMORY;
    for (size_t n = 0; status != SYNRL_OK && n < ATTEMPTS_MAX; n++) {
        scarce.allowed = n;
        status = attempt(core, context);
        ck_assert_msg(status == SYNRL_OK || status == SYNRL_NO_MEMORY, "after %zu: %s", n,
                      core->message);
        ck_assert_msg(scarce.n_live == n_before, "%zu allocations leak after %zu",
                      scarce.n_live - n_before, n);
    }
    ck_assert_int_eq(status, SYNRL_OK);
    core_destroy(core);
}
