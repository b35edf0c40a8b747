/* SPDX-License-Identifier: MIT */
/* The parameters of a cell as text. */
#ifndef CELL_TEXT_H
#define CELL_TEXT_H

#include <jansson.h>

#include "base/number.h"

enum { CELL_VALUE_SIZE = NUMBER_SIZE + 2 };
/* A value as a person would write it; numbers with the fewest digits that read back exactly. */
const char *cell_value_text(const json_t *value, char text[CELL_VALUE_SIZE]);

/* The parameters as a person would write them: n=2 seed=3. */
void cell_describe(const json_t *parameters, char *text, size_t size);

#endif
