/* SPDX-License-Identifier: MIT */
/* Weights from NumPy's NPZ: a zip of .npy arrays, by libzip, from memory. Memory grows with the
 * bytes of the file, not with the sizes in a header. */
#include "base/tensors_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zip.h>

#include "base/count.h"
#include "synrl/late.h"
#include "synrl/npy.h"

/* deflate makes at most 1,032 bytes of one. */
enum { DEFLATE_RATIO_MAX = 1032, DEFLATE_MORE = 64, NAME_SIZE = 256 };

#define ZIP_FUNCTIONS(_)    \
    _(zip_discard)          \
    _(zip_error_code_zip)   \
    _(zip_error_fini)       \
    _(zip_error_init)       \
    _(zip_error_strerror)   \
    _(zip_fclose)           \
    _(zip_file_get_error)   \
    _(zip_fopen_index)      \
    _(zip_fread)            \
    _(zip_get_error)        \
    _(zip_get_num_entries)  \
    _(zip_open_from_source) \
    _(zip_source_buffer_create) _(zip_source_free) _(zip_stat_index) _(zip_stat_init)
struct zip_library {
    ZIP_FUNCTIONS(SYNRL_LATE_POINTER)
};

struct npz {
    struct tensors_source *source;
    struct zip_library zip;
};

static synrl_status load_zip(struct npz *npz) {
    static const char *const names[] = {ZIP_FUNCTIONS(SYNRL_LATE_NAME)};
    const char *why = synrl_late_load(LIBZIP_SONAME, COUNT_OF(names), names, &npz->zip);
    return why == NULL ? SYNRL_OK
                       : core_fail(npz->source->core, SYNRL_UNSUPPORTED,
                                   "%s: NPZ files are read by libzip, which cannot be loaded: %s",
                                   npz->source->path, why);
}

/* libzip takes some lacks of memory for a file that is not an archive; whoever calls it sets errno
 * to 0 before. */
static bool lacks_memory(const struct npz *npz, zip_error_t *error) {
    return errno == ENOMEM || npz->zip.zip_error_code_zip(error) == ZIP_ER_MEMORY;
}

/* A lack of memory is no fault of the file. */
static synrl_status fail_zip(const struct npz *npz, zip_error_t *error) {
    const struct tensors_source *source = npz->source;
    return lacks_memory(npz, error)
               ? core_fail(source->core, SYNRL_NO_MEMORY, "%s: not enough memory to read it",
                           source->path)
               : core_fail(source->core, SYNRL_INVALID, "%s: is not an NPZ file, or damaged: %s",
                           source->path, npz->zip.zip_error_strerror(error));
}

static synrl_status take_values(struct tensors_source *source, const char *name,
                                const synrl_npy *npy, size_t n, const unsigned char *data) {
    float *values;
    SYNRL_TRY(tensors_extend(source, n, &values));
    for (size_t i = 0; i < n; i++) {
        const double value = synrl_npy_value(npy, data + synrl_npy_place(npy, n, i) * npy->item);
        if (!tensors_take(value, &values[i])) {
            return FAIL_TENSOR(source, name, "has a value of %g: must be a finite float", value);
        }
    }
    return SYNRL_OK;
}

/* One member, unpacked. */
static synrl_status take_array(struct tensors_source *source, const char *name,
                               const unsigned char *bytes, size_t size) {
    synrl_npy npy;
    const size_t start = size >= SYNRL_NPY_PREFIX ? synrl_npy_start(bytes) : 0;
    if (start == 0 || start > size || !synrl_npy_parse(bytes, start, &npy)) {
        return FAIL_TENSOR(source, name, "%s", "is not an .npy array");
    }
    if (!synrl_npy_is_number(&npy) || npy.kind != 'f') {
        return FAIL_TENSOR(source, name, "is of type \"%s\": must be f2, f4 or f8", npy.type);
    }
    SYNRL_TRY(tensors_add(source, name, npy.n_sizes, npy.sizes));
    const size_t n_columns = npy.n_sizes == 2 ? npy.sizes[1] : 1,
                 n_most = (size - start) / npy.item;
    const bool fits = npy.sizes[0] <= n_most / n_columns;
    if (!fits || npy.sizes[0] * n_columns * npy.item != size - start) {
        return FAIL_TENSOR(source, name, "has %zu bytes of data, which are not what its shape says",
                           size - start);
    }
    return take_values(source, name, &npy, npy.sizes[0] * n_columns, bytes + start);
}

/* Reading a member to its end checks its sum. */
static synrl_status read_member(struct npz *npz, zip_t *zip, const zip_stat_t *found,
                                const char *name) {
    struct tensors_source *source = npz->source;
    const size_t size = (size_t)found->size;
    unsigned char *bytes = core_alloc(source->core, size + 1, 1);
    if (bytes == NULL) {
        return SYNRL_NO_MEMORY;
    }
    errno = 0;
    zip_file_t *file = npz->zip.zip_fopen_index(zip, found->index, 0);
    zip_error_t *error =
        file != NULL ? npz->zip.zip_file_get_error(file) : npz->zip.zip_get_error(zip);
    const zip_int64_t n = file != NULL ? npz->zip.zip_fread(file, bytes, size + 1) : -1;
    synrl_status status = SYNRL_OK;
    if (n < 0 || (size_t)n != size || npz->zip.zip_fread(file, bytes + size, 1) != 0) {
        status = lacks_memory(npz, error) ? fail_zip(npz, error)
                                          : FAIL_TENSOR(source, name, "cannot be read: %s",
                                                        npz->zip.zip_error_strerror(error));
    }
    if (file != NULL) {
        npz->zip.zip_fclose(file);
    }
    if (status == SYNRL_OK) {
        status = take_array(source, name, bytes, size);
    }
    core_free(source->core, bytes);
    return status;
}

static synrl_status read_entry(struct npz *npz, zip_t *zip, zip_uint64_t i) {
    struct tensors_source *source = npz->source;
    const zip_uint64_t needed =
        ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    char name[NAME_SIZE];
    zip_stat_t found;
    npz->zip.zip_stat_init(&found);
    errno = 0;
    if (npz->zip.zip_stat_index(zip, i, 0, &found) != 0 || (found.valid & needed) != needed) {
        return fail_zip(npz, npz->zip.zip_get_error(zip));
    }
    snprintf(name, sizeof name, "%s", found.name);
    const size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, ".npy") == 0) {
        name[length - 4] = '\0';
    }
    const uint64_t most = found.comp_method == ZIP_CM_STORE
                              ? found.comp_size
                              : found.comp_size * DEFLATE_RATIO_MAX + DEFLATE_MORE;
    if (found.comp_size > source->size || found.size > most) {
        return FAIL_TENSOR(source, name, "%s", "says that it is larger than the file can hold");
    }
    return read_member(npz, zip, &found, name);
}

synrl_status tensors_read_npz(struct tensors_source *source) {
    struct npz npz = {.source = source};
    SYNRL_TRY(load_zip(&npz));
    zip_error_t error;
    npz.zip.zip_error_init(&error);
    errno = 0;
    zip_source_t *bytes = npz.zip.zip_source_buffer_create(source->bytes, source->size, 0, &error);
    zip_t *zip = bytes != NULL ? npz.zip.zip_open_from_source(bytes, ZIP_RDONLY, &error) : NULL;
    if (zip == NULL) {
        const synrl_status failed = fail_zip(&npz, &error);
        npz.zip.zip_source_free(bytes);
        npz.zip.zip_error_fini(&error);
        return failed;
    }
    npz.zip.zip_error_fini(&error);
    const zip_int64_t n = npz.zip.zip_get_num_entries(zip, 0);
    synrl_status status = SYNRL_OK;
    for (zip_int64_t i = 0; status == SYNRL_OK && i < n; i++) {
        status = read_entry(&npz, zip, (zip_uint64_t)i);
    }
    npz.zip.zip_discard(zip);
    return status;
}
