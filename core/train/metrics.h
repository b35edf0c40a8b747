/* SPDX-License-Identifier: MIT */
/* What is measured during a run: the list that the heading, rows and reader of
 * metrics.csv, Lua's tables and targets, summaries, progress, exports and the page all follow. */
#ifndef METRICS_H
#define METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { METRICS_OWN_MAX = 16, METRIC_NAME_SIZE = 32 };

/* What is known after an iteration that is measured. NaN: not known. */
struct metrics {
    uint64_t iteration; /* iterations done; 0: before the first */
    double loss;        /* on the batch */
    double accuracy;    /* on the batch, 0..1 */
    double reward_rate; /* share of rewarded iterations since the metrics before */
    double valid_loss, valid_accuracy;
    double alpha_s, epsilon;                    /* NaN where the rule has none */
    uint64_t sample_forwards, sample_backwards; /* since the start; validation not counted */
    double own[METRICS_OWN_MAX];                /* of the rule and the script, as named */
};

/* The names of what a rule reports of itself, followed by those of a script's own metrics. */
struct metric_names {
    size_t n;
    const char *names[METRICS_OWN_MAX];
};

struct metric {
    const char *name; /* NULL of a run's own */
    bool is_count;    /* uint64_t; else double */
    bool is_share;    /* 0 to 1: shown as a percentage */
    bool in_summary;  /* of what a run ended with */
    bool needs_valid; /* known only where there is validation data */
    int better;       /* a target is reached at or above (+1), or at or below (-1); 0: no target */
    size_t offset;    /* in struct metrics */
};
enum { N_METRICS = 10, METRICS_MAX = N_METRICS + METRICS_OWN_MAX };

/* The metrics of a run are numbered: the fixed ones, from `iteration`, and then its own. */
size_t metric_count(const struct metric_names *own);
const struct metric *metric_at(size_t i);
const char *metric_name(const struct metric_names *own, size_t i);
double metric_value(const struct metrics *metrics, size_t i);         /* a count as a double */
uint64_t metric_value_count(const struct metrics *metrics, size_t i); /* of a count */
void metric_set(struct metrics *metrics, size_t i, double value);     /* of a double */
void metric_set_count(struct metrics *metrics, size_t i, uint64_t value);

/* The number of the metric of that name; metric_count where there is none. */
size_t metric_find(const struct metric_names *own, const char *name);

/* Whether a rule or a script may not call a metric so: a fixed metric or a field of summaries has
 * the name. */
bool metric_name_is_taken(const char *name);
/* Whether it may be the name of a metric: a lower-case letter, and of those, digits and _ fewer
 * than METRIC_NAME_SIZE in all. */
bool metric_name_is_good(const char *name, size_t length);

#endif
