/* SPDX-License-Identifier: MIT */
/* synrl replay: a run again, from its transcript; and what one synapse did in it, step by step. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "runs/replay.h"
#include "runs/runs.h"
#include "train/evaluate.h"
#include "train/synapse.h"

struct replay_request {
    const char *runs, *run, *synapse, *steps;
    bool force_changed, compile;
    uint64_t first, last; /* iterations to be shown */
};

static const struct flag flags[] = {
    {"--synapse", FLAG_TEXT(struct replay_request, synapse), "LAYER:TO:FROM",
     "show instead what one synapse saw and did: state, greedy or explored, action, reward and "
     "weight"},
    {"--steps", FLAG_TEXT(struct replay_request, steps), "A..B", "show only iterations A to B"},
    {"--force-changed", FLAG_SWITCH(struct replay_request, force_changed), NULL,
     "replay even if a plugin has changed since"},
    {"--compile", FLAG_SWITCH(struct replay_request, compile), NULL,
     "compile the rule that the script wrote in C from what the run has recorded of it, and run "
     "it: "
     "for runs that you trust"},
    {"--runs", FLAG_TEXT(struct replay_request, runs), "DIR",
     "look for the run by name in DIR (default: `runs`)"},
};

static int parse_steps(struct replay_request *request) {
    const char *text = request->steps, *dots = text != NULL ? strstr(text, "..") : NULL;
    request->last = UINT64_MAX;
    if (text == NULL ||
        (dots != NULL &&
         integer_read(text, (size_t)(dots - text), 0, UINT64_MAX, &request->first) &&
         integer_read(dots + 2, strlen(dots + 2), request->first, UINT64_MAX, &request->last))) {
        return EXIT_DONE;
    }
    return usage_error("--steps must be two iterations such as 100..120, not \"%s\"", text);
}

static int parse_replay(int argc, char **argv, struct replay_request *request) {
    size_t n_words;
    int code = arguments_parse(&command_replay, request, argc, argv, &n_words);
    if (code == EXIT_DONE) {
        code = parse_steps(request);
    }
    if (code == EXIT_DONE && n_words != 1) {
        code = usage_error("which run? write synrl replay RUN");
    }
    request->run = argv[0];
    return code;
}

/* One synapse ---------------------------------------------------------------------------------- */

/* Its last actions and the last rewards, the most recent first, as far as the policy looks. */
struct watch {
    size_t synapse;
    int8_t actions[SYNRL_MEMORY_MAX];
    int rewards[SYNRL_MEMORY_MAX];
};

static char sign(int value, char nothing) {
    return value > 0 ? '+' : value < 0 ? '-' : nothing;
}

static void write_state(const struct watch *watch, const synrl_policy *policy, char *text) {
    for (uint32_t i = policy->n_rewards; i-- > 0;) {
        *text++ = sign(watch->rewards[i], '.');
    }
    *text++ = '/';
    for (uint32_t i = policy->n_actions; i-- > 0;) {
        *text++ = sign(watch->actions[i], '0');
    }
    *text = '\0';
}

static void print_step(struct replay *replay, const struct watch *watch, const char *state,
                       const char *how, const float *weights) {
    const struct replayed last = replay_last(replay);
    printf("%10" PRIu64 "  %-12s  %-8s  %6c  %6c  %s%.9g\n", last.iteration, state, how,
           sign(last.actions[watch->synapse], '0'), sign(last.reward, '.'),
           weights[watch->synapse] < 0 ? "" : " ", (double)weights[watch->synapse]);
}

static void remember(struct watch *watch, const struct replayed *last) {
    memmove(watch->actions + 1, watch->actions, SYNRL_MEMORY_MAX - 1);
    memmove(watch->rewards + 1, watch->rewards, (SYNRL_MEMORY_MAX - 1) * sizeof(int));
    watch->actions[0] = last->actions[watch->synapse];
    watch->rewards[0] = last->reward;
}

/* Whether the next action is the policy's or chance's: by the rule's own random word. What a rule
 * without a policy means by its epsilon is not known. */
static const char *how_chosen(const struct replay *replay, const struct watch *watch) {
    double epsilon;
    if (replay_policy(replay) == NULL || !replay_epsilon(replay, &epsilon)) {
        return "-";
    }
    return (double)replay_word(replay, watch->synapse) < epsilon * 4294967296.0 ? "explored"
                                                                                : "greedy";
}

static synrl_status step_watched(struct replay *replay, struct watch *watch, bool is_shown,
                                 float *weights) {
    char state[2 * SYNRL_MEMORY_MAX + 2] = "-";
    const char *how = how_chosen(replay, watch);
    if (replay_policy(replay) != NULL) {
        write_state(watch, replay_policy(replay), state);
    }
    SYNRL_TRY(replay_step(replay));
    const struct replayed last = replay_last(replay);
    if (is_shown) {
        replay_weights(replay, weights);
        print_step(replay, watch, state, how, weights);
    }
    remember(watch, &last);
    return SYNRL_OK;
}

/* Replays what is left of the run: its end must be that of the record. */
static synrl_status check_weights(struct core *core, struct replay *replay, const char *run,
                                  float *weights, char hash[17]) {
    const json_t *summary = json_object_get(replay_record(replay), "summary");
    const char *wanted = json_string_value(json_object_get(summary, "weights_hash"));
    while (replay_next(replay) < replay_iterations(replay)) {
        SYNRL_TRY(replay_step(replay));
    }
    replay_weights(replay, weights);
    snprintf(hash, 17, "%016" PRIx64, weights_hash(weights, replay_layout(replay)->n_synapses));
    return wanted != NULL && strcmp(wanted, hash) == 0
               ? SYNRL_OK
               : core_fail(core, SYNRL_INVALID,
                           "%s: the replay ends with weights %s, and the run ended with %s: the "
                           "record is damaged, or a plugin has changed",
                           run, hash, wanted != NULL ? wanted : "none");
}

/* What is shown is what the run did: the end of the replay says so. */
static synrl_status show_synapse(struct core *core, struct replay *replay,
                                 const struct replay_request *request, const char *run,
                                 float *weights) {
    char hash[17];
    struct watch watch = {.synapse = 0};
    SYNRL_TRY(synapse_parse(core, replay_layout(replay), request->synapse, &watch.synapse));
    replay_weights(replay, weights);
    printf("synapse %s, at first %.9g\n", request->synapse, (double)weights[watch.synapse]);
    printf(" iteration  rewards/acts  chosen    action  reward   weight after\n");
    for (uint64_t i = 0; i < replay_iterations(replay) && i <= request->last; i++) {
        SYNRL_TRY(step_watched(replay, &watch, i >= request->first, weights));
    }
    return check_weights(core, replay, run, weights, hash);
}

/* The whole run -------------------------------------------------------------------------------- */

static synrl_status replay_whole(struct core *core, struct replay *replay, const char *run,
                                 float *weights) {
    char hash[17];
    SYNRL_TRY(check_weights(core, replay, run, weights, hash));
    printf("%" PRIu64 " iterations, %zu synapses: the weights are those of the run, %s\n",
           replay_iterations(replay), replay_layout(replay)->n_synapses, hash);
    return SYNRL_OK;
}

static synrl_status replay_folder(struct core *core, const struct replay_request *request,
                                  const char *folder) {
    const unsigned options = (request->force_changed ? REPLAY_FORCE_CHANGED : 0U) |
                             (request->compile ? REPLAY_MAY_COMPILE : 0U);
    struct replay *replay;
    SYNRL_TRY(replay_open(core, folder, options, &replay));
    float *weights = core_alloc(core, replay_layout(replay)->n_synapses, sizeof *weights);
    synrl_status status = SYNRL_NO_MEMORY;
    if (weights != NULL) {
        status = request->synapse != NULL ? show_synapse(core, replay, request, folder, weights)
                                          : replay_whole(core, replay, folder, weights);
    }
    core_free(core, weights);
    replay_close(replay);
    return status;
}

static synrl_status find_and_replay(struct core *core, void *context) {
    const struct replay_request *request = context;
    char *folder;
    SYNRL_TRY(run_find(core, request->runs, request->run, &folder));
    const synrl_status status = replay_folder(core, request, folder);
    core_free(core, folder);
    return status;
}

static int replay(const struct program *program, int argc, char **argv) {
    (void)program;
    struct replay_request request = {.runs = "runs"};
    const int code = parse_replay(argc, argv, &request);
    return code == EXIT_DONE ? run_with_core(find_and_replay, &request) : code;
}

const struct command command_replay = {
    .name = "replay",
    .arguments = "[options] RUN",
    .summary = "repeat a run from its transcript, without data, and check its weights",
    .examples = "synrl replay RUN\nsynrl replay --synapse 2:1:17 --steps 100..120 RUN\n",
    COMMAND_FLAGS(flags),
    .run = replay,
};
