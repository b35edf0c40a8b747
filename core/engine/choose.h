/* SPDX-License-Identifier: MIT */
/* The policy step: each synapse's action, from its history and its random word. */
#ifndef CHOOSE_H
#define CHOOSE_H

#include "synrl/engine.h"
#include "synrl/policy.h"

/* The part of a policy for one reward history: the action for each action history or, in a policy
 * with features, for each situation, which the kernels treat as a longer history. */
struct greedy_map {
    uint32_t n_histories; /* 3^n_actions, or n_situations */
    /* 0, 1, 2; for random ties between a, b, ..: 3 + (1 << a | 1 << b ..), which is 6 .. 10. */
    uint8_t action[SYNRL_HISTORIES_MAX];
    bool has_ties; /* an entry is above 2 */
    /* Thresholds, 0 .. 2^32: word < [0]: -1; < [1]: 0; < [2]: +1. */
    uint64_t explore_end[3];
};

/* Up to PACKED_HISTORIES histories take four bits per synapse: byte j of a group's 32 holds those
 * of synapses j and j + 32 of its 64, the first in the low bits. */
enum { PACKED_HISTORIES = 16, HISTORY_GROUP = 64 };
void histories_unpack(const uint8_t *packed, size_t n_groups, uint8_t *histories);
void histories_pack(const uint8_t *histories, size_t n_groups, uint8_t *packed);

/* One policy step of all synapses. */
struct policy_step {
    struct greedy_map map;
    synrl_stream stream; /* one word per synapse */
    bool is_packed;
    uint8_t *histories;      /* one byte each or packed */
    uint32_t n_histories;    /* 3^n_actions */
    const uint8_t *features; /* one byte each; NULL: none */
    int8_t *actions;
    uint16_t *cells; /* or NULL */
};

/* For synapses first .. first + n - 1: draws their words, chooses, writes actions[first ..] and
 * shifts their histories; `first` is a multiple of HISTORY_GROUP where packed. counts
 * [map.n_histories * 3], of this call only, are added to; or NULL. Of k randomly tied actions
 * number word % k is taken, in the order -, 0, +. */
void choose_range(const struct policy_step *step, size_t first, size_t n, uint64_t *counts);

#endif
