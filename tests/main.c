/* SPDX-License-Identifier: MIT */
/* Runs every test and ends with Check's closing line.
 *   CK_RUN_SUITE=name   one suite
 *   CK_RUN_CASE=name    one test
 *   TEST_PROCESSES=n    how many at once: one more than there are processors, since some tests wait
 *   TEST_PROCESSES=1    one after another; only this writes Check's logs (CK_XML_LOG_FILE_NAME ...)
 *   CK_FORK=no          one after another, in this process
 *   TMPDIR=folder       where their files go: /dev/shm, else /tmp */
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "support/runner.h"
#include "support/scripts.h"

enum { PROCESSES_MOST = 64 };

static int n_processes(void) {
    const char *wanted = getenv("TEST_PROCESSES"), *forks = getenv("CK_FORK");
    const long n = forks != NULL && strcmp(forks, "no") == 0 ? 1
                   : wanted != NULL                          ? strtol(wanted, NULL, 10)
                                                             : sysconf(_SC_NPROCESSORS_ONLN) + 1;
    return n < 1 ? 1 : n > PROCESSES_MOST ? PROCESSES_MOST : (int)n;
}

/* Tests make and remove thousands of files, which a disk takes longer for than memory does. Some
 * are programs. */
static void choose_folder(void) {
    static const char in_memory[] = "/dev/shm";
    enum { ROOM = 1 << 30 };
    struct statvfs status;
    if (access(in_memory, W_OK | X_OK) == 0 && statvfs(in_memory, &status) == 0 &&
        (status.f_flag & (ST_NOEXEC | ST_RDONLY)) == 0 &&
        status.f_bavail >= ROOM / status.f_frsize) {
        setenv("TMPDIR", in_memory, 0);
    }
}

int main(void) {
    choose_folder();
    setenv("CK_DEFAULT_TIMEOUT", "300", 0); /* against hanging; a busy machine is no failure */
    scripts_register();
    const int n = n_processes();
    return (n == 1 ? run_in_one() : run_in_several(n)) ? EXIT_SUCCESS : EXIT_FAILURE;
}
