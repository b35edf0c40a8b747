/* SPDX-License-Identifier: MIT */
/* Transcripts. Invariant: rewards.bin, once it exists, has a bit for every iteration up to the last
 * one that stepped. */
#include "record/transcript.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "runs/run_files.h"

static synrl_status put_bit(struct recorder *recorder, int bit) {
    recorder->bits = (uint8_t)(recorder->bits | bit << recorder->n_rewards % 8);
    if (++recorder->n_rewards % 8 == 0) {
        fputc(recorder->bits, recorder->rewards);
        recorder->bits = 0;
        return recorder_check_written(recorder, recorder->rewards, "rewards.bin");
    }
    return SYNRL_OK;
}

/* Adds bits for iterations without a step, up to number n. */
static synrl_status skip_to(struct recorder *recorder, uint64_t n) {
    while (recorder->rewards != NULL && recorder->n_rewards < n) {
        SYNRL_TRY(put_bit(recorder, 0));
    }
    return SYNRL_OK;
}

synrl_status transcript_reward(struct recorder *recorder, uint64_t iteration, int reward) {
    if (recorder->rewards == NULL) {
        SYNRL_TRY(recorder_open(recorder, "rewards.bin", "wbe", &recorder->rewards));
    }
    SYNRL_TRY(skip_to(recorder, iteration));
    return put_bit(recorder, reward > 0);
}

synrl_status transcript_losses(struct recorder *recorder, const double losses[2]) {
    if (recorder->losses == NULL) {
        SYNRL_TRY(recorder_open(recorder, "losses.bin", "wbe", &recorder->losses));
    }
    fwrite(losses, sizeof *losses, 2, recorder->losses);
    return recorder_check_written(recorder, recorder->losses, "losses.bin");
}

synrl_status transcript_sync(struct recorder *recorder, uint64_t n) {
    SYNRL_TRY(skip_to(recorder, n));
    SYNRL_TRY(recorder_sync_file(recorder, recorder->losses, "losses.bin"));
    if (recorder->rewards == NULL) {
        return SYNRL_OK;
    }
    if (recorder->n_rewards % 8 != 0) {
        fputc(recorder->bits, recorder->rewards);
    }
    SYNRL_TRY(recorder_sync_file(recorder, recorder->rewards, "rewards.bin"));
    if (recorder->n_rewards % 8 != 0 && fseeko(recorder->rewards, -1, SEEK_CUR) != 0) {
        return file_fail(recorder->core, recorder->folder, "write rewards.bin in");
    }
    return SYNRL_OK;
}

synrl_status transcript_close(struct recorder *recorder, uint64_t n) {
    const synrl_status skipped = skip_to(recorder, n);
    if (recorder->rewards != NULL && recorder->n_rewards % 8 != 0) {
        fputc(recorder->bits, recorder->rewards);
    }
    const synrl_status rewards = recorder_close_file(recorder, &recorder->rewards, "rewards.bin");
    const synrl_status losses = recorder_close_file(recorder, &recorder->losses, "losses.bin");
    return skipped != SYNRL_OK ? skipped : rewards != SYNRL_OK ? rewards : losses;
}

/* Continuing ----------------------------------------------------------------------------------- */

/* Takes the bits of an incomplete byte back to be written again. */
static synrl_status reopen_rewards(struct recorder *recorder, uint64_t n) {
    uint8_t *bits;
    SYNRL_TRY(record_rewards(recorder->core, recorder->folder, n, &bits));
    recorder->bits = 0;
    for (uint64_t t = n - n % 8; t < n; t++) {
        recorder->bits = (uint8_t)(recorder->bits | bits[t] << t % 8);
    }
    core_free(recorder->core, bits);
    recorder->n_rewards = n;
    SYNRL_TRY(recorder_cut_file(recorder, "rewards.bin", n / 8));
    return recorder_open_end(recorder, "rewards.bin", &recorder->rewards);
}

synrl_status transcript_reopen(struct recorder *recorder, uint64_t n, uint64_t n_rewards) {
    if (n_rewards > 0) {
        SYNRL_TRY(reopen_rewards(recorder, n_rewards));
    }
    if (n == 0 || !trainer_records_losses(recorder->trainer)) {
        return SYNRL_OK;
    }
    SYNRL_TRY(recorder_cut_file(recorder, "losses.bin", n * 2 * sizeof(double)));
    return recorder_open_end(recorder, "losses.bin", &recorder->losses);
}
