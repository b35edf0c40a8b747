/* SPDX-License-Identifier: MIT */
/* The index of one sound run. */
#include <string.h>

#include "fuzz/guided/frame.h"

/* What says whether a database is one of ours is private to it. */
#include "runs/index.c" /* NOLINT(bugprone-suspicious-include) */

static void prepare(struct frame *frame) {
    static const char run[] =
        "{\"status\": \"done\", \"name\": \"a\", \"started\": \"2026-01-31T23:59:59Z\","
        " \"config\": {\"seed\": 1, \"rule\": {\"id\": \"static\"}},"
        " \"summary\": {\"loss\": 0.5, \"iterations\": 10}}";
    /* SQLite's locks and counts of memory take time, and there is one thread. */
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    frame_make_folder(frame, "a");
    frame_write(frame, "a/run.json", run, sizeof run - 1);
}

static void remove_logs(struct frame *frame) {
    static const char *const endings[] = {"-wal", "-shm", "-journal"};
    char name[64];
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        snprintf(name, sizeof name, INDEX_FILE "%s", endings[i]);
        remove(frame_path(frame, name));
    }
}

/* Whatever is damaged, the run is listed or left out: one query, since SQLite takes long to plan
 * each. */
static void list(struct index *index, const struct index_where *where, const char *name, size_t n) {
    const struct index_query queries[] = {{.with_config = true, .name = name},
                                          {.sort = "loss", .limit = 1},
                                          {.n_where = 1, .where = where}};
    const size_t q = where->path[0] == '\0' ? n % 2 : 2;
    struct index_report report;
    json_t *rows = NULL;
    if (index_refresh(index, &report) != SYNRL_OK) {
        frame_fail("not refreshed: %s", index->core->message);
    }
    const synrl_status status = index_select(index, &queries[q], &rows);
    if (status != SYNRL_OK && q != 2) { /* a condition may make no sense */
        frame_fail("no list: %s", index->core->message);
    }
    if (status == SYNRL_OK && json_array_size(rows) > 1) {
        frame_fail("%zu rows of one run", json_array_size(rows));
    }
    json_decref(status == SYNRL_OK ? rows : NULL);
}

/* The database as it is; NULL: it would be made again, or left alone. */
static struct index *open_as_it_is(struct frame *frame) {
    struct index *index = core_alloc(frame->core, 1, sizeof *index);
    char reason[256] = "";
    if (index == NULL) {
        frame_fail("no memory");
    }
    *index = (struct index){.core = frame->core,
                            .runs = core_strdup(frame->core, frame->folder),
                            .path = core_strdup(frame->core, frame_path(frame, INDEX_FILE)),
                            .lock = -1,
                            .is_kept = true};
    const synrl_status status = open_old(index, reason, sizeof reason);
    if (status == SYNRL_OK) {
        return index;
    }
    if (status != SYNRL_INVALID && (status != SYNRL_UNSUPPORTED || reason[0] == '\0')) {
        frame_fail("neither sound nor damaged: %s", frame->core->message);
    }
    index_close(index);
    return NULL;
}

/* The first three lines of the input are a condition and a name; the file is what comes after. To
 * make a database again takes ten times as long as to see that it is damaged, and is the same work
 * each time: one input in 64 goes that way. */
static void read_index(struct frame *frame, const uint8_t *bytes, size_t n) {
    struct input input = {bytes, bytes + n};
    char path[64], value[64], name[64];
    const struct index_where where = {input_line(&input, path, sizeof path),
                                      input_line(&input, value, sizeof value)};
    struct index *index = NULL;
    input_line(&input, name, sizeof name);
    remove_logs(frame);
    frame_write(frame, INDEX_FILE, input.at, input_size(&input));
    if (n % 64 == 0) {
        if (index_open(frame->core, frame->folder, false, &index) != SYNRL_OK) {
            frame_fail("not opened: %s", frame->core->message);
        }
    } else {
        index = open_as_it_is(frame);
    }
    if (index != NULL) {
        list(index, &where, name, n);
        index_close(index);
    }
}

const struct harness index_harness[] = {
    {"index", 16, prepare, NULL, read_index},
    {.name = NULL},
};
