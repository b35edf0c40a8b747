/* SPDX-License-Identifier: MIT */
/* A value that is not finite is never the best. */
#include "train/best.h"

#include <math.h>
#include <string.h>

#include "base/suggest.h"

static synrl_status fail_unknown(struct core *core, const char *name,
                                 const struct metric_names *own) {
    const char *names[METRICS_MAX];
    char suggestion[SUGGESTION_SIZE];
    for (size_t i = 0; i < metric_count(own); i++) {
        names[i] = metric_name(own, i);
    }
    suggest_text(name, metric_count(own), names, suggestion);
    return core_fail(core, SYNRL_INVALID, "keep: unknown metric \"%.60s\"%s", name, suggestion);
}

/* A metric whose better direction nobody knows. */
static synrl_status fail_undirected(struct core *core, const char *name) {
    return core_fail(core, SYNRL_INVALID,
                     "keep: is more or less of %s better? write { highest = \"%s\" } or "
                     "{ lowest = \"%s\" }",
                     name, name, name);
}

/* One that is not known yet: of those that the script will have in its first row. */
static synrl_status await_metric(struct best *best, struct core *core, const char *name,
                                 const struct metric_names *own) {
    if (!metric_name_is_good(name, strlen(name)) || metric_name_is_taken(name)) {
        return fail_unknown(core, name, own);
    }
    if (best->better == 0) {
        char suggestion[SUGGESTION_SIZE];
        const char *names[METRICS_MAX];
        for (size_t i = 0; i < metric_count(own); i++) {
            names[i] = metric_name(own, i);
        }
        suggest_text(name, metric_count(own), names, suggestion);
        return suggestion[0] != '\0' ? fail_unknown(core, name, own) : fail_undirected(core, name);
    }
    return SYNRL_OK;
}

synrl_status best_start(struct best *best, struct core *core, const char *name, int better,
                        const struct metric_names *own, bool has_valid, bool has_script,
                        size_t n_synapses) {
    if (name == NULL) {
        return SYNRL_OK;
    }
    const size_t metric = metric_find(own, name);
    const bool is_known = metric < metric_count(own);
    if (is_known ? metric_at(metric)->is_count : !has_script) {
        return fail_unknown(core, name, own);
    }
    if (is_known && metric_at(metric)->needs_valid && !has_valid) {
        return core_fail(core, SYNRL_INVALID, "keep: %s needs valid, a validation set", name);
    }
    *best = (struct best){.name = name,
                          .metric = metric,
                          .better = better != 0 || !is_known ? better : metric_at(metric)->better,
                          .n = n_synapses,
                          .weights = core_alloc(core, n_synapses, sizeof(float))};
    if (!is_known) {
        SYNRL_TRY(await_metric(best, core, name, own));
    } else if (best->better == 0) {
        return fail_undirected(core, name);
    }
    return best->weights != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

synrl_status best_find_metric(struct best *best, struct core *core,
                              const struct metric_names *own) {
    if (best->weights == NULL) {
        return SYNRL_OK;
    }
    best->metric = metric_find(own, best->name);
    return best->metric < metric_count(own) ? SYNRL_OK : fail_unknown(core, best->name, own);
}

void best_clear(struct best *best, struct core *core) {
    core_free(core, best->weights);
    *best = (struct best){.weights = NULL};
}

bool best_improves(struct best *best, const struct metrics *metrics) {
    if (best->weights == NULL) {
        return false;
    }
    const double value = metric_value(metrics, best->metric);
    const bool improves =
        isfinite(value) &&
        (!best->has || (best->better > 0 ? value > best->value : value < best->value));
    if (improves) {
        best->has = true;
        best->iteration = metrics->iteration;
        best->value = value;
    }
    return improves;
}

/* In front of the weights. */
struct best_state {
    uint64_t has, iteration;
    double value;
};

size_t best_state_size(const struct best *best) {
    return best->weights != NULL ? sizeof(struct best_state) + best->n * sizeof(float) : 0;
}

void best_save(const struct best *best, void *state) {
    if (best->weights != NULL) {
        const struct best_state own = {best->has, best->iteration, best->value};
        memcpy(state, &own, sizeof own);
        memcpy((char *)state + sizeof own, best->weights, best->n * sizeof(float));
    }
}

void best_load(struct best *best, const void *state) {
    struct best_state own;
    if (best->weights != NULL) {
        memcpy(&own, state, sizeof own);
        memcpy(best->weights, (const char *)state + sizeof own, best->n * sizeof(float));
        best->has = own.has != 0;
        best->iteration = own.iteration;
        best->value = own.value;
    }
}
