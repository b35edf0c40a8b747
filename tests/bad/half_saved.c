/* Tells the size of its state, but cannot save it. */
#define ID "half_saved"
#define STATE_SIZE state_size
#include "bad.h"
