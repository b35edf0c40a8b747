/* SPDX-License-Identifier: MIT */
/* The list of the metrics. */
#include "train/metrics.h"

#include <string.h>

#include "base/count.h"

static const struct metric metrics_table[N_METRICS] = {
    {"iteration", .is_count = true, .offset = offsetof(struct metrics, iteration)},
    {"loss", .in_summary = true, .better = -1, .offset = offsetof(struct metrics, loss)},
    {"accuracy", .is_share = true, .in_summary = true, .better = 1,
     .offset = offsetof(struct metrics, accuracy)},
    {"reward_rate", .is_share = true, .better = 1, .offset = offsetof(struct metrics, reward_rate)},
    {"valid_loss", .in_summary = true, .needs_valid = true, .better = -1,
     .offset = offsetof(struct metrics, valid_loss)},
    {"valid_accuracy", .is_share = true, .in_summary = true, .needs_valid = true, .better = 1,
     .offset = offsetof(struct metrics, valid_accuracy)},
    {"alpha_s", .offset = offsetof(struct metrics, alpha_s)},
    {"epsilon", .offset = offsetof(struct metrics, epsilon)},
    {"sample_forwards", .is_count = true, .in_summary = true,
     .offset = offsetof(struct metrics, sample_forwards)},
    {"sample_backwards", .is_count = true, .in_summary = true,
     .offset = offsetof(struct metrics, sample_backwards)},
};

#define OWN(i) \
    { .in_summary = true, .offset = offsetof(struct metrics, own) + (i) * sizeof(double) }
static const struct metric own_table[METRICS_OWN_MAX] = {
    OWN(0), OWN(1), OWN(2),  OWN(3),  OWN(4),  OWN(5),  OWN(6),  OWN(7),
    OWN(8), OWN(9), OWN(10), OWN(11), OWN(12), OWN(13), OWN(14), OWN(15),
};

size_t metric_count(const struct metric_names *own) {
    return N_METRICS + own->n;
}

const struct metric *metric_at(size_t i) {
    return i < N_METRICS ? &metrics_table[i] : &own_table[i - N_METRICS];
}

const char *metric_name(const struct metric_names *own, size_t i) {
    return i < N_METRICS ? metrics_table[i].name : own->names[i - N_METRICS];
}

size_t metric_find(const struct metric_names *own, const char *name) {
    size_t i = 0;
    while (i < metric_count(own) && strcmp(metric_name(own, i), name) != 0) {
        i++;
    }
    return i;
}

static const void *field(const struct metrics *metrics, size_t i) {
    return (const char *)metrics + metric_at(i)->offset;
}

uint64_t metric_value_count(const struct metrics *metrics, size_t i) {
    return *(const uint64_t *)field(metrics, i);
}

double metric_value(const struct metrics *metrics, size_t i) {
    return metric_at(i)->is_count ? (double)metric_value_count(metrics, i)
                                  : *(const double *)field(metrics, i);
}

void metric_set(struct metrics *metrics, size_t i, double value) {
    memcpy((char *)metrics + metric_at(i)->offset, &value, sizeof value);
}

void metric_set_count(struct metrics *metrics, size_t i, uint64_t value) {
    memcpy((char *)metrics + metric_at(i)->offset, &value, sizeof value);
}

bool metric_name_is_taken(const char *name) {
    static const char *const others[] = {"best",    "diverged", "iterations", "name",        "run",
                                         "seconds", "seed",     "stopped",    "weights_hash"};
    for (size_t i = 0; i < N_METRICS; i++) {
        if (strcmp(name, metrics_table[i].name) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (strcmp(name, others[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool metric_name_is_good(const char *name, size_t length) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    if (length == 0 || length >= METRIC_NAME_SIZE || name[0] < 'a' || name[0] > 'z') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (name[i] == '\0' || strchr(letters, name[i]) == NULL) {
            return false;
        }
    }
    return true;
}
