// All files together say who wins and with which value; each file alone, what it offers besides.
// SPDX-License-Identifier: MIT
#include "loader/read/emulated.h"

#include "lib/base/pool.h"
#include "lib/value/bundle.h"
#include "lib/value/shape.h"
#include "lib/value/shape_show.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/dotenv.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/environment.h"
#include "loader/read/source.h"

#include <errno.h>

struct emulated {
	const struct source_reader *reader;
	struct found_file *const *files;
	size_t count;
	struct emulation *together, *alone, *written; // the last: as samekey reads by itself
};

static bool look_up(void *user, struct span name, struct span *ret_value)
{
	const struct emulated *emulated = user;

	return environment_find(emulated->reader->environment, name, ret_value);
}

static bool variable_at(void *user, size_t index, struct span *ret_name, struct span *ret_value)
{
	const struct emulated *emulated = user;

	return environment_at(emulated->reader->environment, index, ret_name, ret_value);
}

// The loader may be given the files from the lowest rank on; its numbers count from there.
static struct found_file *file_at(const struct emulated *emulated, size_t number)
{
	bool first = emulated->reader->dialect->files == DIALECT_FIRST_FILE_WINS;

	return emulated->files[first ? number : emulated->count - 1 - number];
}

static void add_trouble(void *user, const struct emulation_trouble *trouble)
{
	const struct emulated *emulated = user;
	char origin[ORIGIN_TEXT_SIZE], name[BUNDLE_NAME_MAX + 1];

	(void)shape_show_name(
		name, sizeof(name), (const char *)trouble->name.at, trouble->name.length);
	(void)snprintf(origin, sizeof(origin), "%s:%u:%u", file_at(emulated, trouble->file)->shown,
		trouble->line, trouble->column);
	finding_add(emulated->reader->diag, trouble->finding,
		&(struct finding_about){.key = name, .origin = origin}, "%s", trouble->text);
}

// Why a name or value cannot be in a bundle; NULL: it can.
static const char *objection(
	const struct emulation_item *item, const char *name, enum finding *ret_finding)
{
	*ret_finding = FINDING_IGNORED_LINE;
	if (item->name.length > BUNDLE_NAME_MAX || item->value.length > BUNDLE_VALUE_MAX) {
		*ret_finding = FINDING_TOO_LARGE;
		return "a name has at most 255 bytes, a value 64 KiB";
	}
	if (!bundle_is_key_name(name) || strlen(name) != item->name.length ||
		shape_name_is_encoded(
			name, item->name.length, secret_view(item->value.at, item->value.length)))
		return "what the loader takes for a name here is no key's name, so it is left out";
	if (span_find(item->value, '\0')) {
		*ret_finding = FINDING_NUL;
		return finding_kind(FINDING_NUL)->title;
	}
	return NULL;
}

// A value that this loader makes nothing of is a difference that nobody may have meant.
static void tell_loss(const struct emulated *emulated, const struct emulation_item *item,
	const char *name, const struct origin *where)
{
	size_t written = emulation_index(emulated->written, item->name);
	char origin[ORIGIN_TEXT_SIZE];

	if (item->value.length || written == SIZE_MAX ||
		!emulation_at(emulated->written, written).value.length)
		return;
	finding_add(emulated->reader->diag, FINDING_EMPTY,
		&(struct finding_about){.key = name,
			.origin = origin_text(*where, origin, sizeof(origin)),
			.hint = "samekey lint says who reads what; dialect = portable reads the "
				"text"},
		"%s reads nothing, though a value stands there", emulated->reader->dialect->name);
}

static int add_value(
	struct emulated *emulated, const struct emulation_item *item, struct found_file *file)
{
	struct found value = {
		.origin = {SOURCE_DOTENV, file->shown, item->line, item->column},
		.file = file,
		.layer = file->layer,
	};
	char origin[ORIGIN_TEXT_SIZE], name[BUNDLE_NAME_MAX + 1] = "";
	const struct source_reader *reader = emulated->reader;
	const char *objected;
	enum finding finding;
	struct found_key *key;

	if (item->name.length && item->name.length < sizeof(name))
		memcpy(name, item->name.at, item->name.length);
	objected = objection(item, name, &finding);
	if (!objected && source_is_forbidden(reader, name)) {
		source_report_forbidden(
			reader, name, origin_text(value.origin, origin, sizeof(origin)));
		return 0;
	}
	if (objected) {
		// what is no name may be a part of a value
		finding_add(reader->diag, finding,
			&(struct finding_about){.key = finding == FINDING_IGNORED_LINE ? "" : name,
				.origin = origin_text(value.origin, origin, sizeof(origin))},
			"%s", objected);
		return 0;
	}
	tell_loss(emulated, item, name, &value.origin);
	key = found_key(reader->found, name, item->name.length);
	if (!key ||
		secret_copy(reader->arena, item->value.at, item->value.length, &value.value) < 0)
		return -ENOMEM;
	value.raw = value.value;
	return found_add(reader->found, key, &value);
}

// A name that no file gives once the loader has read all of them.
static void tell_gone(
	struct emulated *emulated, const struct emulation_item *item, const struct found_file *file)
{
	char origin[ORIGIN_TEXT_SIZE], name[BUNDLE_NAME_MAX + 1] = "";
	enum finding finding;

	if (item->name.length && item->name.length < sizeof(name))
		memcpy(name, item->name.at, item->name.length);
	if (objection(item, name, &finding))
		name[0] = '\0'; // what is no name may be a part of a value
	(void)snprintf(origin, sizeof(origin), "%s:%u:%u", file->shown, item->line, item->column);
	finding_add(emulated->reader->diag, FINDING_IGNORED_LINE,
		&(struct finding_about){.key = name,
			.origin = origin,
			.hint = "samekey parse --dialect NAME FILE... shows what the loader makes "
				"of "
				"several files"},
		"with all files read, the loader has no such name");
}

// What the file at `number` gives by itself, with the value that counts where that is this file's.
static int add_alone(struct emulated *emulated, size_t number, struct found_file *file)
{
	for (size_t i = 0; i < emulation_count(emulated->alone); i++) {
		struct emulation_item item = emulation_at(emulated->alone, i), counts;
		size_t winner = emulation_index(emulated->together, item.name);

		if (winner == SIZE_MAX) {
			tell_gone(emulated, &item, file);
			continue;
		}
		counts = emulation_at(emulated->together, winner);
		if (counts.file == number)
			item.value = counts.value;
		if (add_value(emulated, &item, file) < 0)
			return -ENOMEM;
	}
	return 0;
}

// What it gives only with the others, which a loader may need to read it, and counts.
static int add_others(
	struct emulated *emulated, size_t number, struct found_file *file, bool was_read)
{
	for (size_t i = 0; i < emulation_count(emulated->together); i++) {
		struct emulation_item item = emulation_at(emulated->together, i);

		if (item.file != number ||
			(was_read && emulation_index(emulated->alone, item.name) != SIZE_MAX))
			continue;
		if (add_value(emulated, &item, file) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int read_together(struct emulated *emulated)
{
	int code = 0;

	for (size_t i = 0; i < emulated->count && code == 0; i++)
		code = emulation_read(emulated->together, file_at(emulated, i)->text);
	return code == 0 ? emulation_finish(emulated->together) : code;
}

static int read_written(struct emulated *emulated, size_t number)
{
	int code;

	emulation_restart(emulated->written, dialect_find("portable"));
	code = emulation_read(emulated->written, file_at(emulated, number)->text);
	if (code >= 0)
		code = emulation_finish(emulated->written);
	return code < 0 ? code : 0; // what samekey would refuse is no matter here
}

// Adds what the file at `number` offers.
static int add_file(struct emulated *emulated, size_t number)
{
	struct found_file *file = file_at(emulated, number);
	int code;

	emulation_restart(emulated->alone, emulated->reader->dialect);
	code = emulation_read(emulated->alone, file->text);
	if (code == 0)
		code = emulation_finish(emulated->alone);
	if (code < 0 || read_written(emulated, number) < 0)
		return -ENOMEM;
	if (code == 0 && add_alone(emulated, number, file) < 0)
		return -ENOMEM;
	return add_others(emulated, number, file, code == 0);
}

// The place of a byte in a file.
static struct origin origin_of(const struct found_file *file, const uint8_t *byte)
{
	struct origin origin = {SOURCE_DOTENV, file->shown, 1, 1};
	const uint8_t *start = file->text.at, *newline;

	while ((newline = memchr(start, '\n', (size_t)(byte - start)))) {
		origin.line++;
		start = newline + 1;
	}
	origin.column = (uint32_t)(byte - start) + 1;
	return origin;
}

// The files that are text; each of the others is one finding.
// Returns: 0 or -ENOMEM.
static int keep_texts(struct emulated *emulated, struct found_file *const *files, size_t count)
{
	struct found_file **texts = pool_array(emulated->reader->pool, count + 1, sizeof(*texts));
	char origin[ORIGIN_TEXT_SIZE];

	if (!texts)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *odd = dotenv_text_error(files[i]->text);

		if (!odd) {
			texts[emulated->count++] = files[i];
			continue;
		}
		finding_add(emulated->reader->diag, FINDING_NOT_TEXT,
			&(struct finding_about){.origin = origin_text(origin_of(files[i], odd),
							origin, sizeof(origin))},
			"%s", finding_kind(FINDING_NOT_TEXT)->title);
	}
	emulated->files = texts;
	return 0;
}

int emulated_read(const struct source_reader *reader, struct found_file *const *files, size_t count)
{
	struct emulated emulated = {.reader = reader};
	struct emulation_options options = {.dialect = reader->dialect,
		.arena = reader->arena,
		.environment = look_up,
		.environment_at = variable_at,
		.trouble = add_trouble,
		.user = &emulated,
		.files_only = true};
	own(emulation_release) struct emulation *together = emulation_new(&options);
	own(emulation_release) struct emulation *alone = NULL, *written = NULL;
	int code;

	options.trouble = NULL; // everything was told already
	alone = emulation_new(&options);
	written = emulation_new(&options);
	if (!together || !alone || !written || keep_texts(&emulated, files, count) < 0)
		return -ENOMEM;
	emulated.together = together;
	emulated.alone = alone;
	emulated.written = written;
	code = read_together(&emulated);
	for (size_t i = 0; i < emulated.count && code == 0; i++)
		code = add_file(&emulated, i);
	return code < 0 ? code : 0;
}
