// What the service manager is told while the daemon serves.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DAEMONSTATUS_H
#define VERIFIER_DAEMONSTATUS_H

#include "lib/base/base.h"

struct daemon;

// Tells STATUS= unless it is as before.
void daemonstatus_update(struct daemon *daemon);

// Takes the keys as they are held now into the profiles and the sessions.
void daemonstatus_refresh(struct daemon *daemon);

// For custody: an app's standing offer was withdrawn, or it had none. `owner` is the daemon.
// Returns: whether a profile had keys of the app that are forgotten now.
bool daemonstatus_withdrawn(void *owner, const char *app, bool stood);

// For custody: what is held has changed.
void daemonstatus_changed(void *owner);

// Looks now, and from then on every second while the loop turns.
void daemonstatus_due(void *owner);

#endif
