/* A run repeated from its record: config, policy and one reward bit an iteration. No data is read
 * and no forward pass made, so a replay is limited by the rule alone. It works for rules that learn
 * from rewards only (static, win_stay, qlearning, and plugins like them): what a rule asks of its
 * environment beyond `step`, only data could answer. */
#ifndef REPLAY_H
#define REPLAY_H

#include <jansson.h>

#include "base/core.h"
#include "synrl/model.h"
#include "synrl/policy.h"

struct replay;

/* At the initial weights. SYNRL_UNSUPPORTED where the run has no transcript, or was made with a
 * function of the script. */
synrl_status replay_open(struct core *core, const char *folder, struct replay **opened);
void replay_close(struct replay *replay); /* NULL is allowed */

const json_t *replay_record(const struct replay *replay); /* run.json */
const synrl_layout *replay_layout(const struct replay *replay);
uint64_t replay_iterations(const struct replay *replay); /* how many there are */
/* Runs one more iteration, of those there are. */
synrl_status replay_step(struct replay *replay);

/* What the last step did. */
struct replayed {
    uint64_t iteration;
    const int8_t *actions; /* [n_synapses]; good until the next step */
    double alpha;
    int reward;
};
struct replayed replay_last(const struct replay *replay);
void replay_weights(const struct replay *replay, float *weights); /* [n_synapses] */

/* The policy as it is now, or NULL; epsilon and the word that decides for a synapse in the next
 * step: false where the rule has no parameter epsilon. */
const synrl_policy *replay_policy(const struct replay *replay);
bool replay_epsilon(const struct replay *replay, double *epsilon);
synrl_ties replay_ties(const struct replay *replay);
uint32_t replay_word(const struct replay *replay, size_t synapse);

#endif
