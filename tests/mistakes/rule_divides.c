/* Divides by 0. */
#define BEFORE rule->actions[0] = (int8_t)(1 / (volatile int){0})
#include "rule.h"
