// A secret of a session is judged as an HMAC key is: its bytes go into an HMAC too.
// SPDX-License-Identifier: MIT
#include "verifier/trust/keysource.h"

#include "lib/base/fs.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/trim.h"
#include "verifier/trust/token/jwe.h"
#include "verifier/trust/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>

static void drop_text(struct keysource *keysource)
{
	if (!keysource->text.length)
		return;
	if (keysource->hides)
		vault_forget(keysource->hides, keysource->text);
	secret_arena_give(keysource->arena, (uint8_t *)(uintptr_t)keysource->text.bytes,
		keysource->text.length);
	keysource->text = SECRET_NONE;
}

static void drop_keys(struct keysource *keysource)
{
	for (size_t i = 0; i < keysource->count; i++)
		keysource->keys[i] = key_free(keysource->keys[i]);
	for (size_t i = 0; i < PROFILE_COOKIES_MAX; i++)
		keysource->sessions[i] = jwe_key_free(keysource->sessions[i]);
	keysource->count = 0;
	drop_text(keysource);
}

void keysource_begin(struct keysource *keysource, const struct profile_rules *rules,
	const struct profile_source *source)
{
	*keysource = (struct keysource){.rules = rules, .source = source};
	keysource_forget(keysource);
}

void keysource_forget(struct keysource *keysource)
{
	const struct profile_source *source = keysource->source;

	drop_keys(keysource);
	keysource->state = KEYSOURCE_UNSEEN;
	keysource->seen = 0;
	keysource->fault = ERR_NONE;
	if (!source->app || source->optional)
		return;
	(void)err_set(&keysource->fault, -ENOENT, NULL, "%s has offered nothing yet", source->app);
	(void)err_hint(&keysource->fault,
		"samekey offer --name %s in its folder, as its user, or restart it with samekey "
		"run",
		source->app);
}

void keysource_inherit(struct keysource *keysource, struct keysource *from)
{
	const struct profile_rules *rules = keysource->rules;
	const struct profile_source *source = keysource->source;

	drop_keys(keysource);
	*keysource = *from;
	keysource->rules = rules;
	keysource->source = source;
	keysource_begin(from, from->rules, from->source);
}

bool keysource_is_alike(const struct keysource *a, const struct keysource *b)
{
	const struct profile_source *x = a->source, *y = b->source;
	const struct key_options *m = &x->options, *n = &y->options;

	if (a->rules->kind != b->rules->kind || !text_equal(x->app, y->app) ||
		!text_equal(x->key, y->key) || !text_equal(x->file, y->file) ||
		m->encoding != n->encoding || m->algorithm != n->algorithm ||
		!text_equal(m->kid, n->kid) || m->allow_short != n->allow_short)
		return false;
	if (b->state != KEYSOURCE_LOADED && (x->optional != y->optional || m->state != n->state))
		return false; // its fault may be another, or none
	if (a->rules->kind == PROFILE_JWS)
		return true;
	if (a->rules->cookies.count != b->rules->cookies.count)
		return false;
	for (size_t i = 0; i < a->rules->cookies.count; i++)
		if (!text_equal(a->rules->cookies.items[i], b->rules->cookies.items[i]))
			return false;
	return true;
}

// ---- bytes to keys

// What a further key should be is what it was: one that is made now has signed nothing.
static const char *hint_of(const struct profile_source *source, int result, const struct err *err)
{
	if (source->options.state == KEY_ACTIVE || source->options.state == KEY_PENDING)
		return err->hint;
	switch (result) {
	case KEY_E_EMPTY:
	case KEY_E_PLACEHOLDER:
		return "the value that it had while it signed; without one, leave it out";
	case KEY_E_SHORT:
		return "allow_short_key = yes, if it was so short while it signed";
	default:
		return err->hint;
	}
}

// Says why in one sentence that names the key; `err` says what is wrong with it, `result` is an
// enum key_result, or KEY_OK.
static void set_fault(struct keysource *keysource, int result, const struct err *err)
{
	const struct profile_source *source = keysource->source;
	const char *hint = hint_of(source, result, err);

	if (source->app)
		(void)err_set(&keysource->fault, -EINVAL, NULL, "%s of %s: %s", source->key,
			source->app, err->what);
	else
		(void)err_set(&keysource->fault, -EINVAL, NULL, "%s: %s", source->file, err->what);
	if (source->app)
		(void)err_hint(&keysource->fault, "%s%sthen samekey offer --name %s", hint,
			*hint ? "; " : "give it a good value; ", source->app);
	else
		(void)err_hint(&keysource->fault, "%s", hint);
}

static int load_jws(struct keysource *keysource, struct secret bytes,
	const struct keysource_means *means, struct err *err)
{
	return key_load(bytes, &keysource->source->options, means->arena, keysource->keys,
		&keysource->count, err);
}

static int load_sessions(struct keysource *keysource, struct secret bytes,
	const struct keysource_means *means, struct err *err)
{
	const struct profile_rules *rules = keysource->rules;
	bool is_v4 = rules->kind == PROFILE_NEXTAUTH_V4;
	size_t salts = is_v4 ? 1 : rules->cookies.count;
	struct key *judged[KEY_SET_MAX];
	size_t count;
	int result =
		key_load(bytes, &keysource->source->options, means->arena, judged, &count, err);

	if (result == KEY_E_SHORT) {
		(void)err_set(err, -EINVAL, NULL, "shorter than 32 bytes");
		(void)err_hint(err, "samekey keygen --bytes 48; or allow_short_key = yes");
	}
	if (result != KEY_OK)
		return result;
	key_free(judged[0]);
	for (size_t i = 0; i < salts; i++) {
		keysource->sessions[i] = jwe_key_new(is_v4 ? JWE_NEXTAUTH_V4 : JWE_AUTHJS_V5, bytes,
			is_v4 ? "" : rules->cookies.items[i], means->arena);
		if (!keysource->sessions[i])
			return -ENOMEM;
	}
	return KEY_OK;
}

static int run_out(struct keysource *keysource)
{
	keysource_forget(keysource);
	return err_set(&keysource->fault, -ENOMEM, NULL, "out of memory for the key");
}

// Loads bytes, unless they are what was loaded last.
// Returns: whether they were loaded, or -ENOMEM.
static int load(
	struct keysource *keysource, struct secret bytes, const struct keysource_means *means)
{
	uint8_t hash[KEYSOURCE_HASH_SIZE];
	struct err err = ERR_NONE;
	int result;

	(void)crypto_generichash(hash, sizeof(hash), secret_bytes(bytes), bytes.length,
		means->hash_key, KEYSOURCE_HASH_SIZE); // fails for sizes out of range alone
	if (keysource->state >= KEYSOURCE_BAD &&
		sodium_memcmp(hash, keysource->hash, sizeof(hash)) == 0)
		return 0;
	drop_keys(keysource);
	result = keysource->rules->kind == PROFILE_JWS
			 ? load_jws(keysource, bytes, means, &err)
			 : load_sessions(keysource, bytes, means, &err);
	if (result < 0)
		return run_out(keysource);
	memcpy(keysource->hash, hash, sizeof(hash));
	keysource->state = result == KEY_OK ? KEYSOURCE_LOADED : KEYSOURCE_BAD;
	keysource->fault = ERR_NONE;
	if (result != KEY_OK)
		set_fault(keysource, result, &err);
	return 1;
}

// ---- from a bundle

// The name in the bundle that was probably meant.
static const char *nearest(const struct bundle *bundle, const char *name)
{
	for (unsigned distance = 1; distance <= 2; distance++)
		for (size_t i = 0; i < bundle->key_count; i++)
			if (text_distance(name, bundle->keys[i].name) == distance)
				return bundle->keys[i].name;
	return NULL;
}

static void set_absent(
	struct keysource *keysource, const struct bundle *bundle, const struct bundle_key *key)
{
	const struct profile_source *source = keysource->source;
	const char *near = key ? NULL : nearest(bundle, source->key);

	drop_keys(keysource);
	keysource->state = KEYSOURCE_ABSENT;
	keysource->fault = ERR_NONE;
	if (source->optional)
		return;
	if (key)
		(void)err_set(&keysource->fault, -ENOENT, NULL, "%s of %s has no value",
			source->key, source->app);
	else
		(void)err_set(&keysource->fault, -ENOENT, NULL, "%s offers no %s", source->app,
			source->key);
	if (near)
		(void)err_hint(&keysource->fault, "did you mean key = %s?", near);
	else
		(void)err_hint(&keysource->fault,
			"set %s in a source of %s, then samekey offer --name %s; of a variable of "
			"its environment alone, [key %s] in its samekey.ini says that it is meant",
			source->key, source->app, source->app, source->key);
}

int keysource_look(struct keysource *keysource, const struct bundle *bundle, uint64_t id,
	const struct keysource_means *means)
{
	const struct bundle_key *key = bundle_find(bundle, keysource->source->key);
	const struct candidate *winner = key ? bundle_winner(key) : NULL;
	int changed = 1;

	if (winner && winner->value.length)
		changed = load(keysource, winner->value, means);
	else
		set_absent(keysource, bundle, key);
	if (changed >= 0)
		keysource->seen = id;
	return changed;
}

// ---- from a file

static bool is_text(const struct keysource *keysource)
{
	enum key_encoding encoding = keysource->source->options.encoding;

	return encoding != KEY_PEM && encoding != KEY_JWK;
}

// Whether the bytes must not be seen by everybody: all but public keys.
static bool is_secret(const struct keysource *keysource)
{
	if (keysource->rules->kind != PROFILE_JWS)
		return true;
	for (size_t i = 0; i < keysource->count; i++)
		if (key_can_sign(keysource->keys[i]))
			return true;
	return false;
}

static void refuse_file(struct keysource *keysource, const struct err *err)
{
	drop_keys(keysource);
	keysource->state = KEYSOURCE_BAD;
	set_fault(keysource, KEY_OK, err);
}

// Whether nobody else can have written it.
static bool is_trusted(const struct keysource *keysource, const struct stat *facts, struct err *err)
{
	if (fs_is_trusted(facts, 0))
		return true;
	(void)err_set(err, -EPERM, NULL, "it belongs to uid %lu, who is neither root nor this user",
		(unsigned long)facts->st_uid);
	(void)err_hint(err, "chown root %s", keysource->source->file);
	return false;
}

// Keeps what a diagnosis may misspell, and nobody may see. Without the memory for it, it does
// without.
static void keep_text(
	struct keysource *keysource, struct secret bytes, const struct keysource_means *means)
{
	if (keysource->state != KEYSOURCE_LOADED || !is_text(keysource))
		return;
	keysource->arena = means->arena;
	keysource->hides = means->hides;
	if (secret_copy(means->arena, bytes.bytes, bytes.length, &keysource->text) < 0) {
		keysource->text = SECRET_NONE;
		return;
	}
	if (means->hides && vault_hide(means->hides, keysource->text) < 0)
		drop_text(keysource);
}

int keysource_read(struct keysource *keysource, const struct keysource_means *means)
{
	const struct fs_rules rules = {.max_size = KEYSOURCE_FILE_MAX, .links = FS_LINKS_ANYWHERE};
	const char *path = keysource->source->file;
	struct err err = ERR_NONE;
	struct fs_file file;
	struct trim_taken taken = {0};
	struct secret bytes;
	int code = fs_read(AT_FDCWD, path, &rules, means->arena, &file, &err);

	if (code == -ENOMEM)
		return run_out(keysource);
	if (code < 0) {
		refuse_file(keysource, &err);
		return 0;
	}
	bytes = secret_view(file.bytes, file.size);
	if (is_text(keysource))
		bytes = trim_value(
			bytes, (struct trim_rules){.file = true, .quotes = true}, &taken);
	keysource->quoted = taken.quotes;
	code = load(keysource, bytes, means);
	if (keysource->state == KEYSOURCE_LOADED && !is_trusted(keysource, &file.facts, &err))
		refuse_file(keysource, &err);
	keysource->exposed = (file.facts.st_mode & S_IROTH) &&
			     keysource->state == KEYSOURCE_LOADED && is_secret(keysource);
	keep_text(keysource, bytes, means);
	fs_file_done(&file, means->arena);
	return code < 0 ? code : 0;
}
