/* SPDX-License-Identifier: MIT */
/* Batch, projection and binding where memory runs out. */
#include "engine/batch.h"
#include "engine/projection.h"
#include "plugin/host.h"
#include "support/support.h"
#include "support/test.h"

SUITE("projection_memory");

/* 9 inputs need rows of actions of their own. */
static synrl_status make_all(struct core *used, void *context) {
    const bool *is_bytes = context;
    struct host own;
    synrl_batch *batch;
    synrl_projection *projection = NULL;
    host_init(&own, used, SYNRL_KIND_MODEL, "test");
    synrl_status status = batch_create(&own.api, 20, 9, *is_bytes, 1.0F, &batch);
    if (status == SYNRL_OK) {
        status = projection_create(&own.api, 3, 9, &projection);
    }
    if (status == SYNRL_OK) {
        status = projection_bind(projection, batch);
    }
    projection_destroy(projection);
    batch_destroy(batch);
    host_release(&own, 1);
    return status;
}

TEST_EACH(memory_may_run_out, 2) {
    bool is_bytes = _i == 1;
    test_short_memory_with(make_all, &is_bytes);
}
