/* SPDX-License-Identifier: MIT */
/* Archives of NumPy, as they are and with sound arrays of every type, order and shape, of which is
 * known what they hold. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/guided/frame.h"
#include "fuzz/guided/loading.h"
#include "fuzz/guided/packing.h"

/* npz: an archive, and the arrays in a stored one ---------------------------------------------- */

static void load_npz(struct frame *frame, const char *labels, const void *bytes, size_t n) {
    const char *path = frame_write(frame, "a.npz", bytes, n);
    load(frame, (uint8_t)labels[0], "npz",
         GIVEN({"path", STRING(path)}, {"labels", STRING(labels)}, {"limit", INTEGER(1)}));
}

static void read_npy(struct frame *frame, const uint8_t *bytes, size_t n) {
    static const char *const names[] = {"images.npy", "labels.npy"};
    static struct packed zip;
    struct input input = {bytes, bytes + (n < PACKED_MOST / 2 ? n : PACKED_MOST / 2)};
    const size_t length = input_byte(&input) + 256U * input_byte(&input);
    const struct input images = input_part(&input, length), parts[] = {images, input};
    pack_zip(&zip, 2, names, parts);
    load_npz(frame, length == UINT16_MAX ? "images" : "labels", zip.at, zip.n);
}

static void read_npz(struct frame *frame, const uint8_t *bytes, size_t n) {
    load_npz(frame, "labels", bytes, n);
}

/* Arrays that are known ------------------------------------------------------------------------ */

enum { SIZES_MOST = 5, DATA_MOST = 8192, HEADER_MOST = 256, ITEM_MOST = 8 };

struct known {
    const char *type; /* without its order */
    char order;
    bool is_fortran, is_small; /* all items are made of small numbers or of short words */
    size_t item, n_sizes, sizes[SIZES_MOST], n_items;
    const char *words[DATA_MOST]; /* of those that are words, in the order of the file */
    uint8_t file[HEADER_MOST + DATA_MOST];
    size_t start, n_file;
};

static const char *const types[] = {"b1", "u1", "u2", "u4", "u8", "i1", "i2",
                                    "i4", "i8", "f2", "f4", "f8", "S3", "U2"};

static bool is_of_words(const struct known *known) {
    return known->type[0] == 'S' || known->type[0] == 'U';
}

/* The bytes of an item, the least first. */
static void put_number(const struct known *known, int number, uint8_t *item) {
    static const uint16_t halves[] = {0xBC00, 0x0000, 0x3C00, 0x4000, 0x4200, 0x4400, 0x4500};
    const float single = (float)number;
    const double whole = number;
    const int64_t integer = number;
    if (known->type[0] != 'f') {
        memcpy(item, &integer, known->item);
    } else if (known->item == 2) {
        memcpy(item, &halves[number + 1], 2);
    } else if (known->item == 4) {
        memcpy(item, &single, 4);
    } else {
        memcpy(item, &whole, 8);
    }
}

static const struct word {
    const char *text; /* in UTF-8 */
    uint32_t characters[2];
} words[] = {
    {"p", {'p'}}, {"q", {'q'}},         {"pq", {'p', 'q'}},
    {"", {0}},    {"\xC3\xA9", {0xE9}}, {"\xE2\x82\xAC", {0x20AC}},
    {"r", {'r'}},
};

static void put_word(const struct known *known, const struct word *word, uint8_t *item) {
    memset(item, 0, known->item);
    if (known->type[0] == 'S') {
        memcpy(item, word->text, strlen(word->text));
    } else {
        memcpy(item, word->characters, sizeof word->characters);
    }
}

/* Turns the bytes of each number, or of each character. */
static void reverse(uint8_t *bytes, size_t n, size_t width) {
    for (size_t at = 0; at + width <= n; at += width) {
        for (size_t b = 0; b < width / 2; b++) {
            const uint8_t byte = bytes[at + b];
            bytes[at + b] = bytes[at + width - 1 - b];
            bytes[at + width - 1 - b] = byte;
        }
    }
}

static size_t width_of(const struct known *known) {
    return known->type[0] == 'S' ? 1 : known->type[0] == 'U' ? 4 : known->item;
}

static void put_data(struct known *known, struct input *input) {
    uint8_t *data = known->file + known->start;
    for (size_t i = 0; i < known->n_items; i++) {
        uint8_t *item = data + i * known->item;
        if (known->is_small && is_of_words(known)) {
            const struct word *word = &words[input_byte(input) % COUNT_OF(words)];
            put_word(known, word, item);
            known->words[i] = word->text;
        } else if (known->is_small) {
            const bool is_signed = known->type[0] == 'i' || known->type[0] == 'f';
            const int number = input_byte(input) % 7 - 1;
            put_number(known, number < 0 && !is_signed ? 0 : number, item);
        } else {
            for (size_t b = 0; b < known->item; b++) {
                item[b] = input_byte(input);
            }
        }
    }
    if (known->order == '>' && known->is_small) {
        reverse(data, known->n_items * known->item, width_of(known));
    }
    known->n_file = known->start + known->n_items * known->item;
}

/* The header of version 1, 2 or 3, each with its keys in another order. */
static void put_header(struct known *known, unsigned version) {
    static const unsigned char lengths[] = {2, 4, 4};
    char shape[64] = "", text[HEADER_MOST];
    for (size_t d = 0; d < known->n_sizes; d++) {
        const size_t n = strlen(shape);
        snprintf(shape + n, sizeof shape - n, d == 0 ? "%zu," : " %zu,", known->sizes[d]);
    }
    const char *order = known->is_fortran ? "True" : "False";
    const int n =
        version == 0   ? snprintf(text, sizeof text,
                                  "{'descr': '%c%s', 'fortran_order': %s, 'shape': (%s), }\n",
                                  known->order, known->type, order, shape)
        : version == 1 ? snprintf(text, sizeof text,
                                  "{\"shape\":(%s),\"descr\":\"%c%s\",\"fortran_order\":%s}", shape,
                                  known->order, known->type, order)
                       : snprintf(text, sizeof text,
                                  "{'fortran_order': %s, 'shape': (%s) , 'descr': '%c%s'}  \n",
                                  order, shape, known->order, known->type);
    const uint8_t front[12] = {0x93, 'N',       'U', 'M', 'P', 'Y', (uint8_t)(version + 1),
                               0,    (uint8_t)n};
    known->start = 8U + lengths[version] + (size_t)n;
    memcpy(known->file, front, 8U + lengths[version]);
    memcpy(known->file + 8 + lengths[version], text, (size_t)n);
}

static void make_known(struct known *known, struct input *input) {
    const unsigned form = input_byte(input), how = input_byte(input), sizes = input_byte(input);
    *known = (struct known){.type = types[form % COUNT_OF(types)],
                            .order = "<>|="[how % 4],
                            .is_fortran = how / 4 % 2 == 1,
                            .is_small = how / 8 % 2 == 0,
                            .n_sizes = sizes % (SIZES_MOST + 1),
                            .n_items = 1};
    known->item = (size_t)(known->type[1] - '0') * (known->type[0] == 'U' ? 4 : 1);
    for (size_t d = 0; d < known->n_sizes; d++) {
        known->sizes[d] = input_byte(input) % 7;
        known->n_items *= known->sizes[d];
    }
    if (known->n_items * known->item > DATA_MOST) {
        known->n_items = known->sizes[0] = 0;
    }
    put_header(known, how / 16 % 3);
    put_data(known, input);
}

/* What they hold ------------------------------------------------------------------------------- */

/* Where item i, counted with the last index fastest, lies. */
static size_t place(const struct known *known, size_t i) {
    size_t at = 0, stride = 1, indices[SIZES_MOST];
    for (size_t d = known->n_sizes; d-- > 0;) {
        indices[d] = i % known->sizes[d];
        i /= known->sizes[d];
    }
    for (size_t k = 0; k < known->n_sizes; k++) {
        const size_t d = known->is_fortran ? k : known->n_sizes - 1 - k;
        at += indices[d] * stride;
        stride *= known->sizes[d];
    }
    return at;
}

/* Single precision has the fraction 13 bits further up, and an exponent that is 112 more. */
static double half(uint16_t bits) {
    const uint32_t shifted = (bits & 0x7FFFU) << 13;
    float value;
    memcpy(&value, &shifted, sizeof value);
    value = value * 0x1p112F;
    return (bits & 0x7C00U) == 0x7C00U ? (double)NAN
           : bits >> 15 == 1           ? (double)-value
                                       : (double)value;
}

static double number_at(const struct known *known, size_t i) {
    uint8_t item[ITEM_MOST];
    union {
        uint8_t u1;
        uint16_t u2;
        uint32_t u4;
        uint64_t u8;
        int8_t i1;
        int16_t i2;
        int32_t i4;
        int64_t i8;
        float f4;
        double f8;
    } as;
    memcpy(item, known->file + known->start + place(known, i) * known->item, known->item);
    if (known->order == '>') {
        reverse(item, known->item, known->item);
    }
    memcpy(&as, item, known->item);
    switch (known->type[0] * 16 + known->type[1] - '0') {
    case 'b' * 16 + 1:
        return as.u1 != 0;
    case 'u' * 16 + 1:
        return as.u1;
    case 'u' * 16 + 2:
        return as.u2;
    case 'u' * 16 + 4:
        return as.u4;
    case 'u' * 16 + 8:
        return (double)as.u8;
    case 'i' * 16 + 1:
        return as.i1;
    case 'i' * 16 + 2:
        return as.i2;
    case 'i' * 16 + 4:
        return as.i4;
    case 'i' * 16 + 8:
        return (double)as.i8;
    case 'f' * 16 + 2:
        return half(as.u2);
    case 'f' * 16 + 4:
        return (double)as.f4;
    default:
        return as.f8;
    }
}

static bool has_sizes(const struct known *known) {
    return known->n_items > 0 && known->n_sizes < SIZES_MOST;
}

static bool are_inputs(const struct known *images) {
    if (!has_sizes(images) || images->n_sizes < 2 || is_of_words(images)) {
        return false;
    }
    for (size_t i = 0; i < images->n_items; i++) {
        if (!(fabs(number_at(images, i)) <= (double)FLT_MAX)) {
            return false;
        }
    }
    return true;
}

/* What a data set should have for its labels; n_classes 0: it should be refused. */
struct expected {
    int labels[DATA_MOST];
    size_t n_classes;
    const char *names[DATA_MOST];
};

static void expect_words(const struct known *labels, size_t n_given, const char *const *given,
                         struct expected *expected) {
    const size_t n = labels->n_items;
    expected->n_classes = n_given;
    memcpy(expected->names, given, n_given * sizeof *given);
    for (size_t s = 0; s < n && n_given == 0; s++) { /* inserted in order, once */
        size_t c = expected->n_classes;
        const char *word = labels->words[s];
        bool is_there = false;
        for (size_t other = 0; other < expected->n_classes; other++) {
            is_there = is_there || strcmp(expected->names[other], word) == 0;
        }
        for (; !is_there && c > 0 && strcmp(expected->names[c - 1], word) > 0; c--) {
            expected->names[c] = expected->names[c - 1];
        }
        if (!is_there) {
            expected->names[c] = word;
            expected->n_classes++;
        }
    }
    for (size_t s = 0; s < n; s++) {
        expected->labels[s] = -1;
        for (size_t c = 0; c < expected->n_classes; c++) {
            if (strcmp(expected->names[c], labels->words[s]) == 0) {
                expected->labels[s] = (int)c;
            }
        }
        if (expected->labels[s] < 0 || labels->words[s][0] == '\0') {
            expected->n_classes = 0;
            return;
        }
    }
}

/* The number of the class; -1: none. */
static int class_of(const struct known *labels, size_t s, size_t n_classes, bool are_signs,
                    int first) {
    enum { LABEL_MOST = 999999 };
    if (are_signs) {
        return number_at(labels, s) > 0;
    }
    if (n_classes == 0) {
        const double number = number_at(labels, s) - first;
        return number >= 0 && number <= LABEL_MOST && number == floor(number) ? (int)number : -1;
    }
    int class = -1;
    for (size_t c = 0; c < n_classes; c++) {
        const double number = number_at(labels, s * n_classes + c);
        if (number != 0 && (number != 1 || class >= 0)) {
            return -1;
        }
        class = number == 1 ? (int)c : class;
    }
    return class;
}

static bool are_signs(const struct known *labels) {
    bool has_plus = false, has_minus = false, has_others = false;
    for (size_t i = 0; i < labels->n_items; i++) {
        const double number = number_at(labels, i);
        has_plus = has_plus || number == 1;
        has_minus = has_minus || number == -1;
        has_others = has_others || (number != 1 && number != -1);
    }
    return has_plus && has_minus && !has_others;
}

static void expect_numbers(const struct known *labels, size_t n_given, const char *const *given,
                           int first, struct expected *expected) {
    static char numbers[64][16];
    const size_t n_columns = labels->n_sizes == 2 ? labels->sizes[1] : 1;
    const bool is_one_hot = n_columns > 1,
               have_signs = !is_one_hot && first == 0 && are_signs(labels);
    size_t n_classes = is_one_hot ? n_columns : have_signs ? 2 : 0;
    for (size_t s = 0; s < labels->sizes[0]; s++) {
        const int class = class_of(labels, s, is_one_hot ? n_columns : 0, have_signs, first);
        expected->labels[s] = class;
        if (class < 0) {
            return;
        }
        n_classes = (size_t) class >= n_classes ? (size_t) class + 1 : n_classes;
    }
    if (n_given > 0 && n_given < n_classes) {
        return;
    }
    expected->n_classes = n_given > 0 ? n_given : n_classes;
    memcpy(expected->names, given, n_given * sizeof *given);
    for (size_t c = 0; c < n_classes && c < COUNT_OF(numbers) && n_given == 0; c++) {
        snprintf(numbers[c], sizeof numbers[c], "%d", have_signs ? 2 * (int)c - 1 : (int)c + first);
        expected->names[c] = numbers[c];
    }
}

static void expect_labels(const struct known *labels, size_t n_given, const char *const *given,
                          int first, struct expected *expected) {
    expected->n_classes = 0;
    if (!has_sizes(labels) || labels->n_sizes == 0 || labels->n_sizes > 2) {
        return;
    }
    if (!is_of_words(labels)) {
        expect_numbers(labels, n_given, given, first, expected);
    } else if (labels->n_sizes == 1) {
        expect_words(labels, n_given, given, expected);
    }
    expected->n_classes = expected->n_classes < 2 ? 0 : expected->n_classes;
}

/* What was read -------------------------------------------------------------------------------- */

static void compare_inputs(const struct known *images, const synrl_data *data) {
    const bool are_bytes = strcmp(images->type, "u1") == 0;
    const size_t n = images->sizes[0], *sizes = images->sizes;
    if (data->n_samples != n || data->n_samples * data->n_inputs != images->n_items ||
        data->height != (images->n_sizes > 2 ? sizes[1] : 0) ||
        data->width != (images->n_sizes > 2 ? sizes[2] : 0) ||
        data->n_channels != (images->n_sizes == 4 ? sizes[3] : images->n_sizes == 3)) {
        frame_fail("inputs of another shape");
    }
    for (size_t i = 0; i < images->n_items; i++) {
        const double number = number_at(images, i);
        if (are_bytes ? ((const uint8_t *)data->inputs)[i] != number
                      : ((const float *)data->inputs)[i] != (float)number) {
            frame_fail("input %zu is not %g", i, number);
        }
    }
}

static void compare_labels(const struct expected *expected, const synrl_data *data) {
    if (data->n_classes != expected->n_classes) {
        frame_fail("%zu classes: must be %zu", data->n_classes, expected->n_classes);
    }
    for (size_t s = 0; s < data->n_samples; s++) {
        if (data->labels[s] != expected->labels[s]) {
            frame_fail("label %zu is %d: must be %d", s, (int)data->labels[s], expected->labels[s]);
        }
    }
    for (size_t c = 0; c < data->n_classes && expected->names[c] != NULL; c++) {
        if (strcmp(data->class_names[c], expected->names[c]) != 0) {
            frame_fail("class %zu is \"%s\": must be \"%s\"", c, data->class_names[c],
                       expected->names[c]);
        }
    }
}

/* One file, or two; the first byte chooses which and the parameters. */
static struct dataset *load_known(struct frame *frame, uint8_t c, const struct known *const *arrays,
                                  const char *classes, int first) {
    static const char *const names[][2] = {{"images.npy", "labels.npy"}, {"labels", "images"}};
    static struct packed zip;
    const char *paths[2] = {NULL, ""};
    const bool are_apart = c / 16 % 2 == 1, are_turned = c / 32 % 2 == 1;
    struct input parts[2];
    for (size_t a = 0; a < 2; a++) {
        const struct known *array = arrays[are_turned ? 1 - a : a];
        parts[a] = (struct input){array->file, array->file + array->n_file};
    }
    for (size_t f = 0; f < (are_apart ? 2 : 1); f++) {
        const size_t at = are_apart && are_turned ? 1 - f : f;
        pack_zip(&zip, are_apart ? 1 : 2, names[are_turned] + at, parts + at);
        paths[f] = frame_write(frame, f == 0 ? "a.npz" : "b.npz", zip.at, zip.n);
    }
    return load_kept(frame, c, "npz",
                     GIVEN({"path", STRING(paths[0])}, {"labels_path", STRING(paths[1])},
                           {"classes", STRING(classes)}, {"first_label", INTEGER(first)},
                           {"limit", INTEGER(1)}));
}

static void read_arrays(struct frame *frame, const uint8_t *bytes, size_t n) {
    static const char *const classes[] = {"", "p,q,pq", "AB", "\xC3\xA9,p,r,\xE2\x82\xAC,pq,q"};
    static const char *const given[][6] = {
        {NULL}, {"p", "q", "pq"}, {"A", "B"}, {"\xC3\xA9", "p", "r", "\xE2\x82\xAC", "pq", "q"}};
    static const size_t n_given[] = {0, 3, 2, 6};
    static const int firsts[] = {0, 1, 2, 0};
    static struct known images, labels;
    static struct expected expected;
    struct input input = {bytes, bytes + n};
    const uint8_t c = input_byte(&input) % 64;
    make_known(&images, &input);
    make_known(&labels, &input);
    const struct known *const arrays[] = {&images, &labels};
    struct dataset *dataset = load_known(frame, c, arrays, classes[c % 4], firsts[c / 4 % 4]);
    if (is_of_words(&labels) && !labels.is_small) { /* any bytes: what they say is not known */
        dataset_release(dataset);
        return;
    }
    memset(&expected, 0, sizeof expected);
    expect_labels(&labels, n_given[c % 4], given[c % 4], firsts[c / 4 % 4], &expected);
    const bool is_sound =
        are_inputs(&images) && expected.n_classes > 0 && labels.sizes[0] == images.sizes[0];
    if ((dataset != NULL) != is_sound) {
        frame_fail(is_sound ? "sound, and refused: %s" : "not sound, and not refused%s",
                   dataset == NULL ? frame->core->message : "");
    }
    if (dataset != NULL) {
        compare_inputs(&images, dataset_data(dataset));
        compare_labels(&expected, dataset_data(dataset));
    }
    dataset_release(dataset);
}

/* The table ------------------------------------------------------------------------------------ */

/* A label of 999,999 names a million classes, of 20 bytes each. */
const struct harness array_harnesses[] = {
    {"npy", 24, loading_prepare_archives, loading_clear, read_npy},
    {"npz", 24, loading_prepare_archives, loading_clear, read_npz},
    {"arrays", 24, loading_prepare_archives, loading_clear, read_arrays},
    {.name = NULL},
};
