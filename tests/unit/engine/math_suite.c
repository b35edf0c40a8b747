/* SPDX-License-Identifier: MIT */
/* Functions of arrays: within the stated bound of long double arithmetic, the same bits in every
 * variant, in place too. */
#include <float.h>
#include <math.h>
#include <sleef.h>
#include <string.h>

#include "engine/engine.h"

#include "support/test.h"

SUITE("math");

typedef void (*array_function)(size_t n, const float *x, float *y);

static const struct {
    const char *name;
    size_t offset;
    long double (*exact)(long double x);
    float low, high; /* where the bound is tried */
    long double ulps;
} functions[] = {
    {"exp", offsetof(struct kernels, exp), expl, -87.0F, 88.0F, 1.0L},
    {"log", offsetof(struct kernels, log), logl, 1e-30F, 100.0F, 3.5L},
    {"tanh", offsetof(struct kernels, tanh), tanhl, -10.0F, 10.0F, 3.5L},
    {"sin", offsetof(struct kernels, sin), sinl, -100.0F, 100.0F, 3.5L},
    {"cos", offsetof(struct kernels, cos), cosl, -100.0F, 100.0F, 3.5L},
};
enum { N_FUNCTIONS = COUNT_OF(functions), N = 20011 };

static array_function function_of(const struct kernels *kernels, int f) {
    array_function function;
    memcpy(&function, (const char *)kernels + functions[f].offset, sizeof function);
    return function;
}

/* The distance of the floats about x. */
static long double ulp(long double x) {
    const int exponent = x == 0 ? FLT_MIN_EXP : ilogbl(x) + 1;
    return ldexpl(1, (exponent > FLT_MIN_EXP ? exponent : FLT_MIN_EXP) - FLT_MANT_DIG);
}

/* Evenly spread, then the odd ones. */
static void fill_arguments(int f, float *x) {
    static const float odd[] = {0.0F,      -0.0F,   1.0F,     -1.0F,   1e-45F,
                                -1e-40F,   FLT_MAX, -FLT_MAX, 1e5F,    INFINITY,
                                -INFINITY, NAN,     88.8F,    -104.5F, FLT_MIN};
    for (size_t i = 0; i < N; i++) {
        x[i] =
            functions[f].low + (functions[f].high - functions[f].low) * ((float)i / (float)(N - 1));
    }
    memcpy(x + N / 2, odd, sizeof odd);
}

TEST_EACH(values_are_within_the_bound, N_FUNCTIONS) {
    static float x[N], y[N];
    fill_arguments(_i, x);
    const array_function api[] = {math_api.exp, math_api.log, math_api.tanh, math_api.sin,
                                  math_api.cos};
    api[_i](N, x, y);
    for (size_t i = 0; i < N; i++) {
        if (x[i] >= functions[_i].low && x[i] <= functions[_i].high && fabsf(x[i]) > 1e-30F) {
            const long double wanted = functions[_i].exact((long double)x[i]);
            const long double error = fabsl((long double)y[i] - wanted);
            /* near the zeros of sin and cos, their reduction of the argument counts */
            const long double bound = functions[_i].ulps * ulp(wanted) + 1e-12L;
            ck_assert_msg(error <= bound, "%s(%a) = %a is off by %.2Lf ulp", functions[_i].name,
                          (double)x[i], (double)y[i], error / ulp(wanted));
        }
    }
}

TEST_EACH(variants_give_the_same_bits, N_FUNCTIONS) {
    static float x[N], plain[N], other[N];
    const struct kernels *variants[] = {kernels_avx2(), kernels_avx512()};
    fill_arguments(_i, x);
    function_of(kernels_scalar(), _i)(N, x, plain);
    for (size_t v = 0; v < 2; v++) {
        if (variants[v] != NULL) {
            function_of(variants[v], _i)(N, x, other);
            for (size_t i = 0; i < N; i++) {
                ck_assert_msg(memcmp(&plain[i], &other[i], sizeof(float)) == 0 ||
                                  (isnan(plain[i]) && isnan(other[i])),
                              "%s(%a) = %a plain, %a by %s", functions[_i].name, (double)x[i],
                              (double)plain[i], (double)other[i], variants[v]->name);
            }
        }
    }
}

/* The engine's own tanh is SLEEF's, to the last bit, wherever there are floats. */
TEST(tanh_is_that_of_sleef) {
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 4099) {
        const uint32_t word = (uint32_t)bits;
        float x, y;
        memcpy(&x, &word, sizeof x);
        const float wanted = Sleef_cinz_tanhf1_u35purec(x);
        kernels_in_use()->tanh(1, &x, &y);
        if (memcmp(&y, &wanted, sizeof y) != 0) { /* Check is told of failures alone: a million */
            ck_assert_msg(isnan(y) && isnan(wanted), "tanh %a = %a, SLEEF has %a", (double)x,
                          (double)y, (double)wanted);
        }
    }
}

TEST_EACH(any_length_and_in_place, N_FUNCTIONS) {
    static float x[N], whole[N], part[64];
    const struct kernels *variants[] = {kernels_scalar(), kernels_avx2(), kernels_avx512()};
    fill_arguments(_i, x);
    for (size_t v = 0; v < 3 && variants[v] != NULL; v++) {
        function_of(variants[v], _i)(64, x, whole);
        for (size_t n = 0; n <= 40; n++) {
            memcpy(part, x, sizeof part);
            function_of(variants[v], _i)(n, part, part);
            ck_assert_mem_eq(part, whole, n * sizeof *part);
            ck_assert_mem_eq(part + n, x + n, (64 - n) * sizeof *part);
        }
    }
}

/* The powers and the logarithm are those of `exp` and `log`, to the last bit. */
static void check_by_functions(size_t n_rows, const float *x, const float *max_and_log) {
    for (size_t s = 0; s < SYNRL_LANES; s++) {
        float sum = 0.0F;
        for (size_t row = 0; row < n_rows; row++) {
            float power = x[row * SYNRL_LANES + s] - max_and_log[s];
            kernels_scalar()->exp(1, &power, &power);
            sum += power;
        }
        kernels_scalar()->log(1, &sum, &sum);
        ck_assert_mem_eq(&sum, &max_and_log[SYNRL_LANES + s], sizeof sum);
    }
}

TEST(log_sum_exp_lets_nothing_through) {
    const float odd[] = {NAN, INFINITY, -INFINITY, 0.0F};
    for (size_t i = 0; i < 4; i++) {
        float x[3 * SYNRL_LANES] = {0}, max[SYNRL_LANES], log_sum[SYNRL_LANES];
        x[SYNRL_LANES] = odd[i];
        kernels_in_use()->log_sum_exp(3, x, max, log_sum);
        ck_assert(i < 2 ? isnan(log_sum[0])
                        : fabsf(log_sum[0] - logf(i == 2 ? 2.0F : 3.0F)) < 1e-6F);
        ck_assert(fabsf(log_sum[1] - logf(3.0F)) < 1e-6F); /* the other lanes know nothing of it */
    }
}

/* Against long double sums; every variant the same bits; values of any size overflow nothing. */
TEST(log_sum_exp_is_exact_and_the_same_everywhere) {
    enum { ROWS = 23 };
    const struct kernels *variants[] = {kernels_scalar(), kernels_avx2(), kernels_avx512()};
    float x[ROWS * SYNRL_LANES], plain[2 * SYNRL_LANES], out[2 * SYNRL_LANES];
    for (size_t i = 0; i < ROWS * SYNRL_LANES; i++) {
        const float size = i % SYNRL_LANES == 3 ? 1e30F : i % SYNRL_LANES == 4 ? 80.0F : 4.0F;
        x[i] = size * ((float)(i * 2654435761U >> 12 & 1023) / 512.0F - 1.0F);
    }
    for (size_t n_rows = 1; n_rows <= ROWS; n_rows++) {
        kernels_scalar()->log_sum_exp(n_rows, x, plain, plain + SYNRL_LANES);
        for (size_t s = 0; s < SYNRL_LANES; s++) {
            long double most = (long double)x[s], sum = 0;
            for (size_t row = 0; row < n_rows; row++) {
                most = fmaxl(most, (long double)x[row * SYNRL_LANES + s]);
            }
            for (size_t row = 0; row < n_rows; row++) {
                sum += expl((long double)x[row * SYNRL_LANES + s] - most);
            }
            ck_assert(fabsl((long double)plain[s] - most) <= 0);
            ck_assert(fabsl((long double)plain[SYNRL_LANES + s] - logl(sum)) < 2e-6L);
        }
        check_by_functions(n_rows, x, plain);
        for (size_t v = 0; v < 3 && variants[v] != NULL; v++) {
            variants[v]->log_sum_exp(n_rows, x, out, out + SYNRL_LANES);
            ck_assert_mem_eq(out, plain, sizeof plain);
        }
    }
}

TEST(tallies_count_whole_units) {
    const float terms[] = {0.0F, 0.25F, 1.5F, 3.0F, 7.9F, 8.0F, -0.1F, NAN, INFINITY};
    const struct kernels *variants[] = {kernels_scalar(), kernels_avx2(), kernels_avx512()};
    for (size_t v = 0; v < 3 && variants[v] != NULL; v++) {
        int128 sum = 100;
        ck_assert(variants[v]->tally(5, terms, 8.0F, 2.0, &sum)); /* 0 + 0 + 3 + 6 + 15 */
        ck_assert(sum == 124);
        for (size_t bad = 5; bad < 9; bad++) {
            sum = 0;
            ck_assert(!variants[v]->tally(1, terms + bad, 8.0F, 2.0, &sum));
            ck_assert(sum == 0);
        }
    }
}

/* More than 64 bits hold, in vectors and behind them. */
TEST(tallies_do_not_overflow) {
    enum { N_TERMS = 1003 };
    const struct kernels *variants[] = {kernels_scalar(), kernels_avx2(), kernels_avx512()};
    const float limit = 67108864.0F, largest = nextafterf(limit, 0); /* 2^26 - 4 */
    static float terms[N_TERMS];
    for (size_t i = 0; i < N_TERMS; i++) {
        terms[i] = largest;
    }
    const int128 wanted = (int128)N_TERMS * ((int64_t)67108860 << 32);
    ck_assert(wanted > INT64_MAX);
    for (size_t v = 0; v < 3 && variants[v] != NULL; v++) {
        int128 sum = 0;
        ck_assert(variants[v]->tally(N_TERMS, terms, limit, 4294967296.0, &sum));
        ck_assert(sum == wanted);
    }
}
