// What PM2 gave an app, as PM2 writes it: the JSON in the variable `pm2_env` of a cluster's worker,
// or its dump file. Values go to the secret arena. While the JSON is read, jansson's copies of it
// are wiped as they are freed; what the kernel's page of the variable and a process image hold is
// not ours to wipe.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_RUNNING_PM2ENV_H
#define LOADER_INSPECT_RUNNING_PM2ENV_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct pool;

#define PM2ENV_SIZE_MAX (16u * 1024 * 1024) // bytes of JSON
#define PM2ENV_APPS_MAX 1000                // of one dump
#define PM2ENV_NAME_MAX 255                 // bytes of an app's name, as it is shown

struct pm2env_variable {
	const char *name;
	struct secret value; // as process.env has it: a number is its digits, null is "null"
};

struct pm2env {
	const char *name, *id, *mode, *script;   // name, pm_id, exec_mode, pm_exec_path, all
						 // printable; "" where it does not say so
	const struct pm2env_variable *variables; // by name, bytewise; none twice
	size_t count;
};

// Documented outcome: no JSON, or not of this shape.
#define PM2ENV_E_OTHER 1

// Reads one app {"name":...,"env":{...}} or an array of such. A variable is a member of `env`, or
// else of the app itself, since PM2 spreads the one over the other; PM2's own fields are among
// them. Returns: 0, PM2ENV_E_OTHER, or -ENOMEM.
int pm2env_read(struct secret text, struct secret_arena *arena, struct pool *pool,
	const struct pm2env **ret_apps, size_t *ret_count) must_check;

// Finds a variable of an app.
// Returns: whether it is there; its value in ret_value (a view).
bool pm2env_find(const struct pm2env *app, const char *name, struct secret *ret_value);

#endif
