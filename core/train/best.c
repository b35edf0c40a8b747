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

synrl_status best_start(struct best *best, struct core *core, const char *name, int better,
                        const struct metric_names *own, bool has_valid, size_t n_synapses) {
    size_t metric = 0;
    if (name == NULL) {
        return SYNRL_OK;
    }
    while (metric < metric_count(own) && strcmp(metric_name(own, metric), name) != 0) {
        metric++;
    }
    if (metric == metric_count(own) || metric_at(metric)->is_count) {
        return fail_unknown(core, name, own);
    }
    if (metric_at(metric)->needs_valid && !has_valid) {
        return core_fail(core, SYNRL_INVALID, "keep: %s needs valid, a validation set", name);
    }
    *best = (struct best){.name = metric_name(own, metric),
                          .metric = metric,
                          .better = better != 0 ? better : metric_at(metric)->better,
                          .n = n_synapses,
                          .weights = core_alloc(core, n_synapses, sizeof(float))};
    if (best->better == 0) {
        return core_fail(core, SYNRL_INVALID,
                         "keep: is more or less of %s better? write { highest = \"%s\" } or "
                         "{ lowest = \"%s\" }",
                         name, name, name);
    }
    return best->weights != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
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
