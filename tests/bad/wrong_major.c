/* Built for another major version. */
#define ID "wrong_major"
#define ABI_MAJOR 2
#include "bad.h"
