// The small functions by which programs read the environment: env("NAME", "default"),
// mustEnv("NAME"), get_env_or("NAME", "default"), env.str("NAME"), config("NAME") of decouple.
// Knows them by their names; reads no definition.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_ENVHELPER_H
#define LOADER_INSPECT_ENVHELPER_H

#include "lib/base/base.h"

// Whether the call whose bracket stands at `bracket`, in a source that begins at `start`, is one of
// them; *ret_defaults: whether a text behind the name stands in when the key is missing.
bool envhelper_reads(const char *start, const char *bracket, bool python, bool *ret_defaults);

#endif
