/* SPDX-License-Identifier: MIT */
/* Which of the files below a folder, or in an archive, are pictures of a class. Both are listed
 * here by path and judged by the same rules, so that a folder and an archive of it give the same
 * samples. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "../buffer.h"

enum { LAYOUT_DEPTH_MAX = 32 }; /* folders */

struct layout {
    const synrl_host *host;
    const char *root;      /* the folder or the archive, for messages */
    struct buffer texts;   /* paths, terminated */
    struct buffer entries; /* size_t: where each path begins in `texts` */
    bool is_flat;          /* there are no classes: pictures lie anywhere */
    const char *part;      /* only what lies below a folder of this name; NULL or "": all */
    size_t base;           /* length of the part that all share: what holds the class folders */
    size_t n_others;       /* files that are not pictures */
    size_t other;          /* in `texts`, the first of them */
};

/* A view of a path: CLASS/FILE.png below the base. */
struct place {
    const char *class_name, *file_name;
    size_t class_length; /* of class_name, which is not terminated */
};

/* Whether the name ends in .png, .jpg or .jpeg and is not hidden. */
bool layout_is_picture(const char *file_name);

/* SYNRL_INVALID, for what lies in more folders than may be. */
synrl_status layout_refuse_depth(const struct layout *layout, const char *path);

/* Lists a path with '/' between its parts, in at most LAYOUT_DEPTH_MAX folders. Leaves out what is
 * hidden, which belongs to the operating system; *is_listed says whether it is a picture that was
 * listed. */
synrl_status layout_add(struct layout *layout, const char *path, bool *is_listed);

size_t layout_count(const struct layout *layout);
const char *layout_path(const struct layout *layout, size_t entry);

/* Sorts the paths: for a folder, whose order is arbitrary. */
void layout_sort(struct layout *layout);

/* Finds the base. SYNRL_INVALID where a picture lies deeper than in a class folder. */
synrl_status layout_settle(struct layout *layout);

/* False for a file beside the class folders. Where there are no classes, the class is "." and the
 * file's name its path. */
bool layout_place(const struct layout *layout, size_t entry, struct place *place);

void layout_free(struct layout *layout);

#endif
