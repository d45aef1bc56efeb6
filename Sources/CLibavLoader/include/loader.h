#ifndef LONGTAKE_LIBAV_LOADER_H
#define LONGTAKE_LIBAV_LOADER_H

// Nothing to call: loader.c defines libav's own functions, see there. The object is linked because they are referenced.

#endif
