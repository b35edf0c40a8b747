/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* locale_t */
#include "inputs.h"

#include <math.h>
#include <string.h>

#include "labels.h"

/* Missing numbers ------------------------------------------------------------------------------ */

/* Replaces the missing values of a column by the mean of the others. */
static synrl_status fill_column(struct table *table, size_t column, size_t number) {
    float *values = ITEMS(float, table->inputs) + number;
    const size_t step = table->n_numbers, n_missing = ITEMS(size_t, table->n_missing)[number];
    double sum = 0;
    char name[80];
    if (n_missing == table->n_rows) {
        return table->host->fail(
            table->host, SYNRL_INVALID, "%s: %s has no value, so no mean: ignore leaves it out",
            table->reader.path, columns_describe(&table->columns, column, name, sizeof name));
    }
    for (size_t r = 0; r < table->n_rows; r++) {
        sum += isnan(values[r * step]) ? 0 : (double)values[r * step];
    }
    const float mean = (float)(sum / (double)(table->n_rows - n_missing));
    for (size_t r = 0; r < table->n_rows; r++) {
        values[r * step] = isnan(values[r * step]) ? mean : values[r * step];
    }
    table->host->log(table->host, SYNRL_LOG_INFO, "%s: %s: %zu of %zu values missing, %g for each",
                     table->reader.path,
                     columns_describe(&table->columns, column, name, sizeof name), n_missing,
                     table->n_rows, (double)mean);
    return SYNRL_OK;
}

static synrl_status fill_numbers(struct table *table) {
    size_t number = 0;
    for (size_t i = 0; i < N_ITEMS(size_t, table->columns.inputs); i++) {
        const size_t column = ITEMS(size_t, table->columns.inputs)[i];
        if (COLUMN_ROLE(&table->columns, column) != ROLE_NUMBER) {
            continue;
        }
        if (ITEMS(size_t, table->n_missing)[number] > 0) {
            SYNRL_TRY(fill_column(table, column, number));
        }
        number++;
    }
    return SYNRL_OK;
}

/* Words ---------------------------------------------------------------------------------------- */

/* How the words of a column become inputs. */
struct coding {
    size_t n;           /* inputs */
    int32_t *codes;     /* of each word, which input is 1 */
    float *shares;      /* [n] of the rows: for a missing word */
    const char **texts; /* [n] of those of the file, which are theirs; NULL: they are listed */
};

static size_t count_listed(const struct word_column *listed) {
    size_t n = 1;
    for (size_t i = 0; i < listed->length; i++) {
        n += listed->words[i] == '|';
    }
    return n;
}

/* The place of a word in the list. */
static int32_t place(const struct word_column *listed, const char *word) {
    const char *at = listed->words, *end = at + listed->length;
    for (int32_t number = 0; at <= end; number++) {
        const char *bar = memchr(at, '|', (size_t)(end - at));
        const size_t length = (size_t)((bar != NULL ? bar : end) - at);
        if (strncmp(at, word, length) == 0 && word[length] == '\0') {
            return number;
        }
        at += length + 1;
    }
    return 0; /* the words were checked as they were read */
}

/* The words of the file in order, numbers by value. */
static synrl_status code_found(struct table *table, const struct words *words,
                               struct coding *coding) {
    const size_t n = words_count(words);
    const char **texts;
    bool are_numbers = true;
    SYNRL_TRY(SYNRL_NEW(table->host, texts, n + 1));
    words_list(words, texts);
    for (size_t w = 0; w < n; w++) {
        are_numbers = are_numbers && label_is_number(texts[w]);
    }
    coding->n = labels_sort_distinct(are_numbers, texts, n);
    for (size_t w = 0; w < n; w++) {
        coding->codes[w] = (int32_t)labels_find(are_numbers, texts, coding->n, WORD_TEXT(words, w));
    }
    coding->texts = texts;
    return SYNRL_OK;
}

static synrl_status make_coding(struct table *table, size_t w, struct coding *coding) {
    const struct word_column *column = &ITEMS(struct word_column, table->columns.words)[w];
    const struct words *words = &table->words[w].words;
    const size_t n = words_count(words);
    char name[80];
    SYNRL_TRY(SYNRL_NEW(table->host, coding->codes, n + 1));
    if (n == 0) {
        return table->host->fail(
            table->host, SYNRL_INVALID, "%s: %s has no value: ignore leaves it out",
            table->reader.path,
            columns_describe(&table->columns, column->column, name, sizeof name));
    }
    if (column->words == NULL) {
        SYNRL_TRY(code_found(table, words, coding));
    } else {
        coding->n = count_listed(column);
        for (size_t i = 0; i < n; i++) {
            coding->codes[i] = place(column, WORD_TEXT(words, i));
        }
    }
    size_t n_present = 0;
    SYNRL_TRY(SYNRL_NEW(table->host, coding->shares, coding->n));
    for (size_t i = 0; i < n; i++) {
        coding->shares[coding->codes[i]] += (float)WORD(words, i).count;
        n_present += WORD(words, i).count;
    }
    for (size_t c = 0; c < coding->n; c++) {
        coding->shares[c] /= (float)n_present;
    }
    return SYNRL_OK;
}

static void free_codings(struct table *table, struct coding *codings, size_t n) {
    for (size_t w = 0; w < n; w++) {
        table->host->free(table->host, codings[w].codes);
        table->host->free(table->host, codings[w].shares);
        table->host->free(table->host, codings[w].texts);
    }
    table->host->free(table->host, codings);
}

static float *write_word(const struct coding *coding, int32_t word, float *out) {
    if (word < 0) {
        memcpy(out, coding->shares, coding->n * sizeof *out);
    } else {
        out[coding->codes[word]] = 1.0F;
    }
    return out + coding->n;
}

/* Names ---------------------------------------------------------------------------------------- */

/* Appends PARTS, one after another, as the name of the next input. */
static synrl_status append_name(struct table *table, struct buffer *texts, struct buffer *starts,
                                const char *column, const char *word, size_t length) {
    const size_t start = texts->n;
    SYNRL_TRY(buffer_append(table->host, starts, &start, sizeof start));
    SYNRL_TRY(buffer_append(table->host, texts, column, strlen(column)));
    if (word != NULL) {
        SYNRL_TRY(buffer_append(table->host, texts, "=", 1));
        SYNRL_TRY(buffer_append(table->host, texts, word, length));
    }
    return buffer_append(table->host, texts, "", 1);
}

/* Those of a column of words: island=Dream. */
static synrl_status append_words(struct table *table, const struct coding *coding, size_t w,
                                 const char *column, struct buffer *texts, struct buffer *starts) {
    const char *at = ITEMS(struct word_column, table->columns.words)[w].words;
    const char *end = coding->texts == NULL
                          ? at + ITEMS(struct word_column, table->columns.words)[w].length
                          : NULL;
    for (size_t i = 0; i < coding->n; i++) {
        if (coding->texts != NULL) {
            SYNRL_TRY(append_name(table, texts, starts, column, coding->texts[i],
                                  strlen(coding->texts[i])));
            continue;
        }
        const char *bar = memchr(at, '|', (size_t)(end - at));
        const size_t length = (size_t)((bar != NULL ? bar : end) - at);
        SYNRL_TRY(append_name(table, texts, starts, column, at, length));
        at += length + 1;
    }
    return SYNRL_OK;
}

static size_t find_words(const struct table *table, size_t column) {
    size_t w = 0;
    while (ITEMS(struct word_column, table->columns.words)[w].column != column) {
        w++;
    }
    return w;
}

static synrl_status append_names(struct table *table, const struct coding *codings,
                                 struct buffer *texts, struct buffer *starts) {
    for (size_t i = 0; i < N_ITEMS(size_t, table->columns.inputs); i++) {
        const size_t column = ITEMS(size_t, table->columns.inputs)[i];
        const char *name = columns_name_of(&table->columns, column);
        char number[24];
        if (name == NULL || *name == '\0') {
            snprintf(number, sizeof number, "%zu", column + 1);
            name = number;
        }
        if (COLUMN_ROLE(&table->columns, column) == ROLE_NUMBER) {
            SYNRL_TRY(append_name(table, texts, starts, name, NULL, 0));
        } else {
            const size_t w = find_words(table, column);
            SYNRL_TRY(append_words(table, &codings[w], w, name, texts, starts));
        }
    }
    return SYNRL_OK;
}

/* The names of the inputs, unless they are pixels. */
static synrl_status name_inputs(struct table *table, const struct coding *codings) {
    struct buffer texts = {0}, starts = {0};
    if (table->options->are_pixels) {
        return SYNRL_OK;
    }
    SYNRL_TRY(append_names(table, codings, &texts, &starts));
    const size_t n = N_ITEMS(size_t, starts);
    SYNRL_TRY(SYNRL_NEW(table->host, table->input_names, n));
    for (size_t i = 0; i < n; i++) {
        table->input_names[i] = (const char *)texts.bytes + ITEMS(size_t, starts)[i];
    }
    buffer_free(table->host, &starts);
    return SYNRL_OK;
}

/* All ------------------------------------------------------------------------------------------ */

/* Numbers and words of a row in the order of its inputs. */
static float *write_row(const struct table *table, const struct coding *codings, size_t row,
                        float *out) {
    const float *numbers =
        table->n_numbers > 0 ? ITEMS(float, table->inputs) + row * table->n_numbers : NULL;
    for (size_t i = 0; i < N_ITEMS(size_t, table->columns.inputs); i++) {
        const size_t column = ITEMS(size_t, table->columns.inputs)[i];
        if (COLUMN_ROLE(&table->columns, column) == ROLE_NUMBER) {
            *out++ = *numbers++;
            continue;
        }
        const size_t w = find_words(table, column);
        out = write_word(&codings[w], ITEMS(int32_t, table->words[w].rows)[row], out);
    }
    return out;
}

synrl_status inputs_finish(struct table *table, size_t *n_inputs) {
    const size_t n_words = N_ITEMS(struct word_column, table->columns.words);
    struct coding *codings;
    float *out;
    *n_inputs = table->n_numbers;
    if (!table->options->are_pixels) {
        SYNRL_TRY(fill_numbers(table));
    }
    if (n_words == 0) {
        return name_inputs(table, NULL);
    }
    SYNRL_TRY(SYNRL_NEW(table->host, codings, n_words));
    for (size_t w = 0; w < n_words; w++) {
        SYNRL_TRY(make_coding(table, w, &codings[w]));
        *n_inputs += codings[w].n;
    }
    SYNRL_TRY(SYNRL_NEW(table->host, out, table->n_rows * *n_inputs));
    for (size_t r = 0; r < table->n_rows; r++) {
        write_row(table, codings, r, out + r * *n_inputs);
    }
    SYNRL_TRY(name_inputs(table, codings));
    free_codings(table, codings, n_words);
    buffer_free(table->host, &table->inputs);
    table->inputs.bytes = (unsigned char *)out;
    return SYNRL_OK;
}
