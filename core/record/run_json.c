/* SPDX-License-Identifier: MIT */
/* Builds run.json: config, provenance, the call and the process that made the run, its end. */
#include "record/run_json.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/count.h"
#include "base/json.h"
#include "base/json_build.h"
#include "base/process.h"
#include "record/provenance.h"
#include "train/evaluate.h"

/* Now, in universal time: 2026-01-31T23:59:59Z. */
static json_t *time_json(void) {
    char text[32];
    const time_t now = time(NULL);
    struct tm utc;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    return json_string(text);
}

static bool ends_at(const char *path, size_t i) {
    return path[i] == '/' || path[i] == '\0';
}

/* The working folder, from the run's: "../..". Null where that is not known. */
static json_t *place_json(const struct recorder_options *options) {
    char runs[PATH_MAX], relative[PATH_MAX + 8] = "..";
    const char *to = options->invocation->folder;
    if (to == NULL || realpath(options->folder, runs) == NULL) {
        return json_null();
    }
    size_t common = 0, length = 2, i = 0;
    for (; runs[i] == to[i] && runs[i] != '\0'; i++) {
        common = ends_at(runs, i) ? i : common;
    }
    common = ends_at(runs, i) && ends_at(to, i) ? i : common;
    for (const char *at = runs + common; *at != '\0' && length + 4 < sizeof relative; at++) {
        length += *at == '/' && at[1] != '\0' ? (size_t)sprintf(relative + length, "/..") : 0;
    }
    snprintf(relative + length, sizeof relative - length, "%s", to + common);
    return json_text_bytes(relative);
}

static json_t *invocation_json(const struct recorder_options *options) {
    const struct invocation *invocation = options->invocation;
    if (invocation == NULL) {
        return json_null();
    }
    json_t *overrides = json_array();
    for (size_t i = 0; i < invocation->n_overrides; i++) {
        overrides = json_appended(overrides, json_text_bytes(invocation->overrides[i]));
    }
    return json_pack(
        "{s:s, s:I, s:o, s:o, s:o, s:O, s:o, s:b, s:o, s:o}", "id", invocation->id, "ordinal",
        (json_int_t)invocation->ordinal, "folder", json_text_bytes(invocation->folder), "from_run",
        place_json(options), "overrides", overrides, "options",
        invocation->options != NULL ? invocation->options : json_null(), "seed",
        invocation->has_seed ? json_integer((json_int_t)invocation->seed) : json_null(), "pictures",
        (int)options->pictures, "cell", json_text_bytes(invocation->cell), "place",
        json_text_bytes(invocation->place));
}

/* Beginning ------------------------------------------------------------------------------------ */

static json_t *batch_json(const struct train_options *options) {
    return options->batch_size == 0
               ? json_null()
               : json_pack("{s:I, s:I, s:s}", "size", (json_int_t)options->batch_size, "every",
                           (json_int_t)options->batch_every, "refresh",
                           options->refresh == BATCH_REBASE ? "rebase" : "as_published");
}

/* Only where they are asked for: the records of before have neither. */
static json_t *with_weights(json_t *config, const struct train_options *options) {
    char hash[17];
    if (options->weights_hash != 0) {
        snprintf(hash, sizeof hash, "%016" PRIx64, options->weights_hash);
        config = json_with(config, "weights", json_pack("{s:s}", "hash", hash));
    }
    if (options->keep != NULL) {
        config = json_with(config, "keep",
                           json_pack("{s:s, s:o}", "metric", options->keep, "better",
                                     options->keep_better == 0  ? json_null()
                                     : options->keep_better > 0 ? json_string("highest")
                                                                : json_string("lowest")));
    }
    return config;
}

static json_t *reward_json(const struct train_options *options) {
    return options->reward_group == 0 ? json_string("batch")
           : options->reward_group == 1
               ? json_string("sample")
               : json_pack("{s:I}", "group", (json_int_t)options->reward_group);
}

json_t *run_json_config(const struct train_options *options) {
    json_t *config =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:I, s:I}", "name",
                  json_text_bytes(options->name), "data", dataset_json(options->data), "valid",
                  options->valid != NULL ? dataset_json(options->valid) : json_null(), "model",
                  component_json(options->model), "loss", component_json(options->loss), "rule",
                  component_json(options->rule), "iterations", (json_int_t)options->iterations,
                  "seed", (json_int_t)options->seed, "batch", batch_json(options), "reward",
                  reward_json(options), "record_every", (json_int_t)options->record_every,
                  "evaluate_every", (json_int_t)options->evaluate_every);
    return with_weights(config, options);
}

/* A model is built for this: a network is made again without its data. */
static json_t *shape_json(const struct dataset *dataset) {
    const synrl_data *data = dataset_data(dataset);
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "targets", (json_int_t)data->n_targets,
                     "classes", (json_int_t)data->n_classes, "height", (json_int_t)data->height,
                     "width", (json_int_t)data->width, "channels", (json_int_t)data->n_channels,
                     "steps", (json_int_t)data->n_steps);
}

json_t *run_json_new(struct core *core, const struct trainer *trainer,
                     const struct recorder_options *options) {
    const struct train_options *train = trainer_options(trainer);
    json_t *json = json_pack(
        "{s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:[]}", "status", "running", "abi",
        SYNRL_ABI_MAJOR, "config", run_json_config(train), "shape", shape_json(train->data),
        "provenance", provenance_json(core, train, options->script), "script",
        json_text_bytes(options->script), "command", json_text_bytes(options->command), "call",
        invocation_json(options), "process", process_json(), "started", time_json(), "resumed");
    if (json == NULL) {
        core_fail(core, SYNRL_NO_MEMORY, "not enough memory for run.json");
    }
    return json;
}

bool run_json_resume(json_t *json, uint64_t iteration, uint64_t iterations, const char *changes) {
    static const char *const ends[] = {"summary", "error", "stopped", "ended"};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        json_object_del(json, ends[i]);
    }
    if (!json_is_array(json_object_get(json, "resumed")) &&
        json_object_set_new(json, "resumed", json_array()) != 0) {
        return false;
    }
    return json_object_set_new(json, "status", json_string("running")) == 0 &&
           json_object_set_new(json, "process", process_json()) == 0 &&
           json_array_append_new(
               json_object_get(json, "resumed"),
               json_pack("{s:I, s:o, s:o, s:o}", "iteration", (json_int_t)iteration, "at",
                         time_json(), "changes",
                         json_text_bytes(changes[0] != '\0' ? changes : NULL), "iterations",
                         iterations > 0 ? json_integer((json_int_t)iterations) : json_null())) == 0;
}

/* Ending --------------------------------------------------------------------------------------- */

static json_t *summary_json(const struct trainer *trainer) {
    const struct metric_names *own = trainer_metric_names(trainer);
    struct summary summary;
    char hash[17];
    trainer_summary(trainer, &summary);
    snprintf(hash, sizeof hash, "%016" PRIx64, summary.weights_hash);
    json_t *json =
        json_pack("{s:I, s:f, s:s?}", "iterations", (json_int_t)summary.iterations, "seconds",
                  summary.seconds, "weights_hash", summary.weights_hash != 0 ? hash : NULL);
    const struct best *best = trainer_best(trainer);
    if (best->has) {
        snprintf(hash, sizeof hash, "%016" PRIx64, weights_hash(best->weights, best->n));
        json =
            json_with(json, "best",
                      json_pack("{s:s, s:f, s:I, s:s}", "metric", best->name, "value", best->value,
                                "iteration", (json_int_t)best->iteration, "weights_hash", hash));
    }
    for (size_t i = 0; i < metric_count(own); i++) {
        if (metric_at(i)->in_summary) {
            json = json_with(json, metric_name(own, i),
                             metric_at(i)->is_count
                                 ? json_integer((json_int_t)metric_value_count(&summary.last, i))
                                 : json_number_or_null(metric_value(&summary.last, i)));
        }
    }
    return json;
}

bool run_json_end(json_t *json, const struct trainer *trainer, const char *status,
                  const char *problem) {
    struct summary summary;
    trainer_summary(trainer, &summary);
    return json_object_set_new(json, "status", json_string(status)) == 0 &&
           json_object_set_new(json, "summary", summary_json(trainer)) == 0 &&
           json_object_set_new(json, "ended", time_json()) == 0 &&
           (problem == NULL || json_object_set_new(json, "error", json_text_bytes(problem)) == 0) &&
           (summary.stopped[0] == '\0' ||
            json_object_set_new(json, "stopped", json_text_bytes(summary.stopped)) == 0);
}

bool run_json_ranks(json_t *json, const struct ranks *ranks, uint64_t before) {
    if (ranks->n <= 1) {
        return true;
    }
    json_t *object = json_pack("{s:I, s:I}", "n", (json_int_t)ranks->n, "bytes",
                               (json_int_t)(ranks->n_bytes - before));
    return object != NULL && json_object_set_new(json, "ranks", object) == 0;
}
