// What is wrong is said of the file; nothing of its line is.
// SPDX-License-Identifier: MIT
#include "verifier/secretline.h"

#include "lib/base/err.h"
#include "lib/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static const char *const names[] = {
	[SECRETLINE_TOKEN] = "token", [SECRETLINE_PASSWORD] = "password"};

// What mends a file that cannot be read.
static int hint_unread(enum secretline_kind kind, const char *path, int code, struct err *err)
{
	if (code == -EACCES)
		return err_hint(err, "let uid %u read it, and nobody else", (unsigned)geteuid());
	if (code == -ENOENT && kind == SECRETLINE_TOKEN)
		return err_hint(err, "(umask 077; samekey keygen > %s)", path);
	if (code == -ENOENT)
		return err_hint(err, "put the password there, or take the setting out");
	return code;
}

static int judge_token(const char *line, const char *path, size_t length, struct err *err)
{
	if (length < SECRETLINE_TOKEN_MIN || length > SECRETLINE_MAX) {
		(void)err_set(err, -EINVAL, path, "a token has %d to %d bytes",
			SECRETLINE_TOKEN_MIN, SECRETLINE_MAX);
		return err_hint(err, "samekey keygen > %s", path);
	}
	for (size_t i = 0; i < length; i++)
		if (line[i] <= ' ' || line[i] > '~')
			return err_set(err, -EINVAL, path,
				"a token is one line of letters, digits and signs");
	return 0;
}

static int judge_password(const char *line, const char *path, size_t length, struct err *err)
{
	if (length && length <= SECRETLINE_MAX && !memchr(line, '\0', length) &&
		!memchr(line, '\n', length))
		return 0;
	return err_set(
		err, -EINVAL, path, "a password is one line of at most %d bytes", SECRETLINE_MAX);
}

static int judge(enum secretline_kind kind, const struct fs_file *file, const char *path,
	size_t length, struct err *err)
{
	const char *line = (const char *)file->bytes;

	if (file->facts.st_mode & S_IROTH) {
		(void)err_set(err, -EPERM, path, "everybody may read this %s", names[kind]);
		return err_hint(err, "chmod o-r %s", path);
	}
	return kind == SECRETLINE_TOKEN ? judge_token(line, path, length, err)
					: judge_password(line, path, length, err);
}

int secretline_read(enum secretline_kind kind, const char *path, struct secret_arena *arena,
	struct secret *ret_line, struct err *err)
{
	const struct fs_rules rules = {.max_size = 4096, .links = FS_LINKS_ANYWHERE};
	struct fs_file file;
	size_t length;
	int code = fs_read(AT_FDCWD, path, &rules, arena, &file, err);

	if (code < 0)
		return hint_unread(kind, path, code, err);
	length = file.size;
	if (length && file.bytes[length - 1] == '\n')
		length--;
	code = judge(kind, &file, path, length, err);
	if (code == 0)
		code = secret_copy(arena, file.bytes, length, ret_line);
	fs_file_done(&file, arena);
	return code;
}
