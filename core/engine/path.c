/* SPDX-License-Identifier: MIT */
#include "engine/path.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    [PATH_AUTO] = "auto", [PATH_DENSE] = "dense", [PATH_SPARSE] = "sparse"};
enum { N_PATHS = sizeof names / sizeof names[0] };

/* N_PATHS where SYNRL_PATH is not the name of a path. */
static unsigned path_asked_for(void) {
    const char *name = getenv("SYNRL_PATH");
    unsigned path = PATH_AUTO;
    while (name != NULL && name[0] != '\0' && path < N_PATHS && strcmp(name, names[path]) != 0) {
        path++;
    }
    return path;
}

enum path path_in_use(void) {
    const unsigned path = path_asked_for();
    return path < N_PATHS ? (enum path)path : PATH_AUTO;
}

const char *engine_path(void) {
    const unsigned path = path_asked_for();
    return path < N_PATHS ? names[path] : NULL;
}
