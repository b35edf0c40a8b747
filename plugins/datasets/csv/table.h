/* SPDX-License-Identifier: MIT */
/* The values of a table: inputs, targets and labels of its rows. */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>

#include "columns.h"
#include "numbers.h"
#include "reader.h"
#include "words.h"

enum { MISSING_REFUSE, MISSING_DROP, MISSING_MEAN };

struct table_options {
    int32_t header;            /* header.h */
    int32_t missing;           /* what is done about missing values */
    const char *missing_words; /* with commas between; NULL or "": those of text.h */
    bool are_pixels;           /* inputs are whole numbers 0 .. 255 */
    struct selection selection;
    struct number_format format;
};

/* The words of one input column: numbers of words, one per row; -1 where missing. */
struct word_input {
    struct words words;
    struct buffer rows; /* int32_t */
};

struct table {
    const synrl_host *host;
    const struct table_options *options;
    struct reader reader;
    struct columns columns;
    bool is_guessed; /* the first record is data by a guess */
    size_t shift;    /* 1: the rows begin with their names, which the header leaves out */
    size_t n_rows;
    size_t n_numbers;      /* inputs of numbers */
    struct buffer missing; /* what options->missing_words lists: char *, terminated */
    struct buffer inputs;  /* [n_rows][n_numbers] float, NaN where missing; with are_pixels bytes */
    struct buffer n_missing;  /* [n_numbers] size_t, where they are to be filled in */
    struct word_input *words; /* of each of columns.words */
    struct buffer targets;    /* float */
    struct words label_words;
    struct buffer labels;            /* int32_t, numbers of words */
    const char **input_names;        /* inputs_finish */
    struct buffer lines;             /* uint32_t, where each row begins */
    size_t n_dropped, first_dropped; /* rows, and the line of the first */
};

/* Reads the file; host, options, reader and columns->host and ->path are set. To be freed even
 * after a failure. */
synrl_status table_read(struct table *table, size_t n_skipped);
/* Frees what is only needed to read. */
void table_free(struct table *table);

#endif
