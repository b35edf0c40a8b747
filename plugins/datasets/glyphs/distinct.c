/* SPDX-License-Identifier: MIT */
/* An array of samples, and a hash table of them with open addressing. Invariant: the table is
 * either empty or contains all samples, and is at most half full. */
#include "distinct.h"

/* FNV-1a, 64 bits (Fowler, Noll and Vo). */
static uint64_t hash_of(const uint8_t *bytes, size_t n) {
    uint64_t hash = 14695981039346656037U;
    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ bytes[i]) * 1099511628211U;
    }
    return hash;
}

static const uint8_t *sample_at(const struct distinct *set, size_t sample) {
    return set->samples.bytes + sample * set->size;
}

/* The slot of this sample, or the free one for it. */
static size_t *find_slot(const struct distinct *set, const uint8_t *sample) {
    size_t *slots = ITEMS(size_t, set->table);
    const size_t n = N_ITEMS(size_t, set->table);
    for (size_t s = hash_of(sample, set->size) % n;; s = (s + 1) % n) {
        if (slots[s] == 0 || memcmp(sample_at(set, slots[s] - 1), sample, set->size) == 0) {
            return &slots[s];
        }
    }
}

/* Makes room for one more sample, with as many free slots as used ones, so that searches are
 * short. */
static synrl_status grow_table(const synrl_host *host, struct distinct *set) {
    if (2 * (set->n + 1) <= N_ITEMS(size_t, set->table)) {
        return SYNRL_OK;
    }
    struct buffer table = {0};
    size_t n_new = 1024;
    while (n_new < 2 * (set->n + 1)) {
        n_new *= 2;
    }
    SYNRL_TRY(buffer_reserve(host, &table, n_new * sizeof(size_t)));
    memset(table.bytes, 0, n_new * sizeof(size_t));
    table.n = n_new * sizeof(size_t);
    buffer_free(host, &set->table);
    set->table = table;
    for (size_t s = 0; s < set->n; s++) {
        *find_slot(set, sample_at(set, s)) = s + 1;
    }
    return SYNRL_OK;
}

synrl_status distinct_add(const synrl_host *host, struct distinct *set, const uint8_t *sample,
                          int32_t label) {
    SYNRL_TRY(grow_table(host, set));
    size_t *slot = find_slot(set, sample);
    if (*slot == 0) {
        SYNRL_TRY(buffer_reserve(host, &set->labels, sizeof label));
        SYNRL_TRY(buffer_append(host, &set->samples, sample, set->size));
        SYNRL_TRY(buffer_append(host, &set->labels, &label, sizeof label));
        *slot = ++set->n;
    }
    return SYNRL_OK;
}

synrl_status distinct_keep(const synrl_host *host, struct distinct *set, size_t start,
                           size_t n_kept, synrl_stream stream) {
    const size_t n = set->n - start, size = set->size;
    uint32_t *items;
    bool *is_kept;
    SYNRL_TRY(SYNRL_NEW(host, items, n));
    SYNRL_TRY(SYNRL_NEW(host, is_kept, n));
    host->random->sample(stream, (uint32_t)n_kept, (uint32_t)n, items);
    for (size_t i = 0; i < n_kept; i++) {
        is_kept[items[i]] = true;
    }
    int32_t *labels = ITEMS(int32_t, set->labels);
    size_t out = start;
    for (size_t s = start; s < start + n; s++) {
        if (is_kept[s - start]) {
            memmove(set->samples.bytes + out * size, set->samples.bytes + s * size, size);
            labels[out++] = labels[s];
        }
    }
    set->n = out;
    set->samples.n = out * size;
    set->labels.n = out * sizeof(int32_t);
    distinct_settle(host, set); /* samples have moved */
    host->free(host, items);
    host->free(host, is_kept);
    return SYNRL_OK;
}

void distinct_settle(const synrl_host *host, struct distinct *set) {
    buffer_free(host, &set->table);
}
