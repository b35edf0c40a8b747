/* SPDX-License-Identifier: MIT */
/* Data sets and policies in files. */
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/tensors.h"
#include "fuzz/guided/frame.h"
#include "fuzz/guided/loading.h"
#include "fuzz/guided/packing.h"
#include "policy/policy.h"
#include "policy/policy_csv.h"

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
    static uint8_t packed[PACKED_MOST];
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
    static const char *const classes[] = {"", "AB", "ant,bee,cow", "\xC3\x84\xE2\x82\xAC\x41"};
    struct input input = {bytes, bytes + n};
    const uint8_t c = input_byte(&input);
    const size_t length = input_byte(&input) + 256U * input_byte(&input);
    const struct input images = input_part(&input, length);
    const char *first = write_packed(frame, "i", &images, (c & 1) != 0);
    const char *second = write_packed(frame, "l", &input, (c & 2) != 0);
    const bool is_missing = c == 0xFE, is_folder = c == 0xFF, is_small = c / 4 % 4 == 0;
    load(frame, is_missing || is_folder ? c : (uint8_t)(c / 16 * 2 + is_small), "idx",
         GIVEN({"images", STRING(is_missing ? frame_path(frame, "none") : first)},
               {"labels", STRING(is_folder ? frame->folder : second)},
               {"classes", STRING(classes[c / 16 % 4])}, {"first_label", INTEGER(c / 64)},
               {"limit", INTEGER(is_small ? 1 : 64)}));
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
    static struct packed zip;
    const uint8_t how = input_byte(&input);
    const void *file = input.at;
    size_t size = input_size(&input);
    if (how % 2 == 1) {
        const struct input first = input_part(&input, how / 2 * 16U);
        const struct input parts[] = {first, input};
        pack_zip(&zip, how < 255 ? 2 : 1, names, parts);
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

const struct harness data_harnesses[] = {
    {"csv", 4, prepare_csv, loading_clear, read_csv},
    {"idx", 4, NULL, loading_clear, read_idx},
    {"font", 16, prepare_font, loading_clear, read_font},
    {"policy", 4, NULL, NULL, read_policy_csv},
    {"weights", 64, NULL, NULL, read_tensors},
    {.name = NULL},
};
