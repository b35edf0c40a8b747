/* SPDX-License-Identifier: MIT */
/* Records a run. Invariant: run.json says "running" until everything else in the folder is
 * complete; a failed write ends the run. */
#include "record/recorder_private.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/ranks.h"
#include "draw/mistakes.h"
#include "draw/pictures.h"
#include "policy/policy.h"
#include "policy/policy_csv.h"
#include "record/checkpoint.h"
#include "record/longer.h"
#include "record/provenance.h"
#include "record/run_json.h"
#include "record/transcript.h"
#include "runs/metrics_csv.h"

enum { FLUSH_SECONDS = 1 };

/* Creating ------------------------------------------------------------------------------------- */

bool recorder_is_complete(const struct recorder *recorder) {
    return recorder->is_complete;
}

bool recorder_is_longer(const struct recorder *recorder) {
    return longer_iterations(recorder->json) > longer_script_iterations(recorder->json);
}

/* Rank 0 makes the folder, and the others learn what it is called. */
static synrl_status start(struct recorder *recorder, const struct recorder_options *options) {
    struct core *core = recorder->core;
    char folder[PATH_MAX] = "";
    ranks_alone(core, true);
    const synrl_status status = ranks_is_first(core) ? recorder_start(recorder, options) : SYNRL_OK;
    ranks_alone(core, false);
    SYNRL_TRY(ranks_agree(core, status));
    if (!ranks_several(core)) {
        return SYNRL_OK;
    }
    if (ranks_is_first(core)) {
        snprintf(folder, sizeof folder, "%s", recorder->folder);
    }
    SYNRL_TRY(ranks_broadcast(core, sizeof folder, folder));
    if (!ranks_is_first(core)) {
        recorder->folder = core_strdup(core, folder);
    }
    return recorder->folder != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
}

synrl_status recorder_create(struct core *core, struct trainer *trainer,
                             const struct recorder_options *options, struct recorder **made) {
    *made = NULL;
    struct recorder *recorder = core_alloc(core, 1, sizeof *recorder);
    if (recorder == NULL) {
        return SYNRL_NO_MEMORY;
    }
    recorder->core = core;
    recorder->trainer = trainer;
    recorder->pictures = options->pictures;
    recorder->lock = -1;
    recorder->bytes_before = core->ranks.n_bytes;
    const synrl_status status =
        options->resume != NULL ? recorder_resume(recorder, options) : start(recorder, options);
    if (status != SYNRL_OK) {
        if (options->resume == NULL && ranks_is_first(core)) {
            recorder_abandon(recorder);
        }
        recorder_destroy(recorder);
        return status;
    }
    *made = recorder;
    return SYNRL_OK;
}

void recorder_destroy(struct recorder *recorder) {
    if (recorder == NULL) {
        return;
    }
    if (recorder->metrics != NULL) {
        fclose(recorder->metrics);
    }
    if (recorder->rewards != NULL) {
        fclose(recorder->rewards);
    }
    if (recorder->losses != NULL) {
        fclose(recorder->losses);
    }
    if (recorder->lock >= 0) {
        close(recorder->lock);
    }
    json_decref(recorder->json);
    core_free(recorder->core, recorder->state);
    core_free(recorder->core, recorder->folder);
    core_free(recorder->core, recorder);
}

const char *recorder_folder(const struct recorder *recorder) {
    return recorder->folder;
}

/* Observing ------------------------------------------------------------------------------------ */

static synrl_status observe_record(void *context, const struct metrics *metrics) {
    struct recorder *recorder = context;
    const struct metric_names *own = trainer_metric_names(recorder->trainer);
    if (!recorder->has_heading) {
        metrics_csv_write_heading(recorder->metrics, own);
        recorder->has_heading = true;
    }
    metrics_csv_write_row(recorder->metrics, own, metrics);
    if (clock_seconds() - recorder->flushed >= FLUSH_SECONDS) { /* for those who watch it */
        fflush(recorder->metrics);
        recorder->flushed = clock_seconds();
    }
    return recorder_check_written(recorder, recorder->metrics, "metrics.csv");
}

static synrl_status observe_reward(void *context, uint64_t iteration, int reward) {
    return transcript_reward(context, iteration, reward);
}

static synrl_status observe_losses(void *context, uint64_t iteration, const double losses[2]) {
    (void)iteration;
    return transcript_losses(context, losses);
}

static synrl_status save(struct recorder *recorder, size_t keep) {
    const size_t size = trainer_state_size(recorder->trainer);
    struct summary summary;
    if (!trainer_can_resume(recorder->trainer)) {
        return SYNRL_OK; /* a resumed run starts again */
    }
    if (recorder->state == NULL) {
        recorder->state = core_alloc(recorder->core, size, 1);
        if (recorder->state == NULL) {
            return SYNRL_NO_MEMORY;
        }
    }
    trainer_summary(recorder->trainer, &summary);
    /* Before the checkpoint that counts on them. */
    SYNRL_TRY(recorder_sync_file(recorder, recorder->metrics, "metrics.csv"));
    SYNRL_TRY(transcript_sync(recorder, summary.iterations));
    SYNRL_TRY(trainer_save(recorder->trainer, recorder->state));
    const struct checkpoint checkpoint = {.iteration = summary.iterations,
                                          .metrics_size = (uint64_t)ftello(recorder->metrics),
                                          .n_rewards = recorder->n_rewards,
                                          .state_size = size,
                                          .state = recorder->state};
    return checkpoint_write(recorder->core, recorder->folder, keep, &checkpoint);
}

static synrl_status observe_checkpoint(void *context) {
    struct recorder *recorder = context;
    return save(recorder, trainer_options(recorder->trainer)->checkpoint_keep);
}

struct observer recorder_observer(struct recorder *recorder) {
    if (!ranks_is_first(recorder->core)) {
        return (struct observer){.context = recorder};
    }
    return (struct observer){.context = recorder,
                             .record = observe_record,
                             .reward = observe_reward,
                             .losses = observe_losses,
                             .checkpoint = observe_checkpoint};
}

/* Finishing ------------------------------------------------------------------------------------ */

static synrl_status close_files(struct recorder *recorder) {
    struct summary summary;
    trainer_summary(recorder->trainer, &summary);
    const synrl_status metrics = recorder_close_file(recorder, &recorder->metrics, "metrics.csv");
    const synrl_status transcript = transcript_close(recorder, summary.iterations);
    return metrics != SYNRL_OK ? metrics : transcript;
}

/* The last, and where the run keeps them, the best. */
static synrl_status write_weights(const struct recorder *recorder) {
    const struct best *best = trainer_best(recorder->trainer);
    SYNRL_TRY(recorder_write_weights(recorder, "weights.npz", NULL));
    return best->has ? recorder_write_weights(recorder, "best.npz", best->weights) : SYNRL_OK;
}

static synrl_status write_policy(struct recorder *recorder) {
    const synrl_policy *policy = trainer_policy(recorder->trainer);
    if (policy == NULL) {
        return SYNRL_OK;
    }
    char *path = recorder_path(recorder, "policy.csv");
    const synrl_status status =
        path != NULL ? policy_save_csv(recorder->core, policy, path) : SYNRL_NO_MEMORY;
    core_free(recorder->core, path);
    return status;
}

/* Files may have been read since the run began; a resumed run may lack what was recorded. */
static synrl_status renew_provenance(struct recorder *recorder) {
    if (!json_is_object(json_object_get(recorder->json, "provenance")) &&
        json_object_set_new(recorder->json, "provenance", json_object()) != 0) {
        return core_fail(recorder->core, SYNRL_NO_MEMORY, "not enough memory for the provenance");
    }
    return provenance_renew(recorder->core, trainer_options(recorder->trainer),
                            json_object_get(recorder->json, "provenance"));
}

/* With a problem, what can be written is written. */
static synrl_status finish_json(struct recorder *recorder, const char *status,
                                const char *problem) {
    const synrl_status renewed = renew_provenance(recorder);
    if (renewed != SYNRL_OK && problem == NULL) {
        return core_fail_in(recorder->core, renewed, recorder->folder);
    }
    return run_json_end(recorder->json, recorder->trainer, status, problem) &&
                   run_json_ranks(recorder->json, &recorder->core->ranks, recorder->bytes_before)
               ? recorder_write_json(recorder)
               : core_fail(recorder->core, SYNRL_NO_MEMORY, "%s: not enough memory for run.json",
                           recorder->folder);
}

static synrl_status finish_well(struct recorder *recorder, synrl_status outcome) {
    const bool has_ended = trainer_has_ended(recorder->trainer);
    if (has_ended) { /* an interrupted run saved its state when it stopped */
        SYNRL_TRY(save(recorder, 1));
    }
    SYNRL_TRY(close_files(recorder));
    SYNRL_TRY(write_weights(recorder));
    SYNRL_TRY(write_policy(recorder));
    SYNRL_TRY(confusion_write(recorder->core, recorder->trainer, recorder->folder));
    if (recorder->pictures && has_ended) {
        SYNRL_TRY(pictures_draw(recorder->core, recorder->trainer, recorder->folder));
    }
    return finish_json(recorder,
                       !has_ended                                ? "interrupted"
                       : trainer_has_diverged(recorder->trainer) ? "diverged"
                       : outcome == SYNRL_STOPPED                ? "stopped"
                                                                 : "done",
                       NULL);
}

static synrl_status finish(struct recorder *recorder, synrl_status outcome) {
    char problem[sizeof recorder->core->message];
    synrl_status status = outcome;
    if (outcome == SYNRL_OK || outcome == SYNRL_STOPPED) {
        status = finish_well(recorder, outcome);
        if (status == SYNRL_OK) {
            return SYNRL_OK;
        }
    }
    /* Reports the first failure, whatever else fails while ending. */
    memcpy(problem, recorder->core->message, sizeof problem);
    close_files(recorder);
    recorder_remove_results(recorder);
    finish_json(recorder, "failed", problem);
    return core_fail(recorder->core, status, "%s", problem);
}

/* A failure of the run itself is known to all ranks, or ends them. */
synrl_status recorder_finish(struct recorder *recorder, synrl_status outcome) {
    struct core *core = recorder->core;
    synrl_status status = outcome == SYNRL_STOPPED ? SYNRL_OK : outcome;
    if (ranks_is_first(core)) {
        ranks_alone(core, true);
        status = finish(recorder, outcome);
        ranks_alone(core, false);
    }
    return outcome == SYNRL_OK || outcome == SYNRL_STOPPED ? ranks_agree(core, status) : status;
}

synrl_status recorder_plot_text(const struct recorder *recorder, unsigned columns, char **text) {
    return pictures_text(recorder->core, recorder->folder, columns, text);
}
