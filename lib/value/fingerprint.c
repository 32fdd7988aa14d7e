// The fingerprint key and what is computed with it. Each purpose has a subkey of its own.
// SPDX-License-Identifier: MIT
#include "lib/value/fingerprint.h"

#include "lib/base/freshfile.h"
#include "lib/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>

#define SYSTEM_KEY "/etc/samekey/fingerprint.key"
#define CREDENTIAL_NAME "samekey.fingerprint"

// Subkeys by purpose (libsodium's crypto_kdf, context "samekey1").
enum purpose { PURPOSE_ID = 1, PURPOSE_VALUE, PURPOSE_GIVEN, PURPOSE_STAMP, PURPOSES };

// What is shown of a hash and what is only compared are different bytes of it: neither tells
// anything of the other, and hashing is most of what the verifier does with an offer.
#define HASH_BYTES 64
#define EQUALITY_AT (HASH_BYTES - FINGERPRINT_EQUALITY_BYTES)

struct fingerprint_key {
	struct secret_arena *arena;
	uint8_t (*subkeys)[FINGERPRINT_KEY_BYTES]; // by purpose
	enum fingerprint_key_source source;
	char id[FINGERPRINT_TEXT_SIZE];
};

static int read_key(const char *path, struct secret_arena *arena,
	uint8_t ret_key[static FINGERPRINT_KEY_BYTES], struct err *err)
{
	const struct fs_rules rules = {.max_size = 4096, .links = FS_LINKS_ANYWHERE};
	struct err unread = ERR_NONE;
	struct fs_file file;
	int code;

	if (!err)
		err = &unread; // err_hint gives back the code that it finds there
	code = fs_read(AT_FDCWD, path, &rules, arena, &file, err);
	if (code == -ENOENT)
		return err_hint(err, "(umask 077; head -c 32 /dev/urandom > %s)", path);
	if (code < 0)
		return code;
	if (file.size != FINGERPRINT_KEY_BYTES) {
		(void)err_set(err, -EINVAL, path, "a fingerprint key has %d bytes, not %zu",
			FINGERPRINT_KEY_BYTES, file.size);
		// maybe the wrong file: nobody is to write over it
		code = err_hint(err,
			"name the right file, or a new one that head -c 32 /dev/urandom fills");
	} else if (file.facts.st_mode & S_IROTH) {
		(void)err_set(err, -EPERM, path, "everybody may read this fingerprint key");
		code = err_hint(err, "chmod o-r %s", path);
	} else {
		memcpy(ret_key, file.bytes, FINGERPRINT_KEY_BYTES);
	}
	fs_file_done(&file, arena);
	return code;
}

// Makes the folders of a path below its first `given` bytes.
static void make_parents(const char *path, size_t given)
{
	char folder[PATH_MAX];

	(void)snprintf(folder, sizeof(folder), "%s", path);
	for (char *at = folder + given + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		(void)mkdir(folder, 0700); // a failure shows when the file is written
		*at = '/';
	}
}

// A home that is not there (/nonexistent, of users who shall have none) is not made.
static bool state_path(char *path, size_t size, size_t *ret_given)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int length = -1;

	*ret_given = 0;
	if (state && state[0] == '/') {
		length = snprintf(path, size, "%s/samekey/fingerprint.key", state);
	} else if (home && home[0] == '/') {
		length = snprintf(path, size, "%s/.local/state/samekey/fingerprint.key", home);
		*ret_given = strlen(home);
	}
	return length > 0 && (size_t)length < size;
}

// Two first starts at once: the file of one wins, both read it.
static int read_or_make(const char *path, size_t given, struct secret_arena *arena,
	uint8_t ret_key[static FINGERPRINT_KEY_BYTES])
{
	uint8_t fresh[FINGERPRINT_KEY_BYTES];
	int code = read_key(path, arena, ret_key, NULL);

	if (code != -ENOENT)
		return code;
	make_parents(path, given);
	randombytes_buf(fresh, sizeof(fresh));
	code = freshfile_write(path, fresh, sizeof(fresh), 0600, false, NULL);
	sodium_memzero(fresh, sizeof(fresh));
	return code == 0 || code == -EEXIST ? read_key(path, arena, ret_key, NULL) : code;
}

static int find_key(const char *named, struct secret_arena *arena,
	uint8_t ret_key[static FINGERPRINT_KEY_BYTES], enum fingerprint_key_source *ret_source,
	struct err *err)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];
	size_t given;

	*ret_source = FINGERPRINT_KEY_NAMED;
	if (named)
		return read_key(named, arena, ret_key, err);
	*ret_source = FINGERPRINT_KEY_CREDENTIAL;
	if (credentials && *credentials &&
		snprintf(path, sizeof(path), "%s/" CREDENTIAL_NAME, credentials) < PATH_MAX &&
		read_key(path, arena, ret_key, NULL) == 0)
		return 0;
	*ret_source = FINGERPRINT_KEY_SYSTEM;
	if (read_key(SYSTEM_KEY, arena, ret_key, NULL) == 0)
		return 0;
	*ret_source = FINGERPRINT_KEY_STATE;
	if (state_path(path, sizeof(path), &given) &&
		read_or_make(path, given, arena, ret_key) == 0)
		return 0;
	*ret_source = FINGERPRINT_KEY_EPHEMERAL;
	randombytes_buf(ret_key, FINGERPRINT_KEY_BYTES);
	return 0;
}

static void hash_with(const uint8_t subkey[static FINGERPRINT_KEY_BYTES], struct secret value,
	uint8_t ret_hash[static HASH_BYTES])
{
	(void)crypto_generichash(ret_hash, HASH_BYTES, secret_bytes(value), value.length, subkey,
		FINGERPRINT_KEY_BYTES);
}

static void keyed_hash(const struct fingerprint_key *key, enum purpose purpose, struct secret value,
	uint8_t ret_hash[static HASH_BYTES])
{
	hash_with(key->subkeys[purpose], value, ret_hash);
}

int fingerprint_key_open(const char *named, struct secret_arena *arena,
	struct fingerprint_key **ret_key, struct err *err)
{
	struct fingerprint_key *key = calloc(1, sizeof(*key));
	uint8_t *bytes = secret_arena_take(arena, (PURPOSES + 1) * FINGERPRINT_KEY_BYTES);
	uint8_t id[HASH_BYTES];
	int code;

	if (!key || !bytes || sodium_init() < 0) {
		free(key);
		secret_arena_give(arena, bytes, (PURPOSES + 1) * FINGERPRINT_KEY_BYTES);
		return err_no_memory(err);
	}
	key->arena = arena;
	key->subkeys = (uint8_t(*)[FINGERPRINT_KEY_BYTES])bytes;
	code = find_key(named, arena, key->subkeys[PURPOSES], &key->source, err);
	if (code < 0) {
		fingerprint_key_free(key);
		return code;
	}
	for (unsigned i = PURPOSE_ID; i < PURPOSES; i++)
		(void)crypto_kdf_derive_from_key(key->subkeys[i], FINGERPRINT_KEY_BYTES, i,
			"samekey1", key->subkeys[PURPOSES]);
	keyed_hash(key, PURPOSE_ID, secret_view("id", 2), id);
	(void)sodium_bin2hex(key->id, sizeof(key->id), id, FINGERPRINT_BYTES);
	*ret_key = key;
	return 0;
}

struct fingerprint_key *fingerprint_key_free(struct fingerprint_key *key)
{
	if (key)
		secret_arena_give(key->arena, (uint8_t *)key->subkeys,
			(PURPOSES + 1) * FINGERPRINT_KEY_BYTES);
	free(key);
	return NULL;
}

void fingerprint_key_release(struct fingerprint_key **key)
{
	*key = fingerprint_key_free(*key);
}

enum fingerprint_key_source fingerprint_key_source(const struct fingerprint_key *key)
{
	return key->source;
}

const char *fingerprint_key_id(const struct fingerprint_key *key)
{
	return key->id;
}

void fingerprint_of(const struct fingerprint_key *key, struct secret value,
	uint8_t ret_fingerprint[static FINGERPRINT_BYTES])
{
	uint8_t hash[HASH_BYTES];

	keyed_hash(key, PURPOSE_VALUE, value, hash);
	memcpy(ret_fingerprint, hash, FINGERPRINT_BYTES);
	sodium_memzero(hash, sizeof(hash));
}

void fingerprint_subkey(
	const struct fingerprint_key *key, uint8_t ret_subkey[static FINGERPRINT_KEY_BYTES])
{
	memcpy(ret_subkey, key->subkeys[PURPOSE_VALUE], FINGERPRINT_KEY_BYTES);
}

void fingerprint_by_subkey(const uint8_t subkey[static FINGERPRINT_KEY_BYTES], struct secret value,
	uint8_t ret_fingerprint[static FINGERPRINT_BYTES])
{
	uint8_t hash[HASH_BYTES];

	hash_with(subkey, value, hash);
	memcpy(ret_fingerprint, hash, FINGERPRINT_BYTES);
	sodium_memzero(hash, sizeof(hash));
}

// It is shown, so it need not be written in constant time, which takes four times as long.
static void put_text(const uint8_t fingerprint[static FINGERPRINT_BYTES],
	char ret_text[static FINGERPRINT_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < FINGERPRINT_BYTES; i++) {
		ret_text[2 * i] = digits[fingerprint[i] >> 4];
		ret_text[2 * i + 1] = digits[fingerprint[i] & 15];
	}
	ret_text[2 * FINGERPRINT_BYTES] = '\0';
}

void fingerprint_text(const struct fingerprint_key *key, struct secret value,
	char ret_text[static FINGERPRINT_TEXT_SIZE])
{
	uint8_t fingerprint[FINGERPRINT_BYTES];

	fingerprint_of(key, value, fingerprint);
	put_text(fingerprint, ret_text);
}

void fingerprint_equality(const struct fingerprint_key *key, struct secret value,
	char ret_text[static FINGERPRINT_TEXT_SIZE],
	uint8_t ret_equality[static FINGERPRINT_EQUALITY_BYTES])
{
	uint8_t hash[HASH_BYTES];

	keyed_hash(key, PURPOSE_VALUE, value, hash);
	put_text(hash, ret_text);
	memcpy(ret_equality, hash + EQUALITY_AT, FINGERPRINT_EQUALITY_BYTES);
	sodium_memzero(hash, sizeof(hash));
}

uint32_t fingerprint_given(const struct fingerprint_key *key, const char *name, struct secret value)
{
	crypto_generichash_state state;
	uint8_t hash[HASH_BYTES];
	uint32_t given;

	(void)crypto_generichash_init(
		&state, key->subkeys[PURPOSE_GIVEN], FINGERPRINT_KEY_BYTES, sizeof(hash));
	(void)crypto_generichash_update(&state, (const uint8_t *)name, strlen(name) + 1);
	(void)crypto_generichash_update(&state, secret_bytes(value), value.length);
	(void)crypto_generichash_final(&state, hash, sizeof(hash));
	sodium_memzero(&state, sizeof(state));
	memcpy(&given, hash, sizeof(given));
	return given;
}

void fingerprint_stamp(const struct fingerprint_key *key, const void *bytes, size_t length,
	uint8_t ret_code[static FINGERPRINT_STAMP_BYTES])
{
	(void)crypto_generichash(ret_code, FINGERPRINT_STAMP_BYTES, bytes, length,
		key->subkeys[PURPOSE_STAMP], FINGERPRINT_KEY_BYTES);
}
