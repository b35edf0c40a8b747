/* SPDX-License-Identifier: MIT */
/* Data sets and policies in files. */
#include <string.h>
#include <zlib.h>

#include "fuzz/guided/frame.h"
#include "fuzz/sound_data.h"
#include "policy/policy.h"
#include "policy/policy_csv.h"
#include "train/dataset.h"

enum { FILE_MOST = 1 << 16 };

static synrl_status make_component(struct frame *frame, const char *id, size_t n,
                                   const struct named_value *values, struct component **component) {
    SYNRL_TRY(component_create(frame->core, SYNRL_KIND_DATASET, id, component));
    for (size_t i = 0; i < n; i++) {
        SYNRL_TRY(component_set(*component, values[i].name, &values[i].value));
    }
    return component_finish(*component);
}

static void load(struct frame *frame, const char *id, size_t n, const struct named_value *values) {
    struct component *component = NULL;
    struct dataset *dataset = NULL;
    if (make_component(frame, id, n, values, &component) != SYNRL_OK) {
        frame_fail("%s: %s", id, frame->core->message);
    }
    const synrl_status status = dataset_create(frame->core, component, &dataset);
    frame_expect_refusal(frame, status);
    const char *problem = status == SYNRL_OK ? data_problem(dataset_data(dataset)) : NULL;
    if (problem != NULL) {
        frame_fail("the data set %s", problem);
    }
    dataset_release(dataset);
    component_release(component);
}

/* csv: the first byte chooses the parameters --------------------------------------------------- */

static void read_csv(struct frame *frame, const uint8_t *bytes, size_t n) {
    static const char *const labels[] = {"", "1", "kind", "3"};
    static const char *const targets[] = {"", "4", "y", "1,2"};
    static const char *const headers[] = {"auto", "yes", "no", "auto"};
    static const char *const separators[] = {",", ";", "\t", " "};
    struct input input = {bytes, bytes + n};
    const uint8_t c = input_byte(&input);
    const char *path = frame_write(frame, "t.csv", input.at, input_size(&input));
    load(frame, "csv",
         GIVEN({"path", STRING(path)}, {"label", STRING(labels[c % 4])},
               {"targets", STRING(targets[c / 4 % 4])}, {"header", STRING(headers[c / 16 % 4])},
               {"separator", STRING(separators[c / 64])}));
}

/* idx: a byte for what is packed, two for the length of the pictures --------------------------- */

static const char *write_packed(struct frame *frame, const char *name, const struct input *part,
                                bool is_packed) {
    static uint8_t packed[FILE_MOST];
    z_stream stream = {.next_in = (uint8_t *)part->at,
                       .avail_in = (unsigned)input_size(part),
                       .next_out = packed,
                       .avail_out = sizeof packed};
    if (!is_packed || deflateInit2(&stream, 0, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return frame_write(frame, name, part->at, input_size(part));
    }
    deflate(&stream, Z_FINISH);
    deflateEnd(&stream);
    return frame_write(frame, name, packed, stream.total_out);
}

static void read_idx(struct frame *frame, const uint8_t *bytes, size_t n) {
    struct input input = {bytes, bytes + n};
    const uint8_t c = input_byte(&input);
    const size_t length = input_byte(&input) + 256U * input_byte(&input);
    const struct input images = input_part(&input, length);
    load(frame, "idx",
         GIVEN({"images", STRING(write_packed(frame, "i", &images, (c & 1) != 0))},
               {"labels", STRING(write_packed(frame, "l", &input, (c & 2) != 0))},
               {"limit", INTEGER(c / 4 % 4 == 0 ? 1 : 64)}));
}

/* npz: an archive, and the arrays in a stored one ---------------------------------------------- */

struct zip {
    uint8_t at[FILE_MOST];
    size_t n;
};

static void add(struct zip *zip, size_t width, size_t value) {
    for (size_t b = 0; b < width; b++) {
        zip->at[zip->n++] = (uint8_t)(b < sizeof value ? value >> 8 * b : 0);
    }
}

static void add_bytes(struct zip *zip, const void *bytes, size_t n) {
    memcpy(zip->at + zip->n, bytes, n);
    zip->n += n;
}

/* What a local header and one of the directory share. */
static void add_sizes(struct zip *zip, const char *name, const struct input *part) {
    add(zip, 4, 20); /* version, flags */
    add(zip, 6, 0);  /* stored, no time */
    add(zip, 4, crc32(0, part->at, (unsigned)input_size(part)));
    add(zip, 4, input_size(part));
    add(zip, 4, input_size(part));
    add(zip, 2, strlen(name));
    add(zip, 2, 0);
}

/* By APPNOTE.TXT 4.3: local headers with their data, the directory, its end. */
static void make_zip(struct zip *zip, size_t n, const char *const *names,
                     const struct input *parts) {
    size_t starts[2];
    zip->n = 0;
    for (size_t i = 0; i < n; i++) {
        starts[i] = zip->n;
        add(zip, 4, 0x04034b50);
        add_sizes(zip, names[i], &parts[i]);
        add_bytes(zip, names[i], strlen(names[i]));
        add_bytes(zip, parts[i].at, input_size(&parts[i]));
    }
    const size_t directory = zip->n;
    for (size_t i = 0; i < n; i++) {
        add(zip, 4, 0x02014b50);
        add(zip, 2, 20);
        add_sizes(zip, names[i], &parts[i]);
        add(zip, 10, 0);
        add(zip, 4, starts[i]);
        add_bytes(zip, names[i], strlen(names[i]));
    }
    const size_t size = zip->n - directory;
    add(zip, 4, 0x06054b50);
    add(zip, 4, 0);
    add(zip, 2, n);
    add(zip, 2, n);
    add(zip, 4, size);
    add(zip, 4, directory);
    add(zip, 2, 0);
}

static void load_npz(struct frame *frame, const void *bytes, size_t n) {
    const char *path = frame_write(frame, "a.npz", bytes, n);
    load(frame, "npz", GIVEN({"path", STRING(path)}, {"limit", INTEGER(64)}));
}

static void read_npy(struct frame *frame, const uint8_t *bytes, size_t n) {
    static const char *const names[] = {"images.npy", "labels.npy"};
    static struct zip zip;
    struct input input = {bytes, bytes + (n < FILE_MOST / 2 ? n : FILE_MOST / 2)};
    const size_t length = input_byte(&input) + 256U * input_byte(&input);
    const struct input images = input_part(&input, length), parts[] = {images, input};
    make_zip(&zip, 2, names, parts);
    load_npz(frame, zip.at, zip.n);
}

static void read_npz(struct frame *frame, const uint8_t *bytes, size_t n) {
    load_npz(frame, bytes, n);
}

/* images: a tree of two equal PNGs, whose checksums are put right, and an archive -------------- */

static void prepare_tree(struct frame *frame) {
    frame_make_folder(frame, "A");
    frame_make_folder(frame, "B");
}

static size_t big_endian(const uint8_t *at) {
    return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

/* PNG 5.3: after 8 bytes, chunks of length, type, data and checksum. */
static void mend_checksums(uint8_t *png, size_t n) {
    for (size_t at = 8; n >= 12 && at <= n - 12;) {
        const size_t length = big_endian(png + at);
        if (length > n - 12 - at) {
            return;
        }
        const unsigned long sum = crc32(0, png + at + 4, (unsigned)length + 4);
        for (size_t b = 0; b < 4; b++) {
            png[at + 8 + length + b] = (uint8_t)(sum >> (24 - 8 * b));
        }
        at += 12 + length;
    }
}

static void read_png(struct frame *frame, const uint8_t *bytes, size_t n) {
    static uint8_t png[FILE_MOST];
    n = n < sizeof png ? n : sizeof png;
    memcpy(png, bytes, n);
    mend_checksums(png, n);
    frame_write(frame, "A/1.png", png, n);
    frame_write(frame, "B/2.png", png, n);
    load(frame, "images", GIVEN({"path", STRING(frame->folder)}, {"limit", INTEGER(1)}));
}

static void read_archive(struct frame *frame, const uint8_t *bytes, size_t n) {
    const char *path = frame_write(frame, "a", bytes, n);
    load(frame, "images", GIVEN({"path", STRING(path)}, {"limit", INTEGER(1)}));
}

/* glyphs --------------------------------------------------------------------------------------- */

/* The first byte chooses how many samples are made of the two letters. */
static void read_font(struct frame *frame, const uint8_t *bytes, size_t n) {
    static const int64_t samples[] = {0, 1, 2, 8};
    struct input input = {bytes, bytes + n};
    const uint8_t c = input_byte(&input);
    frame_write(frame, "f.ttf", input.at, input_size(&input));
    load(frame, "glyphs",
         GIVEN({"folder", STRING(frame->folder)}, {"letters", STRING("AB")}, {"size", INTEGER(8)},
               {"samples", INTEGER(samples[c % 4])}, {"jitter", NUMBER(c / 4 % 2)}));
}

/* Policies: what loads can be saved, and loads again as the same ------------------------------- */

static synrl_policy *load_policy(struct frame *frame, const char *path) {
    synrl_policy *policy = NULL;
    frame_expect_refusal(frame, policy_load_csv(frame->core, path, &policy));
    return policy;
}

static void read_policy(struct frame *frame, const uint8_t *bytes, size_t n) {
    synrl_policy *policy = load_policy(frame, frame_write(frame, "p.csv", bytes, n));
    if (policy == NULL) {
        return;
    }
    const char *path = frame_path(frame, "again.csv");
    if (policy_save_csv(frame->core, policy, path) != SYNRL_OK) {
        frame_fail("saving: %s", frame->core->message);
    }
    synrl_policy *again = load_policy(frame, path);
    if (again == NULL || policy_hash(again) != policy_hash(policy)) {
        frame_fail("saved, it loads as another: %s", frame->core->message);
    }
    policy_release(again);
    policy_release(policy);
}

/* The table ------------------------------------------------------------------------------------ */

/* A label of 999,999 in an NPZ names a million classes, of 20 bytes each. */
const struct harness data_harnesses[] = {
    {"csv", 4, NULL, NULL, read_csv},
    {"idx", 4, NULL, NULL, read_idx},
    {"npy", 24, NULL, NULL, read_npy},
    {"npz", 24, NULL, NULL, read_npz},
    {"png", 64, prepare_tree, NULL, read_png},
    {"archive", 64, NULL, NULL, read_archive},
    {"font", 16, NULL, NULL, read_font},
    {"policy", 4, NULL, NULL, read_policy},
    {.name = NULL},
};
