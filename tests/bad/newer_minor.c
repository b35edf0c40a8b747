/* SPDX-License-Identifier: MIT */
/* Built with newer headers. */
#define ID "newer_minor"
#define ABI_MINOR (SYNRL_ABI_MINOR + 1)
#include "bad.h"
