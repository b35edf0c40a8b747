/* SPDX-License-Identifier: MIT */
/* A small network on the engine's weights, and the same in plain loops that follow the words of
 * synrl/engine.h: a sample at a time, with the bits that the engine must give.
 *
 * Inputs of 5 x 4 x 2. Units 0 .. 4: relu(in.weight x + in.bias). Units 5 .. 16: three units at
 * each of four windows of 2 x 3, soft(window.weight x + window.bias). Units 17 .. 20:
 * relu(hidden.weight units[0 .. 16] + skip.weight x + hidden.bias). Units 21, 22: out.weight
 * units[17 .. 20] + again.weight units[0 .. 16], without bias or activation. soft(x) = x / (1 +
 * |x|). */
#ifndef SMALL_NET_H
#define SMALL_NET_H

#include "engine/weights.h"
#include "support/samples.h"

enum {
    NET_INPUTS = 40,
    NET_TENSORS = 9,
    NET_SYNAPSES = 518,
    NET_ROWS = 32,
    NET_COLUMNS = 130, /* of all but biases */
    NET_UNITS = 23,
    NET_OUTPUTS = 2,
    NET_WINDOWS = 4
};
enum { IN, IN_BIAS, WINDOW, WINDOW_BIAS, HIDDEN, SKIP, HIDDEN_BIAS, OUT, AGAIN };

struct small_net {
    const synrl_host *host;
    synrl_layout layout;
    synrl_tensor tensors[NET_TENSORS];
    synrl_weights *weights;
    const struct samples *samples; /* bound */
    /* What the weights must be. */
    float w0[NET_SYNAPSES];
    int k[NET_SYNAPSES];
    float alpha[NET_TENSORS];
    long reach[NET_TENSORS]; /* of the tensor, |k| is at most this */
    int8_t last[NET_SYNAPSES];
    /* Every unit's activation is net_likely instead. */
    bool is_likely;
    /* [NET_UNITS] of a sample that net_plain works on: a unit whose output is above becomes 1, else
     * 0. NULL: outputs stay. */
    const float *thresholds;
};

/* relu, or without a derivative. */
extern const synrl_activation net_relu, net_soft, net_crude;
/* (1 + soft(x)) / 2, a probability. */
extern const synrl_activation net_likely;
float net_likely_at(float x);

void net_make(struct small_net *net, const synrl_host *host);
/* Both the engine's weights and what they must be. */
void net_bind(struct small_net *net, const struct samples *samples);
void net_set(struct small_net *net, const float *weights);
void net_draw(struct small_net *net); /* by rand(), from -1 to 1 */
/* Tensors whose delta is all 0 stay. */
void net_shift(struct small_net *net, const float *delta);
void net_act(struct small_net *net, const int8_t *actions, const float *alphas);
/* One step by rand(), so that sums are not all in the base. */
void net_move(struct small_net *net);
/* The tensor whose noise a unit has. */
size_t net_tensor_of(size_t unit);
void net_undo(struct small_net *net, const int8_t *actions, const float *alphas);
/* Actions of rank one, rows[NET_ROWS] and columns[NET_COLUMNS]; the same as one by one. */
void net_act_rank_one(struct small_net *net, const int8_t *rows, const int8_t *columns,
                      const float *alphas);
void net_undo_rank_one(struct small_net *net, const int8_t *rows, const int8_t *columns,
                       const float *alphas);
void net_outer(const int8_t *rows, const int8_t *columns, int8_t *actions);
float net_weight(const struct small_net *net, size_t synapse);

/* One block through the engine, into outputs [NET_OUTPUTS][SYNRL_LANES] or all units
 * [NET_UNITS][SYNRL_LANES] (NULL: not wanted). */
void net_forward(const struct small_net *net, const synrl_pass *pass, float *units);
/* All blocks, on the host's workers; context: a watch or NULL. units [n_blocks][NET_UNITS]
 * [SYNRL_LANES], or NULL. */
void net_pass(const struct small_net *net, void *context, float *units);

/* One sample (past the last: that one) in plain loops: pre-activations and outputs of all units,
 * [NET_UNITS]. noise [NET_UNITS] is added to the pre-activations, or NULL. */
void net_plain(const struct small_net *net, size_t sample, const float *noise, float *z, float *y);
/* What a synapse of a tensor's column sees of a sample at a position, and its unit; of a byte input
 * the byte too, else -1. y: the sample's units. */
float net_presynaptic(const struct small_net *net, size_t tensor, size_t position, size_t column,
                      size_t sample, const float *y, int *byte);
/* How often a tensor is used, and its units, [positions][rows], from this one on. */
size_t net_positions(size_t tensor);
size_t net_first_unit(size_t tensor);
/* f'(z) of a unit. */
float net_slope(size_t unit, float z);

#endif
