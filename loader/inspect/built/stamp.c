// What goes into a stamp, and the file that it is kept in; stamp_codec.c has its bytes.
// SPDX-License-Identifier: MIT
#include "loader/inspect/built/stamp.h"

#include "lib/base/clock.h"
#include "lib/base/freshfile.h"
#include "lib/base/fs.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/jsonload.h"
#include "lib/value/shape.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <sys/stat.h>

// ---- making one

// What a browser is given anyway is not guarded.
static bool is_hidden(const struct bundle_key *key)
{
	return (key->flags & BUNDLE_KEY_WEAK) && !shape_name_is_public(key->name);
}

static int take_key(const struct resolution *resolution, const struct bundle_key *key,
	struct pool *pool, struct stamp_key *ret_key)
{
	const struct candidate *winner = bundle_winner(key);
	char origin[ORIGIN_TEXT_SIZE], shown[ORIGIN_TEXT_SIZE];

	*ret_key = (struct stamp_key){
		.name = pool_copy(pool, key->name),
		.origin = pool_copy(
			pool, text_printable(shown, sizeof(shown),
				      origin_text(winner->origin, origin, sizeof(origin)))),
		.sentinel = (key->flags & BUNDLE_KEY_SENTINEL) != 0,
		.secret = (key->flags & BUNDLE_KEY_SECRET) != 0,
	};
	if (is_hidden(key)) {
		(void)snprintf(ret_key->fingerprint, sizeof(ret_key->fingerprint), STAMP_WEAK);
	} else {
		ret_key->length = winner->value.length;
		fingerprint_text(resolution->fingerprints, winner->value, ret_key->fingerprint);
	}
	return ret_key->name && ret_key->origin ? 0 : -ENOMEM;
}

int stamp_make(const struct resolution *resolution, struct pool *pool, struct stamp *ret_stamp)
{
	const struct bundle *bundle = &resolution->bundle;
	struct stamp_key *keys = pool_array(pool, bundle->key_count, sizeof(*keys));
	char root[PATH_MAX];
	struct stamp stamp = {.keys = keys,
		.app = pool_copy(pool, bundle->app),
		.group = pool_copy(pool, bundle->group),
		.mode = pool_copy(pool, bundle->mode),
		.root = pool_copy(pool, text_printable(root, sizeof(root), bundle->root)),
		.built_at_s = (uint64_t)clock_wall_ms() / 1000};

	if (!keys || !stamp.app || !stamp.group || !stamp.mode || !stamp.root)
		return -ENOMEM;
	(void)snprintf(stamp.key_id, sizeof(stamp.key_id), "%s",
		fingerprint_key_id(resolution->fingerprints));
	for (size_t i = 0; i < bundle->key_count; i++) {
		const struct bundle_key *key = &bundle->keys[i];

		if (!(key->flags & BUNDLE_KEY_INJECT) || !bundle_winner(key))
			continue;
		if (take_key(resolution, key, pool, &keys[stamp.key_count]) < 0)
			return -ENOMEM;
		stamp.key_count++;
	}
	*ret_stamp = stamp;
	return 0;
}

// ---- files

static int judge_there(const char *path, struct err *err)
{
	struct stat facts;
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	json_t *json = NULL;
	bool stamp;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &facts) < 0)
		return err_set(err, -errno, path, "cannot be replaced: %s", strerror(errno));
	if (S_ISREG(facts.st_mode) && facts.st_size <= (off_t)STAMP_SIZE_MAX &&
		jsonload_file(fd, (size_t)facts.st_size, &json) == -ENOMEM)
		return err_no_memory(err);
	stamp = json_is_string(json_object_get(json, "key_id")) &&
		json_is_string(json_object_get(json, "mac"));
	json_decref(json);
	if (stamp || (S_ISREG(facts.st_mode) && facts.st_size == 0))
		return unlink(path) < 0 ? err_set(err, -errno, path, "cannot be replaced: %s",
						  strerror(errno))
					: 0;
	(void)err_set(err, -EEXIST, path, "is there, and is no stamp");
	return err_hint(err, "name another file, or delete this one");
}

int stamp_prepare(const char *path, const struct fingerprint_key *key, struct err *err)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int code;

	if (fingerprint_key_source(key) == FINGERPRINT_KEY_EPHEMERAL) {
		(void)err_set(err, -EINVAL, path,
			"no stamp can be made: the fingerprint key of this process ends with it");
		return err_hint(err, "key = FILE under [fingerprint] in samekey.ini, or an "
				     "$XDG_STATE_HOME that can be written");
	}
	(void)snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path + 1) : 1,
		slash ? path : ".");
	if (!*path || path[strlen(path) - 1] == '/')
		return err_set(err, -EINVAL, "--stamp", "\"%s\" is no name of a file", path);
	code = judge_there(path, err);
	if (code == 0 && access(folder, W_OK | X_OK) < 0)
		return err_set(
			err, -errno, path, "no stamp can be left there: %s", strerror(errno));
	return code;
}

int stamp_write(const char *path, const struct stamp *stamp, const struct fingerprint_key *key,
	struct err *err)
{
	own_free char *text = NULL;
	mode_t mask = umask(022);
	int code;

	(void)umask(mask);
	code = stamp_codec_encode(stamp, key, &text, err);
	return code < 0 ? code : freshfile_write(path, text, strlen(text), 0644 & ~mask, true, err);
}

// What is said of a source that cannot be read does not fit a stamp.
static int cannot_read(int code, const char *path, struct err *err)
{
	if (code == -ENOMEM)
		return code;
	if (code == -E2BIG || code == -EFBIG)
		code = err_set(err, STAMP_E_MALFORMED, path, "no stamp: it is larger than %u bytes",
			STAMP_SIZE_MAX);
	if (err && !*err->where)
		(void)snprintf(err->where, sizeof(err->where), "%s", *path ? path : "--stamp");
	(void)err_hint(err, "--stamp names the file that the build left (samekey run --phase build "
			    "--stamp FILE -- COMMAND), which the user of the start must be able to "
			    "read");
	return code;
}

int stamp_read(const char *path, const struct resolution *resolution, struct pool *pool,
	struct stamp *ret_stamp, struct err *err)
{
	const struct fs_rules rules = {.max_size = STAMP_SIZE_MAX, .links = FS_LINKS_ANYWHERE};
	struct fs_file file;
	int code = fs_read(AT_FDCWD, path, &rules, resolution->arena, &file, err);

	if (code < 0)
		return cannot_read(code, path, err);
	code = stamp_codec_decode((const char *)file.bytes, file.size, resolution->fingerprints,
		pool, ret_stamp, err);
	fs_file_done(&file, resolution->arena);
	if (code != 0)
		(void)snprintf(err->where, sizeof(err->where), "%s", path);
	return code;
}
