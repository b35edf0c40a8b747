/* SPDX-License-Identifier: MIT */
/* What must hold for every data set that loads. */
#ifndef SOUND_DATA_H
#define SOUND_DATA_H

#include "synrl/dataset.h"

/* Reads the data from end to end; what is wrong with them, or NULL. */
const char *data_problem(const synrl_data *data);

#endif
