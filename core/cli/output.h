/* SPDX-License-Identifier: MIT */
/* Results for programs and for people. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* For a program: JSON, sorted, with a line's end. False where there is no memory for it. */
bool output_json(FILE *stream, const json_t *value);
/* For a person: names and values, nested by indentation. False where there is no memory for all. */
bool output_print(FILE *stream, const json_t *value);

#endif
