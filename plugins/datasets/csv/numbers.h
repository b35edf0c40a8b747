/* SPDX-License-Identifier: MIT */
/* Numbers in fields. */
#ifndef NUMBERS_H
#define NUMBERS_H

#include <locale.h>
#include <stdbool.h>

#include "reader.h"

struct number_format {
    locale_t locale; /* "C" */
    char point;      /* '.' or ',' */
};

/* The float nearest to a finite decimal number; false where the field is something else, such as
 * "nan", "inf" or a hexadecimal number. */
bool number_read(const struct number_format *format, const struct field *field, float *value);

#endif
