/* Takes memory by malloc and never frees it. */
#define BEFORE memset(malloc(4 * n), 0, 4 * n)
#include "rule.h"
