/* SPDX-License-Identifier: MIT */
/* The environment, as its own files see it. Invariant: `last` is what a pass finds at the network's
 * weights on its batch whenever is_loss_known; `old_loss`, where there is one, is what the next
 * step's loss is compared with. */
#ifndef ENVIRONMENT_PRIVATE_H
#define ENVIRONMENT_PRIVATE_H

#include "base/host.h"
#include "engine/watch.h"
#include "synrl/rule.h"
#include "train/environment.h"

struct environment {
    synrl_env api, kept;   /* kept: as the rule must leave it */
    synrl_layout layout;   /* the rule's copy, */
    synrl_tensor *tensors; /* and of the tensors */
    struct core *core;
    struct train_options options;
    struct network *network;
    uint32_t
        *samples; /* [n in the data], scratch of the draw; NULL: the batch is all of the data */
    bool count_correct;

    /* The rule, once there is one */
    struct host *rule;
    uint32_t traits;
    bool is_creating;   /* the rule's create is running */
    const char *call;   /* the one that the rule made last: "step" */
    char failure[1024]; /* what a call of this iteration failed with; "": none has */

    /* What is known of the weights as they are */
    double old_loss;
    bool has_old_loss;
    struct pass last;
    bool is_loss_known, is_correct_known;
    bool has_moved;    /* since the run began */
    bool has_stepped;  /* in this iteration */
    bool has_diverged; /* the loss was not finite, and that was said */
    bool is_lost;      /* a gradient failed at such a loss */
    bool is_paid;      /* the pass that found it is counted: measuring costs a rule nothing */
    int reward;
    synrl_outcome outcome;
    double losses[2]; /* of this iteration, for the record: before and after the step; or NaN */
    uint64_t sample_forwards, sample_backwards;

    /* Undo */
    bool can_undo;
    struct pass before; /* the step, where has_before */
    bool has_before;
    int8_t *actions;  /* [n_synapses] of the last step, or its factors */
    float *alphas;    /* [n_tensors], of the last step */
    bool is_rank_one; /* actions are u, and after it v, of step_rank_one */
    size_t n_u, n_v;

    /* Probes: the same batch at other weights */
    struct network *probe; /* made by the first probe */
    float *initial;        /* [n_synapses], of the options; NULL: the model's own */
    float *probe_weights;  /* [2][n_synapses]: as they are, and as probed; scratch */
    bool is_probe_bound;

    /* Local information */
    struct watch *watch; /* made by the first call */
    struct reduction reduction;
    bool has_terms;           /* the network's kept terms are those of the weights as they are */
    bool is_perturbed_last;   /* the last pass that a rule asked for was perturbed */
    int64_t *clean, *noisy;   /* [n_samples]: terms without and with the last noise */
    bool has_clean;           /* `clean` is of the weights as they are */
    bool has_noise, is_fired; /* `noisy` is too, of the last perturb; or of the last fire */
    struct noise noise;
};

static inline struct environment *environment_of(const synrl_env *env) {
    return env->context;
}

static inline const synrl_layout *layout_of(const struct environment *environment) {
    return network_layout(environment->network);
}

/* Around each call of a rule: refuses what the rule has not declared or may not do now; notes a
 * failure, so that a rule cannot pass over it. */
synrl_status env_enter(struct environment *environment, const char *call, uint32_t needs,
                       bool moves);
synrl_status env_leave(struct environment *environment, synrl_status status);

/* A counted forward pass at the weights as they are, unless its result is known. */
synrl_status environment_loss(struct environment *environment, double *loss);
void environment_moved(struct environment *environment); /* the weights have */
/* Remembers what the rule sees of the environment: environment_check finds what it changed. */
void environment_keep(struct environment *environment);
/* Says once per run that the loss of a pass is not finite, and whose fault it is. */
void environment_warn(struct environment *environment, const struct pass *pass);

/* environment_probe.c */
synrl_status env_probe(synrl_env *env, size_t n_directions, const float *directions, double scale,
                       double *losses);
synrl_status env_probe_actions(synrl_env *env, size_t n, const int8_t *actions, double alpha,
                               double bias_scale, double *losses);
synrl_status env_weights(synrl_env *env, float *weights);
synrl_status env_set_weights(synrl_env *env, const float *weights);
synrl_status env_shift(synrl_env *env, const float *delta);
synrl_status env_differentiable(synrl_env *env);
synrl_status env_gradient(synrl_env *env, float *gradient, double *loss);
synrl_status env_gradient_by(synrl_env *env, const float *feedback, float *gradient, double *loss);
/* Where a call is to store something. */
synrl_status check_place(struct environment *environment, const char *what, const void *place);

/* environment_local.c */
extern const synrl_local_api local_api;

#endif
