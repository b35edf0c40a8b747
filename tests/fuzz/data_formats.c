/* SPDX-License-Identifier: MIT */
/* Data sets and policies: what a load gives is read from end to end. */
#include <archive.h>
#include <archive_entry.h>
#include <check.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

#include "fuzz/fuzz.h"
#include "fuzz/sound_data.h"
#include "policy/policy.h"
#include "policy/policy_csv.h"

static const char *path_of(struct fuzz *fuzz, const char *name) {
    return scratch_path(&fuzz->folder, name);
}

static synrl_status load_data(struct fuzz *fuzz, const char *id, size_t n,
                              const struct named_value *values) {
    struct dataset *dataset;
    const synrl_status status = loader_try(&fuzz->loader, id, n, values, &dataset);
    const char *problem = status == SYNRL_OK ? data_problem(dataset_data(dataset)) : NULL;
    if (problem != NULL) {
        FUZZ_PROBLEM(fuzz, "the data set %s", problem);
    }
    dataset_release(dataset);
    return status;
}

/* csv ------------------------------------------------------------------------------------------ */

static void add_text(struct bytes *part, const char *text) {
    bytes_add(part, text, strlen(text));
}

static void make_csv(struct fuzz *fuzz, struct bytes *parts) {
    (void)fuzz;
    add_text(&parts[0],
             "a,\"b \"\"b\"\"\",kind,y\r\n1,2.5,ant,0.5\n-3e2,\"4\",\"bee,\n2\",1\n\n"
             " 5 ,6,ant,2\r7,-0.125,3,1e-3\n");
}

static synrl_status load_csv(struct fuzz *fuzz) {
    return load_data(fuzz, "csv",
                     GIVEN({"path", STRING(path_of(fuzz, "t.csv"))}, {"label", STRING("3")},
                           {"targets", STRING("4")}));
}

/* idx: two pictures of 2 x 3 ------------------------------------------------------------------- */

static void make_idx(struct fuzz *fuzz, struct bytes *parts) {
    (void)fuzz;
    bytes_add(&parts[0], "\0\0\10\3\0\0\0\2\0\0\0\2\0\0\0\3abcdefghijkl", 28);
    bytes_add(&parts[1], "\0\0\10\1\0\0\0\2\2\0", 10);
}

/* One time in two, the data become as many as the header says, so that what is read is at odds with
 * other files alone. */
static void mend(struct dice *dice, struct bytes *file, size_t start, size_t n) {
    if (dice_below(dice, 2) == 0 && start <= BYTES_MOST && n <= BYTES_MOST - start) {
        memset(file->at + file->n, 1, BYTES_MOST - file->n);
        file->n = start + n;
    }
}

static void pack_idx(struct dice *dice, const struct bytes *parts, size_t f, struct bytes *file) {
    size_t n = 1;
    *file = parts[f];
    for (size_t d = 0; d < file->at[3] % 4U; d++) {
        const unsigned char *size = file->at + 4 + 4 * d;
        n *= (size_t)size[0] << 24 | (size_t)size[1] << 16 | (size_t)size[2] << 8 | size[3];
    }
    mend(dice, file, 4 + 4 * (file->at[3] % 4U), n);
}

static void pack_gzip(struct dice *dice, const struct bytes *parts, size_t f, struct bytes *file) {
    struct bytes plain;
    pack_idx(dice, parts, f, &plain);
    z_stream stream = {.next_in = plain.at,
                       .avail_in = (unsigned)plain.n,
                       .next_out = file->at,
                       .avail_out = sizeof file->at};
    const int level = (int)dice_below(dice, 2) * 9;
    ck_assert_int_eq(deflateInit2(&stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    deflate(&stream, Z_FINISH); /* where it does not fit, it is cut off */
    file->n = stream.total_out;
    deflateEnd(&stream);
}

static synrl_status load_idx(struct fuzz *fuzz) {
    return load_data(fuzz, "idx",
                     GIVEN({"images", STRING(path_of(fuzz, "i"))},
                           {"labels", STRING(path_of(fuzz, "l"))}, {"limit", INTEGER(1)}));
}

/* Archives ------------------------------------------------------------------------------------- */

struct member {
    const char *name;
    const struct bytes *bytes;
};

/* A zip, stored or deflated, or a tar, plain or in gzip. */
static void pack_archive(struct dice *dice, bool is_zip, size_t n, const struct member *members,
                         struct bytes *file) {
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    const bool is_plain = dice_below(dice, 2) == 0;
    ck_assert(archive != NULL && entry != NULL);
    if (is_zip) {
        archive_write_set_format_zip(archive);
        archive_write_set_options(archive, is_plain ? "compression=store" : "compression=deflate");
    } else {
        archive_write_set_format_ustar(archive);
        if (!is_plain) {
            archive_write_add_filter_gzip(archive);
        }
    }
    archive_write_set_bytes_per_block(archive, 0);
    archive_write_open_memory(archive, file->at, sizeof file->at, &file->n);
    for (size_t i = 0; i < n; i++) {
        archive_entry_clear(entry);
        archive_entry_set_pathname(entry, members[i].name);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_size(entry, (la_int64_t)members[i].bytes->n);
        archive_write_header(archive, entry);
        archive_write_data(archive, members[i].bytes->at, members[i].bytes->n);
    }
    archive_write_close(archive); /* where it does not fit, it is cut off */
    archive_entry_free(entry);
    archive_write_free(archive);
}

/* npz: two pictures of 2 x 3, as bytes and as floats in the order of Fortran ------------------- */

static void add_npy(struct bytes *part, const char *type, const char *order, const char *shape,
                    const void *data, size_t n) {
    char header[128];
    const int length =
        snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n",
                 type, order, shape);
    const unsigned char lengths[] = {(unsigned char)length, 0};
    add_text(part, "\x93NUMPY\1");
    bytes_add(part, "", 1);
    bytes_add(part, lengths, sizeof lengths);
    bytes_add(part, header, (size_t)length);
    bytes_add(part, data, n);
}

static void make_npz(struct fuzz *fuzz, struct bytes *parts) {
    static const int64_t labels[] = {2, 0};
    static const float values[12] = {0, 1, -2, 3, 0.5F};
    (void)fuzz;
    add_npy(&parts[0], "|u1", "False", "(2, 2, 3)", "abcdefghijkl", 12);
    add_npy(&parts[1], "<f4", "True", "(2, 6)", values, sizeof values);
    add_npy(&parts[2], "<i8", "False", "(2,)", labels, sizeof labels);
}

/* The length of the header too: it ends at the line feed. */
static void mend_npy(struct dice *dice, struct bytes *npy) {
    char text[BYTES_MOST + 1];
    size_t item = 1, sizes[4] = {1, 1, 1, 1};
    memcpy(text, npy->at + 10, npy->n > 10 ? npy->n - 10 : 0);
    text[npy->n > 10 ? npy->n - 10 : 0] = '\0';
    const size_t start = 11 + strcspn(text, "\n");
    if (dice_below(dice, 4) > 0) {
        npy->at[8] = (unsigned char)(start - 10);
        npy->at[9] = (unsigned char)((start - 10) >> 8);
    }
    sscanf(text, "{'descr': '%*2c%1zu", &item);
    sscanf(text + strcspn(text, "("), "(%9zu, %9zu, %9zu, %9zu", &sizes[0], &sizes[1], &sizes[2],
           &sizes[3]);
    mend(dice, npy, start, item * sizes[0] * sizes[1] * sizes[2] * sizes[3]);
}

static void pack_npz(struct dice *dice, const struct bytes *parts, size_t f, struct bytes *file) {
    struct bytes images = parts[dice_below(dice, 2)], labels = parts[2];
    const struct member members[] = {{"images.npy", &images}, {"labels.npy", &labels}};
    mend_npy(dice, &images);
    mend_npy(dice, &labels);
    (void)f;
    pack_archive(dice, true, 2, members, file);
}

static synrl_status load_npz(struct fuzz *fuzz) {
    return load_data(fuzz, "npz",
                     GIVEN({"path", STRING(path_of(fuzz, "a.npz"))}, {"limit", INTEGER(64)}));
}

/* images: two PNGs of 2 x 3, each from its header and its rows --------------------------------- */

static void make_images(struct fuzz *fuzz, struct bytes *parts) {
    (void)fuzz;
    parts[0] = parts[2] = png_header(2, 3, PNG_GREY);
    bytes_add(&parts[1], "\0abc\0def", 8);
    bytes_add(&parts[3], "\0ghi\0jkl", 8);
}

/* One in four is damaged itself, and one in four long enough for a larger picture. */
static void pack_png(struct dice *dice, const struct bytes *parts, size_t f, struct bytes *file) {
    static const unsigned char more[4096];
    *file = png_make(&parts[2 * f], parts[2 * f + 1].at, parts[2 * f + 1].n);
    switch (dice_below(dice, 4)) {
    case 0:
        mutate(dice, file);
        break;
    case 1:
        bytes_add(file, more, file->n + sizeof more <= BYTES_MOST ? sizeof more : 0);
        break;
    default:
        break;
    }
}

static void pack_images(struct dice *dice, const struct bytes *parts, size_t f,
                        struct bytes *file) {
    struct bytes pngs[2];
    const struct member members[] = {{"top/A/1.png", &pngs[0]}, {"top/B/2.png", &pngs[1]}};
    (void)f;
    pack_png(dice, parts, 0, &pngs[0]);
    pack_png(dice, parts, 1, &pngs[1]);
    pack_archive(dice, dice_below(dice, 2) == 0, 2, members, file);
}

static synrl_status load_folder(struct fuzz *fuzz) {
    return load_data(fuzz, "images",
                     GIVEN({"path", STRING(fuzz->folder.folder)}, {"limit", INTEGER(1)}));
}

static synrl_status load_archive(struct fuzz *fuzz) {
    return load_data(fuzz, "images",
                     GIVEN({"path", STRING(path_of(fuzz, "a"))}, {"limit", INTEGER(1)}));
}

/* Policies ------------------------------------------------------------------------------------- */

static void make_policy(struct fuzz *fuzz, struct bytes *parts) {
    (void)fuzz;
    add_text(&parts[0],
             "r_t1,a_t1,q_dec,q_null,q_inc\n-1,-1,0.5,0,-1e-3\n1,0,1,2,3\r\n\n"
             "0, 1 ,1.25e2,-0,4\n");
}

static synrl_status load_policy(struct fuzz *fuzz) {
    synrl_policy *policy;
    SYNRL_TRY(policy_load_csv(fuzz->loader.core, path_of(fuzz, "p.csv"), &policy));
    const size_t n = (size_t)policy->n_reward_histories * policy->n_action_histories * 3;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(policy->q[i])) {
            FUZZ_PROBLEM(fuzz, "Q number %zu is %g", i, policy->q[i]);
        }
    }
    policy_release(policy);
    return SYNRL_OK;
}

/* The table ------------------------------------------------------------------------------------ */

/* A label of 999,999 in an NPZ names a million classes, of 20 bytes each. */
const struct format data_formats[N_DATA_FORMATS] = {
    {"csv", 1000, 2, 1, 1, {"t.csv"}, make_csv, NULL, load_csv},
    {"idx", 600, 3, 2, 2, {"i", "l"}, make_idx, pack_idx, load_idx},
    {"idx_gz", 600, 3, 2, 2, {"i", "l"}, make_idx, pack_gzip, load_idx},
    {"npz", 1500, 24, 3, 1, {"a.npz"}, make_npz, pack_npz, load_npz},
    {"images", 500, 4, 4, 2, {"A/1.png", "B/2.png"}, make_images, pack_png, load_folder},
    {"archive", 500, 4, 4, 1, {"a"}, make_images, pack_images, load_archive},
    {"policy", 600, 4, 1, 1, {"p.csv"}, make_policy, NULL, load_policy},
};
