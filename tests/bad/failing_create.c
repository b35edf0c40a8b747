/* A data set whose making fails half-way: after it has taken memory, and given it back. */
#include <synrl/dataset.h>

static synrl_status create(const synrl_host *host, const void *config, synrl_data *data,
                           void **self) {
    (void)config;
    (void)data;
    (void)self;
    void *half = host->alloc(host, 10, sizeof(float));
    if (half == NULL) {
        return SYNRL_NO_MEMORY;
    }
    host->free(host, half);
    return host->fail(host, SYNRL_IO, "the %s is on fire", "disk");
}

static void destroy(void *self) {
    (void)self;
}

static const synrl_dataset_ops ops = {SYNRL_OPS_SIZE(synrl_dataset_ops), .create = create,
                                      .destroy = destroy};

SYNRL_EXPORT const synrl_plugin synrl_plugin_entry = {
    SYNRL_PLUGIN_ABI,   .kind = SYNRL_KIND_DATASET,    .id = "failing_create",
    .version = "1.0.0", .summary = "fails on purpose", .source = "tests/bad",
    .ops = &ops,
};
