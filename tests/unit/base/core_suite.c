/* SPDX-License-Identifier: MIT */
/* The core's arrays that grow. */
#include "base/core.h"

#include <stdint.h>
#include <string.h>

#include "plugin/host.h"
#include "support/support.h"
#include "support/test.h"

SUITE("core");

enum { N_NUMBERS = 100 };

/* Where there is no memory for more, what was there stands. */
static synrl_status count_up(struct core *core) {
    size_t n = 0, capacity = 0;
    uint32_t *numbers = NULL;
    synrl_status status = SYNRL_OK;
    for (; status == SYNRL_OK && n < N_NUMBERS; n += status == SYNRL_OK) {
        const size_t before = capacity;
        core->message[0] = '\0';
        uint32_t *grown = core_grow(core, numbers, n, &capacity, sizeof *numbers);
        if (grown == NULL) {
            ck_assert_uint_eq(capacity, before);
            ck_assert_ptr_nonnull(strstr(core->message, "not enough memory"));
            status = SYNRL_NO_MEMORY;
        } else {
            ck_assert_uint_gt(capacity, n);
            ck_assert(grown == numbers || capacity > before);
            ck_assert_uint_eq(grown[capacity - 1], 0);
            numbers = grown;
            numbers[n] = (uint32_t)n + 1;
        }
    }
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_eq(numbers[i], i + 1);
    }
    core_free(core, numbers);
    return status;
}

TEST(an_array_grows_or_stays_as_it_was) {
    test_short_memory(count_up);
}

TEST(entries_too_large_are_refused) {
    struct core *core = core_create(&(struct core_options){.n_threads = 1});
    size_t capacity = 0;
    ck_assert_ptr_null(core_grow(core, NULL, 0, &capacity, SIZE_MAX / 4));
    ck_assert_uint_eq(capacity, 0);
    core_destroy(core);
}
