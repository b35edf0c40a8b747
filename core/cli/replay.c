/* synrl replay: a run again, from its transcript; and what one synapse did in it, step by step. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "plugin/host.h"
#include "runs/replay.h"
#include "runs/runs.h"
#include "train/evaluate.h"
#include "train/synapse.h"

struct request {
    const char *run, *synapse;
    uint64_t first, last; /* iterations to be shown */
};

static bool parse_steps(const char *text, struct request *request) {
    char *end;
    errno = 0;
    request->first = strtoull(text, &end, 10);
    if (end == text || strncmp(end, "..", 2) != 0 || text[0] == '-' || end[2] == '-') {
        return false;
    }
    const char *second = end + 2;
    request->last = strtoull(second, &end, 10);
    return end != second && *end == '\0' && errno == 0 && request->first <= request->last;
}

static int parse(int argc, char **argv, struct request *request) {
    *request = (struct request){.last = UINT64_MAX};
    for (int i = 1; i < argc; i++) {
        const bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--synapse") == 0 && has_value) {
            request->synapse = argv[++i];
        } else if (strcmp(argv[i], "--steps") == 0 && has_value) {
            if (!parse_steps(argv[++i], request)) {
                return misused("--steps must be two iterations such as 100..120, not \"%s\"",
                               argv[i]);
            }
        } else if (argv[i][0] == '-' || request->run != NULL) {
            return misused("replay takes [--synapse LAYER:TO:FROM [--steps A..B]] RUN, not \"%s\"",
                           argv[i]);
        } else {
            request->run = argv[i];
        }
    }
    if (request->run == NULL) {
        return misused("which run? write synrl replay RUN");
    }
    return EXIT_DONE;
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
    printf("%10llu  %-12s  %-8s  %6c  %6c  %s%.9g\n", (unsigned long long)last.iteration, state,
           how, sign(last.actions[watch->synapse], '0'), sign(last.reward, '.'),
           weights[watch->synapse] < 0 ? "" : " ", (double)weights[watch->synapse]);
}

static void remember(struct watch *watch, const struct replayed *last) {
    memmove(watch->actions + 1, watch->actions, SYNRL_MEMORY_MAX - 1);
    memmove(watch->rewards + 1, watch->rewards, (SYNRL_MEMORY_MAX - 1) * sizeof(int));
    watch->actions[0] = last->actions[watch->synapse];
    watch->rewards[0] = last->reward;
}

/* Whether the next action is the policy's or chance's: by the rule's own random word. */
static const char *how_chosen(const struct replay *replay, const struct watch *watch) {
    double epsilon;
    if (!replay_epsilon(replay, &epsilon)) {
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

static synrl_status show_synapse(struct core *core, struct replay *replay,
                                 const struct request *request, float *weights) {
    struct watch watch = {.synapse = 0};
    SYNRL_TRY(synapse_parse(core, replay_layout(replay), request->synapse, &watch.synapse));
    replay_weights(replay, weights);
    printf("synapse %s, at first %.9g\n", request->synapse, (double)weights[watch.synapse]);
    printf(" iteration  rewards/acts  chosen    action  reward   weight after\n");
    for (uint64_t i = 0; i < replay_iterations(replay) && i <= request->last; i++) {
        SYNRL_TRY(step_watched(replay, &watch, i >= request->first, weights));
    }
    return SYNRL_OK;
}

/* The whole run -------------------------------------------------------------------------------- */

static synrl_status check_weights(struct core *core, struct replay *replay, const char *run,
                                  float *weights) {
    char hash[17];
    const json_t *summary = json_object_get(replay_record(replay), "summary");
    const char *wanted = json_string_value(json_object_get(summary, "weights_hash"));
    for (uint64_t i = 0; i < replay_iterations(replay); i++) {
        SYNRL_TRY(replay_step(replay));
    }
    replay_weights(replay, weights);
    snprintf(hash, sizeof hash, "%016llx",
             (unsigned long long)weights_hash(weights, replay_layout(replay)->n_synapses));
    if (wanted == NULL || strcmp(wanted, hash) != 0) {
        return core_fail(core, SYNRL_INVALID,
                         "%s: the replay ends with weights %s, and the run ended with %s: the "
                         "record is damaged, or a plugin has changed",
                         run, hash, wanted != NULL ? wanted : "none");
    }
    printf("%llu iterations, %zu synapses: the weights are those of the run, %s\n",
           (unsigned long long)replay_iterations(replay), replay_layout(replay)->n_synapses, hash);
    return SYNRL_OK;
}

static synrl_status carry_out(struct core *core, const struct request *request) {
    struct replay *replay;
    SYNRL_TRY(replay_open(core, request->run, &replay));
    float *weights = core_alloc(core, replay_layout(replay)->n_synapses, sizeof *weights);
    synrl_status status = SYNRL_NO_MEMORY;
    if (weights != NULL) {
        status = request->synapse != NULL ? show_synapse(core, replay, request, weights)
                                          : check_weights(core, replay, request->run, weights);
    }
    core_free(core, weights);
    replay_close(replay);
    return status;
}

int command_replay(int argc, char **argv) {
    struct request request;
    const int code = parse(argc, argv, &request);
    if (code != EXIT_DONE) {
        return code;
    }
    struct core *core = make_core();
    if (core == NULL) {
        return EXIT_ERROR;
    }
    char *folder;
    int outcome = told(core, run_find(core, "runs", request.run, &folder));
    if (outcome == EXIT_DONE) {
        request.run = folder;
        outcome = told(core, carry_out(core, &request));
        core_free(core, folder);
    }
    core_destroy(core);
    return outcome;
}
