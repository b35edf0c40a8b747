/* SPDX-License-Identifier: MIT */
/* The index of recorded runs. Invariants: every user of the database holds a shared lock on the
 * folder of runs, and whoever removes its file an exclusive one, so no file is removed under a
 * connection; a row is written in the transaction that read its folder. */
#include "runs/index_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/count.h"
#include "base/file.h"
#include "base/json.h"
#include "runs/metrics_csv.h"
#include "runs/runs.h"

/* To be incremented when a column changes; older databases are then rebuilt. */
enum { SCHEMA_VERSION = 2, WAIT_MS = 2000, POLL_MS = 5 };

/* File systems with coarse times do not distinguish two writes in one tick: files younger than this
 * are read again the next time. */
enum { SETTLED_NS = 2000000000 };

/* The columns, and the place of their values in run.json. Queries neither return nor sort by the
 * last two. */
static const struct {
    const char *name, *type;
    const char *path[3];
} columns[] = {
    {"name", "TEXT", {"config", "name"}},
    {"status", "TEXT", {"status"}},
    {"started", "TEXT", {"started"}},
    {"ended", "TEXT", {"ended"}},
    {"seconds", "REAL", {"summary", "seconds"}},
    {"iterations", "INTEGER", {"config", "iterations"}},
    {"iterations_done", "INTEGER", {"summary", "iterations"}},
    {"seed", "INTEGER", {"config", "seed"}},
    {"loss", "REAL", {"summary", "loss"}},
    {"accuracy", "REAL", {"summary", "accuracy"}},
    {"valid_loss", "REAL", {"summary", "valid_loss"}},
    {"valid_accuracy", "REAL", {"summary", "valid_accuracy"}},
    {"model", "TEXT", {"config", "model", "id"}},
    {"rule", "TEXT", {"config", "rule", "id"}},
    {"data", "TEXT", {"config", "data", "id"}},
    {"weights_hash", "TEXT", {"summary", "weights_hash"}},
    {"script", "TEXT", {"script"}},
    {"host", "TEXT", {"process", "host"}},
    {"config", "TEXT", {"config"}},
    {"process", "TEXT", {"process"}},
};
enum { N_COLUMNS = COUNT_OF(columns), N_INTERNAL = 2 };

const char *index_column(size_t c) {
    return c == 0 ? "folder" : c <= N_COLUMNS - N_INTERNAL ? columns[c - 1].name : NULL;
}

/* SQLite --------------------------------------------------------------------------------------- */

/* SQLite's words for the code of a call that failed: those of the database are of its last call,
 * which may be another. */
static const char *words_for(const struct index *index, int code) {
    return index->database != NULL && sqlite3_errcode(index->database) == code
               ? sqlite3_errmsg(index->database)
               : sqlite3_errstr(code);
}

synrl_status index_fail(const struct index *index, int code, const char *what) {
    return core_fail(index->core, code == SQLITE_NOMEM ? SYNRL_NO_MEMORY : SYNRL_IO,
                     "%s: cannot %s it: %s%s", index->path, what, words_for(index, code),
                     code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR
                         ? "; `synrl reindex` rebuilds it"
                         : "");
}

static synrl_status execute(const struct index *index, const char *sql) {
    const int code = sqlite3_exec(index->database, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? SYNRL_OK : index_fail(index, code, "write");
}

synrl_status index_prepare(const struct index *index, const char *sql, sqlite3_stmt **statement) {
    const int code = sqlite3_prepare_v2(index->database, sql, -1, statement, NULL);
    return code == SQLITE_OK ? SYNRL_OK : index_fail(index, code, "read");
}

/* Opening -------------------------------------------------------------------------------------- */

static void disconnect(struct index *index) {
    sqlite3_close(index->database);
    index->database = NULL;
}

static int connect(struct index *index, const char *path, int flags) {
    const int code = sqlite3_open_v2(path, &index->database, flags, NULL);
    if (code != SQLITE_OK) {
        return code;
    }
    sqlite3_busy_timeout(index->database, WAIT_MS);
    return index_add_functions(index);
}

/* Creates the table in an empty database. */
static int create_table(struct index *index) {
    sqlite3_str *sql = sqlite3_str_new(index->database);
    sqlite3_str_appendf(sql,
                        "BEGIN IMMEDIATE; CREATE TABLE runs (folder TEXT PRIMARY KEY NOT NULL, "
                        "json_mtime_ns INTEGER, json_size INTEGER");
    for (size_t c = 0; c < N_COLUMNS; c++) {
        sqlite3_str_appendf(sql, ", %s %s", columns[c].name, columns[c].type);
    }
    sqlite3_str_appendf(sql, "); PRAGMA user_version = %d; COMMIT", SCHEMA_VERSION);
    char *text = sqlite3_str_finish(sql);
    const int code =
        text != NULL ? sqlite3_exec(index->database, text, NULL, NULL, NULL) : SQLITE_NOMEM;
    sqlite3_free(text);
    return code;
}

/* The first value that a statement returns, as text; "" without a value. */
static int query_text(const struct index *index, const char *sql, char *text, size_t size) {
    sqlite3_stmt *statement;
    text[0] = '\0';
    int code = sqlite3_prepare_v2(index->database, sql, -1, &statement, NULL);
    if (code != SQLITE_OK) {
        return code;
    }
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0) != NULL) {
        snprintf(text, size, "%s", (const char *)sqlite3_column_text(statement, 0));
    }
    return sqlite3_finalize(statement);
}

/* Whether nothing is in the database yet: whoever made it was ended before. */
static bool is_half_made(const struct index *index) {
    char text[8];
    return query_text(index, "SELECT count(*) FROM sqlite_master", text, sizeof text) ==
               SQLITE_OK &&
           strcmp(text, "0") == 0;
}

/* SQLITE_OK: an intact database of this schema; else `reason` says what is wrong, "" where nothing
 * is in it. */
static int check(struct index *index, char *reason, size_t size) {
    char text[128], names[512] = "SELECT folder, json_mtime_ns, json_size";
    int code = query_text(index, "PRAGMA user_version", text, sizeof text);
    if (code == SQLITE_OK && strtol(text, NULL, 10) != SCHEMA_VERSION) {
        const bool is_empty = strcmp(text, "0") == 0 && is_half_made(index);
        snprintf(reason, size, "of schema version %s, where this synrl has %d", text,
                 SCHEMA_VERSION);
        reason[0] = is_empty ? '\0' : reason[0];
        return SQLITE_SCHEMA;
    }
    for (size_t c = 0; c < N_COLUMNS; c++) {
        const size_t length = strlen(names);
        snprintf(names + length, sizeof names - length, ", %s%s", columns[c].name,
                 c + 1 == N_COLUMNS ? " FROM runs LIMIT 1" : "");
    }
    if (code == SQLITE_OK) {
        code = query_text(index, "PRAGMA integrity_check(1)", text, sizeof text);
    }
    if (code == SQLITE_OK && strcmp(text, "ok") != 0) {
        snprintf(reason, size, "damaged: %s", text);
        return SQLITE_CORRUPT;
    }
    if (code == SQLITE_OK) {
        code = query_text(index, names, text, sizeof text);
    }
    snprintf(reason, size, "damaged: %s", words_for(index, code));
    return code;
}

/* Whether SQLite has memory for a small database: a damaged one may make it ask for more than there
 * ever is. */
static bool has_memory(void) {
    sqlite3 *small = NULL;
    const bool has = sqlite3_open(":memory:", &small) == SQLITE_OK &&
                     sqlite3_exec(small, "CREATE TABLE small (a)", NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_close(small);
    return has;
}

/* Opens the existing database and checks it. SYNRL_INVALID: it is to be rebuilt, for `reason`, ""
 * where it was only half made; SYNRL_UNSUPPORTED: it cannot be written, or another process keeps
 * it. */
static synrl_status open_old(struct index *index, char *reason, size_t size) {
    int code = connect(index, index->path, SQLITE_OPEN_READWRITE);
    if (code == SQLITE_OK && sqlite3_db_readonly(index->database, "main") == 1) {
        snprintf(reason, size, "it is read-only");
        return SYNRL_UNSUPPORTED;
    }
    snprintf(reason, size, "damaged: %s", words_for(index, code));
    if (code == SQLITE_OK) {
        code = check(index, reason, size);
    }
    if (code == SQLITE_OK) {
        return SYNRL_OK;
    }
    if (index->database == NULL || (code == SQLITE_NOMEM && !has_memory())) {
        return index_fail(index, code, "open");
    }
    if (code == SQLITE_CANTOPEN || code == SQLITE_READONLY || code == SQLITE_PERM ||
        code == SQLITE_BUSY || code == SQLITE_IOERR || code == SQLITE_PROTOCOL) {
        snprintf(reason, size, "%s", words_for(index, code));
        return SYNRL_UNSUPPORTED;
    }
    return SYNRL_INVALID;
}

/* Removes the database, under the exclusive lock. A log that remained would be applied to the new
 * database. */
static synrl_status make_new(struct index *index) {
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        char *path = core_printf(index->core, "%s%s", index->path, endings[i]);
        if (path == NULL) {
            return SYNRL_NO_MEMORY;
        }
        unlink(path); /* a failure is noticed below */
        core_free(index->core, path);
    }
    int code = connect(index, index->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (code == SQLITE_OK) {
        code = sqlite3_exec(index->database, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    }
    code = code == SQLITE_OK ? create_table(index) : code;
    return code == SQLITE_OK ? SYNRL_OK : index_fail(index, code, "make");
}

/* Uses a database in memory: where nothing can be written, the folders can still be read. */
static synrl_status open_memory(struct index *index, const char *reason) {
    disconnect(index);
    index->is_kept = false;
    core_log(index->core, SYNRL_LOG_WARNING, "%s: cannot be used, so the index is not kept: %s",
             index->path, reason);
    int code = connect(index, ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    code = code == SQLITE_OK ? create_table(index) : code;
    return code == SQLITE_OK ? SYNRL_OK : index_fail(index, code, "make");
}

/* The lock ------------------------------------------------------------------------------------- */

/* Where it cannot be locked, for what `reason` says, a database in memory is used. */
static synrl_status lock_runs(struct index *index, int how, char *reason, size_t size) {
    flock(index->lock, LOCK_UN);
    for (int waited = 0; flock(index->lock, how | LOCK_NB) != 0; waited += POLL_MS) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            snprintf(reason, size, "the file system has no locks");
            return SYNRL_UNSUPPORTED;
        }
        if (waited >= WAIT_MS) {
            snprintf(reason, size, "another process has locked it");
            return SYNRL_UNSUPPORTED;
        }
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
    }
    return SYNRL_OK;
}

/* Rebuilds the database, unless another process has done so meanwhile. */
static synrl_status rebuild(struct index *index, bool from_scratch) {
    char reason[256];
    disconnect(index);
    if (lock_runs(index, LOCK_EX, reason, sizeof reason) != SYNRL_OK) {
        return open_memory(index, reason);
    }
    if (!from_scratch && access(index->path, F_OK) == 0) {
        const synrl_status status = open_old(index, reason, sizeof reason);
        if (status == SYNRL_UNSUPPORTED) {
            return open_memory(index, reason);
        }
        if (status != SYNRL_INVALID) {
            return status;
        }
        disconnect(index);
        if (reason[0] != '\0') {
            core_log(index->core, SYNRL_LOG_WARNING, "%s: is rebuilt, since it is %s", index->path,
                     reason);
        }
    }
    const synrl_status status = make_new(index);
    if (status != SYNRL_IO) {
        return status;
    }
    snprintf(reason, sizeof reason, "%s", sqlite3_errmsg(index->database));
    return open_memory(index, reason);
}

static synrl_status open_database(struct index *index, bool from_scratch) {
    char reason[256];
    index->is_kept = true;
    if (lock_runs(index, LOCK_SH, reason, sizeof reason) != SYNRL_OK) {
        return open_memory(index, reason);
    }
    if (!from_scratch && access(index->path, F_OK) == 0) {
        const synrl_status status = open_old(index, reason, sizeof reason);
        if (status == SYNRL_UNSUPPORTED) {
            return open_memory(index, reason);
        }
        if (status != SYNRL_INVALID) {
            return status;
        }
    }
    SYNRL_TRY(rebuild(index, from_scratch));
    if (index->is_kept && lock_runs(index, LOCK_SH, reason, sizeof reason) != SYNRL_OK) {
        return open_memory(index, reason);
    }
    return SYNRL_OK;
}

static synrl_status open_runs(struct index *index, const char *runs, bool from_scratch) {
    struct core *core = index->core;
    index->runs = core_strdup(core, runs);
    index->path = core_printf(core, "%s/" INDEX_FILE, runs);
    if (index->runs == NULL || index->path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    index->lock = open(runs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (index->lock < 0) {
        return core_fail(core, SYNRL_IO, "%s: must be a folder of runs: %s", runs, strerror(errno));
    }
    return open_database(index, from_scratch);
}

synrl_status index_open(struct core *core, const char *runs, bool from_scratch,
                        struct index **made) {
    *made = NULL;
    struct index *index = core_alloc(core, 1, sizeof *index);
    if (index == NULL) {
        return SYNRL_NO_MEMORY;
    }
    *index = (struct index){.core = core, .lock = -1};
    const synrl_status status = open_runs(index, runs, from_scratch);
    if (status == SYNRL_OK) {
        *made = index;
    } else {
        index_close(index);
    }
    return status;
}

bool index_is_kept(const struct index *index) {
    return index->is_kept;
}

void index_close(struct index *index) {
    if (index == NULL) {
        return;
    }
    disconnect(index);
    if (index->lock >= 0) {
        close(index->lock);
    }
    core_free(index->core, index->path);
    core_free(index->core, index->runs);
    core_free(index->core, index);
}

/* Refreshing ----------------------------------------------------------------------------------- */

struct refresh {
    struct index *index;
    sqlite3_stmt *look, *write;
    struct index_report *report;
};

static const json_t *column_json(const json_t *run, size_t column) {
    for (size_t i = 0; i < 3 && columns[column].path[i] != NULL; i++) {
        run = json_object_get(run, columns[column].path[i]);
    }
    return run;
}

static int bind_json(sqlite3_stmt *statement, int position, const json_t *value) {
    if (json_is_string(value)) {
        return sqlite3_bind_text(statement, position, json_string_value(value), -1,
                                 SQLITE_TRANSIENT);
    }
    if (json_is_integer(value)) {
        return sqlite3_bind_int64(statement, position, json_integer_value(value));
    }
    if (json_is_real(value)) {
        return sqlite3_bind_double(statement, position, json_real_value(value));
    }
    if (!json_is_object(value) && !json_is_array(value)) {
        return sqlite3_bind_null(statement, position);
    }
    char *text = json_dump_whole(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    return text != NULL ? sqlite3_bind_text(statement, position, text, -1, free) : SQLITE_NOMEM;
}

static synrl_status write_row(const struct refresh *refresh, const char *name,
                              const struct stat *status, const json_t *run) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const int64_t written = status->st_mtim.tv_sec * INT64_C(1000000000) + status->st_mtim.tv_nsec;
    const int64_t age = now.tv_sec * INT64_C(1000000000) + now.tv_nsec - written;
    sqlite3_stmt *write = refresh->write;
    int code = sqlite3_bind_text(write, 1, name, -1, SQLITE_TRANSIENT);
    code = code == SQLITE_OK ? sqlite3_bind_int64(write, 2, age > SETTLED_NS ? written : 0) : code;
    code = code == SQLITE_OK ? sqlite3_bind_int64(write, 3, status->st_size) : code;
    for (size_t c = 0; code == SQLITE_OK && c < N_COLUMNS; c++) {
        code = bind_json(write, (int)c + 4, column_json(run, c));
    }
    code = code == SQLITE_OK ? sqlite3_step(write) : code;
    const synrl_status outcome =
        code == SQLITE_DONE ? SYNRL_OK : index_fail(refresh->index, code, "write");
    sqlite3_reset(write);
    return outcome;
}

/* Whether the row was read from this run.json, unchanged since. */
static synrl_status is_current(const struct refresh *refresh, const char *name,
                               const struct stat *status, bool *current) {
    sqlite3_stmt *look = refresh->look;
    int code = sqlite3_bind_text(look, 1, name, -1, SQLITE_TRANSIENT);
    code = code == SQLITE_OK ? sqlite3_step(look) : code;
    *current = code == SQLITE_ROW &&
               sqlite3_column_int64(look, 0) ==
                   status->st_mtim.tv_sec * INT64_C(1000000000) + status->st_mtim.tv_nsec &&
               sqlite3_column_int64(look, 1) == status->st_size;
    const synrl_status outcome = code == SQLITE_ROW || code == SQLITE_DONE
                                     ? SYNRL_OK
                                     : index_fail(refresh->index, code, "read");
    sqlite3_reset(look);
    return outcome;
}

static synrl_status refresh_folder(const struct refresh *refresh, struct run_entry *entry,
                                   const char *folder) {
    struct stat status, own;
    struct core *core = refresh->index->core;
    if (lstat(folder, &own) != 0) {
        return SYNRL_OK; /* removed since it was listed */
    }
    bool current = false;
    if (run_exists(folder, &status)) {
        SYNRL_TRY(is_current(refresh, entry->name, &status, &current));
    }
    if (current) {
        entry->is_run = true;
        refresh->report->n_runs++;
        return SYNRL_OK;
    }
    json_t *run;
    synrl_status outcome = run_read(core, folder, &run);
    if (outcome == SYNRL_INVALID || outcome == SYNRL_IO) {
        core_log(core, SYNRL_LOG_WARNING, "left out: %s", core->message);
        refresh->report->n_broken++;
        return SYNRL_OK;
    }
    if (outcome == SYNRL_OK) {
        outcome = write_row(refresh, entry->name, &status, run);
        json_decref(run);
    }
    entry->is_run = outcome == SYNRL_OK;
    refresh->report->n_runs++;
    refresh->report->n_read++;
    return outcome;
}

static synrl_status prepare_refresh(struct refresh *refresh) {
    sqlite3_str *sql = sqlite3_str_new(refresh->index->database);
    sqlite3_str_appendf(sql, "INSERT OR REPLACE INTO runs (folder, json_mtime_ns, json_size");
    for (size_t c = 0; c < N_COLUMNS; c++) {
        sqlite3_str_appendf(sql, ", %s", columns[c].name);
    }
    sqlite3_str_appendf(sql, ") VALUES (?, ?, ?");
    for (size_t c = 0; c < N_COLUMNS; c++) {
        sqlite3_str_appendf(sql, ", ?");
    }
    sqlite3_str_appendf(sql, ")");
    char *text = sqlite3_str_finish(sql);
    synrl_status status = text != NULL ? index_prepare(refresh->index, text, &refresh->write)
                                       : core_fail(refresh->index->core, SYNRL_NO_MEMORY,
                                                   "not enough memory for SQL");
    sqlite3_free(text);
    if (status == SYNRL_OK) {
        status = index_prepare(refresh->index,
                               "SELECT json_mtime_ns, json_size FROM runs WHERE folder = ?1",
                               &refresh->look);
    }
    return status;
}

static synrl_status refresh_rows(struct refresh *refresh, const struct run_list *list) {
    struct index *index = refresh->index;
    SYNRL_TRY(prepare_refresh(refresh));
    for (size_t i = 0; i < list->n; i++) {
        char *folder = core_printf(index->core, "%s/%s", index->runs, list->entries[i].name);
        const synrl_status status =
            folder != NULL ? refresh_folder(refresh, &list->entries[i], folder) : SYNRL_NO_MEMORY;
        core_free(index->core, folder);
        SYNRL_TRY(status);
    }
    index->list = list;
    const synrl_status status = execute(index, "DELETE FROM runs WHERE NOT is_there(folder)");
    index->list = NULL;
    SYNRL_TRY(status);
    refresh->report->n_removed = (size_t)sqlite3_changes(index->database);
    return SYNRL_OK;
}

/* Lists the folders under the lock of the transaction: an older list must not undo what another
 * process has written from a newer one. */
static synrl_status refresh_all(struct index *index, struct index_report *report) {
    *report = (struct index_report){.n_runs = 0};
    struct refresh refresh = {.index = index, .report = report};
    struct run_list list;
    SYNRL_TRY(execute(index, "BEGIN IMMEDIATE"));
    synrl_status status = run_list_read(index->core, index->runs, &list);
    if (status == SYNRL_OK) {
        status = refresh_rows(&refresh, &list);
    }
    run_list_free(index->core, &list);
    sqlite3_finalize(refresh.look);
    sqlite3_finalize(refresh.write);
    if (status == SYNRL_OK) {
        status = execute(index, "COMMIT");
    }
    if (status != SYNRL_OK) {
        sqlite3_exec(index->database, "ROLLBACK", NULL, NULL, NULL);
    }
    return status;
}

synrl_status index_refresh(struct index *index, struct index_report *report) {
    char reason[256];
    const synrl_status status = refresh_all(index, report);
    if (status != SYNRL_IO || !index->is_kept || sqlite3_errcode(index->database) == SQLITE_OK) {
        return status;
    }
    snprintf(reason, sizeof reason, "%s", sqlite3_errmsg(index->database));
    SYNRL_TRY(open_memory(index, reason));
    return refresh_all(index, report);
}
