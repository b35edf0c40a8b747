/* SPDX-License-Identifier: MIT */
/* Data sets and policies in files. */
#include <locale.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/reads.h"
#include "base/tensors.h"
#include "fuzz/guided/frame.h"
#include "fuzz/sound_data.h"
#include "policy/policy.h"
#include "policy/policy_csv.h"
#include "train/dataset.h"

enum { FILE_MOST = 1 << 16 };

/* The components of a harness, by the byte that chooses their parameters: making one is not what is
 * tried. */
static struct component *components[256];

/* The locale of archives' names, which the system would else read from its files for each. */
static locale_t utf8;

static void prepare_archives(struct frame *frame) {
    (void)frame;
    utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static void clear(struct frame *frame) {
    (void)frame;
    if (utf8 != (locale_t)0) {
        freelocale(utf8);
    }
    for (size_t c = 0; c < COUNT_OF(components); c++) {
        component_release(components[c]);
        components[c] = NULL;
    }
}

static synrl_status make_component(struct frame *frame, const char *id, size_t n,
                                   const struct named_value *values, struct component **component) {
    SYNRL_TRY(component_create(frame->core, SYNRL_KIND_DATASET, id, component));
    for (size_t i = 0; i < n; i++) {
        SYNRL_TRY(component_set(*component, values[i].name, &values[i].value));
        if (values[i].value.kind == VALUE_STRING && values[i].value.as.string[0] == '/') {
            /* Nor is the hash of what is read. */
            SYNRL_TRY(reads_exclude(frame->core, values[i].value.as.string));
        }
    }
    return component_finish(*component);
}

static synrl_status try_load(struct frame *frame, uint8_t c, const char *id, size_t n,
                             const struct named_value *values) {
    struct dataset *dataset = NULL;
    if (components[c] == NULL && make_component(frame, id, n, values, &components[c]) != SYNRL_OK) {
        frame_fail("%s: %s", id, frame->core->message);
    }
    const synrl_status status = dataset_create(frame->core, components[c], &dataset);
    const char *problem = status == SYNRL_OK ? data_problem(dataset_data(dataset)) : NULL;
    if (problem != NULL) {
        frame_fail("the data set %s", problem);
    }
    dataset_release(dataset);
    return status;
}

static void load(struct frame *frame, uint8_t c, const char *id, size_t n,
                 const struct named_value *values) {
    frame_expect_refusal(frame, try_load(frame, c, id, n, values));
}

/* By parameters that no file makes good, so once for each byte. */
static void refuse(struct frame *frame, uint8_t c, const char *id, size_t n,
                   const struct named_value *values) {
    static bool is_refused[256];
    if (is_refused[c]) {
        return;
    }
    is_refused[c] = true;
    const synrl_status status = try_load(frame, c, id, n, values);
    if ((status != SYNRL_INVALID && status != SYNRL_IO) || frame->core->message[0] == '\0') {
        frame_fail("%s: status %d where the parameters are wrong", id, (int)status);
    }
}

/* csv: the first byte chooses the parameters --------------------------------------------------- */

enum { LARGE = (1 << 20) + 1 };

static void prepare_csv(struct frame *frame) {
    static const uint8_t zeros[LARGE];
    frame_write(frame, "large.csv", zeros, sizeof zeros);
    frame_make_folder(frame, "folder");
}

/* What no text in the file leads to. */
static void refuse_csv(struct frame *frame, uint8_t c, const char *path) {
    const char *const paths[] = {path, path, frame_path(frame, "none"), frame_path(frame, "folder"),
                                 frame_path(frame, "large.csv")};
    const size_t why = c / 16;
    refuse(frame, c, "csv",
           GIVEN({"path", STRING(paths[why])}, {"label", STRING("1")},
                 {"comment", STRING(why == 0 ? "//" : "")},
                 {"separator", STRING(why == 1 ? "ab" : ",")}, {"limit", INTEGER(1)}));
}

/* The parameters that few tables need; form: 0 to 10. */
static void read_rare_csv(struct frame *frame, uint8_t c, const char *path, unsigned form) {
    static const struct value two[] = {INTEGER(1), INTEGER(2)};
    static const struct value three[] = {INTEGER(2), INTEGER(2), INTEGER(1)};
    static const char *const labels[] = {"-1", "1", "kind", "1", "",  "-1",
                                         "-1", "",  "1",    "2", "-1"};
    static const char *const inputs[] = {"1..2", "", "", "", "", "", "", "a..b", "", "", ""};
    static const char *const classes[] = {"p,q", "", "", "", "", "", "1,0", "", "", "", "one,2"};
    static const char *const missing[] = {"refuse", "refuse", "refuse", "drop", "mean",  "mean",
                                          "refuse", "refuse", "drop",   "mean", "refuse"};
    const bool is_picture = form == 1 || form == 6;
    const struct value flat = LIST(two), picture = LIST(three);
    const struct named_value values[] = {
        {"path", STRING(path)},
        {"label", STRING(labels[form])},
        {"inputs", STRING(inputs[form])},
        {"classes", STRING(classes[form])},
        {"missing", STRING(missing[form])},
        {"missing_words", STRING(form == 3 ? "?,x" : "NA")},
        {"skip", INTEGER(form == 2 ? 2 : 0)},
        {"one_hot", STRING(form == 5   ? "a=p|q|r"
                           : form == 9 ? "1"
                                       : "")},
        {"targets", STRING(form == 7 ? "-1" : "")},
        {"separator", STRING(form == 8 ? "tab" : ",")},
        {"pixels", form == 1 ? flat : picture},
    };
    load(frame, c, "csv", COUNT_OF(values) - (is_picture ? 0 : 1), values);
}

static void read_csv(struct frame *frame, const uint8_t *bytes, size_t n) {
    static const char *const labels[] = {"", "1", "kind", "3"};
    static const char *const targets[] = {"", "4", "y", "1,2"};
    static const char *const headers[] = {"auto", "yes", "no", "auto"};
    static const char *const separators[] = {",", ";", "\t", " "};
    struct input input = {bytes, bytes + n};
    const uint8_t c = input_byte(&input);
    const char *path = frame_write(frame, "t.csv", input.at, input_size(&input));
    enum { REFUSED = 5 };
    if (c % 16 == 0 && c / 16 < REFUSED) {
        refuse_csv(frame, c, path);
        return;
    }
    if (c % 16 == 0) {
        read_rare_csv(frame, c, path, c / 16U - REFUSED);
        return;
    }
    if (c % 4 == 0) { /* without labels, in the other forms */
        static const char *const missing[] = {"drop", "mean", "refuse", "mean"};
        load(frame, c, "csv",
             GIVEN({"path", STRING(path)}, {"targets", STRING(c / 4 % 4 == 1 ? "-1" : "")},
                   {"one_hot", STRING(c / 4 % 4 == 2 ? "1..2" : "a=p|q")},
                   {"ignore", STRING(c / 4 % 4 == 3 ? "#3" : "")},
                   {"missing", STRING(missing[c / 16 % 4])}, {"comment", STRING("#")},
                   {"decimal", STRING(c / 64 % 2 == 0 ? "point" : "comma")},
                   {"separator", STRING(c / 64 < 2 ? "blanks" : ";")}));
        return;
    }
    load(frame, c, "csv",
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
    const char *first = write_packed(frame, "i", &images, (c & 1) != 0);
    const char *second = write_packed(frame, "l", &input, (c & 2) != 0);
    const bool is_missing = c == 0xFE, is_folder = c == 0xFF;
    load(frame, is_missing || is_folder ? c : c / 4 % 4 == 0, "idx",
         GIVEN({"images", STRING(is_missing ? frame_path(frame, "none") : first)},
               {"labels", STRING(is_folder ? frame->folder : second)},
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

static void load_npz(struct frame *frame, const char *labels, const void *bytes, size_t n) {
    const char *path = frame_write(frame, "a.npz", bytes, n);
    load(frame, (uint8_t)labels[0], "npz",
         GIVEN({"path", STRING(path)}, {"labels", STRING(labels)}, {"limit", INTEGER(1)}));
}

static void read_npy(struct frame *frame, const uint8_t *bytes, size_t n) {
    static const char *const names[] = {"images.npy", "labels.npy"};
    static struct zip zip;
    struct input input = {bytes, bytes + (n < FILE_MOST / 2 ? n : FILE_MOST / 2)};
    const size_t length = input_byte(&input) + 256U * input_byte(&input);
    const struct input images = input_part(&input, length), parts[] = {images, input};
    make_zip(&zip, 2, names, parts);
    load_npz(frame, length == UINT16_MAX ? "images" : "labels", zip.at, zip.n);
}

static void read_npz(struct frame *frame, const uint8_t *bytes, size_t n) {
    load_npz(frame, "labels", bytes, n);
}

/* images: a tree of two PNGs, whose checksums are put right, and an archive -------------------- */

static void prepare_tree(struct frame *frame) {
    frame_make_folder(frame, "A");
    frame_make_folder(frame, "B");
    frame_write(frame, "read.me", "", 0);
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

static void write_png(struct frame *frame, const char *name, const struct input *part) {
    static uint8_t png[FILE_MOST];
    const size_t n = input_size(part) < sizeof png ? input_size(part) : sizeof png;
    memcpy(png, part->at, n);
    mend_checksums(png, n);
    frame_write(frame, name, png, n);
}

static void load_images(struct frame *frame, const char *path, unsigned background) {
    static const char *const backgrounds[] = {"none", "black", "white"};
    load(frame, (uint8_t)background, "images",
         GIVEN({"path", STRING(path)}, {"limit", INTEGER(1)},
               {"background", STRING(backgrounds[background])}));
}

/* A PNG twice; or, where the first byte is not that of a PNG but 0 .. 5, for one of the backgrounds
 * twice or, after two bytes of its length, followed by another. */
static void read_png(struct frame *frame, const uint8_t *bytes, size_t n) {
    struct input input = {bytes, bytes + n};
    const uint8_t c = n > 0 && bytes[0] < 6 ? input_byte(&input) : 0;
    const size_t length = c < 3 ? n : input_byte(&input) + 256U * input_byte(&input);
    const struct input first = input_part(&input, length);
    write_png(frame, "A/1.png", &first);
    write_png(frame, "B/2.png", c < 3 ? &first : &input);
    load_images(frame, frame->folder, c % 3);
}

static void read_archive(struct frame *frame, const uint8_t *bytes, size_t n) {
    load_images(frame, frame_write(frame, "a", bytes, n), 0);
}

/* glyphs --------------------------------------------------------------------------------------- */

static const char *many_letters(void) { /* more than there may be classes */
    static char text[4096];
    size_t n = 0;
    for (unsigned letter = 0x100; letter < 0x100 + 1100; letter++) {
        text[n++] = (char)(0xC0 | letter >> 6);
        text[n++] = (char)(0x80 | (letter & 0x3F));
    }
    return text;
}

static void prepare_font(struct frame *frame) {
    frame_make_folder(frame, "fonts");
    frame_make_folder(frame, "fonts/below");
    frame_make_folder(frame, "twice");
    frame_write(frame, "fonts/read.me", "", 0);
    if (symlink("../fonts/f.ttf", frame_path(frame, "twice/1.ttf")) != 0 ||
        symlink("../fonts/f.ttf", frame_path(frame, "twice/2.OTF")) != 0) {
        frame_fail("no links");
    }
}

/* The first byte chooses how many samples are made, of which letters and of which fonts; from
 * 0xF0 on what is refused. */
static void read_font(struct frame *frame, const uint8_t *bytes, size_t n) {
    static const int64_t samples[] = {0, 1, 2, 8};
    static const char *const folders[] = {"fonts", "twice", "fonts"};
    const char *const refused[] = {"A", "A,", "AA", many_letters()};
    struct input input = {bytes, bytes + n};
    const uint8_t c = input_byte(&input);
    const char *letters = c / 8 % 2 == 0 ? "AB" : "A\xC3\x84\xE2\x82\xAC\xF0\x90\x80\x80";
    frame_write(frame, "fonts/f.ttf", input.at, input_size(&input));
    if (c >= 0xF0) {
        const char *folder = c % 8 < 4 ? "fonts" : "none";
        refuse(frame, c, "glyphs",
               GIVEN({"folder", STRING(frame_path(frame, folder))},
                     {"letters", STRING(c % 8 < 4 ? refused[c % 4] : "AB")}));
        return;
    }
    load(frame, c, "glyphs",
         GIVEN({"folder", STRING(frame_path(frame, folders[c / 16 % 3]))},
               {"letters", STRING(letters)}, {"size", INTEGER(8)},
               {"samples", INTEGER(samples[c % 4])}, {"jitter", NUMBER(c / 4 % 2)},
               {"only", STRING(c / 16 % 3 == 2 ? "x,tf" : "")},
               {"without", STRING(c / 16 % 3 == 2 ? "a,,sfd" : "")}));
}

/* Policies: what loads can be saved, and loads again as the same ------------------------------- */

static synrl_policy *load_policy(struct frame *frame, const char *path) {
    synrl_policy *policy = NULL;
    frame_expect_refusal(frame, policy_load_csv(frame->core, path, &policy));
    return policy;
}

static void read_policy_csv(struct frame *frame, const uint8_t *bytes, size_t n) {
    synrl_policy *policy = load_policy(frame, frame_write(frame, "p.csv", bytes, n));
    if (policy == NULL) {
        return;
    }
    const char *path = frame_path(frame, "again.csv");
    if ((n % 2 == 0 ? policy_save_csv : policy_output_csv)(frame->core, policy, path) != SYNRL_OK) {
        frame_fail("saving: %s", frame->core->message);
    }
    synrl_policy *again = load_policy(frame, path);
    if (again == NULL || policy_hash(again) != policy_hash(policy)) {
        frame_fail("saved, it loads as another: %s", frame->core->message);
    }
    policy_release(again);
    policy_release(policy);
}

/* Weights: what is read can be written, and reads back bit for bit ----------------------------- */

static void write_and_read(struct frame *frame, const struct tensors *tensors, const char *name) {
    struct tensors again;
    const char *path = frame_path(frame, name);
    if (tensors_write(frame->core, path, tensors, false) != SYNRL_OK ||
        tensors_read(frame->core, path, &again) != SYNRL_OK) {
        frame_fail("written again: %s", frame->core->message);
    }
    if (again.n != tensors->n || again.n_values != tensors->n_values ||
        memcmp(again.values, tensors->values, again.n_values * sizeof *again.values) != 0) {
        frame_fail("written, they read back as others");
    }
    tensors_free(frame->core, &again);
}

/* A file as it is or, after an odd byte, one or two arrays in a zip that is sound. */
static void read_tensors(struct frame *frame, const uint8_t *bytes, size_t n) {
    static const char *const names[] = {"a.npy", "b.npy"};
    struct input input = {bytes, bytes + n};
    struct tensors tensors;
    static struct zip zip;
    const uint8_t how = input_byte(&input);
    const void *file = input.at;
    size_t size = input_size(&input);
    if (how % 2 == 1) {
        const struct input first = input_part(&input, how / 2 * 16U);
        const struct input parts[] = {first, input};
        make_zip(&zip, how < 255 ? 2 : 1, names, parts);
        file = zip.at;
        size = zip.n;
    }
    const synrl_status status =
        tensors_read(frame->core, frame_write(frame, "w", file, size), &tensors);
    frame_expect_refusal(frame, status);
    if (status == SYNRL_OK && tensors.n > 0) {
        write_and_read(frame, &tensors, "again.npz");
        write_and_read(frame, &tensors, "again.safetensors");
    }
    if (status == SYNRL_OK) {
        tensors_free(frame->core, &tensors);
    }
}

/* The table ------------------------------------------------------------------------------------ */

/* A label of 999,999 in an NPZ names a million classes, of 20 bytes each. */
const struct harness data_harnesses[] = {
    {"csv", 4, prepare_csv, clear, read_csv},
    {"idx", 4, NULL, clear, read_idx},
    {"npy", 24, prepare_archives, clear, read_npy},
    {"npz", 24, prepare_archives, clear, read_npz},
    {"png", 64, prepare_tree, clear, read_png},
    {"archive", 64, prepare_archives, clear, read_archive},
    {"font", 16, prepare_font, clear, read_font},
    {"policy", 4, NULL, NULL, read_policy_csv},
    {"weights", 64, NULL, NULL, read_tensors},
    {.name = NULL},
};
