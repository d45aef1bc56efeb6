#include "version.h"

const char *const lt_version = LONGTAKE_VERSION;
