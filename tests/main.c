/* Runs every test, each in a process of its own (Check's fork mode), and ends with Check's closing
 * line. CK_RUN_SUITE=name runs one suite, CK_RUN_CASE=name one test; CK_FORK=no keeps all in this
 * process. */
#include <stdlib.h>

#include "support/scripts.h"
#include "support/test.h"

int main(void) {
    setenv("CK_DEFAULT_TIMEOUT", "60", 0); /* against hanging; a busy machine is no failure */
    SRunner *runner = test_runner();
    scripts_add(runner);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
