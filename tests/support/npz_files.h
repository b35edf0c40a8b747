/* SPDX-License-Identifier: MIT */
/* Archives of NumPy written by hand from the rules of the formats: sound ones, and parts to damage.
 */
#ifndef NPZ_FILES_H
#define NPZ_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* A zip under construction: the files, and their directory. All zero is empty. */
struct zip {
    unsigned char *bytes, *directory;
    size_t n, n_directory, n_entries;
};

/* Stored, or packed by deflate. */
void zip_add(struct zip *zip, const char *name, const void *bytes, size_t n, bool pack);
/* Stored: an array with this header, as npy_raw writes it, of any size. */
void zip_add_npy(struct zip *zip, const char *name, const char *header, const void *data, size_t n);
/* Appends the directory: `bytes` is the archive. */
void zip_end(struct zip *zip);
void zip_free(struct zip *zip);

struct npy {
    unsigned char bytes[1024];
    size_t n;
};

struct npy npy_raw(unsigned version, const char *header, const void *data, size_t n);
struct npy npy_make(unsigned version, const char *type, bool is_fortran, const char *shape,
                    const void *data, size_t n);

#endif
