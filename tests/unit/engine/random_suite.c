/* SPDX-License-Identifier: MIT */
/* Streams against Random123's known answers and its own philox4x32, and what is made of their words
 * against the formulas of host.h. */
#include <Random123/philox.h>
#include <math.h>
#include <stdlib.h>

#include "engine/engine.h"

#include "support/test.h"

SUITE("random");

static const synrl_stream stream = {
    .seed = 0x0123456789abcdefU, .iteration = 0xfedcba9876543210U, .purpose = 77};

/* Element i by the words of host.h alone. */
static uint32_t word_of(synrl_stream of, uint64_t i) {
    const philox4x32_key_t key = {{(uint32_t)of.seed, (uint32_t)(of.seed >> 32)}};
    const philox4x32_ctr_t counter = {{(uint32_t)(16 * (i / 64) + i % 16), (uint32_t)of.iteration,
                                       (uint32_t)(of.iteration >> 32), of.purpose}};
    return philox4x32(counter, key).v[i / 16 % 4];
}

/* From Random123's kat_vectors: philox4x32, 10 rounds. */
TEST(known_answers) {
    static const struct {
        uint32_t counter[4], key[2], answer[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    const struct kernels *variants[] = {kernels_scalar(), kernels_avx2(), kernels_avx512()};
    for (size_t k = 0; k < COUNT_OF(known); k++) {
        const uint32_t *counter = known[k].counter, *key = known[k].key;
        const synrl_stream of = {.seed = (uint64_t)key[1] << 32 | key[0],
                                 .iteration = (uint64_t)counter[2] << 32 | counter[1],
                                 .purpose = counter[3]};
        for (size_t v = 0; v < 3 && variants[v] != NULL; v++) {
            uint32_t group[64];
            variants[v]->words(of, counter[0] / 16, 1, group);
            for (size_t w = 0; w < 4; w++) {
                ck_assert_uint_eq(group[16 * w + counter[0] % 16], known[k].answer[w]);
            }
        }
    }
}

TEST(any_range_is_a_part_of_the_stream) {
    uint32_t words[300];
    const uint64_t firsts[] = {0, 1, 63, 64, 65, 1000, ((uint64_t)1 << 32) - 150};
    const size_t sizes[] = {0, 1, 15, 63, 64, 65, 128, 191, 299};
    for (size_t f = 0; f < COUNT_OF(firsts); f++) {
        for (size_t s = 0; s < COUNT_OF(sizes); s++) {
            words[sizes[s]] = 42;
            random_api.words(stream, firsts[f], sizes[s], words);
            for (size_t i = 0; i < sizes[s]; i++) {
                ck_assert_uint_eq(words[i], word_of(stream, firsts[f] + i));
            }
            ck_assert_uint_eq(words[sizes[s]], 42);
        }
    }
}

TEST(streams_differ_in_each_of_their_names) {
    const synrl_stream others[] = {{stream.seed + 1, stream.iteration, stream.purpose},
                                   {stream.seed + ((uint64_t)1 << 32), stream.iteration, 77},
                                   {stream.seed, stream.iteration + 1, stream.purpose},
                                   {stream.seed, stream.iteration + ((uint64_t)1 << 32), 77},
                                   {stream.seed, stream.iteration, stream.purpose + 1}};
    uint32_t words[64], other[64];
    random_api.words(stream, 0, 64, words);
    for (size_t o = 0; o < COUNT_OF(others); o++) {
        size_t n_equal = 0;
        random_api.words(others[o], 0, 64, other);
        for (size_t i = 0; i < 64; i++) {
            n_equal += words[i] == other[i];
        }
        ck_assert_uint_lt(n_equal, 2);
    }
}

TEST(uniform_is_the_formula) {
    enum { N = 5000 };
    static float values[N];
    random_api.uniform(stream, 13, N, -0.5F, 2.0F, values);
    for (size_t i = 0; i < N; i++) {
        const float unit = (float)(word_of(stream, 13 + i) >> 8) / 16777216.0F;
        const float wanted = -0.5F + 2.5F * unit;
        ck_assert(values[i] >= wanted && values[i] <= wanted);
        ck_assert(values[i] >= -0.5F && values[i] < 2.0F);
    }
}

/* Box and Muller in long double, from elements 2i and 2i + 1. The angle is a float below 2 pi, so
 * off by up to 2^-22 or so, and the radius at most 6. */
TEST(normal_is_box_and_muller) {
    enum { N = 3000 };
    static float values[N];
    random_api.normal(stream, 5, N, values);
    for (size_t i = 0; i < N; i++) {
        const long double u = ((long double)(word_of(stream, 2 * (5 + i)) >> 8) + 1) / 16777216.0L;
        const long double v = (long double)(word_of(stream, 2 * (5 + i) + 1) >> 8) / 16777216.0L;
        const long double wanted = sqrtl(-2 * logl(u)) * cosl(2 * acosl(-1.0L) * v);
        ck_assert_msg(fabsl((long double)values[i] - wanted) < 1e-5L, "element %zu", i);
    }
}

/* The mean of N standard normals lies within 5 / sqrt(N) of 0, their mean square within
 * 5 sqrt(2 / N) of 1, but for one run in a million; the stream is fixed. */
TEST(normal_has_mean_0_and_variance_1) {
    enum { N = 100000 };
    static float values[N];
    double sum = 0, squares = 0;
    random_api.normal(stream, 0, N, values);
    for (size_t i = 0; i < N; i++) {
        sum += (double)values[i];
        squares += (double)values[i] * (double)values[i];
    }
    ck_assert_double_lt(fabs(sum / N), 0.0158);
    ck_assert_double_lt(fabs(squares / N - 1), 0.0224);
}

/* A pile of items: the chosen one is swapped to the front of what is left. */
TEST(sample_is_fisher_and_yates) {
    const uint32_t sizes[] = {1, 2, 10, 1500, 5000};
    for (size_t s = 0; s < COUNT_OF(sizes); s++) {
        const uint32_t n = sizes[s], k = n > 3 ? n - n / 4 : n;
        uint32_t *items = calloc(n, sizeof *items), *pile = calloc(n, sizeof *pile);
        ck_assert(items != NULL && pile != NULL);
        random_api.sample(stream, k, n, items);
        for (uint32_t i = 0; i < n; i++) {
            pile[i] = i;
        }
        for (uint32_t i = 0; i < k; i++) {
            const double fraction = (double)word_of(stream, i) / 4294967296.0; /* exact */
            const uint32_t picked = i + (uint32_t)floor(fraction * (n - i));
            const uint32_t item = pile[picked];
            pile[picked] = pile[i];
            pile[i] = item;
            ck_assert_uint_eq(items[i], item);
        }
        free(items);
        free(pile);
    }
}

TEST(a_sample_of_nothing_is_empty) {
    uint32_t items[1] = {9};
    random_api.sample(stream, 0, 0, items);
    ck_assert_uint_eq(items[0], 9);
}
