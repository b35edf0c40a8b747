/* SPDX-License-Identifier: MIT */
/* The policy step over a range of synapses: random words, actions, histories. */
#include "engine/choose.h"

#include <string.h>

#include "engine/isa.h"
#include "engine/random.h"

enum { CHUNK = 1024 };

/* For maps with random ties: word by word. */
static void choose_tied(const struct greedy_map *map, size_t n, const uint32_t *words,
                        uint8_t *histories, int8_t *actions) {
    for (size_t i = 0; i < n; i++) {
        const struct kernels *kernels = kernels_in_use();
        struct greedy_map one = *map;
        const uint8_t code = map->action[histories[i]];
        if (code > 2) {
            const unsigned tied = code - 3U;
            unsigned members[3] = {0}, n_members = 0;
            for (unsigned action = 0; action < 3; action++) {
                if ((tied >> action & 1U) != 0) {
                    members[n_members++] = action;
                }
            }
            one.action[histories[i]] = (uint8_t)members[words[i] % n_members];
        }
        kernels->choose(&one, 1, words + i, histories + i, actions + i);
    }
}

static void note_cells(size_t n, const uint8_t *before, const int8_t *actions, uint64_t *counts,
                       uint16_t *cells) {
    for (size_t i = 0; i < n; i++) {
        const uint16_t cell = (uint16_t)(before[i] * 3 + actions[i] + 1);
        if (counts != NULL) {
            counts[cell]++;
        }
        if (cells != NULL) {
            cells[i] = cell;
        }
    }
}

enum { GROUP_BYTES = HISTORY_GROUP / 2 };

void histories_unpack(const uint8_t *packed, size_t n_groups, uint8_t *histories) {
    for (size_t g = 0; g < n_groups; g++, packed += GROUP_BYTES, histories += HISTORY_GROUP) {
        for (size_t j = 0; j < GROUP_BYTES; j++) {
            histories[j] = packed[j] & 15;
            histories[j + GROUP_BYTES] = packed[j] >> 4;
        }
    }
}

void histories_pack(const uint8_t *histories, size_t n_groups, uint8_t *packed) {
    for (size_t g = 0; g < n_groups; g++, packed += GROUP_BYTES, histories += HISTORY_GROUP) {
        for (size_t j = 0; j < GROUP_BYTES; j++) {
            packed[j] = (uint8_t)(histories[j] | histories[j + GROUP_BYTES] << 4);
        }
    }
}

/* For the kernels a situation is a longer history, whose oldest digits are the features. */
static void add_features(const struct policy_step *step, size_t first, size_t n,
                         uint8_t *histories) {
    const uint8_t *features = step->features + first;
    for (size_t i = 0; i < n; i++) {
        histories[i] = (uint8_t)(features[i] * step->n_histories + histories[i]);
    }
}

static void drop_features(const struct policy_step *step, size_t n, uint8_t *situations) {
    uint8_t history_of[SYNRL_HISTORIES_MAX] = {0};
    for (uint32_t situation = 0; situation < step->map.n_histories; situation++) {
        history_of[situation] = (uint8_t)(situation % step->n_histories);
    }
    for (size_t i = 0; i < n; i++) {
        situations[i] = history_of[situations[i]];
    }
}

void choose_range(const struct policy_step *step, size_t first, size_t n, uint64_t *counts) {
    const struct kernels *kernels = kernels_in_use();
    const bool is_noting = counts != NULL || step->cells != NULL;
    uint32_t words[CHUNK];
    uint8_t before[CHUNK], unpacked[CHUNK];
    for (size_t at = first, end = first + n, size; at < end; at += size) {
        size = end - at < CHUNK ? end - at : CHUNK;
        const size_t n_groups = (size + HISTORY_GROUP - 1) / HISTORY_GROUP;
        uint8_t *packed = step->histories + at / 2;
        uint8_t *own = step->is_packed ? unpacked : step->histories + at;
        random_api.words(step->stream, at, size, words);
        if (step->is_packed) {
            histories_unpack(packed, n_groups, unpacked);
        }
        if (step->features != NULL) {
            add_features(step, at, size, own);
        }
        if (is_noting) {
            memcpy(before, own, size);
        }
        if (step->map.has_ties) {
            choose_tied(&step->map, size, words, own, step->actions + at);
        } else {
            kernels->choose(&step->map, size, words, own, step->actions + at);
        }
        if (step->features != NULL) {
            drop_features(step, size, own);
        }
        if (step->is_packed) {
            histories_pack(unpacked, n_groups, packed);
        }
        if (is_noting) {
            note_cells(size, before, step->actions + at, counts,
                       step->cells != NULL ? step->cells + at : NULL);
        }
    }
}
