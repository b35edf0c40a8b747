/* SPDX-License-Identifier: MIT */
/* Its id is not the file's name. */
#define ID "another_name"

#include "bad.h"
