// Any bytes as a file with one secret of samekeyd's own: what is taken of it is one line that has
// no NUL; as a token visible ASCII; and the file without what ends the line.
// SPDX-License-Identifier: MIT
#include "lib/base/secret.h"
#include "verifier/secretline.h"

#include <sys/mman.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(enum secretline_kind kind, const char *path, struct secret_arena *arena,
	const uint8_t *bytes, size_t size)
{
	struct secret line;

	if (secretline_read(kind, path, arena, &line, NULL))
		return;
	if (!line.length || line.length > size || size - line.length > 2 ||
		memcmp(secret_bytes(line), bytes, line.length) != 0)
		abort();
	for (size_t i = 0; i < line.length; i++)
		if (!bytes[i] || bytes[i] == '\n' ||
			(kind == SECRETLINE_TOKEN && (bytes[i] <= ' ' || bytes[i] > '~')))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct secret_arena *arena;
	static unsigned inputs;
	own_fd int fd = memfd_create("line", MFD_CLOEXEC);
	char path[64];

	if (inputs++ % 1000 == 0) // nothing of it is given back
		secret_arena_release(&arena);
	if (fd < 0 || (!arena && secret_arena_open(NULL, &arena, NULL) < 0) ||
		fchmod(fd, 0600) < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check(SECRETLINE_TOKEN, path, arena, bytes, size);
	check(SECRETLINE_PASSWORD, path, arena, bytes, size);
	return 0;
}
