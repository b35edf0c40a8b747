/* SPDX-License-Identifier: MIT */
/* synrl diff: where two runs part. Exit codes as diff's: 0 they do not, 1 they do, 2 trouble. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "plugin/host.h"
#include "runs/metrics_csv.h"
#include "runs/replay.h"
#include "runs/run_files.h"
#include "runs/runs.h"
#include "train/synapse.h"

enum { SAME = 0, PARTED = 1, TROUBLE = 2 };

struct diff_request {
    const char *runs;
};

static const struct flag flags[] = {
    {"--runs", FLAG_TEXT(struct diff_request, runs), "DIR",
     "look for runs by name in DIR (default: `runs`)"},
};

struct pair {
    struct core *core;
    char *folders[2];
    json_t *records[2];
    struct replay *replays[2];
};

static int sign(int action) {
    return action > 0 ? '+' : action < 0 ? '-' : '0';
}

/* What the configs say, and whether there is anything to compare at all. */
static void compare_configs(const struct pair *pair) {
    char difference[512];
    if (json_difference(json_object_get(pair->records[0], "config"),
                        json_object_get(pair->records[1], "config"), sizeof difference,
                        difference)) {
        printf("configs differ at %s\n", difference);
    } else {
        printf("configs are equal\n");
    }
    const json_t *samples[2];
    for (int side = 0; side < 2; side++) {
        samples[side] =
            json_object_get(json_object_get(pair->records[side], "provenance"), "samples");
    }
    if (samples[0] != NULL && samples[1] != NULL &&
        json_difference(samples[0], samples[1], sizeof difference, difference)) {
        printf("samples differ at %s\n", difference);
    }
}

/* By replay ------------------------------------------------------------------------------------ */

static int tell_synapse(const struct pair *pair, const char *when, size_t synapse,
                        const char *what) {
    char name[SYNAPSE_NAME_SIZE];
    synapse_name(replay_layout(pair->replays[0]), synapse, name);
    printf("they part %s: synapse %s%s\n", when, name, what);
    return PARTED;
}

static int compare_starts(const struct pair *pair, float *const weights[2]) {
    const size_t n = replay_layout(pair->replays[0])->n_synapses;
    replay_weights(pair->replays[0], weights[0]);
    replay_weights(pair->replays[1], weights[1]);
    for (size_t i = 0; i < n; i++) {
        if (memcmp(&weights[0][i], &weights[1][i], sizeof(float)) != 0) {
            char what[96];
            snprintf(what, sizeof what, " begins at %.9g and %.9g", (double)weights[0][i],
                     (double)weights[1][i]);
            return tell_synapse(pair, "before the first iteration", i, what);
        }
    }
    return SAME;
}

/* Both have stepped: what differed first, in the order in which it happens. */
static int compare_step(const struct pair *pair) {
    const struct replayed left = replay_last(pair->replays[0]),
                          right = replay_last(pair->replays[1]);
    const size_t n = replay_layout(pair->replays[0])->n_synapses;
    char when[64], what[64];
    snprintf(when, sizeof when, "at iteration %" PRIu64, left.iteration);
    if (memcmp(left.actions, right.actions, n) != 0) {
        size_t i = 0;
        while (left.actions[i] == right.actions[i]) {
            i++;
        }
        snprintf(what, sizeof what, " acts %c and %c", sign(left.actions[i]),
                 sign(right.actions[i]));
        return tell_synapse(pair, when, i, what);
    }
    if (!(left.alpha <= right.alpha && left.alpha >= right.alpha)) {
        printf("they part %s: all synapses move by %.9g and %.9g\n", when, left.alpha, right.alpha);
        return PARTED;
    }
    if (left.reward != right.reward) {
        printf("they part %s: the actions are the same, the rewards %c and %c\n", when,
               sign(left.reward), sign(right.reward));
        return PARTED;
    }
    return SAME;
}

static int compare_replays(const struct pair *pair, float *const weights[2]) {
    struct replay *left = pair->replays[0], *right = pair->replays[1];
    const uint64_t n_left = replay_iterations(left), n_right = replay_iterations(right);
    int outcome = compare_starts(pair, weights);
    for (uint64_t i = 0; outcome == SAME && i < n_left && i < n_right; i++) {
        if (replay_step(left) != SYNRL_OK || replay_step(right) != SYNRL_OK) {
            return TROUBLE;
        }
        outcome = compare_step(pair);
    }
    if (outcome == SAME && n_left != n_right) {
        printf("they are the same for %" PRIu64 " iterations; then one ends\n",
               (n_left < n_right ? n_left : n_right));
        return PARTED;
    }
    if (outcome == SAME) {
        printf("they do not part in %" PRIu64 " iterations\n", n_left);
    }
    return outcome;
}

static int by_replay(const struct pair *pair) {
    const size_t n = replay_layout(pair->replays[0])->n_synapses,
                 n_other = replay_layout(pair->replays[1])->n_synapses;
    if (n != n_other) {
        printf("they part before the first iteration: %zu and %zu synapses\n", n, n_other);
        return PARTED;
    }
    float *all = core_alloc(pair->core, n, 2 * sizeof *all);
    float *const weights[2] = {all, all + n};
    const int outcome = all != NULL ? compare_replays(pair, weights) : TROUBLE;
    core_free(pair->core, all);
    return outcome;
}

/* By metrics: for runs that cannot be replayed ------------------------------------------------- */

static int compare_rows(const struct metrics_table *left, const struct metrics_table *right) {
    for (size_t i = 0; i < left->n && i < right->n; i++) {
        const struct metrics *one = &left->rows[i], *other = &right->rows[i];
        if (one->iteration != other->iteration ||
            memcmp(&one->loss, &other->loss, sizeof one->loss) != 0) {
            printf("by their recorded losses they part after iteration %" PRIu64
                   ", and no later than %" PRIu64 ": %.17g and %.17g\n",
                   i > 0 ? left->rows[i - 1].iteration : 0, one->iteration, one->loss, other->loss);
            return PARTED;
        }
    }
    printf("their recorded losses are the same\n");
    return left->n == right->n ? SAME : PARTED;
}

static int by_metrics(const struct pair *pair) {
    struct metrics_table *tables[2] = {NULL, NULL};
    int outcome = TROUBLE;
    if (metrics_csv_read(pair->core, pair->folders[0], UINT64_MAX, &tables[0]) == SYNRL_OK &&
        metrics_csv_read(pair->core, pair->folders[1], UINT64_MAX, &tables[1]) == SYNRL_OK) {
        outcome = compare_rows(tables[0], tables[1]);
    }
    metrics_table_free(pair->core, tables[0]);
    metrics_table_free(pair->core, tables[1]);
    return outcome;
}

static int compare(struct pair *pair) {
    for (int side = 0; side < 2; side++) {
        if (record_read(pair->core, pair->folders[side], &pair->records[side]) != SYNRL_OK) {
            return TROUBLE;
        }
    }
    compare_configs(pair);
    for (int side = 0; side < 2; side++) {
        const synrl_status status =
            replay_open(pair->core, pair->folders[side], 0, &pair->replays[side]);
        if (status == SYNRL_NO_MEMORY) {
            return TROUBLE;
        }
        if (status != SYNRL_OK) {
            printf("no replay (%s)\n", pair->core->message);
            return by_metrics(pair);
        }
    }
    return by_replay(pair);
}

static int find_and_compare(struct pair *pair, const char *runs, char **words) {
    if (run_find(pair->core, runs, words[0], &pair->folders[0]) != SYNRL_OK ||
        run_find(pair->core, runs, words[1], &pair->folders[1]) != SYNRL_OK) {
        return TROUBLE;
    }
    return compare(pair);
}

static int diff(const struct program *program, int argc, char **argv) {
    (void)program;
    struct diff_request request = {.runs = "runs"};
    size_t n_words;
    const int code = arguments_parse(&command_diff, &request, argc, argv, &n_words);
    if (code != EXIT_DONE) {
        return code;
    }
    if (n_words != 2) {
        return usage_error("write synrl diff RUN RUN");
    }
    struct pair pair = {.core = make_core(), .folders = {NULL, NULL}};
    if (pair.core == NULL) {
        return TROUBLE;
    }
    int outcome = find_and_compare(&pair, request.runs, argv);
    if (outcome == TROUBLE) {
        fprintf(stderr, "synrl: %s\n", pair.core->message);
    }
    for (int side = 0; side < 2; side++) {
        replay_close(pair.replays[side]);
        json_decref(pair.records[side]);
        core_free(pair.core, pair.folders[side]);
    }
    core_destroy(pair.core);
    return end_output() ? outcome : TROUBLE;
}

const struct command command_diff = {
    .name = "diff",
    .arguments = "[--runs DIR] RUN RUN",
    .summary = "find the first iteration and synapse where two runs part",
    .description =
        "What differs between their configurations comes first. The exit code is that "
        "of diff: 0 where they are the same, 1 where they part, 2 for an error.",
    COMMAND_FLAGS(flags),
    .run = diff,
};
