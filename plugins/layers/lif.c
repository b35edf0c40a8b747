/* SPDX-License-Identifier: MIT */
/* Leaky integrate-and-fire neurons, stepped in integers.
 *
 *     I = W x + b;  v <- v - v / 2^leak + I;  a spike where v >= threshold, which v then loses,
 *     or which makes v 0; for `refractory` steps after it v stays
 *
 * I is rounded to multiples of 2^-16, and from there to the spikes all is int32: divisions round
 * towards 0, I is within +-2^12 and v within +-2^14. The steps are those of a sequence; else I is
 * the same in every step, and taken once. With output = "potential" neurons do not fire, and v goes
 * out. Gerstner and Kistler, "Spiking neuron models", 2002. */
#include "spiking.h"

#define UNIT 65536.0F /* of currents and potentials */
enum { CURRENT_MOST = 1 << 12, POTENTIAL_MOST = 1 << 30 };

struct config {
    int64_t units, steps, leak, refractory;
    double threshold;
    int32_t reset, output;
    struct initial initial;
};
enum { SUBTRACT, ZERO };
enum { SPIKES, POTENTIAL };

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_layer_builder *layer) {
    const struct config *c = config;
    return spiking_create(host, self, (size_t)c->units, (size_t)c->steps, &c->initial, layer);
}

/* Within bounds; loops without branches, which compilers turn into vectors. */
static int32_t leaked(int32_t v, int leak, int32_t keeps, int32_t current) {
    const int32_t lost = (v < 0 ? -v : v) >> leak & keeps;
    v += current - (v < 0 ? -lost : lost);
    v = v < POTENTIAL_MOST ? v : POTENTIAL_MOST;
    return v > -POTENTIAL_MOST ? v : -POTENTIAL_MOST;
}

/* All bits where true, else none. */
static int32_t mask(bool is_true) {
    return -(int32_t)is_true;
}

/* One step of n neurons: potentials, and for how many steps each stays. */
static void step(const struct config *c, size_t n, const int32_t *currents, int32_t *v,
                 int32_t *stays, float *y) {
    const int32_t threshold = (int32_t)(c->threshold * (double)UNIT + 0.5);
    const int32_t taken = c->reset == SUBTRACT ? threshold : 0, kept = mask(c->reset == SUBTRACT);
    const int32_t refractory = (int32_t)c->refractory, keeps = mask(c->leak > 0);
    const int leak = (int)c->leak;
    for (size_t i = 0; i < n; i++) {
        const int32_t moved = leaked(v[i], leak, keeps, currents[i]);
        const int32_t stayed = mask(stays[i] > 0), fires = mask(moved >= threshold) & ~stayed;
        const int32_t after = (moved - (taken & fires)) & (kept | ~fires);
        v[i] = (v[i] & stayed) | (after & ~stayed);
        stays[i] = (refractory & fires) | ((stays[i] + stayed) & ~fires);
        y[i] = (float)-fires;
    }
}

static void step_potential(const struct config *c, size_t n, const int32_t *currents, int32_t *v,
                           float *y) {
    for (size_t i = 0; i < n; i++) {
        v[i] = leaked(v[i], (int)c->leak, mask(c->leak > 0), currents[i]);
        y[i] = (float)v[i] / UNIT;
    }
}

static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    const float *x, float *y) {
    const struct config *c = config;
    const struct spiking *lif = self;
    const size_t n = lif->n;
    int32_t *integers[3];
    float *z = spiking_scratch(lif, pass, integers);
    int32_t *currents = integers[0], *v = integers[1], *stays = integers[2];
    for (size_t t = 0; t < lif->n_steps; t++, y += n) {
        spiking_currents(host, lif, pass, t, x, UNIT, CURRENT_MOST, z, currents);
        if (c->output == POTENTIAL) {
            step_potential(c, n, currents, v, y);
        } else {
            step(c, n, currents, v, stays, y);
        }
    }
}

static synrl_status initial(const synrl_host *host, const void *config, void *self,
                            const synrl_layout *layout, uint64_t seed, float *weights) {
    const struct config *c = config;
    weighted_draw(host, &((struct spiking *)self)->units, &c->initial, layout, seed, weights);
    return SYNRL_OK;
}

static const synrl_param params[] = {
    SYNRL_INTEGER(units, SYNRL_REQUIRED, 1, 65536, "neurons"),
    SPIKING_STEPS_ROW,
    SYNRL_INTEGER(leak, "4", 0, 30, "a step leaves 1 - 2^-leak of the potential; 0: all of it"),
    SYNRL_NUMBER(threshold, "1", 1.52587890625e-05, 4096, "potential at which a neuron fires"),
    SYNRL_CHOICE(reset, "subtract", "subtract|zero",
                 "what a spike does to the potential: takes the threshold from it, or makes it 0"),
    SYNRL_INTEGER(refractory, "0", 0, 65536, "steps after a spike in which the potential stays"),
    SYNRL_CHOICE(output, "spikes", "spikes|potential",
                 "what goes out: 0 and 1; or potentials of neurons that do not fire"),
    INITIAL_ROWS("1", "fan_in"),
};

SYNRL_LAYER(lif, "1.0.0", "leaky integrate-and-fire neurons", "Gerstner and Kistler 2002",
            SYNRL_PARAMS(params), struct spiking, .create = create, .forward = forward,
            .initial = initial);
