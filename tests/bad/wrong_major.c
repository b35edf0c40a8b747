/* Built for another major version. */
#define ID "wrong_major"
#define ABI_MAJOR 3
#include "bad.h"
