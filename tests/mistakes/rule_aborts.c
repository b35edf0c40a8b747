/* Calls abort. */
#define BEFORE abort()
#include "rule.h"
