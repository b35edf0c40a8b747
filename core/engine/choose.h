/* The policy step: what each synapse does, from its history and its random word. */
#ifndef CHOOSE_H
#define CHOOSE_H

#include "synrl/engine.h"
#include "synrl/policy.h"

/* One reward history's worth of a policy: what a synapse does, by its action history. */
struct greedy_map {
    uint32_t n_histories;                /* 3^n_actions */
    uint8_t action[SYNRL_HISTORIES_MAX]; /* 0, 1, 2; 3 + bit set (3..7 -> 6..10) where tied at
                                            random: 3 + (1 << a | 1 << b ..) */
    bool has_ties;                       /* some entry is above 2 */
    uint64_t explore_end[3];             /* thresholds: word < [0]: -1; < [1]: 0; < [2]: +1; each
                                            0 .. 2^32 */
};

/* Histories of up to PACKED_HISTORIES take four bits each: byte j of a group's 32 holds those of
 * synapses j and j + 32 of its 64, the first in the low bits. */
enum { PACKED_HISTORIES = 16, HISTORY_GROUP = 64 };
void histories_unpack(const uint8_t *packed, size_t n_groups, uint8_t *histories);
void histories_pack(const uint8_t *histories, size_t n_groups, uint8_t *packed);

/* Synapses first .. first + n - 1: draws their words, chooses, writes actions[first ..] and shifts
 * their histories, a byte each or packed; `first` is a multiple of HISTORY_GROUP where packed.
 * counts: this call's own [n_histories * 3], added to; or NULL. cells: or NULL. Where tied at
 * random, of k tied actions the one numbered word % k is taken, counted from -. */
void choose_range(const struct greedy_map *map, synrl_stream stream, size_t first, size_t n,
                  bool is_packed, uint8_t *histories, int8_t *actions, uint64_t *counts,
                  uint16_t *cells);

#endif
