/* SPDX-License-Identifier: MIT */
/* Automata of two actions and one shared reward: win_stay that has to be punished more than once.
 *
 * A synapse's state is an action, the sign of phi, and how sure the synapse is of it, |phi| = 1 ..
 * depth; 0 is null, before the first draw. After the reward
 *
 *                 +1                 -1
 *     tsetlin     one deeper         one less deep; from 1 to the other action, at 1
 *     krinsky     to `depth`         as tsetlin
 *     krylov      one deeper         as tsetlin, or with probability 1/2 as if rewarded
 *
 * With probability epsilon a synapse draws a uniformly random action of -, 0, +, and starts at its
 * depth 1 where it is another: so `tsetlin` of depth 1 is win_stay, for every epsilon. Tsetlin, "On
 * the behavior of finite automata in random media", 1961; Krinsky and Krylov as told by Narendra
 * and Thathachar, "Learning automata: a survey", 1974. Many automata that share one reward play
 * Tsetlin's Goore game. */
#include <synrl/rule.h>

enum { TSETLIN, KRINSKY, KRYLOV };

struct config {
    const synrl_schedule *epsilon, *alpha_s;
    int64_t depth;
    int32_t kind;
    double bias_scale;
};

static const synrl_param params[] = {
    SYNRL_INTEGER(depth, "1", 1, 127, "states per action: punishments before it is given up"),
    SYNRL_CHOICE(kind, "tsetlin", "tsetlin|krinsky|krylov", "how a reward moves the state"),
    SYNRL_SCHEDULE(epsilon, "0.1", 0, 1, "probability of a uniformly random action"),
    SYNRL_SCHEDULE(alpha_s, "0.001", SYNRL_POSITIVE, SYNRL_UNBOUNDED,
                   "synaptic learning rate: how far one action moves a weight"),
    SYNRL_NUMBER(bias_scale, "1", 0, SYNRL_UNBOUNDED, "a bias moves by this times alpha_s"),
};

struct rule {
    size_t n_synapses;
    synrl_policy *policy; /* "act as your state says": its one feature is the sign of phi */
    synrl_memory *memory; /* empty */
    int8_t *phi, *actions;
    uint8_t *signs;      /* [n_synapses] 0, 1, 2: scratch */
    uint32_t *coins;     /* [n_synapses / 32, rounded up] a bit for each synapse: scratch */
    int8_t next[2][256]; /* the state after a punishment, a reward: [phi + 128] */
};

static int sign_of(int phi) {
    return (phi > 0) - (phi < 0);
}

static void fill_next(struct rule *r, int depth, bool is_krinsky) {
    for (int phi = -depth; phi <= depth; phi++) {
        const int deeper = phi * sign_of(phi) + 1, sure = deeper < depth ? deeper : depth;
        const bool is_at_border = phi == 1 || phi == -1;
        r->next[1][phi + 128] = (int8_t)(sign_of(phi) * (is_krinsky ? depth : sure));
        r->next[0][phi + 128] = (int8_t)(is_at_border ? -phi : phi - sign_of(phi));
    }
}

static synrl_status create(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    const size_t n = r->n_synapses = env->layout->n_synapses;
    fill_next(r, (int)c->depth, c->kind == KRINSKY);
    SYNRL_TRY(host->policy->create(host, 0, 0, 1, &r->policy));
    for (int sign = 0; sign < 3; sign++) {
        r->policy->q[sign * 3 + sign] = 1.0;
    }
    SYNRL_TRY(host->policy->memory_create(host, r->policy, n, &r->memory));
    SYNRL_TRY(SYNRL_NEW(host, r->phi, n));
    SYNRL_TRY(SYNRL_NEW(host, r->actions, n));
    SYNRL_TRY(SYNRL_NEW(host, r->signs, n));
    return SYNRL_NEW(host, r->coins, (n + 31) / 32);
}

static synrl_status step(const synrl_host *host, const void *config, void *self, synrl_env *env) {
    const struct config *c = config;
    struct rule *r = self;
    synrl_choose choose = {.size = sizeof choose,
                           .stream = synrl_action_stream(env),
                           .features = r->signs,
                           .actions = r->actions};
    const synrl_stream stream = {env->seed, env->iteration, SYNRL_PURPOSE_PLUGIN};
    const synrl_outcome *outcome;
    double alpha_s;
    SYNRL_TRY(synrl_at(c->epsilon, env->iteration, &choose.epsilon));
    SYNRL_TRY(synrl_at(c->alpha_s, env->iteration, &alpha_s));
    for (size_t i = 0; i < r->n_synapses; i++) {
        r->signs[i] = (uint8_t)(sign_of(r->phi[i]) + 1);
    }
    SYNRL_TRY(host->policy->choose(host, r->policy, r->memory, &choose));
    SYNRL_TRY(env->step(env, r->actions, alpha_s, c->bias_scale, &outcome));

    if (c->kind == KRYLOV) { /* else all 0 */
        host->random->words(stream, 0, (r->n_synapses + 31) / 32, r->coins);
    }
    for (size_t i = 0; i < r->n_synapses; i++) {
        const int phi = r->actions[i] + 1 == r->signs[i] ? r->phi[i] : r->actions[i];
        const uint32_t is_lucky = r->coins[i / 32] >> i % 32 & 1;
        r->phi[i] = r->next[outcome->reward > 0 ? 1 : is_lucky][phi + 128];
    }
    return SYNRL_OK;
}

static synrl_status state(const synrl_host *host, const void *config, void *self,
                          synrl_state *state) {
    struct rule *r = self;
    return SYNRL_STATE_ARRAY(state, r->phi, state->n_synapses);
}

SYNRL_RULE(automaton, "1.0.0",
           "automata with one shared reward: an action is given up after `depth` punishments",
           "Tsetlin 1961; Narendra and Thathachar 1974", SYNRL_PARAMS(params), struct rule,
           .create = create, .step = step, .state = state);
