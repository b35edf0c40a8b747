/* SPDX-License-Identifier: MIT */
/* Locks of files and folders (flock), which end with the process that holds them. */
#ifndef LOCK_H
#define LOCK_H

/* FILE_LOCKLESS: the file system has no such locks. */
enum file_lock { FILE_FREE, FILE_HELD, FILE_LOCKLESS };

/* Locks the open file for this process alone, unless another holds it. FILE_FREE: it was free, and
 * is this process's now. Waits for those who only look. */
enum file_lock lock_take(int file);
/* Whether another process holds it. */
enum file_lock lock_look(int file);

#endif
