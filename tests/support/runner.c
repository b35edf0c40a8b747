/* SPDX-License-Identifier: MIT */
#include "support/runner.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

static Suite *make_suite(SRunner *runner, const struct test *test) {
    if (test->suite->name == NULL) {
        fprintf(stderr, "%s has tests but no SUITE\n", test->check.file);
        exit(EXIT_FAILURE);
    }
    Suite *suite = suite_create(test->suite->name);
    srunner_add_suite(runner, suite);
    return suite;
}

/* A Check "case" each, so that CK_RUN_CASE can choose it. */
static void add_test(Suite *suite, const struct test *test, int first, int end) {
    TCase *tests = tcase_create(test->check.name);
    if (test->suite->timeout > 0 || test->suite->has_no_timeout) {
        tcase_set_timeout(tests, test->suite->timeout);
    }
    tcase_add_checked_fixture(tests, test->suite->setup, test->suite->teardown);
    tcase_add_loop_test(tests, &test->check, first, end);
    suite_add_tcase(suite, tests);
}

int run_in_one(void) {
    SRunner *runner = srunner_create(NULL);
    const struct test_suite *last = NULL;
    Suite *suite = NULL;
    for (const struct test *test = tests_registered(); test != NULL; test = test->next) {
        if (test->suite != last) {
            last = test->suite;
            suite = make_suite(runner, test);
        }
        add_test(suite, test, test->first, test->end);
    }
    srunner_run_all(runner, CK_ENV);
    const int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0;
}

/* Several processes ----------------------------------------------------------------------------- */

/* What the processes share. */
struct tally {
    atomic_int next; /* of all runs of all tests, the one to be taken next */
    atomic_int n_run, n_failures, n_errors;
};

/* In the format of Check. */
static void report(const struct test *test, int i, TestResult *result, struct tally *tally) {
    const bool is_failure = tr_rtype(result) == CK_FAILURE;
    atomic_fetch_add(is_failure ? &tally->n_failures : &tally->n_errors, 1);
    printf("%s:%d:%c:%s:%s:%d: %s\n", tr_lfile(result), tr_lno(result), is_failure ? 'F' : 'E',
           test->suite->name, test->check.name, i, tr_msg(result));
}

/* None, where CK_RUN_SUITE or CK_RUN_CASE asks for others. */
static void run_once(const struct test *test, int i, struct tally *tally) {
    SRunner *runner = srunner_create(NULL);
    add_test(make_suite(runner, test), test, i, i + 1);
    srunner_run_all(runner, CK_SILENT);
    TestResult **results = srunner_results(runner);
    if (srunner_ntests_run(runner) == 1) {
        atomic_fetch_add(&tally->n_run, 1);
        if (tr_rtype(results[0]) != CK_PASS) {
            report(test, i, results[0], tally);
        }
    }
    fflush(stdout); /* before the next test is forked, and in one piece */
    free(results);
    srunner_free(runner);
}

static void run_tests(struct tally *tally) {
    int n_before = 0, wanted = atomic_fetch_add(&tally->next, 1);
    for (const struct test *test = tests_registered(); test != NULL; test = test->next) {
        const int n = test->end - test->first;
        while (wanted < n_before + n) {
            run_once(test, test->first + wanted - n_before, tally);
            wanted = atomic_fetch_add(&tally->next, 1);
        }
        n_before += n;
    }
}

/* A process that ends before its tests do is an error. */
static void wait_for_all(int n_processes, struct tally *tally) {
    for (int i = 0; i < n_processes; i++) {
        int status;
        if (wait(&status) == -1 || status != 0) {
            printf("a process of the tests ended with status %d\n", status);
            atomic_fetch_add(&tally->n_errors, 1);
        }
    }
}

int run_in_several(int n_processes) {
    struct tally *tally =
        mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tally == MAP_FAILED) {
        return run_in_one();
    }
    int n_started = 0;
    for (; n_started < n_processes; n_started++) {
        const pid_t process = fork();
        if (process == 0) {
            run_tests(tally);
            exit(EXIT_SUCCESS);
        }
        if (process == -1) {
            break;
        }
    }
    if (n_started == 0) {
        return run_in_one();
    }
    wait_for_all(n_started, tally);
    const int n_bad = tally->n_failures + tally->n_errors, n_run = tally->n_run;
    printf("%d%%: Checks: %d, Failures: %d, Errors: %d\n",
           n_run > 0    ? (int)(100.0 * (n_run - n_bad) / n_run)
           : n_bad == 0 ? 100
                        : 0,
           n_run, tally->n_failures, tally->n_errors);
    return n_bad == 0;
}
