/* Runs every suite, each test in a process of its own (Check's fork mode), and ends with Check's
 * closing line. CK_RUN_SUITE=name runs one; CK_FORK=no keeps all in this process. */
#include <check.h>
#include <stdlib.h>

#define SUITE(name) Suite *make_##name##_suite(void);
#include "suites.h"
#undef SUITE

int main(void) {
    setenv("CK_DEFAULT_TIMEOUT", "60", 0); /* against hanging; a busy machine is no failure */
    SRunner *runner = srunner_create(NULL);
#define SUITE(name) srunner_add_suite(runner, make_##name##_suite());
#include "suites.h"
#undef SUITE
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
