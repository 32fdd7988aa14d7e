// Any bytes as a stat line, as a line of net/tcp, as an environment and as what PM2 writes: facts
// within their ranges, or a refusal.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/base/procfs.h"
#include "loader/inspect/running/pm2env.h"
#include "loader/inspect/running/process.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void read_pm2(struct secret text)
{
	own(pool_release) struct pool *pool = pool_new();
	own(secret_arena_release) struct secret_arena *arena = NULL;
	const struct pm2env *apps = NULL;
	struct secret value;
	size_t count = 0;

	if (!pool || secret_arena_open(NULL, &arena, NULL) < 0 ||
		pm2env_read(text, arena, pool, &apps, &count) != 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (apps[i].count && !pm2env_find(&apps[i], apps[i].variables[0].name, &value))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct secret text = secret_view(bytes, size);
	struct procfs_socket socket;
	struct procfs_stat stat;
	struct secret value;
	uint64_t number;

	if (procfs_stat((const char *)bytes, size, &stat) == 0 && (stat.pid < 0 || stat.parent < 0))
		abort();
	ignore_result(procfs_socket((const char *)bytes, size, &socket));
	(void)procfs_link((const char *)bytes, size, "socket", &number);
	if (process_variable(text, "KEY", &value) &&
		secret_bytes(value) + value.length > bytes + size)
		abort();
	read_pm2(text);
	return 0;
}
