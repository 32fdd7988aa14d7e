// All strings go into one piece of guarded memory, one behind the other.
// SPDX-License-Identifier: MIT
#include "loader/stay/guarded.h"

#include "lib/base/err.h"
#include "lib/base/secret.h"

#include <errno.h>
#include <sodium.h>

int guarded_environment(void)
{
	static struct secret_arena *arena; // lives as long as the process, as do the strings
	static char **strings;
	struct err err = ERR_NONE;
	size_t size = 0, count = 0;
	char *at;

	for (; environ[count]; count++)
		size += strlen(environ[count]) + 1;
	strings = calloc(count + 1, sizeof(*strings));
	if (!strings || sodium_init() < 0 || secret_arena_open(NULL, &arena, &err) < 0) {
		free(strings);
		return -ENOMEM;
	}
	at = (char *)secret_arena_take(arena, size + 1);
	if (!at) {
		free(strings);
		secret_arena_free(arena);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(environ[i]) + 1;

		memcpy(at, environ[i], length);
		sodium_memzero(environ[i], length);
		strings[i] = at;
		at += length;
	}
	environ = strings;
	return 0;
}
