// Settings anew, and what follows from them for the parts.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DAEMONRELOAD_H
#define VERIFIER_DAEMONRELOAD_H

#include "lib/base/base.h"

#include <sys/types.h>

struct daemon;
struct http_rules;
struct registry_rules;
struct ruling;
struct setup;

// Reads all settings again and takes them over; if they do not hold, the old ones stay.
void daemonreload_run(struct daemon *daemon);

// What settings say to the registry.
struct registry_rules daemonreload_registry_rules(const struct setup *setup) must_check;

// What settings say to the HTTP door.
struct http_rules daemonreload_http_rules(const struct ruling *ruling) must_check;

// The mode of the sockets' files: rules tell callers apart where it did.
mode_t daemonreload_mode(const struct setup *setup) must_check;

// Gives the keyring the profiles of the settings. Returns: 0 or -ENOMEM.
int daemonreload_keyring(struct daemon *daemon, const struct setup *setup) must_check;

// Warns where the limit of descriptors is below what all caps together need.
void daemonreload_judge_descriptors(const struct daemon *daemon);

#endif
