/* SPDX-License-Identifier: MIT */
/* synrl.train: one run, from a script's table to a result.
 *
 * Everything that a run makes is in one box until it ends. The values read from the table stay on
 * the stack during the run, so neither they nor what they own can be collected. */
#include "lua/train.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "base/ranks.h"
#include "lua/calls.h"
#include "lua/dataset.h"
#include "lua/decide.h"
#include "lua/evaluation.h"
#include "lua/fields.h"
#include "lua/history.h"
#include "lua/make.h"
#include "lua/options.h"
#include "lua/policy.h"
#include "lua/result.h"
#include "lua/session.h"
#include "lua/stop.h"
#include "policy/policy.h"
#include "record/recorder.h"
#include "train/derive.h"
#include "train/evaluate.h"
#include "train/trainer.h"

struct run {
    struct train_options options;
    struct decider decider;
    bool is_recorded;
    bool interrupted;
    struct history *history; /* in a box on the running function's stack */
    struct trainer *trainer;
    struct recorder *recorder;
};

static int run_free(lua_State *L) {
    struct run *run = luaL_checkudata(L, 1, run_type.name);
    session_of(L);
    recorder_destroy(run->recorder);
    trainer_destroy(run->trainer);
    run->recorder = NULL;
    run->trainer = NULL;
    return 0;
}

const struct type run_type = {"synrl.run", run_free, NULL, NULL, NULL};

/* Reading the table ---------------------------------------------------------------------------- */

static void require_field(lua_State *L, const char *name, const char *what) {
    if (!field_push(L, 1, name)) {
        session_fail(L, "train: %s is missing: %s", name, what);
    }
}

static struct component *read_component(lua_State *L, const char *name, synrl_kind kind,
                                        const char *what) {
    require_field(L, name, what);
    const char *who = lua_pushfstring(L, "train: %s", name);
    return component_read(L, lua_gettop(L) - 1, kind, who);
}

static void read_objects(lua_State *L, struct train_options *options) {
    require_field(L, "data", "the data set to train on");
    options->data = dataset_read(L, -1, "train: data");
    if (field_push(L, 1, "valid")) {
        options->valid = dataset_read(L, -1, "train: valid");
    }
    options->model = read_component(L, "model", SYNRL_KIND_MODEL, "the network to train");
    options->loss = read_component(L, "loss", SYNRL_KIND_LOSS, "such as \"mse\"");
    options->rule = read_component(L, "rule", SYNRL_KIND_RULE, "the learning rule");
    if (field_push(L, 1, "weights")) {
        options->weights = weights_read(L, lua_gettop(L), "train: weights");
    }
}

/* "last", "best", the name of a metric, or { highest = NAME } or { lowest = NAME }. */
static void read_keep(lua_State *L, struct train_options *options) {
    static const char *const names[] = {"highest", "lowest"};
    if (!field_push(L, 1, "keep")) {
        return;
    }
    const int keep = lua_gettop(L);
    if (lua_istable(L, keep)) {
        keys_check(L, keep, "train: keep", 2, names);
        const bool is_highest = field_push(L, keep, "highest");
        if (is_highest == field_push(L, keep, "lowest")) {
            session_fail(L, "train: keep: write { highest = METRIC } or { lowest = METRIC }");
        }
        options->keep_better = is_highest ? 1 : -1;
    }
    if (lua_type(L, -1) != LUA_TSTRING) {
        session_fail(L, "train: keep must be \"last\", \"best\" or the name of a metric, not %s",
                     describe(L, -1));
    }
    options->keep = lua_tostring(L, -1);
    if (strcmp(options->keep, "last") == 0 && options->keep_better == 0) {
        options->keep = NULL;
    } else if (strcmp(options->keep, "best") == 0 && options->keep_better == 0) {
        const bool has_classes = dataset_data(options->data)->n_classes > 0;
        options->keep = options->valid != NULL ? (has_classes ? "valid_accuracy" : "valid_loss")
                                               : (has_classes ? "accuracy" : "loss");
    }
}

static void read_counts(lua_State *L, const struct session *session,
                        struct train_options *options) {
    require_field(L, "iterations", "their number");
    options->iterations = field_integer(L, "train", "iterations", 1, INT64_MAX);
    options->seed = session->seed;
    if (field_push(L, 1, "seed")) {
        options->seed = field_integer(L, "train", "seed", 0, INT64_MAX);
    }
    if (field_push(L, 1, "record_every")) {
        options->record_every = field_integer(L, "train", "record_every", 1, INT64_MAX);
    }
    if (field_push(L, 1, "evaluate_every")) {
        options->evaluate_every = field_integer(L, "train", "evaluate_every", 1, INT64_MAX);
    }
}

static batch_refresh read_refresh(lua_State *L) {
    const char *word = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    if (strcmp(word, "rebase") != 0 && strcmp(word, "as_published") != 0) {
        session_fail(L, "train: batch: refresh must be \"rebase\" or \"as_published\", not %s",
                     describe(L, -1));
    }
    lua_pop(L, 1);
    return strcmp(word, "rebase") == 0 ? BATCH_REBASE : BATCH_AS_PUBLISHED;
}

static void read_batch(lua_State *L, struct train_options *options) {
    static const char *const names[] = {"every", "refresh", "size"};
    if (!field_push(L, 1, "batch")) {
        return;
    }
    const int batch = lua_gettop(L);
    keys_check(L, batch, "train: batch", 3, names);
    if (!field_push(L, batch, "size")) {
        session_fail(L, "train: batch: size is missing: the number of samples per batch");
    }
    options->batch_size = field_integer(L, "train: batch", "size", 1, INT64_MAX);
    if (field_push(L, batch, "every")) {
        options->batch_every = field_integer(L, "train: batch", "every", 1, INT64_MAX);
    }
    if (field_push(L, batch, "refresh")) {
        options->refresh = read_refresh(L);
    }
}

/* "batch", "sample" or { group = G }: the number of samples that share a reward. */
static void read_reward(lua_State *L, struct train_options *options) {
    static const char *const names[] = {"group"};
    if (!field_push(L, 1, "reward")) {
        return;
    }
    const int reward = lua_gettop(L);
    const char *word = lua_type(L, reward) == LUA_TSTRING ? lua_tostring(L, reward) : "";
    if (lua_istable(L, reward)) {
        keys_check(L, reward, "train: reward", 1, names);
        if (!field_push(L, reward, "group")) {
            session_fail(
                L, "train: reward: group is missing: the number of samples that share a reward");
        }
        options->reward_group = (size_t)field_integer(L, "train: reward", "group", 1, INT32_MAX);
    } else if (strcmp(word, "sample") == 0) {
        options->reward_group = 1;
    } else if (strcmp(word, "batch") != 0) {
        session_fail(L, "train: reward must be \"batch\", \"sample\" or { group = G }, not %s",
                     describe(L, reward));
    }
}

static void read_checkpoint(lua_State *L, struct train_options *options) {
    static const char *const names[] = {"every", "keep"};
    if (!field_push(L, 1, "checkpoint")) {
        return;
    }
    const int checkpoint = lua_gettop(L);
    keys_check(L, checkpoint, "train: checkpoint", 2, names);
    if (!field_push(L, checkpoint, "every")) {
        session_fail(L, "train: checkpoint: every is missing: iterations between two checkpoints");
    }
    options->checkpoint_every = field_integer(L, "train: checkpoint", "every", 1, INT64_MAX);
    if (field_push(L, checkpoint, "keep")) {
        options->checkpoint_keep =
            (size_t)field_integer(L, "train: checkpoint", "keep", 1, 1000000);
    }
}

static void read_callbacks(lua_State *L, struct session *session, struct run *run) {
    run->decider.session = session;
    if (field_push(L, 1, "on_evaluate")) {
        if (!lua_isfunction(L, -1)) {
            session_fail(L, "train: on_evaluate must be a function of the metrics, not %s",
                         describe(L, -1));
        }
        run->decider.on_evaluate = lua_gettop(L);
    }
    if (field_push(L, 1, "stop")) {
        decider_read_stop(L, &run->decider, run->options.valid != NULL);
    }
    run->options.may_decide_metrics = run->decider.on_evaluate != 0 || run->decider.stop != 0;
    run->options.decide =
        run->options.may_decide_metrics || run->decider.n_targets > 0 ? decider_decide : NULL;
    run->options.decide_context = &run->decider;
}

static bool read_boolean(lua_State *L, const char *name, bool otherwise) {
    if (!field_push(L, 1, name)) {
        return otherwise;
    }
    if (!lua_isboolean(L, -1)) {
        session_fail(L, "train: %s must be true or false, not %s", name, describe(L, -1));
    }
    return lua_toboolean(L, -1) != 0;
}

static void read_run(lua_State *L, struct session *session, struct run *run) {
    static const char *const names[] = {
        "batch",  "checkpoint", "data", "evaluate_every", "iterations", "keep",
        "loss",   "model",      "name", "on_evaluate",    "record",     "record_every",
        "reward", "rule",       "seed", "stop",           "valid",      "weights"};
    keys_check(L, 1, "train", COUNT_OF(names), names);
    run->options.name = "run";
    if (field_push(L, 1, "name")) {
        if (lua_type(L, -1) != LUA_TSTRING || lua_rawlen(L, -1) == 0) {
            session_fail(L, "train: name must be a word, not %s", describe(L, -1));
        }
        run->options.name = lua_tostring(L, -1);
    }
    read_objects(L, &run->options);
    read_keep(L, &run->options);
    read_counts(L, session, &run->options);
    read_batch(L, &run->options);
    read_reward(L, &run->options);
    read_checkpoint(L, &run->options);
    read_callbacks(L, session, run);
    run->is_recorded = read_boolean(L, "record", true) && session->settings->runs != NULL;
}

/* Running -------------------------------------------------------------------------------------- */

static synrl_status watch_for_interrupts(void *context, const struct metrics *latest) {
    (void)latest;
    struct run *run = context;
    run->interrupted = session_interrupted(run->decider.session);
    return run->interrupted ? SYNRL_STOPPED : SYNRL_OK;
}

static synrl_status start_run(struct session *session, struct run *run) {
    struct recorder_options options;
    struct invocation invocation;
    SYNRL_TRY(trainer_create(session->core, &run->options, &run->trainer));
    decider_set_metrics(&run->decider, trainer_metric_names(run->trainer));
    if (!run->is_recorded) {
        return SYNRL_OK;
    }
    SYNRL_TRY(calls_next_run(session, &options, &invocation));
    SYNRL_TRY(recorder_create(session->core, run->trainer, &options, &run->recorder));
    session->has_longer = session->has_longer || recorder_is_longer(run->recorder);
    return SYNRL_OK;
}

/* The folder of a new run is rank 0's: others may not see it. */
static bool keeps_history(const struct session *session, const struct run *run) {
    return run->recorder == NULL ||
           (!ranks_is_first(session->core) && session->settings->resume == NULL);
}

/* One of the ranks was interrupted: so is this one, also what the script does next. */
static void take_interruption(const struct session *session, struct run *run) {
    if (session->core->ranks.has_stopped && !run->interrupted) {
        run->interrupted = true;
        if (session->settings->interrupted != NULL && *session->settings->interrupted == 0) {
            raise(SIGUSR1);
        }
    }
}

static synrl_status run_trainer(struct session *session, struct run *run) {
    if (run->recorder != NULL && recorder_is_complete(run->recorder)) {
        return trainer_run(run->trainer, 0, NULL);
    }
    struct observer observers[5] = {{.context = run, .tick = watch_for_interrupts}};
    size_t n = 1;
    const struct display *display = session->settings->display;
    if (run->recorder != NULL) {
        observers[n++] = recorder_observer(run->recorder);
    }
    if (keeps_history(session, run)) {
        observers[n++] = history_observer(run->history, trainer_metric_names(run->trainer));
    }
    if (display != NULL) {
        observers[n++] = display->observer;
        display->begin(display->context, run->trainer);
    }
    synrl_status status = trainer_run(run->trainer, n, observers);
    take_interruption(session, run);
    if (run->recorder != NULL) {
        const synrl_status finished = recorder_finish(run->recorder, status);
        status = status == SYNRL_OK || status == SYNRL_STOPPED
                     ? (finished == SYNRL_OK ? status : finished)
                     : status;
    }
    if (display != NULL) {
        display->end(display->context, run->trainer, run->recorder, status);
    }
    return status;
}

/* The result ----------------------------------------------------------------------------------- */

/* Sets summary.best, where the best weights were kept. */
static void push_best(lua_State *L, const struct best *best) {
    char hash[17];
    if (!best->has) {
        return;
    }
    snprintf(hash, sizeof hash, "%016" PRIx64, weights_hash(best->weights, best->n));
    lua_createtable(L, 0, 4);
    field_set_string(L, "metric", best->name);
    field_set_number(L, "value", best->value);
    field_set_integer(L, "iteration", best->iteration);
    field_set_string(L, "weights_hash", hash);
    lua_setfield(L, -2, "best");
}

static void push_summary(lua_State *L, const struct run *run) {
    struct summary summary;
    trainer_summary(run->trainer, &summary);
    char hash[17];
    snprintf(hash, sizeof hash, "%016" PRIx64, summary.weights_hash);
    metrics_push(L, trainer_metric_names(run->trainer), &summary.last, true);
    field_set_string(L, "name", trainer_options(run->trainer)->name);
    field_set_integer(L, "iterations", summary.iterations);
    field_set_number(L, "seconds", summary.seconds);
    field_set_integer(L, "seed", summary.seed);
    field_set_string(L, "weights_hash", hash);
    if (summary.stopped[0] != '\0') {
        field_set_string(L, "stopped", summary.stopped);
    }
    if (trainer_has_diverged(run->trainer)) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "diverged");
    }
    push_best(L, trainer_best(run->trainer));
    if (run->recorder != NULL) {
        field_set_string(L, "run", recorder_folder(run->recorder));
    }
    result_guard_summary(L, trainer_metric_names(run->trainer));
}

static void push_policy_of(lua_State *L, struct session *session, const struct run *run) {
    const synrl_policy *policy = trainer_policy(run->trainer);
    if (policy == NULL) {
        lua_pushnil(L);
        return;
    }
    synrl_policy *copy = NULL;
    const synrl_policy **box = policy_push(L);
    const synrl_status status = policy_copy(session->core, policy, &copy);
    *box = copy;
    session_check(L, session, status);
}

/* Of a recorded run its folder; else the box of what was kept. */
static void push_history_of(lua_State *L, const struct session *session, const struct run *run,
                            int box) {
    if (!keeps_history(session, run)) {
        lua_pushstring(L, recorder_folder(run->recorder));
    } else {
        lua_pushvalue(L, box);
    }
}

static void push_result(lua_State *L, struct session *session, const struct run *run, int history) {
    const struct best *best = trainer_best(run->trainer);
    struct trained_network *result = result_push(L);
    const int index = lua_gettop(L);
    result->model = component_retain(run->options.model);
    result->loss = component_retain(run->options.loss);
    session_check(L, session, trainer_tensors(session->core, run->trainer, &result->weights));
    if (best->has) {
        memcpy(result->weights.values, best->weights, best->n * sizeof(float));
    }
    session_check(L, session, classes_of(run->options.data, &result->classes));
    result->steps = json_incref((json_t *)dataset_derivation(run->options.data));
    result->is_diverged = result->is_unasked = trainer_has_diverged(run->trainer);
    session->settings->n_diverged += result->is_diverged;
    push_summary(L, run);
    lua_setiuservalue(L, index, RESULT_SUMMARY);
    push_policy_of(L, session, run);
    lua_setiuservalue(L, index, RESULT_POLICY);
    push_history_of(L, session, run, history);
    lua_setiuservalue(L, index, RESULT_HISTORY);
}

/* {...} -> result */
static int train(lua_State *L) {
    struct session *session = session_of(L);
    lua_settop(L, 1);
    luaL_checkstack(L, 40, NULL);
    options_require_taken(L);
    if (session->is_in_pass) {
        session_fail(L, "synrl.train: called by a function of an activation or a loss");
    }
    struct run *run = box_push(L, &run_type, sizeof *run);
    const int box = lua_gettop(L);
    run->history = history_push(L);
    const int history = lua_gettop(L);
    session->has_error = false;
    read_run(L, session, run);
    const enum control before = session_control(session, CONTROL_CORE);
    synrl_status status = start_run(session, run);
    const bool is_started = status == SYNRL_OK;
    if (is_started) {
        status = run_trainer(session, run);
    }
    session_control(session, before);
    if (!is_started) {
        session_raise(L, session);
    }
    if (run->interrupted || (status == SYNRL_STOPPED && session_interrupted(session))) {
        session->has_error = false;
        session_fail(L, "interrupted");
    }
    if (status != SYNRL_STOPPED) {
        session_check(L, session, status);
    }
    push_result(L, session, run, history);
    /* Frees the network and its packed data now, not at the next collection. */
    lua_pushcfunction(L, run_free);
    lua_pushvalue(L, box);
    lua_call(L, 1, 0);
    return 1;
}

const luaL_Reg train_functions[] = {{"train", train}, {NULL, NULL}};
