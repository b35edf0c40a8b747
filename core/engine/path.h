/* SPDX-License-Identifier: MIT */
/* The path that projections take: the value of SYNRL_PATH, which is "auto" (the default), "dense"
 * or "sparse". All give the same bits. */
#ifndef PATH_H
#define PATH_H

enum path { PATH_AUTO, PATH_DENSE, PATH_SPARSE };

/* PATH_AUTO where SYNRL_PATH is not the name of a path. */
enum path path_in_use(void);
/* Its name; NULL where SYNRL_PATH is not the name of a path. */
const char *engine_path(void);

#endif
