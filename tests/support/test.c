/* The list of tests is filled by constructors, whose order the linker decides; it is kept sorted.
 */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
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

static Suite *add_suite(SRunner *runner, const struct test *first) {
    if (first->suite->name == NULL) {
        fprintf(stderr, "%s has tests but no SUITE\n", first->check.file);
        exit(EXIT_FAILURE);
    }
    Suite *made = suite_create(first->suite->name);
    srunner_add_suite(runner, made);
    return made;
}

/* A Check "case" each, so that CK_RUN_CASE can choose it. */
static void add_test(Suite *suite, const struct test *test) {
    TCase *tests = tcase_create(test->check.name);
    if (test->suite->timeout > 0 || test->suite->has_no_timeout) {
        tcase_set_timeout(tests, test->suite->timeout);
    }
    tcase_add_checked_fixture(tests, test->suite->setup, test->suite->teardown);
    tcase_add_loop_test(tests, &test->check, 0, test->n);
    suite_add_tcase(suite, tests);
}

SRunner *test_runner(void) {
    SRunner *runner = srunner_create(NULL);
    const struct test_suite *last = NULL;
    Suite *suite = NULL;
    for (const struct test *test = registered; test != NULL; test = test->next) {
        if (test->suite != last) {
            last = test->suite;
            suite = add_suite(runner, test);
        }
        add_test(suite, test);
    }
    return runner;
}
