/* SPDX-License-Identifier: MIT */
#include "check/scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

synrl_status scratch_make(struct core *core, char **path) {
    const char *folder = getenv("TMPDIR");
    *path = core_printf(core, "%s/synrl-check-XXXXXX", folder != NULL ? folder : "/tmp");
    if (*path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    if (mkdtemp(*path) == NULL) {
        file_fail(core, *path, "make");
        core_free(core, *path);
        *path = NULL;
        return SYNRL_IO;
    }
    return SYNRL_OK;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where) {
    (void)status, (void)type, (void)where;
    return remove(path) != 0;
}

void scratch_remove(struct core *core, char *path) {
    if (path != NULL) {
        nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        core_free(core, path);
    }
}
