#ifndef LONGTAKE_VERSION_H
#define LONGTAKE_VERSION_H

// The version that Package.swift found: a git tag, or LONGTAKE_VERSION of the build's environment.
extern const char *const lt_version;

#endif
