// Env files into found values, and the names that they may not set. The process environment needs
// no reading: resolve looks it up by name.
// SPDX-License-Identifier: MIT
#include "loader/read/source.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "lib/value/shape.h"
#include "lib/value/shape_show.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/sourcefile.h"

#include <errno.h>
#include <fcntl.h>

// Reading one env file.
struct dotenv_reading {
	const struct source_reader *reader;
	const struct source_file *source;
	struct found_file *file;
	bool bad;
};

static void add_trouble(void *user, const struct dotenv_trouble *trouble)
{
	struct dotenv_reading *reading = user;
	char origin[ORIGIN_TEXT_SIZE], name[BUNDLE_NAME_MAX + 1];
	const struct finding_kind *kind = finding_kind(trouble->finding);

	(void)snprintf(origin, sizeof(origin), "%s:%u:%u", reading->source->shown, trouble->line,
		trouble->column);
	(void)shape_show_name(name, sizeof(name), trouble->name, trouble->name_length);
	finding_add(reading->reader->diag, trouble->finding,
		&(struct finding_about){.key = name, .origin = origin}, "%s", kind->title);
	reading->bad |= kind->severity == DIAG_ERROR;
}

static void report_cap(struct dotenv_reading *reading, const struct dotenv_entry *entry,
	const char *what, size_t size, size_t cap)
{
	char origin[ORIGIN_TEXT_SIZE], name[BUNDLE_NAME_MAX + 1];
	size_t length = entry->name_length < sizeof(name) ? entry->name_length : sizeof(name) - 1;

	memcpy(name, entry->name, length);
	name[length] = '\0';
	(void)snprintf(origin, sizeof(origin), "%s:%u:%u", reading->source->shown, entry->line,
		entry->column);
	finding_add(reading->reader->diag, FINDING_TOO_LARGE,
		&(struct finding_about){.key = name, .origin = origin},
		"%s has %zu bytes, the cap is %zu", what, size, cap);
	reading->bad = true;
}

// What makes a dynamic linker, a library or a shell run something before the program's first line,
// and what no team keeps in an env file. What an interpreter's options are kept in (NODE_OPTIONS,
// PYTHONPATH, JAVA_TOOL_OPTIONS) is. A name that ends in '*' stands for all that begin so.
static const char *const forbidden_names[] = {
	// clang-format off
	"LD_*", "SAMEKEY_*", "PATH", "GCONV_PATH", "GLIBC_TUNABLES", "PYTHONSTARTUP", "PERL5DB",
	"ENV", "BASH_ENV", "BASH_FUNC_*", "BASHOPTS", "SHELLOPTS", "PS4", "IFS", "ZDOTDIR",
	// clang-format on
};

static bool is_called(const char *name, const char *forbidden)
{
	while (*forbidden && *forbidden != '*' && *forbidden == *name) {
		forbidden++;
		name++;
	}
	return *forbidden == '*' || *forbidden == *name;
}

bool source_is_forbidden(const struct source_reader *reader, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(forbidden_names); i++)
		if (is_called(name, forbidden_names[i]))
			return !reader->may_set(reader->user, name);
	return false;
}

void source_report_forbidden(
	const struct source_reader *reader, const char *name, const char *origin)
{
	char shown[BUNDLE_NAME_MAX + 1], hint[BUNDLE_NAME_MAX + 64];

	(void)shape_show_name(shown, sizeof(shown), name, strlen(name));
	(void)snprintf(hint, sizeof(hint), "a section [key %s] in samekey.ini allows it", shown);
	finding_add(reader->diag, FINDING_FORBIDDEN_NAME,
		&(struct finding_about){.key = shown, .origin = origin, .hint = hint}, "%s",
		finding_kind(FINDING_FORBIDDEN_NAME)->title);
}

// The last of two lines for one key counts.
static void replace_duplicate(struct dotenv_reading *reading, const struct dotenv_entry *entry,
	struct found *earlier, const struct found *value)
{
	struct found *next = earlier->next;

	reading->file->repeats = true;
	add_trouble(reading, &(struct dotenv_trouble){FINDING_DUPLICATE, entry->line, entry->column,
				     entry->name, entry->name_length});
	*earlier = *value;
	earlier->next = next;
}

// A line of an unquoted key; its "name" must not be shown or handed on.
static bool is_encoded(const struct dotenv_entry *entry)
{
	return entry->quote == DOTENV_PLAIN &&
	       shape_name_is_encoded(
		       entry->name, entry->name_length, secret_view(entry->raw, entry->raw_length));
}

static int add_entry(void *user, const struct dotenv_entry *entry)
{
	struct dotenv_reading *reading = user;
	const struct source_reader *reader = reading->reader;
	struct found value = {
		.origin = {SOURCE_DOTENV, reading->source->shown, entry->line, entry->column},
		.value = secret_view(entry->raw, entry->raw_length),
		.raw = secret_view(entry->raw, entry->raw_length),
		.quote = entry->quote,
		.dollar = entry->dollar,
		.file = reading->file,
		.layer = reading->source->layer,
	};
	char origin[ORIGIN_TEXT_SIZE];
	struct found_key *key;

	if (is_encoded(entry)) {
		add_trouble(reading, &(struct dotenv_trouble){.finding = FINDING_MALFORMED,
					     .line = entry->line,
					     .column = entry->column});
		return 0;
	}
	if (entry->name_length > BUNDLE_NAME_MAX || entry->raw_length > BUNDLE_VALUE_MAX) {
		bool name = entry->name_length > BUNDLE_NAME_MAX;

		report_cap(reading, entry, name ? "the name" : "the value",
			name ? entry->name_length : entry->raw_length,
			name ? BUNDLE_NAME_MAX : BUNDLE_VALUE_MAX);
		return 0;
	}
	key = found_key(reader->found, entry->name, entry->name_length);
	if (!key)
		return -ENOMEM;
	if (source_is_forbidden(reader, key->name)) {
		source_report_forbidden(
			reader, key->name, origin_text(value.origin, origin, sizeof(origin)));
		reading->bad = true;
		return 0;
	}
	if (entry->escaped) {
		uint8_t *decoded = secret_arena_take(reader->arena, entry->raw_length);

		if (!decoded)
			return -ENOMEM;
		value.value = secret_view(decoded, dotenv_decode(entry, decoded));
	}
	if (key->last && key->last->file == reading->file) {
		replace_duplicate(reading, entry, key->last, &value);
		return 0;
	}
	return found_add(reader->found, key, &value);
}

int source_read_dotenv(const struct source_reader *reader, const struct source_file *source,
	struct found_file **ret_file)
{
	struct dotenv_reading reading = {.reader = reader, .source = source};
	const struct dotenv_sink sink = {&reading, add_entry, add_trouble};
	struct err err = ERR_NONE;
	struct fs_file bytes;
	struct found_file *file;
	struct stat facts;
	int code = sourcefile_load(reader, source, &bytes, &err);

	*ret_file = NULL;
	if (code == -ENOENT && !source->named &&
		fstatat(source->folder, source->path, &facts, AT_SYMLINK_NOFOLLOW) < 0)
		return 0; // not even a dangling link
	if (code == -ENOMEM)
		return code;
	if (code < 0) {
		sourcefile_report(reader, NULL, &err);
		return SOURCE_E_BAD;
	}
	file = sourcefile_remember(reader, source->shown, &bytes.facts);
	if (!file)
		return -ENOMEM;
	sourcefile_judge_folder_of(reader, source);
	file->named = source->named;
	file->build_copy = source->build_copy;
	file->layer = source->layer;
	file->text = (struct span){bytes.bytes, bytes.size};
	reading.file = file;
	*ret_file = file;
	if (!reader->dialect->own) {
		file->repeats = true; // for all that is known
		return 0;
	}
	code = dotenv_read(bytes.bytes, bytes.size, reader->dialect, &sink);
	return code < 0 ? code : reading.bad ? SOURCE_E_BAD : 0;
}

struct name_listing {
	int (*name)(void *user, const char *name, size_t length);
	void *user;
};

static int list_entry(void *user, const struct dotenv_entry *entry)
{
	const struct name_listing *listing = user;

	if (is_encoded(entry))
		return 0;
	return listing->name(listing->user, entry->name, entry->name_length);
}

static void ignore_trouble(void *user, const struct dotenv_trouble *trouble)
{
	(void)user;
	(void)trouble;
}

int source_list_names(const struct source_reader *reader, const struct source_file *file,
	int (*name)(void *user, const char *name, size_t length), void *user)
{
	struct name_listing listing = {name, user};
	const struct dotenv_sink sink = {&listing, list_entry, ignore_trouble};
	struct fs_file bytes;
	int code = sourcefile_load(reader, file, &bytes, NULL);

	if (code < 0)
		return code == -ENOMEM ? code : 0;
	code = dotenv_read(bytes.bytes, bytes.size, dialect_find("portable"), &sink);
	fs_file_done(&bytes, reader->arena);
	return code;
}
