/* SPDX-License-Identifier: MIT */
/* What a file or folder is at a moment: its size, times, inode, and the hash of its bytes. Whether
 * it is still the same can then be seen without reading it, as long as nothing has touched it. */
#ifndef STAMP_H
#define STAMP_H

#include <jansson.h>

#include "base/core.h"

struct stamp {
    bool exists, is_folder;
    uint64_t size;    /* bytes; of a folder, of all files in it */
    uint64_t n_files; /* in a folder and those below it; names that begin with a dot do not count */
    int64_t modified, changed; /* nanoseconds since 1970; of a folder, the latest of its files */
    uint64_t inode;
    uint64_t listing; /* of a folder: sum of hashes of name, size, times and inode of each of its
                         files */
    bool has_hash;
    uint64_t hash; /* XXH3-64 of the bytes */
    /* It was last changed so long before that another change would show in the times. */
    bool is_settled;
};

/* All but the hash. Where there is no such file, `exists` is false. */
void stamp_take(const char *path, struct stamp *stamp);
/* Adds the hash, unless it is that of a folder of more than 1000 files: reading them all would cost
 * more than what is gained by it. A file that cannot be read has none. */
synrl_status stamp_hash(struct core *core, const char *path, struct stamp *stamp);
/* Whether there are bytes of which the hash is not known, since they could not be read. */
bool stamp_lacks_hash(const struct stamp *stamp);
/* Whether size, times and inode show that nothing can have changed since `earlier`. */
bool stamp_is_untouched(const struct stamp *earlier, const struct stamp *now);

/* {"size", "modified", "changed", "inode", "xxh3"}, and of a folder "files" and "listing";
 * "changed" is null unless it is settled. NULL: no memory. */
json_t *stamp_json(const struct stamp *stamp);
void stamp_from_json(const json_t *json, struct stamp *stamp);

#endif
