/* SPDX-License-Identifier: MIT */
/* Whether the first line of a table names its columns. */
#ifndef HEADER_H
#define HEADER_H

#include "columns.h"
#include "numbers.h"

enum { HEADER_AUTO, HEADER_YES, HEADER_NO };

/* By a guess: whether a parameter names one of the fields, or the record contains no number, and in
 * a column that may be an input something else than a missing value: "nan,nan,A" is a sample, and
 * refused. */
bool header_is_likely(const struct selection *selection, const struct number_format *format,
                      const struct buffer *fields);

/* Why a record that was taken for a sample, or for the header, may be the other; or NULL. */
const char *header_doubt(const struct selection *selection, const struct columns *columns,
                         const struct buffer *fields);

#endif
