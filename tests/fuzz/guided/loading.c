/* SPDX-License-Identifier: MIT */
#include "fuzz/guided/loading.h"

#include <locale.h>
#include <string.h>

#include "base/reads.h"
#include "fuzz/sound_data.h"

static struct component *components[256];
static locale_t utf8;

void loading_prepare_archives(struct frame *frame) {
    (void)frame;
    utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

void loading_clear(struct frame *frame) {
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
                             const struct named_value *values, struct dataset **dataset) {
    *dataset = NULL;
    if (components[c] == NULL && make_component(frame, id, n, values, &components[c]) != SYNRL_OK) {
        frame_fail("%s: %s", id, frame->core->message);
    }
    const synrl_status status = dataset_create(frame->core, components[c], dataset);
    const char *problem = status == SYNRL_OK ? data_problem(dataset_data(*dataset)) : NULL;
    if (problem != NULL) {
        frame_fail("the data set %s", problem);
    }
    return status;
}

struct dataset *load_kept(struct frame *frame, uint8_t c, const char *id, size_t n,
                          const struct named_value *values) {
    struct dataset *dataset;
    frame_expect_refusal(frame, try_load(frame, c, id, n, values, &dataset));
    return dataset;
}

void load(struct frame *frame, uint8_t c, const char *id, size_t n,
          const struct named_value *values) {
    dataset_release(load_kept(frame, c, id, n, values));
}

void refuse(struct frame *frame, uint8_t c, const char *id, size_t n,
            const struct named_value *values) {
    static bool is_refused[256];
    struct dataset *dataset;
    if (is_refused[c]) {
        return;
    }
    is_refused[c] = true;
    const synrl_status status = try_load(frame, c, id, n, values, &dataset);
    dataset_release(dataset);
    if ((status != SYNRL_INVALID && status != SYNRL_IO) || frame->core->message[0] == '\0') {
        frame_fail("%s: status %d where the parameters are wrong", id, (int)status);
    }
}

const char *data_difference(const synrl_data *a, const synrl_data *b) {
    if (a->n_samples != b->n_samples || a->n_inputs != b->n_inputs || a->height != b->height ||
        a->width != b->width || a->n_channels != b->n_channels || a->format != b->format) {
        return "shape";
    }
    const size_t item = a->format == SYNRL_INPUT_BYTES ? 1 : sizeof(float);
    if (memcmp(a->inputs, b->inputs, a->n_samples * a->n_inputs * item) != 0) {
        return "inputs";
    }
    if (a->n_classes != b->n_classes ||
        memcmp(a->labels, b->labels, a->n_samples * sizeof *a->labels) != 0) {
        return "labels";
    }
    for (size_t c = 0; c < a->n_classes; c++) {
        if (strcmp(a->class_names[c], b->class_names[c]) != 0) {
            return "names of classes";
        }
    }
    return NULL;
}
