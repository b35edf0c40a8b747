/* SPDX-License-Identifier: MIT */
/* Processes as described in Linux's /proc, read on demand: nothing is cached. */
#include "base/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { BOOT_SIZE = 128, HOST_SIZE = 256 };

bool process_program(char path[PATH_MAX]) {
    /* Without /proc, as passed to the kernel: relative to the folder where it was started. */
    const char *executed = (const char *)getauxval(AT_EXECFN);
    return realpath("/proc/self/exe", path) != NULL ||
           (executed != NULL && realpath(executed, path) != NULL);
}

bool process_end_with(pid_t parent) {
    return prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0 && getppid() == parent;
}

/* The first line of a system file; false where there is none. A stream would need memory, without
 * which a process that is alive would be taken for one that is gone. */
static bool read_line(const char *path, char *line, size_t size) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = file >= 0 ? read(file, line, size - 1) : -1;
    if (file >= 0) {
        close(file);
    }
    line[n > 0 ? n : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return n > 0;
}

static bool read_boot(char boot[BOOT_SIZE]) {
    return read_line("/proc/sys/kernel/random/boot_id", boot, BOOT_SIZE);
}

/* Field 22 of /proc/PID/stat; false where the process does not exist or is a zombie. */
static bool read_start(json_int_t pid, json_int_t *start) {
    char path[64], line[2048];
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    if (!read_line(path, line, sizeof line)) {
        return false;
    }
    char *field = strrchr(line, ')'); /* the end of field 2, a name that may hold anything */
    if (field == NULL || strlen(field) < 3 || strchr("ZXx", field[2]) != NULL) {
        return false;
    }
    for (int number = 2; field != NULL && number < 22; number++) {
        field = strchr(field + 1, ' ');
    }
    *start = field != NULL ? (json_int_t)strtoll(field, NULL, 10) : 0;
    return field != NULL;
}

/* Process ids count within one. */
static void read_namespace(char text[BOOT_SIZE]) {
    const ssize_t length = readlink("/proc/self/ns/pid", text, BOOT_SIZE - 1);
    text[length > 0 ? length : 0] = '\0';
}

static void read_host(char host[HOST_SIZE]) {
    if (gethostname(host, HOST_SIZE) != 0) {
        host[0] = '\0';
    }
    host[HOST_SIZE - 1] = '\0';
}

json_t *process_json(void) {
    char boot[BOOT_SIZE] = "", namespace[BOOT_SIZE], host[HOST_SIZE];
    json_int_t start = 0;
    read_boot(boot);
    read_start(getpid(), &start);
    read_namespace(namespace);
    read_host(host);
    return json_pack("{s:I, s:I, s:s, s:s, s:s}", "pid", (json_int_t)getpid(), "start", start,
                     "boot", boot, "namespace", namespace, "host", host);
}

const char *process_other_host(const json_t *process) {
    char host[HOST_SIZE];
    const char *recorded = json_string_value(json_object_get(process, "host"));
    read_host(host);
    return recorded != NULL && recorded[0] != '\0' && strcmp(recorded, host) != 0 ? recorded : NULL;
}

static bool is_hidden(const json_t *process) {
    char namespace[BOOT_SIZE];
    const char *recorded = json_string_value(json_object_get(process, "namespace"));
    read_namespace(namespace);
    return recorded != NULL && recorded[0] != '\0' && strcmp(recorded, namespace) != 0;
}

enum process_life process_life(const json_t *process) {
    char boot[BOOT_SIZE];
    json_int_t start;
    const json_t *pid = json_object_get(process, "pid");
    const json_t *started = json_object_get(process, "start");
    const char *recorded_boot = json_string_value(json_object_get(process, "boot"));
    if (!json_is_integer(pid) || !json_is_integer(started) || recorded_boot == NULL ||
        !read_boot(boot)) {
        return PROCESS_UNKNOWN;
    }
    if (strcmp(boot, recorded_boot) != 0) {
        return process_other_host(process) != NULL ? PROCESS_UNKNOWN : PROCESS_GONE;
    }
    if (is_hidden(process)) {
        return PROCESS_HIDDEN;
    }
    return read_start(json_integer_value(pid), &start) && start == json_integer_value(started)
               ? PROCESS_ALIVE
               : PROCESS_GONE;
}
