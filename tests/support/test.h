/* SPDX-License-Identifier: MIT */
/* Tests that register themselves with Check. A suite is a file, with SUITE once and TEST(name) { }
 * for each test, whose assertions are Check's. */
#ifndef TEST_H
#define TEST_H

#include <check.h>
#include <stdbool.h>

#include "base/count.h" /* TEST_EACH(name, COUNT_OF(table)) */

struct test_suite {
    const char *name;       /* what CK_RUN_SUITE selects */
    void (*setup)(void);    /* before each test, in its process; NULL: nothing */
    void (*teardown)(void); /* after each test that did not fail */
    double timeout;         /* seconds a test may take; 0: main.c's default */
    bool has_no_timeout;
};

struct test {
    const struct test_suite *suite;
    TTest check;
    int first, end; /* runs with first, first + 1 .. end - 1 */
    struct test *next;
};

void test_register(struct test *test);
/* All tests, by file and line. */
const struct test *tests_registered(void);

/* SUITE("name", .setup = f, ...); anywhere in the file. */
#define SUITE(...) static struct test_suite this_suite = {.name = __VA_ARGS__}

/* A test that runs n times, with _i = 0 to n - 1: n rows of a table, or 0 where it cannot run. */
#define TEST_EACH(test_name, n_times)                                                           \
    static void test_name(int _i);                                                              \
    __attribute__((constructor)) static void test_name##_register(void) {                       \
        static struct test test = {                                                             \
            &this_suite, {#test_name, test_name, __FILE__, __LINE__}, 0, (int)(n_times), NULL}; \
        test_register(&test);                                                                   \
    }                                                                                           \
    static void test_name(__attribute__((unused)) int _i)
#define TEST(test_name) TEST_EACH(test_name, 1)

/* Declared here so that SUITE may come after the tests. */
__attribute__((unused)) static struct test_suite this_suite;

#endif
