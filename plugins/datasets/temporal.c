/* SPDX-License-Identifier: MIT */
/* Tasks of memory: sequences of L steps, answered after the last. Everything is drawn anew for
 * each sequence; bits are -1 and +1, "one of n" are n features of which one is 1 and the others 0.
 *
 *     xor        one bit per step; +1 where the last bit differs from the one `delay` steps before,
 *                else -1. After Elman, "Finding structure in time", 1990
 *     parity     one bit per step; +1 where the number of +1 is odd, else -1. Schmidhuber and
 *                Hochreiter, "Guessing can outperform many long time lag algorithms", 1996
 *     copy       `length` symbols, each one of `symbols`, in the first steps, then nothing; the
 *                last feature is 1 in the last step. Targets: all symbols, [length][symbols], each
 *                one of n. After Arjovsky, Shah and Bengio, "Unitary evolution recurrent neural
 *                networks", 2016, who ask for them one by one
 *     adding     a number from U(0, 1) and a mark per step; the mark is 1 in one of the first
 *                floor(L / 2) steps and in one of the others, else 0. Target: the sum of the two
 *                marked numbers; always answering 1 has a mean squared error of 1/6. Hochreiter and
 *                Schmidhuber, "Long short-term memory", 1997, experiment 4; in this form Le, Jaitly
 *                and Hinton, "A simple way to initialize recurrent networks", 2015
 *     match      one of `symbols` in the first step, one in the last, nothing between; +1 where
 *                they are equal, as in half of the sequences, else -1. After Miconi, "Biologically
 *                plausible learning in recurrent neural networks", 2017
 *     flip_flop  in each of `channels` a pulse of -1 or +1, equally likely, with `probability` per
 *                step and always in the first, else 0. Targets: the last pulse of each channel.
 *                Sussillo and Barak, "Opening the black box", 2013
 *     order      X or Y, the first two features, in one step of floor(L / 10) .. floor(2 L / 10),
 *                counted from 0, and in one of floor(5 L / 10) .. floor(6 L / 10); one of `symbols`
 *                others in each other step. Classes: XX, XY, YX, YY. Hochreiter and Schmidhuber
 *                1997, task 6a
 *
 * L is `steps`, or with `shortest` drawn from shortest .. steps; a shorter sequence begins with
 * steps of zeros. Where there are no more than `samples` sequences of bits (xor, parity), each is
 * there once, the shorter first, -1 before +1. */
#include <synrl/dataset.h>

enum { XOR, PARITY, COPY, ADDING, MATCH, FLIP_FLOP, ORDER };

static const char *const task_names[] = {"xor",   "parity",    "copy", "adding",
                                         "match", "flip_flop", "order"};

struct config {
    int64_t steps, samples, shortest, delay, symbols, length, channels, seed;
    double probability;
    int32_t task;
};

#define STEPS_MAX 1e6
#define FEATURES_MAX 1000 /* STEPS_MAX (FEATURES_MAX + 2) is below 2^31 */

static const synrl_param params[] = {
    SYNRL_CHOICE(task, "parity", "xor|parity|copy|adding|match|flip_flop|order",
                 "what is to be answered after the last step"),
    SYNRL_INTEGER(steps, "8", 1, STEPS_MAX, "steps per sequence"),
    SYNRL_INTEGER(samples, "1000", 1, 1e8, "number of sequences; xor and parity: at most"),
    SYNRL_INTEGER(shortest, "0", 0, STEPS_MAX,
                  "steps of the shortest sequences, which begin with zeros; 0: all have `steps`"),
    SYNRL_INTEGER(delay, SYNRL_OPTIONAL, 1, STEPS_MAX,
                  "xor: steps from the one bit to the other; default: 1"),
    SYNRL_INTEGER(symbols, SYNRL_OPTIONAL, 2, FEATURES_MAX,
                  "copy, match, order: different symbols; default: 8, 2, 4"),
    SYNRL_INTEGER(length, SYNRL_OPTIONAL, 1, 10000, "copy: symbols to remember; default: 3"),
    SYNRL_INTEGER(channels, SYNRL_OPTIONAL, 1, FEATURES_MAX,
                  "flip_flop: numbers per step; default: 3"),
    SYNRL_NUMBER(probability, SYNRL_OPTIONAL, SYNRL_POSITIVE, 1,
                 "flip_flop: of a pulse, per step and channel; default: 0.25"),
    SYNRL_INTEGER(seed, "1", 0, 9007199254740992.0, "seed of the sequences"),
};

struct temporal {
    float *inputs;   /* [samples][steps][features] */
    float *targets;  /* [samples][targets] */
    int32_t *labels; /* [samples] */
    uint32_t *words; /* [FIRST_WORD + words]: only during creation */
};

/* What a task needs. */
struct shape {
    size_t features, targets, least; /* least: steps of a sequence */
    size_t words;                    /* per sequence, at most */
    const char *const *class_names;
    size_t n_classes;
};

/* One sequence. Its random words are elements of a stream of its own: the first FIRST_WORD for what
 * it has once, then those of its steps. */
enum { LENGTH_WORD, ONE_WORD, OTHER_WORD, ONE_PLACE, OTHER_PLACE, FIRST_WORD };
struct sequence {
    const struct config *config;
    const uint32_t *words, *step_words;
    size_t steps, features;
    float *x; /* [steps][features], zeros */
    float *targets;
    int32_t *label;
};

/* 0 .. n - 1, by a word. */
static size_t below(uint32_t word, size_t n) {
    return (size_t)((uint64_t)word * n >> 32);
}

static float sign_of(bool is_positive) {
    return is_positive ? 1.0F : -1.0F;
}

/* Tasks ---------------------------------------------------------------------------------------- */

static void write_bits(const struct sequence *sequence) {
    for (size_t t = 0; t < sequence->steps; t++) {
        sequence->x[t] = sign_of(sequence->step_words[t] & 1);
    }
}

static void write_xor(const struct sequence *sequence) {
    const size_t last = sequence->steps - 1;
    write_bits(sequence);
    sequence->targets[0] =
        sign_of(sequence->x[last] != sequence->x[last - (size_t)sequence->config->delay]);
}

static void write_parity(const struct sequence *sequence) {
    bool is_odd = false;
    write_bits(sequence);
    for (size_t t = 0; t < sequence->steps; t++) {
        is_odd = is_odd != (sequence->x[t] > 0.0F);
    }
    sequence->targets[0] = sign_of(is_odd);
}

static void write_copy(const struct sequence *sequence) {
    const size_t length = (size_t)sequence->config->length;
    const size_t n_symbols = (size_t)sequence->config->symbols;
    for (size_t t = 0; t < length; t++) {
        const size_t symbol = below(sequence->step_words[t], n_symbols);
        sequence->x[t * sequence->features + symbol] = 1.0F;
        sequence->targets[t * n_symbols + symbol] = 1.0F;
    }
    sequence->x[sequence->steps * sequence->features - 1] = 1.0F;
}

static void write_adding(const struct sequence *sequence) {
    const size_t half = sequence->steps / 2;
    const size_t one = below(sequence->words[ONE_PLACE], half);
    const size_t other = half + below(sequence->words[OTHER_PLACE], sequence->steps - half);
    for (size_t t = 0; t < sequence->steps; t++) {
        sequence->x[2 * t] = (float)(sequence->step_words[t] >> 8) * 0x1p-24F;
    }
    sequence->x[2 * one + 1] = sequence->x[2 * other + 1] = 1.0F;
    sequence->targets[0] = sequence->x[2 * one] + sequence->x[2 * other];
}

static void write_match(const struct sequence *sequence) {
    const size_t n = sequence->features, last = sequence->steps - 1;
    const bool is_equal = sequence->step_words[0] & 1;
    const size_t one = below(sequence->words[ONE_WORD], n);
    const size_t off = is_equal ? 0 : 1 + below(sequence->words[OTHER_WORD], n - 1);
    sequence->x[one] = 1.0F;
    sequence->x[last * n + (one + off) % n] = 1.0F;
    sequence->targets[0] = sign_of(is_equal);
}

static void write_flip_flop(const struct sequence *sequence) {
    const size_t n = sequence->features;
    const double threshold = sequence->config->probability * 0x1p32;
    for (size_t i = 0; i < sequence->steps * n; i++) {
        const uint32_t word = sequence->step_words[i];
        if (i < n || (double)word < threshold) {
            sequence->x[i] = sequence->targets[i % n] = sign_of(word & 1);
        }
    }
}

static void write_order(const struct sequence *sequence) {
    const size_t n = sequence->steps, n_symbols = (size_t)sequence->config->symbols;
    const size_t is_y[] = {sequence->words[ONE_WORD] & 1, sequence->words[OTHER_WORD] & 1};
    const size_t firsts[] = {n / 10, 5 * n / 10}, lasts[] = {2 * n / 10, 6 * n / 10};
    size_t places[2];
    for (size_t i = 0; i < 2; i++) {
        places[i] = firsts[i] + below(sequence->words[ONE_PLACE + i], lasts[i] - firsts[i] + 1);
    }
    for (size_t t = 0; t < n; t++) {
        const size_t feature = t == places[0]   ? is_y[0]
                               : t == places[1] ? is_y[1]
                                                : 2 + below(sequence->step_words[t], n_symbols);
        sequence->x[t * sequence->features + feature] = 1.0F;
    }
    *sequence->label = (int32_t)(2 * is_y[0] + is_y[1]);
}

static void (*const writers[])(const struct sequence *) = {
    [XOR] = write_xor,       [PARITY] = write_parity, [COPY] = write_copy,
    [ADDING] = write_adding, [MATCH] = write_match,   [FLIP_FLOP] = write_flip_flop,
    [ORDER] = write_order};

/* Parameters ----------------------------------------------------------------------------------- */

/* A parameter of some tasks (a set of bits): refused where another task is given it. */
static synrl_status settle(const synrl_host *host, int32_t task, uint32_t tasks, const char *name,
                           int64_t otherwise, int64_t *value) {
    if ((tasks >> task & 1) == 0 && *value != 0) {
        return host->fail(host, SYNRL_INVALID, "%s is a parameter of other tasks than \"%s\"", name,
                          task_names[task]);
    }
    *value = *value == 0 ? otherwise : *value;
    return SYNRL_OK;
}

static synrl_status settle_all(const synrl_host *host, struct config *config) {
    const int32_t task = config->task;
    const int64_t symbols = task == COPY ? 8 : task == MATCH ? 2 : 4;
    int64_t has_probability = config->probability != 0.0;
    SYNRL_TRY(settle(host, task, 1U << XOR, "delay", 1, &config->delay));
    SYNRL_TRY(settle(host, task, 1U << COPY, "length", 3, &config->length));
    SYNRL_TRY(settle(host, task, 1U << COPY | 1U << MATCH | 1U << ORDER, "symbols", symbols,
                     &config->symbols));
    SYNRL_TRY(settle(host, task, 1U << FLIP_FLOP, "channels", 3, &config->channels));
    SYNRL_TRY(settle(host, task, 1U << FLIP_FLOP, "probability", 0, &has_probability));
    config->probability = has_probability != 0 ? config->probability : 0.25;
    return SYNRL_OK;
}

static struct shape shape_of(const struct config *config) {
    static const char *const equality[] = {"equal", "different"};
    static const char *const matches[] = {"different", "equal"};
    static const char *const parities[] = {"even", "odd"};
    static const char *const orders[] = {"XX", "XY", "YX", "YY"};
    const size_t n = (size_t)config->steps, symbols = (size_t)config->symbols;
    const size_t channels = (size_t)config->channels, length = (size_t)config->length;
    switch (config->task) {
    case XOR:
        return (struct shape){1, 1, (size_t)config->delay + 1, n, equality, 2};
    case PARITY:
        return (struct shape){1, 1, 1, n, parities, 2};
    case COPY:
        return (struct shape){symbols + 1, length * symbols, length + 1, length, NULL, 0};
    case ADDING:
        return (struct shape){2, 1, 2, n, NULL, 0};
    case MATCH:
        return (struct shape){symbols, 1, 2, 1, matches, 2};
    case FLIP_FLOP:
        return (struct shape){channels, channels, 1, n * channels, NULL, 0};
    default:
        return (struct shape){symbols + 2, 0, 2, n, orders, 4};
    }
}

static synrl_status check_steps(const synrl_host *host, const struct config *config,
                                const struct shape *shape) {
    if ((size_t)config->steps < shape->least) {
        return host->fail(host, SYNRL_INVALID, "steps is %lld: must be at least %zu for \"%s\"",
                          (long long)config->steps, shape->least, task_names[config->task]);
    }
    if (config->shortest != 0 &&
        ((size_t)config->shortest < shape->least || config->shortest > config->steps)) {
        return host->fail(host, SYNRL_INVALID,
                          "shortest is %lld: must be 0, or %zu .. %lld for \"%s\" of %lld steps",
                          (long long)config->shortest, shape->least, (long long)config->steps,
                          task_names[config->task], (long long)config->steps);
    }
    return SYNRL_OK;
}

/* Sequences ------------------------------------------------------------------------------------ */

/* How many sequences of bits there are, where no more than `most`; else 0. */
static size_t count_bits(size_t shortest, size_t steps, size_t most) {
    size_t n = 0;
    for (size_t length = shortest; length <= steps; length++) {
        if (length > 30) {
            return 0;
        }
        n += (size_t)1 << length;
        if (n > most) {
            return 0;
        }
    }
    return n;
}

/* Sequence `number` of all: the bits of its steps, in place of random words. Returns its length. */
static size_t set_bits(size_t number, size_t shortest, uint32_t *step_words) {
    size_t length = shortest;
    while (number >> length != 0) {
        number -= (size_t)1 << length++;
    }
    for (size_t t = 0; t < length; t++) {
        step_words[t] = (uint32_t)(number >> (length - 1 - t) & 1);
    }
    return length;
}

static void write_all(const synrl_host *host, const struct config *config,
                      const struct shape *shape, const struct temporal *temporal, size_t n_samples,
                      bool has_all) {
    const size_t n_steps = (size_t)config->steps, shortest = (size_t)config->shortest;
    uint32_t *step_words = temporal->words + FIRST_WORD;
    for (size_t s = 0; s < n_samples; s++) {
        const synrl_stream stream = {(uint64_t)config->seed, s, SYNRL_PURPOSE_DATA};
        host->random->words(stream, 0, FIRST_WORD + shape->words, temporal->words);
        const size_t drawn = shortest + below(temporal->words[LENGTH_WORD], n_steps - shortest + 1);
        const size_t length = has_all ? set_bits(s, shortest, step_words) : drawn;
        const size_t first = (s * n_steps + n_steps - length) * shape->features;
        const struct sequence sequence = {
            .config = config,
            .words = temporal->words,
            .step_words = step_words,
            .steps = length,
            .features = shape->features,
            .x = temporal->inputs + first,
            .targets = shape->targets > 0 ? temporal->targets + s * shape->targets : NULL,
            .label = shape->targets > 0 ? NULL : temporal->labels + s};
        writers[config->task](&sequence);
    }
}

static synrl_status create(const synrl_host *host, const void *configuration, void *self,
                           synrl_data *data) {
    struct config config = *(const struct config *)configuration;
    struct temporal *temporal = self;
    SYNRL_TRY(settle_all(host, &config));
    const struct shape shape = shape_of(&config);
    SYNRL_TRY(check_steps(host, &config, &shape));
    const size_t n_steps = (size_t)config.steps, most = (size_t)config.samples;
    const bool has_bits = config.task == XOR || config.task == PARITY;
    config.shortest = config.shortest != 0 ? config.shortest : config.steps;
    const size_t n_bits = has_bits ? count_bits((size_t)config.shortest, n_steps, most) : 0;
    const size_t n_samples = n_bits > 0 ? n_bits : most;
    SYNRL_TRY(SYNRL_NEW(host, temporal->inputs, n_samples * n_steps * shape.features));
    SYNRL_TRY(SYNRL_NEW(host, temporal->words, FIRST_WORD + shape.words));
    if (shape.targets > 0) {
        SYNRL_TRY(SYNRL_NEW(host, temporal->targets, n_samples * shape.targets));
    } else {
        SYNRL_TRY(SYNRL_NEW(host, temporal->labels, n_samples));
    }
    write_all(host, &config, &shape, temporal, n_samples, n_bits > 0);
    host->free(host, temporal->words);
    *data = (synrl_data){.size = sizeof *data,
                         .n_samples = n_samples,
                         .n_inputs = n_steps * shape.features,
                         .format = SYNRL_INPUT_F32,
                         .inputs = temporal->inputs,
                         .labels = temporal->labels,
                         .targets = temporal->targets,
                         .n_targets = shape.targets,
                         .n_classes = shape.n_classes,
                         .class_names = shape.class_names,
                         .n_steps = n_steps};
    return SYNRL_OK;
}

SYNRL_DATASET(temporal, "1.0.0",
              "tasks of memory: xor, parity, copy, adding, match, flip_flop, order",
              "Hochreiter and Schmidhuber 1997", SYNRL_PARAMS(params), struct temporal,
              .create = create);
