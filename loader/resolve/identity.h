// Which app, mode and phase a resolution is for.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_IDENTITY_H
#define LOADER_RESOLVE_IDENTITY_H

#include "lib/base/base.h"

struct err;
struct resolution;
struct resolution_request;

// Names the app, unless settings did: folder/program, such as shop/ws-server.
// Returns: 0 or -ENOMEM.
int identity_name_app(struct resolution *resolution, char *const *program) must_check;

// The mode, highest first: --mode, $SAMEKEY_MODE, samekey.ini, the framework's command, $NODE_ENV,
// production. Says so when NODE_ENV differs from what the command means.
// Returns: 0, or a negative errno with err set.
int identity_choose_mode(struct resolution *resolution, const struct resolution_request *request,
	struct err *err) must_check;

// The phase: --phase, else the framework's command, else start.
void identity_choose_phase(struct resolution *resolution, const struct resolution_request *request);

#endif
