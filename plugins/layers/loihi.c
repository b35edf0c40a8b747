/* SPDX-License-Identifier: MIT */
/* Leaky integrate-and-fire neurons that are stepped as Loihi steps its own, bit by bit.
 *
 *     u <- decayed(u, du + 1) + 2^6 a;  v <- clip(decayed(v, dv) + u);  a spike where v > 2^6 vth,
 *     which makes v 0;  decayed(x, d) = x (4096 - d) / 4096, rounded towards 0
 *
 * a = W x + b, rounded to an integer of 16 bits; u and v have 24 bits; u wraps around, v is
 * clipped. Biases are part of a. Davies et al., "Loihi: a neuromorphic manycore processor with
 * on-chip learning", 2018; as the fixed-point model of the framework Lava does. */
#include "spiking.h"

enum { LIMIT = 1 << 23, ACTIVATION_MOST = 32767 };

struct config {
    int64_t units, steps, du, dv, vth;
    struct initial initial;
};

static synrl_status create(const synrl_host *host, const void *config, void *self,
                           synrl_layer_builder *layer) {
    const struct config *c = config;
    return spiking_create(host, self, (size_t)c->units, (size_t)c->steps, &c->initial, layer);
}

/* x keep / 4096: the product of 24 and 12 bits in two parts, which int32 holds. */
static int32_t decayed(int32_t x, int32_t keep) {
    const int32_t size = x < 0 ? -x : x;
    const int32_t left = (size >> 12) * keep + ((size & 4095) * keep >> 12);
    return x < 0 ? -left : left;
}

static int32_t wrapped(int32_t u) {
    const int32_t low = u > LIMIT ? u - 2 * LIMIT : u;
    return low <= -LIMIT ? u + 2 * LIMIT : low;
}

static int32_t clipped(int32_t v) {
    v = v < LIMIT - 1 ? v : LIMIT - 1;
    return v > -LIMIT + 1 ? v : -LIMIT + 1;
}

static void forward(const synrl_host *host, const void *config, void *self, const synrl_pass *pass,
                    const float *x, float *y) {
    const struct config *c = config;
    const struct spiking *s = self;
    const size_t n = s->n;
    const int32_t threshold = (int32_t)c->vth * 64;
    const int32_t keep_u = 4095 - (int32_t)c->du, keep_v = 4096 - (int32_t)c->dv;
    int32_t *integers[3];
    float *z = spiking_scratch(s, pass, integers);
    int32_t *a = integers[0], *u = integers[1], *v = integers[2];
    for (size_t t = 0; t < s->n_steps; t++, y += n) {
        spiking_currents(host, s, pass, t, x, 1.0F, ACTIVATION_MOST, z, a);
        for (size_t i = 0; i < n; i++) {
            u[i] = wrapped(decayed(u[i], keep_u) + a[i] * 64);
            const int32_t moved = clipped(decayed(v[i], keep_v) + u[i]);
            y[i] = moved > threshold ? 1.0F : 0.0F;
            v[i] = moved > threshold ? 0 : moved;
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
    SYNRL_INTEGER(du, "4095", 0, 4095, "decay of the current u, in 4096ths; 4095: u = 2^6 a"),
    SYNRL_INTEGER(dv, "256", 0, 4095, "decay of the potential v, in 4096ths"),
    SYNRL_INTEGER(vth, "64", 0, 131071, "threshold, in units of a"),
    INITIAL_ROWS("64", "fan_in"),
};

SYNRL_LAYER(loihi, "1.0.0", "leaky integrate-and-fire neurons, bit by bit as Loihi's",
            "Davies et al. 2018", SYNRL_PARAMS(params), struct spiking, .create = create,
            .forward = forward, .initial = initial);
