/* SPDX-License-Identifier: MIT */
/* A script's own metrics. Those that it gives for a run's first row are columns of the run from
 * then on, in the order of the alphabet: a row without one of them leaves it unknown, and no other
 * can follow. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "base/suggest.h"
#include "train/trainer_private.h"

static synrl_status fail_late(struct trainer *trainer, const char *name) {
    const char *names[METRICS_OWN_MAX];
    char suggestion[SUGGESTION_SIZE];
    size_t n = 0;
    for (size_t i = trainer->n_rule_metrics; i < trainer->own.n; i++) {
        names[n++] = trainer->own.names[i];
    }
    suggest_text(name, n, names, suggestion);
    return core_fail(trainer->core, SYNRL_INVALID,
                     "train: metrics.%s comes only at iteration %" PRIu64
                     ": a metric must be set in the first call, to 0/0 while it is not known%s",
                     name, trainer->done, suggestion);
}

synrl_status trainer_set_columns(struct trainer *trainer, size_t n, const char *const *names) {
    struct metric_names *own = &trainer->own;
    const size_t room = METRICS_OWN_MAX - trainer->n_rule_metrics;
    own->n = trainer->n_rule_metrics;
    if (n > room) {
        return core_fail(trainer->core, SYNRL_INVALID,
                         "train: metrics.%s: there is room for %zu metrics of a script beside "
                         "those of the rule",
                         names[room], room);
    }
    for (size_t i = 0; i < n; i++) {
        snprintf(trainer->own_texts[i], METRIC_NAME_SIZE, "%s", names[i]);
        own->names[own->n++] = trainer->own_texts[i];
    }
    trainer->has_columns = true;
    return best_find_metric(&trainer->best, trainer->core, own);
}

/* The columns of the first row. */
static synrl_status begin_columns(struct trainer *trainer, const struct decision *decision) {
    const char *names[METRICS_OWN_MAX];
    for (size_t i = 0; i < decision->n_metrics; i++) {
        names[i] = decision->metrics[i].name;
    }
    names_sort(decision->n_metrics, names);
    return trainer_set_columns(trainer, decision->n_metrics, names);
}

synrl_status trainer_take_metrics(struct trainer *trainer, const struct decision *decision) {
    if (!trainer->has_columns) {
        SYNRL_TRY(begin_columns(trainer, decision));
    }
    for (size_t i = 0; i < decision->n_metrics; i++) {
        const struct own_metric *given = &decision->metrics[i];
        const size_t metric = metric_find(&trainer->own, given->name);
        if (metric == metric_count(&trainer->own)) {
            return fail_late(trainer, given->name);
        }
        metric_set(&trainer->latest, metric, given->value);
    }
    return SYNRL_OK;
}

void trainer_forget_metrics(const struct trainer *trainer, struct metrics *metrics) {
    for (size_t i = trainer->n_rule_metrics; i < METRICS_OWN_MAX; i++) {
        metrics->own[i] = (double)NAN;
    }
}
