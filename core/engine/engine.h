/* What the engine gives to the rest of the core; models see synrl/engine.h. */
#ifndef ENGINE_H
#define ENGINE_H

#include "synrl/engine.h"
#include "synrl/policy.h"

extern const synrl_engine_api engine_api;
extern const synrl_random_api random_api;
extern const synrl_math_api math_api;

/* The SIMD variant in use: "scalar", "avx2" or "avx512"; SYNRL_ISA forces one. All give the same
 * bits. NULL where SYNRL_ISA names none, or one that this machine does not have. */
const char *engine_isa(void);

/* Which path projections take: what SYNRL_PATH says, "auto" (as without it), "dense" or "sparse";
 * NULL where it says something else. All give the same bits. */
const char *engine_path(void);

/* Runs the multiply-accumulate instruction of one variant's dense path and nothing else, to see
 * what this machine's peak is. Returns how many multiply-accumulates that was; 0 where this machine
 * does not have the variant, or the variant no such instruction. */
uint64_t engine_peak(const char *isa, uint64_t rounds);
/* The dense path's inner loop alone, over a batch, from its last tile to its first if `backwards`:
 * its bytes times actions [n_outputs][n_inputs], n_inputs a multiple of 4, into sums
 * [SYNRL_TILE_BLOCKS][n_outputs][SYNRL_LANES], tile after tile. */
void engine_dense(const synrl_batch *batch, bool backwards, size_t n_outputs, const int8_t *actions,
                  int32_t *sums);

__extension__ typedef __int128 int128; /* sums of up to 2^31 terms below 2^58 */

/* *sum += each term times `unit`, cut to an integer: sums of integers have no order. False, and
 * that term left out, where one is not within 0 .. limit; limit * unit: up to 2^58. */
bool engine_tally(size_t n, const float *terms, float limit, double unit, int128 *sum);

/* Batches -------------------------------------------------------------------------------------- */

/* Room for n_samples of n_inputs each; nothing in it yet. Freed by batch_destroy. */
synrl_status batch_create(const synrl_host *host, size_t n_samples, size_t n_inputs, bool bytes,
                          float scale, synrl_batch **batch);
void batch_destroy(synrl_batch *batch); /* NULL is allowed */
/* Packs the samples: sample s is row rows[s] of inputs [..][n_inputs] (rows NULL: row s), bytes or
 * floats as created. Lanes behind the last sample get copies of it. Models have to bind anew. */
void batch_fill(synrl_batch *batch, const void *inputs, const uint32_t *rows);
/* Passes over a batch go to and fro, so that each begins with what the last one left in the cache:
 * whether the next one goes from the last block to the first; and the turn after a pass. */
bool batch_is_backwards(const synrl_batch *batch);
void batch_turn(synrl_batch *batch);

/* The policy step ------------------------------------------------------------------------------ */

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
