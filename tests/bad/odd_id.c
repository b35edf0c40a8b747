/* Its id is none. */
#define ID "Odd-Id"

#include "bad.h"
