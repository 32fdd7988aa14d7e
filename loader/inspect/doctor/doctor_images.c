// Dockerfiles as text: COPY of everything without .env in .dockerignore, and ENV or ARG of a key of
// the bundle.
// SPDX-License-Identifier: MIT
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

struct image {
	struct doctor *doctor;
	const char *path;
	int folder;
	bool ignores;
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

// Whether the last pattern that fits `.env` keeps it out.
static bool ignores_env(const struct doctor_file *file)
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
		if (fnmatch(from, ".env", 0) == 0)
			ignored = !back;
	}
	return ignored;
}

// The context is mostly where the Dockerfile lies; a file of its own name goes before.
static int read_ignored(struct image *image, const char *name)
{
	const char *own = pool_format(image->doctor->pool, "%s.dockerignore", name);
	struct doctor_file file;
	int code = own ? doctor_load(image->doctor, image->folder, own, &file) : -ENOMEM;

	if (code == -ENOENT)
		code = doctor_load(image->doctor, image->folder, ".dockerignore", &file);
	image->ignores = false;
	if (code < 0 && code != -ENOENT && code != -ENOMEM)
		doctor_could_not(image->doctor, image->path, ".dockerignore: %s", strerror(-code));
	if (code < 0)
		return code == -ENOMEM ? code : 0;
	image->ignores = ignores_env(&file);
	doctor_done(image->doctor, &file);
	return 0;
}

// ---- instructions

// The next word of a line, quotes left alone. Returns: its length, 0 at the end.
static size_t next_word(const char **at, const char *end)
{
	const char *from;

	while (*at < end && strchr(" \t\r", **at) && **at)
		(*at)++;
	for (from = *at; *at < end && !(strchr(" \t\r", **at) && **at); (*at)++)
		;
	return (size_t)(*at - from);
}

static bool is_word(const char *at, size_t length, const char *word)
{
	return length == strlen(word) && strncasecmp(at, word, length) == 0;
}

static void judge_copy(struct image *image, const char *at, const char *end, const char *origin)
{
	size_t length;

	while ((length = next_word(&at, end))) {
		const char *word = at - length;

		if (length > 7 && strncmp(word, "--from=", 7) == 0)
			return;
		if (!is_word(word, length, ".") && !is_word(word, length, "./") &&
			!is_word(word, length, "*") && !is_word(word, length, ".env") &&
			!(length > 4 && strncmp(word, ".env", 4) == 0))
			continue;
		next_word(&at, end);
		if (at == word + length)
			return; // it was the target
		if (word[0] == '.' && length > 3)
			finding_add(image->doctor->diag, FINDING_IMAGE_COPY,
				&(struct finding_about){.origin = origin},
				"an env file is copied into the image");
		else if (!image->ignores)
			finding_add(image->doctor->diag, FINDING_IMAGE_COPY,
				&(struct finding_about){.origin = origin},
				"everything is copied, and .dockerignore does not name .env");
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
