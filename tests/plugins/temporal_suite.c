/* SPDX-License-Identifier: MIT */
/* Data sets "temporal" and "encoder": a few sequences by hand, and all of them against answers
 * that are found again from the inputs, one step at a time. */
#include <math.h>
#include <string.h>

#include "engine/engine.h"
#include "support/loader.h"
#include "support/sanitizer.h"
#include "support/test.h"

static struct loader loader;

static void setup(void) {
    loader_open(&loader);
}

static void teardown(void) {
    loader_close(&loader);
}

SUITE("temporal", .setup = setup, .teardown = teardown);

#define TASK(name, ...) loader_load(&loader, "temporal", GIVEN({"task", STRING(name)}, __VA_ARGS__))

/* A sequence of a data set, after its leading zeros. */
struct sequence {
    size_t n_steps, n_features;
    const float *x, *targets; /* [n_steps][n_features] */
};

static bool is_zero(const float *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (x[i] != 0.0F) {
            return false;
        }
    }
    return true;
}

static struct sequence sequence_of(const synrl_data *data, size_t s) {
    struct sequence sequence = {.n_steps = data->n_steps,
                                .n_features = data->n_inputs / data->n_steps,
                                .x = (const float *)data->inputs + s * data->n_inputs,
                                .targets = data->targets + s * data->n_targets};
    while (sequence.n_steps > 1 && is_zero(sequence.x, sequence.n_features)) {
        sequence.x += sequence.n_features;
        sequence.n_steps--;
    }
    return sequence;
}

/* Which of n features is 1; all others must be 0. n: none. */
static size_t find_one(const float *x, size_t n) {
    size_t found = n;
    for (size_t i = 0; i < n; i++) {
        ck_assert(x[i] == 0.0F || x[i] == 1.0F);
        ck_assert(x[i] == 0.0F || found == n);
        found = x[i] == 1.0F ? i : found;
    }
    return found;
}

static void check_shape(const synrl_data *data, size_t n_samples, size_t n_steps, size_t n_features,
                        size_t n_targets, size_t n_classes) {
    ck_assert_uint_eq(data->n_samples, n_samples);
    ck_assert_uint_eq(data->n_steps, n_steps);
    ck_assert_uint_eq(data->n_inputs, n_steps * n_features);
    ck_assert_uint_eq(data->n_targets, n_targets);
    ck_assert_uint_eq(data->n_classes, n_classes);
    ck_assert((data->labels != NULL) == (n_targets == 0));
}

/* How often something came of n draws with this probability; 5 standard deviations. */
static void check_share(size_t count, size_t n, double probability) {
    const double deviation = sqrt((double)n * probability * (1 - probability));
    ck_assert_msg(fabs((double)count - (double)n * probability) <= 5 * deviation + 1e-9,
                  "%zu of %zu, with probability %g", count, n, probability);
}

/* Bits ----------------------------------------------------------------------------------------- */

/* All eight sequences of three bits, and how many +1 they have: 0 1 1 2 1 2 2 3. */
TEST(parity_of_three_by_hand) {
    static const float bits[8][3] = {{-1, -1, -1}, {-1, -1, 1}, {-1, 1, -1}, {-1, 1, 1},
                                     {1, -1, -1},  {1, -1, 1},  {1, 1, -1},  {1, 1, 1}};
    static const float targets[8] = {-1, 1, 1, -1, 1, -1, -1, 1};
    struct dataset *dataset = TASK("parity", {"steps", INTEGER(3)}, {"samples", INTEGER(8)});
    const synrl_data *data = dataset_data(dataset);
    check_shape(data, 8, 3, 1, 1, 2);
    ck_assert_mem_eq(data->inputs, bits, sizeof bits);
    ck_assert_mem_eq(data->targets, targets, sizeof targets);
    ck_assert_str_eq(data->class_names[0], "even");
    ck_assert_str_eq(data->class_names[1], "odd");
    dataset_release(dataset);
}

/* With one or two steps each sequence once, and zeros before the shorter. */
TEST(shorter_sequences_begin_with_zeros) {
    static const float bits[6][2] = {{0, -1}, {0, 1}, {-1, -1}, {-1, 1}, {1, -1}, {1, 1}};
    static const float targets[6] = {-1, 1, -1, 1, 1, -1};
    struct dataset *dataset = TASK("parity", {"steps", INTEGER(2)}, {"shortest", INTEGER(1)});
    check_shape(dataset_data(dataset), 6, 2, 1, 1, 2);
    ck_assert_mem_eq(dataset_data(dataset)->inputs, bits, sizeof bits);
    ck_assert_mem_eq(dataset_data(dataset)->targets, targets, sizeof targets);
    dataset_release(dataset);
}

/* Of three bits, the last and the first. */
TEST(xor_of_two_steps_by_hand) {
    static const float targets[8] = {-1, 1, -1, 1, 1, -1, 1, -1};
    struct dataset *dataset = TASK("xor", {"steps", INTEGER(3)}, {"delay", INTEGER(2)});
    check_shape(dataset_data(dataset), 8, 3, 1, 1, 2);
    ck_assert_mem_eq(dataset_data(dataset)->targets, targets, sizeof targets);
    ck_assert_str_eq(dataset_data(dataset)->class_names[0], "equal");
    ck_assert_str_eq(dataset_data(dataset)->class_names[1], "different");
    dataset_release(dataset);
}

static void check_bits(struct dataset *dataset, size_t delay) { /* 0: parity */
    const synrl_data *data = dataset_data(dataset);
    size_t n_ones = 0, n_bits = 0;
    for (size_t s = 0; s < data->n_samples; s++) {
        const struct sequence sequence = sequence_of(data, s);
        float product = -1.0F; /* of the bits that count, with their signs turned: -1 for none */
        for (size_t t = 0; t < sequence.n_steps; t++) {
            ck_assert(fabsf(sequence.x[t]) == 1.0F);
            const size_t back = sequence.n_steps - 1 - t;
            product *= delay == 0 || back == 0 || back == delay ? -sequence.x[t] : 1.0F;
            n_ones += sequence.x[t] > 0;
            n_bits++;
        }
        ck_assert_float_eq(sequence.targets[0], product);
    }
    check_share(n_ones, n_bits, 0.5);
    dataset_release(dataset);
}

TEST(bits_of_every_length) {
    check_bits(TASK("parity", {"steps", INTEGER(50)}), 0);
    check_bits(TASK("parity", {"steps", INTEGER(8)}), 0);
    check_bits(TASK("parity", {"steps", INTEGER(40)}, {"shortest", INTEGER(2)}), 0);
    check_bits(TASK("xor", {"steps", INTEGER(20)}), 1);
    check_bits(TASK("xor", {"steps", INTEGER(20)}, {"delay", INTEGER(19)}), 19);
    check_bits(TASK("xor", {"steps", INTEGER(60)}, {"shortest", INTEGER(8)}, {"delay", INTEGER(7)}),
               7);
}

/* Samples are at most as many as asked for: 2^8 of 256, not of 255. */
TEST(all_sequences_where_they_are_few_enough) {
    for (int64_t samples = 255; samples <= 257; samples++) {
        struct dataset *dataset = TASK("parity", {"samples", INTEGER(samples)});
        const synrl_data *data = dataset_data(dataset);
        bool seen[256] = {false};
        size_t n_seen = 0;
        ck_assert_uint_eq(data->n_samples, samples == 255 ? 255 : 256);
        for (size_t s = 0; s < data->n_samples; s++) {
            size_t number = 0;
            for (size_t t = 0; t < 8; t++) {
                number = 2 * number + (((const float *)data->inputs)[s * 8 + t] > 0);
            }
            n_seen += !seen[number];
            seen[number] = true;
        }
        ck_assert_uint_eq(n_seen == 256, samples >= 256);
        dataset_release(dataset);
    }
}

/* The others ----------------------------------------------------------------------------------- */

static void check_copy(struct dataset *dataset, size_t length, size_t n_symbols) {
    const synrl_data *data = dataset_data(dataset);
    size_t count = 0;
    for (size_t s = 0; s < data->n_samples; s++) {
        const struct sequence sequence = sequence_of(data, s);
        for (size_t t = 0; t < sequence.n_steps; t++) {
            const float *x = sequence.x + t * sequence.n_features;
            const size_t symbol = find_one(x, n_symbols);
            ck_assert_float_eq(x[n_symbols], t + 1 == sequence.n_steps ? 1.0F : 0.0F);
            ck_assert((symbol < n_symbols) == (t < length));
            if (t < length) {
                ck_assert_uint_eq(find_one(sequence.targets + t * n_symbols, n_symbols), symbol);
                count += symbol == 0;
            }
        }
    }
    check_share(count, data->n_samples * length, 1.0 / (double)n_symbols);
    dataset_release(dataset);
}

TEST(copies_are_the_first_symbols) {
    struct dataset *dataset = TASK("copy", {"samples", INTEGER(900)});
    check_shape(dataset_data(dataset), 900, 8, 9, 24, 0);
    check_copy(dataset, 3, 8);
    check_copy(TASK("copy", {"steps", INTEGER(5)}, {"length", INTEGER(4)}, {"symbols", INTEGER(2)}),
               4, 2);
    check_copy(TASK("copy", {"steps", INTEGER(30)}, {"shortest", INTEGER(4)}), 3, 8);
}

static void check_adding(struct dataset *dataset) {
    const synrl_data *data = dataset_data(dataset);
    double mean = 0, error = 0;
    for (size_t s = 0; s < data->n_samples; s++) {
        const struct sequence sequence = sequence_of(data, s);
        size_t marked[2] = {0, 0};
        float sum = 0;
        for (size_t t = 0; t < sequence.n_steps; t++) {
            const float value = sequence.x[2 * t], mark = sequence.x[2 * t + 1];
            ck_assert(value >= 0 && value < 1 && (mark == 0.0F || mark == 1.0F));
            marked[t >= sequence.n_steps / 2] += mark == 1.0F;
            sum += mark * value;
        }
        ck_assert(marked[0] == 1 && marked[1] == 1);
        ck_assert_float_eq(sequence.targets[0], sum);
        mean += (double)sum / (double)data->n_samples;
        error += (double)((sum - 1) * (sum - 1)) / (double)data->n_samples;
    }
    /* The sum of two of U(0, 1) has mean 1 and variance 1/6, its square 1/15 - 1/36 = 7/180. */
    ck_assert_double_eq_tol(mean, 1, 5 * sqrt(1.0 / 6 / (double)data->n_samples));
    ck_assert_double_eq_tol(error, 1.0 / 6, 5 * sqrt(7.0 / 180 / (double)data->n_samples));
    dataset_release(dataset);
}

TEST(sums_of_what_is_marked) {
    struct dataset *dataset = TASK("adding", {"samples", INTEGER(3000)}, {"steps", INTEGER(7)});
    check_shape(dataset_data(dataset), 3000, 7, 2, 1, 0);
    check_adding(dataset);
    check_adding(TASK("adding", {"steps", INTEGER(2)}));
    check_adding(TASK("adding", {"steps", INTEGER(100)}));
}

/* Sample 3 of seed 9, word for word: marks by words 3 and 4, numbers from word 5 on. */
TEST(adding_by_its_random_words) {
    enum { STEPS = 11, SEED = 9, SAMPLE = 3 };
    uint32_t words[5 + STEPS];
    float numbers[STEPS];
    const synrl_stream stream = {SEED, SAMPLE, SYNRL_PURPOSE_DATA};
    random_api.words(stream, 0, 5 + STEPS, words);
    random_api.uniform(stream, 5, STEPS, 0, 1, numbers);
    const size_t one = (size_t)floor(words[3] / 4294967296.0 * 5);
    const size_t other = 5 + (size_t)floor(words[4] / 4294967296.0 * 6);
    struct dataset *dataset = TASK("adding", {"steps", INTEGER(STEPS)}, {"seed", INTEGER(SEED)});
    const synrl_data *data = dataset_data(dataset);
    const float *x = (const float *)data->inputs + SAMPLE * data->n_inputs;
    for (size_t t = 0; t < STEPS; t++) {
        ck_assert_float_eq(x[2 * t], numbers[t]);
        ck_assert_float_eq(x[2 * t + 1], t == one || t == other ? 1.0F : 0.0F);
    }
    ck_assert_float_eq(data->targets[SAMPLE], numbers[one] + numbers[other]);
    dataset_release(dataset);
}

static void check_match(struct dataset *dataset) {
    const synrl_data *data = dataset_data(dataset);
    size_t n_equal = 0, firsts = 0;
    for (size_t s = 0; s < data->n_samples; s++) {
        const struct sequence sequence = sequence_of(data, s);
        const size_t n = sequence.n_features, last = sequence.n_steps - 1;
        const size_t one = find_one(sequence.x, n), other = find_one(sequence.x + last * n, n);
        ck_assert(sequence.n_steps >= 2 && one < n && other < n);
        ck_assert(is_zero(sequence.x + n, (last - 1) * n));
        ck_assert_float_eq(sequence.targets[0], one == other ? 1.0F : -1.0F);
        n_equal += one == other;
        firsts += one == 0;
    }
    check_share(n_equal, data->n_samples, 0.5);
    check_share(firsts, data->n_samples, 1.0 / ((double)data->n_inputs / (double)data->n_steps));
    dataset_release(dataset);
}

TEST(matches_of_the_first_and_the_last) {
    struct dataset *dataset = TASK("match", {"steps", INTEGER(5)});
    check_shape(dataset_data(dataset), 1000, 5, 2, 1, 2);
    ck_assert_str_eq(dataset_data(dataset)->class_names[0], "different");
    ck_assert_str_eq(dataset_data(dataset)->class_names[1], "equal");
    check_match(dataset);
    check_match(TASK("match", {"steps", INTEGER(2)}, {"symbols", INTEGER(5)}));
    check_match(TASK("match", {"steps", INTEGER(20)}, {"shortest", INTEGER(2)}));
}

static void check_flip_flop(struct dataset *dataset, double probability) {
    const synrl_data *data = dataset_data(dataset);
    const size_t n = data->n_targets;
    size_t n_pulses = 0, n_positive = 0, n_steps = 0;
    for (size_t s = 0; s < data->n_samples; s++) {
        const struct sequence sequence = sequence_of(data, s);
        for (size_t c = 0; c < n; c++) {
            size_t last = sequence.n_steps - 1;
            ck_assert_float_ne(sequence.x[c], 0.0F);
            for (size_t t = 1; t < sequence.n_steps; t++) {
                const float pulse = sequence.x[t * n + c];
                ck_assert(pulse == 0.0F || fabsf(pulse) == 1.0F);
                n_pulses += pulse != 0.0F;
                n_positive += pulse > 0;
                n_steps++;
            }
            while (sequence.x[last * n + c] == 0.0F) {
                last--;
            }
            ck_assert_float_eq(sequence.targets[c], sequence.x[last * n + c]);
        }
    }
    check_share(n_pulses, n_steps, probability);
    check_share(n_positive, n_pulses, 0.5);
    dataset_release(dataset);
}

TEST(the_last_pulse_of_each_channel) {
    struct dataset *dataset = TASK("flip_flop", {"steps", INTEGER(12)});
    check_shape(dataset_data(dataset), 1000, 12, 3, 3, 0);
    check_flip_flop(dataset, 0.25);
    check_flip_flop(TASK("flip_flop", {"steps", INTEGER(30)}, {"shortest", INTEGER(2)},
                         {"channels", INTEGER(1)}, {"probability", NUMBER(0.1)}),
                    0.1);
    check_flip_flop(TASK("flip_flop", {"channels", INTEGER(2)}, {"probability", NUMBER(1)}), 1);
    struct dataset *shortest = TASK("flip_flop", {"steps", INTEGER(1)});
    ck_assert_mem_eq(dataset_data(shortest)->inputs, dataset_data(shortest)->targets,
                     3000 * sizeof(float));
    dataset_release(shortest);
}

static void check_order(struct dataset *dataset) {
    const synrl_data *data = dataset_data(dataset);
    size_t counts[4] = {0};
    for (size_t s = 0; s < data->n_samples; s++) {
        const struct sequence sequence = sequence_of(data, s);
        const double n = (double)sequence.n_steps;
        int32_t label = 0;
        size_t n_found = 0;
        for (size_t t = 0; t < sequence.n_steps; t++) {
            const size_t symbol =
                find_one(sequence.x + t * sequence.n_features, sequence.n_features);
            ck_assert_uint_lt(symbol, sequence.n_features);
            if (symbol < 2) {
                const double least = n_found == 0 ? 0.1 : 0.5, most = n_found == 0 ? 0.2 : 0.6;
                ck_assert((double)t >= floor(least * n + 1e-9));
                ck_assert((double)t <= floor(most * n + 1e-9));
                label = 2 * label + (int32_t)symbol;
                n_found++;
            }
        }
        ck_assert_uint_eq(n_found, 2);
        ck_assert_int_eq(data->labels[s], label);
        counts[label]++;
    }
    for (size_t c = 0; c < 4; c++) {
        check_share(counts[c], data->n_samples, 0.25);
    }
    dataset_release(dataset);
}

TEST(the_order_of_two_symbols) {
    struct dataset *dataset = TASK("order", {"steps", INTEGER(20)});
    check_shape(dataset_data(dataset), 1000, 20, 6, 0, 4);
    ck_assert_str_eq(dataset_data(dataset)->class_names[1], "XY");
    ck_assert_str_eq(dataset_data(dataset)->class_names[2], "YX");
    check_order(dataset);
    check_order(TASK("order", {"steps", INTEGER(2)}, {"symbols", INTEGER(2)}));
    check_order(TASK("order", {"steps", INTEGER(103)}));
    check_order(TASK("order", {"steps", INTEGER(40)}, {"shortest", INTEGER(2)}));
}

/* Each length from the shortest to the longest is there, about equally often. */
TEST(lengths_are_drawn) {
    struct dataset *dataset = TASK("adding", {"steps", INTEGER(6)}, {"shortest", INTEGER(3)});
    size_t counts[7] = {0};
    for (size_t s = 0; s < 1000; s++) {
        counts[sequence_of(dataset_data(dataset), s).n_steps]++;
    }
    for (size_t length = 0; length <= 6; length++) {
        check_share(counts[length], 1000, length >= 3 ? 0.25 : 0);
    }
    dataset_release(dataset);
}

/* Seeds, refusals, memory ---------------------------------------------------------------------- */

static const char *const tasks[] = {"xor",   "parity",    "copy", "adding",
                                    "match", "flip_flop", "order"};

static struct dataset *seeded(const char *task, int64_t seed) {
    return TASK(task, {"steps", INTEGER(12)}, {"samples", INTEGER(40)}, {"seed", INTEGER(seed)});
}

TEST(depends_only_on_its_seed) {
    for (size_t t = 0; t < COUNT_OF(tasks); t++) {
        struct dataset *a = seeded(tasks[t], 7), *b = seeded(tasks[t], 7), *c = seeded(tasks[t], 8);
        ck_assert_uint_eq(dataset_hash(a), dataset_hash(b));
        ck_assert_mem_ne(dataset_data(a)->inputs, dataset_data(c)->inputs,
                         40 * dataset_data(a)->n_inputs * sizeof(float));
        dataset_release(a);
        dataset_release(b);
        dataset_release(c);
    }
}

#define REFUSED(text, ...) \
    loader_refuse(&loader, SYNRL_INVALID, text, "temporal", GIVEN(__VA_ARGS__))

TEST(refuses_what_a_task_cannot_be) {
    REFUSED("steps is 3: must be at least 4 for \"copy\"", {"task", STRING("copy")},
            {"steps", INTEGER(3)});
    REFUSED("steps is 5: must be at least 6 for \"xor\"", {"task", STRING("xor")},
            {"steps", INTEGER(5)}, {"delay", INTEGER(5)});
    REFUSED("steps is 1: must be at least 2 for \"adding\"", {"task", STRING("adding")},
            {"steps", INTEGER(1)});
    REFUSED("steps is 1: must be at least 2 for \"match\"", {"task", STRING("match")},
            {"steps", INTEGER(1)});
    REFUSED("steps is 1: must be at least 2 for \"order\"", {"task", STRING("order")},
            {"steps", INTEGER(1)});
    REFUSED("shortest is 9: must be 0, or 1 .. 8 for \"parity\" of 8 steps",
            {"shortest", INTEGER(9)});
    REFUSED("shortest is 3: must be 0, or 4 .. 8 for \"copy\" of 8 steps", {"task", STRING("copy")},
            {"shortest", INTEGER(3)});
    REFUSED("delay is a parameter of other tasks than \"parity\"", {"delay", INTEGER(1)});
    REFUSED("symbols is a parameter of other tasks than \"adding\"", {"task", STRING("adding")},
            {"symbols", INTEGER(4)});
    REFUSED("length is a parameter of other tasks than \"match\"", {"task", STRING("match")},
            {"length", INTEGER(4)});
    REFUSED("channels is a parameter of other tasks than \"order\"", {"task", STRING("order")},
            {"channels", INTEGER(4)});
    REFUSED("probability is a parameter of other tasks than \"copy\"", {"task", STRING("copy")},
            {"probability", NUMBER(0.5)});
}

TEST(leaves_nothing_when_memory_runs_out) {
    for (size_t t = 0; t < COUNT_OF(tasks); t++) {
        loader_short_memory("temporal",
                            GIVEN({"task", STRING(tasks[t])}, {"samples", INTEGER(10)}));
    }
    loader_short_memory("encoder", 0, NULL);
}

/* The largest sizes: 10^8 sequences of 10^6 steps of 1,001 numbers are too many for any memory. */
/* A sanitizer ends the program instead. */
#if !defined HAS_ADDRESS_SANITIZER && !defined HAS_THREAD_SANITIZER
TEST(refuses_what_fits_no_memory) {
    loader_refuse(&loader, SYNRL_NO_MEMORY, "memory", "temporal",
                  GIVEN({"task", STRING("copy")}, {"steps", NUMBER(1e6)}, {"samples", NUMBER(1e8)},
                        {"symbols", INTEGER(1000)}, {"length", INTEGER(10000)}));
}
#endif

/* Encoder -------------------------------------------------------------------------------------- */

TEST(patterns_are_their_own_targets) {
    static const float three[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    static const int32_t labels[3] = {0, 1, 2};
    struct dataset *dataset = loader_load(&loader, "encoder", 0, NULL);
    ck_assert_uint_eq(dataset_data(dataset)->n_samples, 8);
    ck_assert_uint_eq(dataset_data(dataset)->n_inputs, 8);
    ck_assert_uint_eq(dataset_data(dataset)->n_targets, 8);
    ck_assert_uint_eq(dataset_data(dataset)->n_classes, 8);
    dataset_release(dataset);
    dataset = loader_load(&loader, "encoder", GIVEN({"patterns", INTEGER(3)}));
    ck_assert_mem_eq(dataset_data(dataset)->inputs, three, sizeof three);
    ck_assert_mem_eq(dataset_data(dataset)->targets, three, sizeof three);
    ck_assert_mem_eq(dataset_data(dataset)->labels, labels, sizeof labels);
    dataset_release(dataset);
}
