/* SPDX-License-Identifier: MIT */
/* A temporary folder for the files of a test. Anything that goes wrong here ends the test. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stdbool.h>
#include <stddef.h>

struct scratch {
    char folder[256];
    char paths[4][512]; /* the last paths handed out */
    unsigned n_paths;
};

void scratch_make(struct scratch *scratch);
void scratch_remove(struct scratch *scratch); /* with all that is in it */
/* FOLDER/NAME, good until the fourth call after this one. */
const char *scratch_path(struct scratch *scratch, const char *name);
/* Writes a file of this text and gives its path. */
const char *scratch_file(struct scratch *scratch, const char *name, const char *text);
/* The bytes of a file, terminated, to be freed by free(); size may be NULL. */
char *scratch_read(const char *path, size_t *size);
/* How many files and folders are in the folder, or in a folder of it. */
size_t scratch_count(const char *folder);
/* Whether NumPy can be used by Debian's python3; says so once where it cannot. */
bool scratch_has_numpy(void);
/* Whether there is a /proc; says what is skipped where there is none. */
bool scratch_has_proc(const char *skipped);

#endif
