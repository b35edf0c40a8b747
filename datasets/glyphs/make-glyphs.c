/* SPDX-License-Identifier: MIT */
/* Writes the data set "glyphs" as gzip IDX: what datasets/glyphs/make-glyphs.sh runs.
 *
 *     make-glyphs FONTS SAMPLES JITTER SEED OUT
 *
 * FONTS is the folder of the fonts, OUT the folder for images-idx3-ubyte.gz and
 * labels-idx1-ubyte.gz. Samples are in random order, so that the first n
 * of the files are a fair sample too. */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "engine/engine.h"
#include "plugin/host.h"
#include "train/dataset.h"

struct output {
    const synrl_data *data;
    const uint32_t *order; /* [n_samples] */
};

static void put_big_endian(gzFile file, size_t value) {
    for (unsigned shift = 32; shift > 0;) {
        shift -= 8;
        gzputc(file, (int)(value >> shift & 0xff));
    }
}

/* No name and no time stand in the file, so the same samples give the same bytes. */
static bool write_file(const char *folder, const char *name, const struct output *output,
                       bool labels) {
    char path[4096];
    const synrl_data *data = output->data;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    gzFile file = gzopen(path, "wb9");
    if (file == NULL) {
        return false;
    }
    put_big_endian(file, labels ? 0x801 : 0x803);
    put_big_endian(file, data->n_samples);
    if (!labels) {
        put_big_endian(file, data->height);
        put_big_endian(file, data->width);
    }
    for (size_t s = 0; s < data->n_samples; s++) {
        const size_t row = output->order[s];
        if (labels) {
            gzputc(file, data->labels[row]);
        } else {
            gzwrite(file, (const uint8_t *)data->inputs + row * data->n_inputs,
                    (unsigned)data->n_inputs);
        }
    }
    return gzclose(file) == Z_OK;
}

static bool write_all(struct core *core, const synrl_data *data, const char *folder) {
    uint32_t *order = core_alloc(core, data->n_samples, sizeof *order);
    if (order == NULL) {
        return false;
    }
    random_api.sample((synrl_stream){1, 0, SYNRL_PURPOSE_BATCH}, (uint32_t)data->n_samples,
                      (uint32_t)data->n_samples, order);
    const struct output output = {data, order};
    const bool written = write_file(folder, "images-idx3-ubyte.gz", &output, false) &&
                         write_file(folder, "labels-idx1-ubyte.gz", &output, true);
    core_free(core, order);
    if (!written) {
        core_fail(core, SYNRL_IO, "%s cannot be written", folder);
    }
    return written;
}

static bool make(struct core *core, char **arguments) {
    const struct {
        const char *name;
        struct value value;
    } given[] = {
        {"folder", {.kind = VALUE_STRING, .as.string = arguments[1]}},
        {"samples", {.kind = VALUE_INTEGER, .as.integer = atoll(arguments[2])}},
        {"jitter", {.kind = VALUE_NUMBER, .as.number = atof(arguments[3])}},
        {"seed", {.kind = VALUE_INTEGER, .as.integer = atoll(arguments[4])}},
    };
    struct component *component = NULL;
    struct dataset *dataset = NULL;
    synrl_status status = component_create(core, SYNRL_KIND_DATASET, "glyphs", &component);
    for (size_t g = 0; status == SYNRL_OK && g < sizeof given / sizeof given[0]; g++) {
        status = component_set(component, given[g].name, &given[g].value);
    }
    status = status == SYNRL_OK ? component_finish(component) : status;
    status = status == SYNRL_OK ? dataset_create(core, component, &dataset) : status;
    const bool made = status == SYNRL_OK && write_all(core, dataset_data(dataset), arguments[5]);
    dataset_release(dataset);
    component_release(component);
    return made;
}

static void print_line(void *context, synrl_log_level level, const char *line) {
    (void)context;
    (void)level;
    fprintf(stderr, "%s\n", line);
}

int main(int n_arguments, char **arguments) {
    if (n_arguments != 6) {
        fprintf(stderr, "usage: make-glyphs FONTS SAMPLES JITTER SEED OUT\n");
        return 2;
    }
    struct core *core = core_create(&(struct core_options){.n_threads = 1, .log = print_line});
    if (core == NULL) {
        fprintf(stderr, "not enough memory\n");
        return EXIT_FAILURE;
    }
    const bool made = make(core, arguments);
    if (!made) {
        fprintf(stderr, "make-glyphs: %s\n", core->message);
    }
    core_destroy(core);
    return made ? EXIT_SUCCESS : EXIT_FAILURE;
}
