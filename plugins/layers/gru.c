/* SPDX-License-Identifier: MIT */
/* Gated recurrent units.
 *
 *     z, r = g(W x_t + U h_{t-1} + b);  c = f(V x_t + S (r h_{t-1}) + d)
 *     h_t = (1 - z) h_{t-1} + z c,  h_0 = 0;  y = h of the last step, or of all
 *
 * Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014, where z and 1 - z
 * have each other's place. */
#include "recurrent.h"

struct config {
    int64_t units;
    const synrl_activation *activation, *gate;
    bool sequence;
};

struct gru {
    struct recurrent gates, candidate; /* gates: z, then r */
    size_t n;                          /* floats of h */
};

/* What a step leaves: gates [2n], r h [n], c [n], h [n]. */
enum { GATES = 0, HELD = 2, CANDIDATE = 3, STATE = 4, N_KEPT = 5 };

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_layer_builder *layer) {
    const struct config *c = config;
    struct gru *gru = self;
    const size_t n = (size_t)c->units;
    SYNRL_TRY(recurrent_add(host, &gru->gates, "gates.", 2 * n, n, c->gate, layer));
    SYNRL_TRY(recurrent_add(host, &gru->candidate, "candidate.", n, n, c->activation, layer));
    gru->n = n * SYNRL_LANES;
    const size_t n_steps = gru->gates.steps.n;
    layer->out = (synrl_layer_shape){c->sequence ? n_steps : 1, 1, 1, n};
    layer->scratch = (N_KEPT * n_steps + 8) * gru->n;
    return SYNRL_OK;
}

/* Keeps what every step leaves, one step after another. */
static void run(const synrl_host *host, const struct gru *gru, const synrl_pass *pass,
                const float *x, float *kept) {
    const size_t n = gru->n;
    for (size_t t = 0; t < gru->gates.steps.n; t++, kept += N_KEPT * n) {
        const float *h = t > 0 ? kept - n : NULL;
        float *gates = kept, *held = kept + HELD * n, *c = kept + CANDIDATE * n;
        recurrent_step(host, &gru->gates, pass, t, x, h, gru->gates.units.activation, gates);
        for (size_t i = 0; h != NULL && i < n; i++) {
            held[i] = gates[n + i] * h[i];
        }
        recurrent_step(host, &gru->candidate, pass, t, x, h != NULL ? held : NULL,
                       gru->candidate.units.activation, c);
        for (size_t i = 0; i < n; i++) {
            const float before = h != NULL ? h[i] : 0.0F;
            kept[STATE * n + i] = (1.0F - gates[i]) * before + gates[i] * c[i];
        }
    }
}

static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    const float *x, float *y) {
    const struct gru *gru = self;
    const bool is_sequence = ((const struct config *)config)->sequence;
    const size_t n = gru->n, n_steps = gru->gates.steps.n;
    float *kept = pass->layer_scratch;
    run(host, gru, pass, x, kept);
    for (size_t t = is_sequence ? 0 : n_steps - 1; t < n_steps; t++, y += n) {
        memcpy(y, kept + (t * N_KEPT + STATE) * n, n * sizeof *y);
    }
}

static synrl_status prepare_backward(const synrl_host *host, const void *config, void *self) {
    const struct config *c = config;
    SYNRL_TRY(check_derivative(host, c->gate));
    return check_derivative(host, c->activation);
}

/* Step t, from the slope of h_t to that of h_{t-1}; `room` [6n] is scratch. */
static void step_back(const synrl_host *host, const struct gru *gru, const synrl_layer_slopes *s,
                      size_t t, const float *kept, const float *slope, float *before, float *room) {
    const size_t n = gru->n;
    const float *h = t > 0 ? kept - n : NULL, *z = kept, *r = kept + n;
    const float *c = kept + CANDIDATE * n;
    float *of_gates = room, *of_held = room + 2 * n, *of_c = room + 3 * n, *sums = room + 4 * n;
    for (size_t i = 0; i < n; i++) {
        const float was = h != NULL ? h[i] : 0.0F;
        of_gates[i] = slope[i] * (c[i] - was);
        of_c[i] = slope[i] * z[i];
        before[i] = slope[i] * (1.0F - z[i]);
    }
    memset(of_held, 0, n * sizeof *of_held);
    recurrent_back(host, &gru->candidate, s, t, h != NULL ? kept + HELD * n : NULL, c, of_c,
                   of_held, sums);
    for (size_t i = 0; i < n; i++) {
        of_gates[n + i] = h != NULL ? of_held[i] * h[i] : 0.0F;
        before[i] += of_held[i] * r[i];
    }
    recurrent_back(host, &gru->gates, s, t, h, kept, of_gates, before, sums);
}

static void backward(const synrl_host *host, const void *config, void *self,
                     const synrl_layer_slopes *s) {
    const struct gru *gru = self;
    const bool is_sequence = ((const struct config *)config)->sequence;
    const size_t n = gru->n, n_steps = gru->gates.steps.n;
    const bool reads_inputs =
        synrl_tensor_at(s->pass->layout, gru->gates.units.weight)->reads_inputs;
    float *kept = s->pass->layer_scratch, *room = kept + N_KEPT * n_steps * n;
    float *slopes[] = {room + 6 * n, room + 7 * n}; /* of h_t and h_{t-1}, in turn */
    run(host, gru, s->pass, reads_inputs ? NULL : s->x, kept);
    if (s->slope_x != NULL) {
        memset(s->slope_x, 0, n_steps * gru->gates.steps.n_features * SYNRL_LANES * sizeof(float));
    }
    memset(slopes[n_steps % 2], 0, n * sizeof(float));
    for (size_t t = n_steps; t-- > 0;) {
        float *slope = slopes[(t + 1) % 2];
        for (size_t i = 0; i < n && (is_sequence || t + 1 == n_steps); i++) {
            slope[i] += s->slope_y[is_sequence ? t * n + i : i];
        }
        step_back(host, gru, s, t, kept + t * N_KEPT * n, slope, slopes[t % 2], room);
    }
}

static const synrl_param params[] = {
    SYNRL_INTEGER(units, SYNRL_REQUIRED, 1, 65536, "hidden units"),
    SYNRL_ACTIVATION_PARAM(activation, "tanh", "of the candidates c"),
    SYNRL_ACTIVATION_PARAM(gate, "sigmoid", "of the gates z and r"),
    SYNRL_BOOLEAN(sequence, "false", "whether every step goes out, or only the last one"),
};

SYNRL_LAYER(gru, "1.0.0", "gated recurrent units", "Cho et al. 2014", SYNRL_PARAMS(params),
            struct gru, .create = create, .forward = forward, .prepare_backward = prepare_backward,
            .backward = backward);
