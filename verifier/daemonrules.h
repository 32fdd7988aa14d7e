// The rules that the daemon's parts work by: made of the settings at the start, and anew when they
// are read again.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DAEMONRULES_H
#define VERIFIER_DAEMONRULES_H

#include "lib/base/base.h"

#include <sys/types.h>

struct daemon;
struct http_rules;
struct registry_rules;
struct ruling;
struct setup;

// Reads all settings again and takes them over; if they do not hold, the old ones stay.
void daemonrules_reload(struct daemon *daemon);

// What settings say to the registry.
struct registry_rules daemonrules_registry(const struct setup *setup) must_check;

// What settings say to the HTTP door.
struct http_rules daemonrules_http(const struct ruling *ruling) must_check;

// The mode of the sockets' files: rules tell callers apart where it did.
mode_t daemonrules_mode(const struct setup *setup) must_check;

// Gives the keyring the profiles of the settings. Returns: 0 or -ENOMEM.
int daemonrules_keyring(struct daemon *daemon, const struct setup *setup) must_check;

// Warns where the limit of descriptors is below what all caps together need.
void daemonrules_judge_descriptors(const struct daemon *daemon);

#endif
