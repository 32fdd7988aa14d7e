// Dockerfiles as text: COPY of everything without .env in .dockerignore, and ENV or ARG of a key of
// the bundle.
// SPDX-License-Identifier: MIT
#include "lib/base/listing.h"
#include "lib/base/text.h"
#include "lib/base/tree.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "loader/inspect/doctor/doctor.h"
#include "loader/inspect/sources.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>

struct image {
	struct doctor *doctor;
	const char *path;
	int folder;
	const struct doctor_file
		*ignored;           // .dockerignore, while names are held against it; or NULL
	char exposed[NAME_MAX + 1]; // an env file that it does not keep out; "": it does all
	size_t seen;
};

static bool is_dockerfile(const char *name)
{
	return text_equal(name, "Dockerfile") || text_starts(name, "Dockerfile.") ||
	       text_equal(name, "Containerfile") || text_ends(name, ".Dockerfile");
}

// ---- .dockerignore

static struct doctor_line trimmed(struct doctor_line line)
{
	while (line.length && strchr(" \t", line.text[0])) {
		line.text++;
		line.length--;
	}
	while (line.length && strchr(" \t\r", line.text[line.length - 1]))
		line.length--;
	return line;
}

// Whether the last pattern that fits an env file keeps it out.
static bool ignores(const struct doctor_file *file, const char *name)
{
	struct doctor_line line = {0};
	bool ignored = false;
	size_t at = 0;

	while (doctor_next_line(file, &at, &line)) {
		struct doctor_line rule = trimmed(line);
		char pattern[256];
		const char *from = pattern;
		bool back = rule.length && rule.text[0] == '!';

		if (!rule.length || rule.text[0] == '#' || rule.length >= sizeof(pattern))
			continue;
		memcpy(pattern, rule.text, rule.length);
		pattern[rule.length] = '\0';
		from += back;
		while (text_starts(from, "/") || text_starts(from, "**/") ||
			text_starts(from, "./"))
			from = strchr(from, '/') + 1;
		if (fnmatch(from, name, 0) == 0)
			ignored = !back;
	}
	return ignored;
}

static void judge_ignored(struct image *image, const char *name)
{
	if (!*image->exposed && !(image->ignored && ignores(image->ignored, name)))
		(void)snprintf(image->exposed, sizeof(image->exposed), "%s", name);
}

static int meet_name(void *user, int folder, const char *name)
{
	(void)folder;
	if (doctor_env_files_is_name(name))
		judge_ignored(user, name);
	return 0;
}

// What lies there now, and .env in any case.
static int judge_folder(struct image *image, const struct doctor_file *ignored)
{
	int code;

	image->ignored = ignored;
	*image->exposed = '\0';
	judge_ignored(image, ".env");
	code = listing_read(image->folder, ".", meet_name, image);
	image->ignored = NULL;
	if (code < 0 && code != -ENOMEM)
		doctor_could_not(
			image->doctor, image->path, "the names beside it: %s", strerror(-code));
	return code == -ENOMEM ? code : 0;
}

// The context is mostly where the Dockerfile lies; a file of its own name goes before.
static int read_ignored(struct image *image, const char *name)
{
	const char *own = pool_format(image->doctor->pool, "%s.dockerignore", name);
	struct doctor_file file;
	int code = own ? doctor_load(image->doctor, image->folder, own, &file) : -ENOMEM, judged;

	if (code == -ENOENT)
		code = doctor_load(image->doctor, image->folder, ".dockerignore", &file);
	if (code == -ENOMEM)
		return code;
	if (code < 0 && code != -ENOENT)
		doctor_could_not(image->doctor, image->path, ".dockerignore: %s", strerror(-code));
	judged = judge_folder(image, code == 0 ? &file : NULL);
	if (code == 0)
		doctor_done(image->doctor, &file);
	return judged;
}

// ---- instructions

// The next word of a line between such bytes. Returns: its length, 0 at the end.
static size_t next_between(const char **at, const char *end, const char *blanks)
{
	const char *from;

	while (*at < end && strchr(blanks, **at) && **at)
		(*at)++;
	for (from = *at; *at < end && !(strchr(blanks, **at) && **at); (*at)++)
		;
	return (size_t)(*at - from);
}

// The same with quotes left alone.
static size_t next_word(const char **at, const char *end)
{
	return next_between(at, end, " \t\r");
}

static bool is_word(const char *at, size_t length, const char *word)
{
	return length == strlen(word) && strncasecmp(at, word, length) == 0;
}

// Whether a word of COPY is called as an env file, or a pattern of them; samples are none.
static bool is_env_file(const char *word, size_t length)
{
	char name[NAME_MAX + 1];
	const char *slash = memrchr(word, '/', length);
	size_t before = slash ? (size_t)(slash + 1 - word) : 0;

	if (length - before >= sizeof(name))
		return false;
	memcpy(name, word + before, length - before);
	name[length - before] = '\0';
	return doctor_env_files_is_name(name) ||
	       (text_starts(name, ".env") && strpbrk(name, "*?["));
}

static bool is_everything(const char *word, size_t length)
{
	static const char *const words[] = {".", "./", "*", "./*"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (is_word(word, length, words[i]))
			return true;
	return false;
}

static void judge_copy(struct image *image, const char *at, const char *end, const char *origin)
{
	bool list = memmem(at, (size_t)(end - at), "[\"", 2); // ["from", "to"]
	const char *blanks = list ? " \t\r[],\"" : " \t\r";
	size_t length;

	while ((length = next_between(&at, end, blanks))) {
		const char *word = at - length;
		bool env = is_env_file(word, length);

		if (length > 7 && strncmp(word, "--from=", 7) == 0)
			return;
		if (!env && !is_everything(word, length))
			continue;
		if (!next_between(&at, end, blanks))
			return; // it was the target
		if (env)
			finding_add(image->doctor->diag, FINDING_IMAGE_COPY,
				&(struct finding_about){.origin = origin},
				"an env file is copied into the image");
		else if (*image->exposed)
			finding_add(image->doctor->diag, FINDING_IMAGE_COPY,
				&(struct finding_about){.origin = origin},
				"everything is copied, and .dockerignore does not name %s",
				image->exposed);
		return;
	}
}

static void judge_baked(
	struct image *image, const char *word, size_t length, const char *verb, const char *origin)
{
	const struct bundle *bundle = &image->doctor->resolution->bundle;
	const char *equals = memchr(word, '=', length);
	size_t name = equals ? (size_t)(equals - word) : length;

	for (size_t i = 0; i < bundle->key_count; i++) {
		const struct bundle_key *key = &bundle->keys[i];

		if (!(key->flags & BUNDLE_KEY_SECRET) || key->flags & BUNDLE_KEY_INHERITED ||
			strlen(key->name) != name || memcmp(key->name, word, name) != 0)
			continue;
		finding_add(image->doctor->diag, FINDING_BAKED_SECRET,
			&(struct finding_about){.key = key->name, .origin = origin},
			"%s %s: what it is given stays in the image", verb, key->name);
	}
}

// `ENV NAME VALUE` is the older form of one variable.
static void judge_names(
	struct image *image, const char *at, const char *end, const char *verb, const char *origin)
{
	size_t length;
	bool first = true;

	while ((length = next_word(&at, end))) {
		if (first || memchr(at - length, '=', length) || text_equal(verb, "ARG"))
			judge_baked(image, at - length, length, verb, origin);
		if (first && !memchr(at - length, '=', length) && text_equal(verb, "ENV"))
			return;
		first = false;
	}
}

static void judge_line(
	struct image *image, const struct doctor_line *line, const char **verb, bool *goes_on)
{
	const char *at = line->text, *end = at + line->length, *word;
	char origin[DOCTOR_TEXT_SIZE];
	size_t length;

	while (end > at && strchr(" \t\r", end[-1]))
		end--;
	(void)snprintf(origin, sizeof(origin), "%s:%u", image->path, line->number);
	if (!*goes_on) {
		length = next_word(&at, end);
		word = at - length;
		*verb = is_word(word, length, "ENV")                                    ? "ENV"
			: is_word(word, length, "ARG")                                  ? "ARG"
			: is_word(word, length, "COPY") || is_word(word, length, "ADD") ? "COPY"
											: "";
	}
	if (end == line->text || line->text[0] == '#')
		return;
	*goes_on = end[-1] == '\\';
	end -= *goes_on;
	if (text_equal(*verb, "COPY"))
		judge_copy(image, at, end, origin);
	else if (**verb)
		judge_names(image, at, end, *verb, origin);
}

static int look_at_dockerfile(void *user, const struct tree_file *found)
{
	struct image *image = user;
	struct doctor_line line = {0};
	struct doctor_file file;
	const char *verb = "";
	bool goes_on = false;
	size_t at = 0;
	int code;

	if (!is_dockerfile(found->name))
		return 0;
	image->folder = found->folder;
	image->path = found->path;
	image->seen++;
	code = read_ignored(image, found->name);
	if (code == 0)
		code = doctor_load(image->doctor, found->folder, found->name, &file);
	if (code < 0 && code != -ENOMEM)
		doctor_could_not(image->doctor, found->path, "%s", strerror(-code));
	if (code < 0)
		return code == -ENOMEM ? code : 0;
	while (doctor_next_line(&file, &at, &line))
		judge_line(image, &line, &verb, &goes_on);
	doctor_saw(image->doctor, "%s", found->path);
	doctor_done(image->doctor, &file);
	return 0;
}

int doctor_images(struct doctor *doctor)
{
	struct image image = {.doctor = doctor};
	const struct tree_walk walk = {.prefix = "",
		.enters = sources_enter,
		.file = look_at_dockerfile,
		.user = &image,
		.links = true};
	struct tree_gaps gaps;
	int code = tree_walk(doctor->resolution->place.handle, &walk, &gaps);

	if (gaps.skipped || gaps.cut)
		doctor_could_not(doctor, NULL, "not every folder was looked into: %s",
			gaps.cut ? "too many files" : "too deep or unreadable");
	else if (code == 0 && !image.seen)
		doctor_saw(doctor, "no Dockerfile here");
	doctor_walked(doctor, &gaps);
	return code;
}
