/* SPDX-License-Identifier: MIT */
/* synrl data: what a data set turns out to be. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/json_build.h"
#include "base/table.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/crash.h"
#include "cli/output.h"
#include "draw/samples.h"
#include "plugin/host.h"
#include "train/derive.h"

struct data_request {
    const char *id, *picture;
    size_t n_settings;
    char **settings;
    bool json;
    json_t *notes; /* what was logged as it was read */
};

enum {
    ROWS_MAX = 40,    /* inputs and classes that are listed */
    TEXT_COLUMNS = 79 /* of samples in characters */
};

static const struct flag flags[] = {
    {"-o", FLAG_TEXT(struct data_request, picture), "FILE",
     "draw the first samples into FILE, .svg or .png"},
    {"--json", FLAG_SWITCH(struct data_request, json), NULL, "print it as JSON"},
};

/* Reading -------------------------------------------------------------------------------------- */

static void note(void *context, synrl_log_level level, const char *line) {
    const struct data_request *request = context;
    (void)level;
    json_put_item(request->notes, json_text_bytes(line));
}

static synrl_status read_data(struct core *core, const struct data_request *request,
                              struct dataset **data) {
    struct component *component;
    *data = NULL;
    SYNRL_TRY(component_create(core, SYNRL_KIND_DATASET, request->id, &component));
    synrl_status status = SYNRL_OK;
    for (size_t i = 0; i < request->n_settings && status == SYNRL_OK; i++) {
        status = component_set_line(component, request->settings[i]);
    }
    status = status == SYNRL_OK ? component_finish(component) : status;
    status = status == SYNRL_OK ? dataset_create(core, component, data) : status;
    component_release(component);
    return status;
}

/* Classes, ranges ------------------------------------------------------------------------------ */

static json_t *class_json(const synrl_data *data, size_t c, size_t count) {
    char number[24];
    snprintf(number, sizeof number, "%zu", c);
    return json_pack("{s:o, s:I}", "name",
                     json_text_bytes(data->class_names != NULL ? data->class_names[c] : number),
                     "samples", (json_int_t)count);
}

static json_t *classes_json(struct core *core, const struct dataset *dataset) {
    const synrl_data *data = dataset_data(dataset);
    if (data->labels == NULL) {
        return json_array();
    }
    size_t *counts = core_alloc(core, data->n_classes, sizeof *counts);
    json_t *list = counts != NULL ? json_array() : NULL;
    for (size_t s = 0; list != NULL && s < data->n_samples; s++) {
        counts[data->labels[dataset_row(dataset, s)]]++;
    }
    for (size_t c = 0; list != NULL && c < data->n_classes; c++) {
        list = json_appended(list, class_json(data, c, counts[c]));
    }
    core_free(core, counts);
    return list;
}

/* name: NULL where the input has none. */
static json_t *statistics_json(const struct statistics *of, const char *name) {
    json_t *json = json_pack("{s:f, s:f, s:f, s:f}", "min", of->min, "max", of->max, "mean",
                             of->mean, "stdev", of->stdev);
    return name != NULL ? json_with(json, "name", json_text_bytes(name)) : json;
}

static json_t *ranges_json(struct core *core, const struct dataset *dataset, size_t n) {
    struct statistics *of = core_alloc(core, n, sizeof *of);
    json_t *list = of != NULL ? json_array() : NULL;
    const char *const *names = dataset_data(dataset)->input_names;
    if (list != NULL) {
        dataset_statistics(dataset, n, of);
    }
    for (size_t i = 0; list != NULL && i < n; i++) {
        list =
            json_appended(list, statistics_json(&of[i], names != NULL && n > 1 ? names[i] : NULL));
    }
    core_free(core, of);
    return list;
}

static json_t *describe(struct core *core, const struct dataset *dataset,
                        const struct data_request *request) {
    const synrl_data *data = dataset_data(dataset);
    const size_t n = data->height > 0 ? 1 : data->n_inputs;
    return json_pack("{s:s, s:I, s:I, s:I, s:s, s:I, s:I, s:I, s:o, s:o, s:O}", "id",
                     dataset_id(dataset), "samples", (json_int_t)data->n_samples, "inputs",
                     (json_int_t)data->n_inputs, "targets",
                     (json_int_t)(data->targets != NULL ? data->n_targets : 0), "format",
                     data->format == SYNRL_INPUT_BYTES ? "bytes" : "floats", "height",
                     (json_int_t)data->height, "width", (json_int_t)data->width, "channels",
                     (json_int_t)data->n_channels, "classes", classes_json(core, dataset), "ranges",
                     ranges_json(core, dataset, n), "notes", request->notes);
}

/* For people ----------------------------------------------------------------------------------- */

static void print_shape(const struct dataset *dataset, const json_t *json) {
    const synrl_data *data = dataset_data(dataset);
    size_t i;
    const json_t *line;
    printf("%zu samples of %zu inputs, %s", data->n_samples, data->n_inputs,
           data->format == SYNRL_INPUT_BYTES ? "bytes" : "floats");
    if (data->height > 0) {
        printf(", pictures of %zu x %zu", data->height, data->width);
        if (data->n_channels > 1) {
            printf(" x %zu channels", data->n_channels);
        }
    }
    if (data->targets != NULL) {
        printf(", %zu target%s", data->n_targets, data->n_targets == 1 ? "" : "s");
    }
    printf("%s\n", dataset_is_labelled(dataset) ? "" : ", neither labels nor targets");
    json_array_foreach((json_t *)json_object_get(json, "notes"), i, line) {
        printf("note: %s\n", json_string_value(line));
    }
}

/* Both: false where there is no memory. */
static bool print_classes(const json_t *classes, size_t n_samples) {
    struct table table = {.alignments = "lrr"};
    size_t i;
    const json_t *each;
    table_add(&table, "class");
    table_add(&table, "samples");
    table_add(&table, "share");
    json_array_foreach((json_t *)classes, i, each) {
        const double n = (double)json_integer_value(json_object_get(each, "samples"));
        if (i < ROWS_MAX) {
            table_add(&table, "%s", json_string_value(json_object_get(each, "name")));
            table_add(&table, "%.0f", n);
            table_add(&table, "%.1f%%", 100 * n / (double)n_samples);
        }
    }
    printf("\n");
    const bool is_whole = table_print(&table, stdout, "");
    table_free(&table);
    if (json_array_size(classes) > ROWS_MAX) {
        printf("... %zu classes in all\n", json_array_size(classes));
    }
    return is_whole;
}

static bool print_ranges(const json_t *ranges) {
    static const char *const names[] = {"min", "max", "mean", "stdev"};
    struct table table = {.alignments = "lrrrr"};
    const size_t n = json_array_size(ranges);
    table_add(&table, "input");
    for (size_t c = 0; c < COUNT_OF(names); c++) {
        table_add(&table, "%s", names[c]);
    }
    for (size_t i = 0; i < n && i < ROWS_MAX; i++) {
        const char *name = json_string_value(json_object_get(json_array_get(ranges, i), "name"));
        if (name != NULL) {
            table_add(&table, "%.60s", name);
        } else if (n == 1) {
            table_add(&table, "all");
        } else {
            table_add(&table, "%zu", i + 1);
        }
        for (size_t c = 0; c < COUNT_OF(names); c++) {
            table_add(&table, "%.6g",
                      json_real_value(json_object_get(json_array_get(ranges, i), names[c])));
        }
    }
    printf("\n");
    const bool is_whole = table_print(&table, stdout, "");
    table_free(&table);
    if (n > ROWS_MAX) {
        printf("... %zu inputs in all\n", n);
    }
    return is_whole;
}

/* Inputs of very different sizes are a trap: a network hardly looks at the small ones. */
static void hint_at_scales(const json_t *ranges) {
    enum { RATIO = 30 };
    double least = (double)INFINITY, most = 0;
    size_t i;
    const json_t *each;
    json_array_foreach((json_t *)ranges, i, each) {
        const double stdev = json_real_value(json_object_get(each, "stdev"));
        least = stdev > 0 && stdev < least ? stdev : least;
        most = stdev > most ? stdev : most;
    }
    if (most > RATIO * least) {
        printf("\nThe inputs are of very different sizes: data:normalise {} makes them alike.\n");
    }
}

static synrl_status print_samples(struct core *core, const struct dataset *dataset) {
    char *text;
    SYNRL_TRY(samples_text(core, dataset, TEXT_COLUMNS, &text));
    if (text != NULL) {
        printf("\n%s", text);
        core_free(core, text);
    }
    return SYNRL_OK;
}

static synrl_status print(struct core *core, const struct dataset *dataset, const json_t *json) {
    const json_t *classes = json_object_get(json, "classes");
    print_shape(dataset, json);
    bool is_whole = true;
    if (json_array_size(classes) > 0) {
        is_whole = print_classes(classes, dataset_data(dataset)->n_samples);
    }
    is_whole = print_ranges(json_object_get(json, "ranges")) && is_whole;
    hint_at_scales(json_object_get(json, "ranges"));
    return is_whole ? print_samples(core, dataset)
                    : core_fail(core, SYNRL_NO_MEMORY, "not enough memory to print it");
}

/* The command ---------------------------------------------------------------------------------- */

static synrl_status show(struct core *core, const struct data_request *request) {
    struct dataset *dataset;
    const uint64_t lacks = json_lacks();
    SYNRL_TRY(read_data(core, request, &dataset));
    json_t *json = describe(core, dataset, request);
    synrl_status status = SYNRL_OK;
    if (json == NULL || json_lacks() != lacks || (request->json && !output_json(stdout, json))) {
        status = core_fail(core, SYNRL_NO_MEMORY, "not enough memory to describe it");
    } else if (!request->json) {
        status = print(core, dataset, json);
    }
    if (status == SYNRL_OK && request->picture != NULL) {
        status = samples_draw(core, dataset, request->picture);
    }
    json_decref(json);
    dataset_release(dataset);
    return status;
}

static int read_words(struct data_request *request, size_t n, char **words) {
    if (n < 1) {
        return usage_error(
            "which data set? write synrl data ID [NAME=VALUE ...], such as: synrl "
            "data csv path=table.csv; `synrl plugins` lists them");
    }
    for (size_t i = 1; i < n; i++) {
        if (strchr(words[i], '=') == NULL) {
            return usage_error("\"%s\": parameters are written NAME=VALUE", words[i]);
        }
    }
    request->id = words[0];
    request->settings = words + 1;
    request->n_settings = n - 1;
    return EXIT_DONE;
}

static int data(const struct program *program, int argc, char **argv) {
    struct data_request request = {.json = false};
    size_t n_words;
    (void)program;
    int code = arguments_parse(&command_data, &request, argc, argv, &n_words);
    code = code == EXIT_DONE ? read_words(&request, n_words, argv) : code;
    if (code != EXIT_DONE) {
        return code;
    }
    request.notes = json_array();
    const struct core_options options = {
        .n_threads = 1, .log = note, .log_context = &request, .running = crash_watch()};
    struct core *core = request.notes != NULL ? core_create(&options) : NULL;
    if (core == NULL) {
        fprintf(stderr, "synrl: not enough memory\n");
        json_decref(request.notes);
        return EXIT_ERROR;
    }
    code = exit_code_of(core, show(core, &request));
    core_destroy(core);
    json_decref(request.notes);
    return code == EXIT_DONE && !end_output() ? EXIT_ERROR : code;
}

const struct command command_data = {
    .name = "data",
    .arguments = "[options] DATASET [NAME=VALUE ...]",
    .summary = "show what a data set is: shapes, classes, ranges, first samples",
    .description =
        "Reads the data set by these parameters, as a script does, and prints how many samples and "
        "inputs there are, what was left out or filled in, the classes with their numbers of "
        "samples, the range of each input, and the first pictures in characters. `synrl help "
        "dataset ID` lists the parameters.",
    .examples =
        "synrl data csv path=table.csv label=class missing=drop\n"
        "synrl data images path=pictures -o samples.png\n",
    COMMAND_FLAGS(flags),
    .run = data,
};
