/* SPDX-License-Identifier: MIT */
/* Files: read whole up to a limit; written completely or not at all. Messages name the path. */
#ifndef FILE_H
#define FILE_H

#include <stdio.h>

#include "base/core.h"

/* The bytes of a file of at most `limit` bytes, followed by a zero that `size` does not count;
 * freed by core_free. What is not a regular file is refused at once. */
synrl_status file_read(struct core *core, const char *path, size_t limit, char **bytes,
                       size_t *size);
/* As file_read, of a folder that may be somebody else's: a link is refused, so that nothing from
 * elsewhere is read. */
synrl_status file_read_no_link(struct core *core, const char *path, size_t limit, char **bytes,
                               size_t *size);

/* Opens such a file for reading. */
synrl_status file_open_no_link(struct core *core, const char *path, FILE **stream);

/* A file being written under a temporary name in the folder of the final one, which no other
 * process has, wherever it runs. */
struct draft;
synrl_status draft_begin(struct core *core, const char *path, struct draft **draft);
/* The same for a path that a user gives, where something else than a file may be: a device or a
 * FIFO is written in place, and a link is followed. */
synrl_status draft_begin_output(struct core *core, const char *path, struct draft **draft);
FILE *draft_stream(struct draft *draft);
/* Brings it to the disk and gives it its name, replacing an existing file. Always frees the draft;
 * after a failure nothing has changed. */
synrl_status draft_commit(struct draft *draft);
void draft_abandon(struct draft *draft); /* frees it and removes the file */

/* Whether a file of this name is a draft; `length`: of the name that it was to get; `process`: the
 * id of the process that wrote it. */
bool draft_is_name(const char *name, size_t *length, long *process);

synrl_status file_write(struct core *core, const char *path, const void *bytes, size_t size);

/* Brings what was written to a stream to the disk. */
synrl_status file_sync(struct core *core, FILE *stream, const char *path);

/* By draft_begin_output. */
synrl_status file_output(struct core *core, const char *path, const void *bytes, size_t size);

/* Brings a stream to the disk, and closes it even after a failure. */
synrl_status file_close(struct core *core, FILE *stream, const char *path);

/* Makes a folder and its missing parents. It may exist already. */
synrl_status folder_create(struct core *core, const char *path);
/* Brings the names in a folder to the disk. Ignores file systems that cannot do it. */
void folder_sync(const char *path);

/* Fails with the system's reason, such as "PATH: cannot WHAT it: No such file or directory". */
synrl_status file_fail(struct core *core, const char *path, const char *what);

#endif
