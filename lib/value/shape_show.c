// Where a text seems to hold a value, it is left out whole: what is shown is never a part of one.
// SPDX-License-Identifier: MIT
#include "lib/value/shape_show.h"

#include "lib/base/text.h"
#include "lib/value/shape.h"

char *shape_show(char *out, size_t size, const char *text)
{
	bool is_json = strchr(text, '{') && strchr(text, '"'); // whatever may stand in it

	if (!is_json && !shape_value_looks_secret(secret_view(text, strlen(text))))
		return text_printable(out, size, text);
	(void)snprintf(out, size, "...");
	return out;
}

char *shape_show_name(char *out, size_t size, const char *name, size_t length)
{
	const struct secret text = secret_view(name, length);

	out[0] = '\0';
	if (!length || length >= size || shape_value_looks_secret(text) ||
		memmem(name, length, "://", 3))
		return out;
	memcpy(out, name, length);
	out[length] = '\0';
	return out;
}

// An option of samekey's own that looks like a secret's name and is given a file.
static bool names_file(const char *option)
{
	return text_equal(option, "--fingerprint-key") || text_equal(option, "--fingerprint_key");
}

// Whether a part of a command line names what the next one is: --token, Bearer, PASSWORD:.
static bool announces_secret(const char *part)
{
	return part && !names_file(part) && !strchr(part, '=') && !strchr(part, '/') &&
	       !strchr(part, '.') &&
	       (part[0] == '-' || text_ends(part, ":") || text_equal(part, "Bearer")) &&
	       (shape_name_looks_secret(part) || text_equal(part, "Bearer"));
}

// Where a part begins to be a value that must not be seen.
static size_t shown_length(const char *before, const char *part)
{
	const char *equals = strchr(part, '=');
	char name[SHAPE_PART_MAX];
	struct secret value;

	if (announces_secret(before) && part[0] != '-')
		return 0;
	if (equals && (size_t)(equals - part) < sizeof(name)) {
		(void)snprintf(name, sizeof(name), "%.*s", (int)(equals - part), part);
		value = secret_view(equals + 1, strlen(equals + 1));
		if (names_file(name) ? shape_value_looks_secret(value)
				     : shape_looks_secret(name, value))
			return (size_t)(equals - part) + 1;
	}
	return shape_value_looks_secret(secret_view(part, strlen(part))) ? 0 : strlen(part);
}

char *shape_show_argument(char *out, size_t size, const char *before, const char *word)
{
	char parts[2][SHAPE_PART_MAX], shown[SHAPE_PART_MAX + 4], text[4 * SHAPE_PART_MAX] = "";
	size_t used = 0;

	for (size_t i = 0; *word && used < sizeof(text) - 1; i++) {
		size_t blanks = strspn(word, " \t\n"), length = strcspn(word + blanks, " \t\n");
		char *part = parts[i % 2];
		size_t keep;

		(void)snprintf(part, sizeof(parts[0]), "%.*s", (int)length, word + blanks);
		keep = shown_length(before, part);
		if (length >= sizeof(parts[0]))
			keep = 0; // a script or a key; nobody reads that here
		(void)snprintf(shown, sizeof(shown), "%.*s%s", (int)keep, part,
			keep < length ? "..." : "");
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "%s%s", blanks ? " " : "", shown);
		before = part;
		word += blanks + length;
	}
	return text_printable(out, size, text);
}
