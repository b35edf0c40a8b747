// A rule in C++, as an author would write one: rows, a metric, state.
#include <synrl/rule.h>

namespace {

struct config {
    const synrl_schedule *alpha_s;
    double bias_scale;
    int32_t ties;
    const synrl_activation *activation;
};
#undef SYNRL_CONFIG
#define SYNRL_CONFIG config

const synrl_param params[] = {
    SYNRL_SCHEDULE(alpha_s, "0.001", SYNRL_POSITIVE, SYNRL_UNBOUNDED, "step size"),
    SYNRL_NUMBER(bias_scale, "1", 0, SYNRL_UNBOUNDED, "a bias moves by this times alpha_s"),
    SYNRL_CHOICE(ties, "first", SYNRL_TIES_CHOICES, "which of equally good actions is greedy"),
    SYNRL_ACTIVATION_PARAM(activation, "tanh", "of nothing"),
};

struct rule {
    int8_t *actions;
    double n_rewarded;
};

const synrl_metric metrics[] = {SYNRL_METRIC(rule, n_rewarded, "rewards of +1 so far")};

synrl_status create(const synrl_host *host, const void *, void *self, synrl_env *env) {
    return SYNRL_NEW(host, static_cast<rule *>(self)->actions, env->layout->n_synapses);
}

synrl_status step(const synrl_host *, const void *configuration, void *self, synrl_env *env) {
    const auto *c = static_cast<const config *>(configuration);
    auto *r = static_cast<rule *>(self);
    double alpha_s;
    const synrl_outcome *outcome;
    SYNRL_TRY(synrl_at(c->alpha_s, env->iteration, &alpha_s));
    SYNRL_TRY(env->step(env, r->actions, alpha_s, c->bias_scale, &outcome));
    r->n_rewarded += outcome->reward > 0 ? 1 : 0;
    return SYNRL_OK;
}

synrl_status state(const synrl_host *, const void *, void *self, synrl_state *state) {
    return SYNRL_STATE_FIELD(state, static_cast<rule *>(self)->n_rewarded);
}

} // namespace

SYNRL_RULE(cpp_rule, "1.0.0", "does nothing, in C++", "tests", SYNRL_PARAMS(params), rule,
           .n_metrics = 1, .metrics = metrics, .create = create, .step = step, .state = state);
