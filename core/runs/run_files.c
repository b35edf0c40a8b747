/* Reads the files that the recorder writes. */
#include "runs/run_files.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"

enum { RUN_JSON_LIMIT = 16 << 20 };
#define METRICS_LIMIT ((size_t)1 << 32)

static char *path_in(struct core *core, const char *folder, const char *name) {
    return core_printf(core, "%s/%s", folder, name);
}

synrl_status record_read(struct core *core, const char *folder, json_t **json) {
    char *path = path_in(core, folder, "run.json"), *text = NULL;
    size_t size;
    json_error_t error;
    *json = NULL;
    synrl_status status =
        path != NULL ? file_read(core, path, RUN_JSON_LIMIT, &text, &size) : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK) {
        *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
        if (!json_is_string(json_object_get(*json, "status"))) {
            status = core_fail(core, SYNRL_INVALID, "%s: not the record of a run: %s", path,
                               *json == NULL ? error.text : "must be an object with a \"status\"");
            json_decref(*json);
            *json = NULL;
        }
    }
    core_free(core, text);
    core_free(core, path);
    return status;
}

/* metrics.csv ---------------------------------------------------------------------------------- */

const struct record_column record_columns[RECORD_N_COLUMNS] = {
    {"iteration", offsetof(struct metrics, iteration), true},
    {"loss", offsetof(struct metrics, loss), false},
    {"accuracy", offsetof(struct metrics, accuracy), false},
    {"reward_rate", offsetof(struct metrics, reward_rate), false},
    {"valid_loss", offsetof(struct metrics, valid_loss), false},
    {"valid_accuracy", offsetof(struct metrics, valid_accuracy), false},
    {"alpha_s", offsetof(struct metrics, alpha_s), false},
    {"epsilon", offsetof(struct metrics, epsilon), false},
    {"sample_forwards", offsetof(struct metrics, sample_forwards), true},
    {"sample_backwards", offsetof(struct metrics, sample_backwards), true},
};

double record_value(const struct metrics *row, size_t column) {
    const void *value = (const char *)row + record_columns[column].offset;
    return record_columns[column].is_count ? (double)*(const uint64_t *)value
                                           : *(const double *)value;
}

static bool read_count(const char *text, const char *end, uint64_t *count) {
    *count = 0;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9' || *count > (UINT64_MAX - 9) / 10) {
            return false;
        }
        *count = 10 * *count + (uint64_t)(*text - '0');
    }
    return true;
}

static bool read_cell(const char *text, const char *end, double *value) {
    *value = (double)NAN;
    if (text == end || (end - text == 3 && strncmp(text, "nan", 3) == 0)) {
        return true;
    }
    const bool is_negative = *text == '-';
    if (end - text == 3 + is_negative && strncmp(text + is_negative, "inf", 3) == 0) {
        *value = is_negative ? -(double)INFINITY : (double)INFINITY;
        return true;
    }
    return number_read(text, end, value);
}

/* Reads one line without its end; the columns are the recorder's. */
static bool read_row(const char *line, const char *end, struct metrics *row) {
    for (size_t column = 0; column < RECORD_N_COLUMNS; column++) {
        void *value = (char *)row + record_columns[column].offset;
        const char *comma = memchr(line, ',', (size_t)(end - line));
        const char *stop = comma != NULL ? comma : end;
        if ((comma == NULL) != (column == RECORD_N_COLUMNS - 1) ||
            !(record_columns[column].is_count ? read_count(line, stop, value)
                                              : read_cell(line, stop, value))) {
            return false;
        }
        line = stop + 1;
    }
    return true;
}

/* The end of the line, or NULL where the text ends before. */
static const char *line_end(const char *line, const char *end) {
    return memchr(line, '\n', (size_t)(end - line));
}

static synrl_status read_rows(struct core *core, const char *path, const char *text, size_t size,
                              uint64_t last, struct metrics **rows, size_t *n) {
    static const char heading[] = RECORD_METRICS_HEADING "\n";
    const char *const end = text + size;
    size_t n_lines = 0, number = 1;
    if (memcmp(text, heading, size < sizeof heading - 1 ? size : sizeof heading - 1) != 0) {
        return core_fail(core, SYNRL_INVALID, "%s: must begin with the names of the columns", path);
    }
    for (const char *c = text; (c = line_end(c, end)) != NULL; c++) {
        n_lines++;
    }
    *rows = core_alloc(core, n_lines + 1, sizeof **rows);
    if (*rows == NULL) {
        return SYNRL_NO_MEMORY;
    }
    const char *line = size < sizeof heading - 1 ? end : text + sizeof heading - 1;
    for (const char *stop; (stop = line_end(line, end)) != NULL; line = stop + 1) {
        number++;
        if (!read_row(line, stop, &(*rows)[*n])) {
            return core_fail(core, SYNRL_INVALID, "%s:%zu: not a line of metrics", path, number);
        }
        if ((*rows)[*n].iteration > last) {
            break;
        }
        ++*n;
    }
    return SYNRL_OK;
}

synrl_status record_metrics(struct core *core, const char *folder, uint64_t last,
                            struct metrics **rows, size_t *n) {
    char *path = path_in(core, folder, "metrics.csv"), *text = NULL;
    size_t size;
    *rows = NULL;
    *n = 0;
    synrl_status status =
        path != NULL ? file_read(core, path, METRICS_LIMIT, &text, &size) : SYNRL_NO_MEMORY;
    if (status == SYNRL_OK) {
        status = read_rows(core, path, text, size, last, rows, n);
    }
    if (status != SYNRL_OK) {
        core_free(core, *rows);
        *rows = NULL;
    }
    core_free(core, text);
    core_free(core, path);
    return status;
}

/* rewards.bin ---------------------------------------------------------------------------------- */

synrl_status record_rewards(struct core *core, const char *folder, uint64_t n, uint8_t **bits) {
    char *path = path_in(core, folder, "rewards.bin"), *bytes = NULL;
    size_t size;
    *bits = NULL;
    if (path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    synrl_status status = file_read(core, path, METRICS_LIMIT, &bytes, &size);
    if (status == SYNRL_OK && size < n / 8 + (n % 8 != 0)) {
        status =
            core_fail(core, SYNRL_INVALID,
                      "%s: has %zu bytes: must hold one bit for each of %" PRIu64 " iterations",
                      path, size, n);
    }
    if (status == SYNRL_OK) {
        *bits = core_alloc(core, n, 1);
        status = *bits != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    }
    for (uint64_t t = 0; status == SYNRL_OK && t < n; t++) {
        (*bits)[t] = (uint8_t)bytes[t / 8] >> t % 8 & 1;
    }
    core_free(core, bytes);
    core_free(core, path);
    return status;
}

/* losses.bin ----------------------------------------------------------------------------------- */

synrl_status record_losses(struct core *core, const char *folder, uint64_t n, double **losses) {
    char *path = path_in(core, folder, "losses.bin"), *bytes = NULL;
    size_t size;
    *losses = NULL;
    if (path == NULL) {
        return SYNRL_NO_MEMORY;
    }
    synrl_status status = file_read(core, path, METRICS_LIMIT, &bytes, &size);
    if (status == SYNRL_OK && size / (2 * sizeof(double)) < n) {
        status = core_fail(core, SYNRL_INVALID,
                           "%s: has %zu bytes: must hold 16 for each of %llu iterations", path,
                           size, (unsigned long long)n);
    }
    if (status == SYNRL_OK) {
        *losses = core_alloc(core, n, 2 * sizeof(double));
        status = *losses != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
    }
    if (status == SYNRL_OK && n > 0) {
        memcpy(*losses, bytes, n * 2 * sizeof(double));
    }
    core_free(core, bytes);
    core_free(core, path);
    return status;
}
