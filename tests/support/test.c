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

static TCase *add_suite(SRunner *runner, const struct test *first) {
    const struct test_suite *suite = first->suite;
    if (suite->name == NULL) {
        fprintf(stderr, "%s has tests but no SUITE\n", first->check.file);
        abort();
    }
    Suite *made = suite_create(suite->name);
    TCase *tests = tcase_create(suite->name);
    if (suite->timeout > 0 || suite->has_no_timeout) {
        tcase_set_timeout(tests, suite->timeout);
    }
    tcase_add_checked_fixture(tests, suite->setup, suite->teardown);
    suite_add_tcase(made, tests);
    srunner_add_suite(runner, made);
    return tests;
}

SRunner *test_runner(void) {
    SRunner *runner = srunner_create(NULL);
    const struct test_suite *suite = NULL;
    TCase *tests = NULL;
    for (const struct test *test = registered; test != NULL; test = test->next) {
        if (test->suite != suite) {
            suite = test->suite;
            tests = add_suite(runner, test);
        }
        tcase_add_loop_test(tests, &test->check, 0, test->n);
    }
    return runner;
}
