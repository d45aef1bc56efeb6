#ifndef LONGTAKE_CLIBAV_SHIM_H
#define LONGTAKE_CLIBAV_SHIM_H
#include <libavcodec/avcodec.h>
#endif
