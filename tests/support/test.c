/* SPDX-License-Identifier: MIT */
/* The list of tests is filled by constructors, whose order the linker decides; it is kept sorted.
 */
#include "support/test.h"

#include <string.h>

static struct test *registered;

static bool comes_before(const struct test *one, const struct test *other) {
    const int order = strcmp(one->check.file, other->check.file);
    return order < 0 || (order == 0 && one->check.line < other->check.line);
}

void test_register(struct test *test) {
    struct test **at = &registered;
    while (*at != NULL && comes_before(*at, test)) {
        at = &(*at)->next;
    }
    test->next = *at;
    *at = test;
}

const struct test *tests_registered(void) {
    return registered;
}
