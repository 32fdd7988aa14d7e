// Texts that people put where a secret belongs until there is one: your-secret-key, changeme.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_STOPGAP_H
#define LOADER_SCAN_SEARCH_STOPGAP_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

#define STOPGAP_MAX 160 // bytes

// Whether a text can hardly be anything but a placeholder for a secret, wherever it stands.
bool stopgap_is_loud(struct secret text);

// Whether a text stands in for the secret that the environment has under that name: by a name that
// sounds like one any known placeholder does, else only a loud one.
bool stopgap_suits(const char *key, struct secret text);

#endif
