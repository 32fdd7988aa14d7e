// Fields lie in a line as they came, each as type, key and value ended by NUL; here they get the
// escapes that their form needs. Does not judge what they say.
// SPDX-License-Identifier: MIT
#include "lib/base/logform.h"
#include "lib/base/ascii.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"

#include <time.h>

enum field_type { FIELD_TEXT = 't', FIELD_NUMBER = 'n' };

#define SHOWN_SIZE (4 * LOG_VALUE_SIZE)                // each byte may become \xNN
#define TIME_SIZE (sizeof("2026-01-31T23:59:59Z") + 8) // years grow

struct field {
	enum field_type type;
	const char *key, *value;
};

// What is being written.
struct form {
	char *out;
	size_t used, size;
};

// syslog(3)'s priorities, by our levels.
static const char priorities[] = {'7', '6', '4', '3'};

void logform_add(struct log_line *line, const char *key, const char *value, bool is_number)
{
	size_t key_size = strlen(key) + 1, size = strlen(value) + 1;
	char *at = line->fields + line->used;

	if (key_size > LOG_KEY_SIZE || 1 + key_size + size > sizeof(line->fields) - line->used) {
		line->is_cut = true;
		return;
	}
	*at = is_number ? FIELD_NUMBER : FIELD_TEXT;
	memcpy(at + 1, key, key_size);
	memcpy(at + 1 + key_size, value, size);
	line->used += 1 + key_size + size;
}

// The field at *at, which moves behind it.
static bool next_field(const struct log_line *line, size_t *at, struct field *ret_field)
{
	const char *start = line->fields + *at;

	if (*at >= line->used)
		return false;
	ret_field->type = *start == FIELD_NUMBER ? FIELD_NUMBER : FIELD_TEXT;
	ret_field->key = start + 1;
	ret_field->value = ret_field->key + strlen(ret_field->key) + 1;
	*at = (size_t)(ret_field->value - line->fields) + strlen(ret_field->value) + 1;
	return true;
}

static void put_byte(struct form *form, char byte)
{
	if (form->used < form->size)
		form->out[form->used++] = byte;
}

static void put_bytes(struct form *form, const char *bytes, size_t length)
{
	size_t room = form->used < form->size ? form->size - form->used : 0;

	length = length < room ? length : room;
	memcpy(form->out + form->used, bytes, length);
	form->used += length;
}

static void put(struct form *form, const char *text)
{
	put_bytes(form, text, strlen(text));
}

static void time_text(char out[static TIME_SIZE])
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm parts;

	out[0] = '\0';
	if (gmtime_r(&now, &parts))
		(void)strftime(out, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

// ---- logfmt

static void put_shown(struct form *form, const char *key, const char *shown)
{
	bool quote = strpbrk(shown, " \"=\\") != NULL;

	put(form, key);
	put(form, quote ? "=\"" : "=");
	if (!quote)
		put(form, shown);
	for (const char *at = shown; quote && *at;) {
		size_t plain = strcspn(at, "\"\\");

		put_bytes(form, at, plain);
		at += plain;
		if (*at == '"' || (*at == '\\' && at[1] != 'x'))
			put_byte(form, '\\');
		if (*at)
			put_byte(form, *at++);
	}
	if (quote)
		put_byte(form, '"');
}

// Of its own, so that the room for it is only on the stack of a line that needs it.
static no_inline void put_escaped(struct form *form, const char *key, const char *value)
{
	char shown[SHOWN_SIZE];

	put_shown(form, key, text_printable(shown, sizeof(shown), value));
}

static void put_logfmt(struct form *form, const char *key, const char *value)
{
	size_t length = strlen(value);

	if (length < LOG_VALUE_SIZE && text_is_shown(value, length))
		put_shown(form, key, value);
	else
		put_escaped(form, key, value);
}

// A field that does not fit whole could not be told from one that is meant so.
static bool put_field(struct form *form, const struct field *field)
{
	size_t before = form->used;

	put_byte(form, ' ');
	put_logfmt(form, field->key, field->value);
	if (form->used < form->size)
		return true;
	form->used = before;
	return false;
}

// Fills up to `size` bytes.
static void put_fields(struct form *form, const struct log_line *line, size_t size)
{
	static const char cut[] = " cut=true";
	bool is_cut = line->is_cut;
	struct field field;

	form->size = size - (sizeof(cut) - 1);
	for (size_t at = 0; next_field(line, &at, &field);)
		is_cut |= !put_field(form, &field);
	form->size = size;
	if (is_cut)
		put(form, cut);
}

size_t logform_logfmt(const struct log_line *line, char out[static LOG_LINE_SIZE])
{
	struct form form = {.out = out, .size = LOG_LINE_SIZE};
	char now[TIME_SIZE];

	if (line->log->ranked) {
		put_byte(&form, '<');
		put_byte(&form, priorities[line->level]);
		put_byte(&form, '>');
	}
	if (line->log->timed) {
		time_text(now);
		put_logfmt(&form, "time", now);
		put_byte(&form, ' ');
	}
	put_logfmt(&form, "level", log_level_words[line->level]);
	put_byte(&form, ' ');
	put_logfmt(&form, "event", line->event);
	put_fields(&form, line, LOG_LINE_SIZE - 1);
	out[form.used++] = '\n';
	return form.used;
}

// ---- JSON

// A character of several bytes, or one that is none.
// Returns: how many bytes it took.
static size_t put_json_wide(struct form *form, const char *at, size_t left)
{
	static const unsigned char leads[] = {0, 0, 0x1F, 0x0F, 0x07};
	char escape[8], alone[5] = "", shown[32];
	uint32_t point;
	size_t step = 2;

	while (step <= left && step < ARRAY_SIZE(leads) && text_utf8_error(at, step) != step)
		step++;
	if (step > left || step == ARRAY_SIZE(leads)) {
		put(form, "\\ufffd");
		return 1;
	}
	memcpy(alone, at, step);
	if (strcmp(text_printable(shown, sizeof(shown), alone), alone) == 0) {
		put_bytes(form, at, step);
		return step;
	}
	point = (unsigned char)at[0] & leads[step]; // a control character, or one that turns a line
	for (size_t i = 1; i < step; i++)
		point = point << 6 | ((unsigned char)at[i] & 0x3F);
	(void)snprintf(escape, sizeof(escape), "\\u%04x", point & 0xFFFF);
	put(form, escape);
	return step;
}

// One character of a text, of `left` bytes, as JSON has it within quotes.
// Returns: how many bytes it took.
static size_t put_json_character(struct form *form, const char *at, size_t left)
{
	unsigned char byte = (unsigned char)*at;
	char escape[8];

	if (byte >= 0x80)
		return put_json_wide(form, at, left);
	if (byte < 0x20 || byte == 0x7F) {
		(void)snprintf(escape, sizeof(escape), "\\u%04x", byte);
		put(form, escape);
		return 1;
	}
	if (byte == '"' || byte == '\\')
		put_byte(form, '\\');
	put_byte(form, *at);
	return 1;
}

static void put_json_text(struct form *form, const char *text)
{
	size_t length = strlen(text);

	put_byte(form, '"');
	for (size_t i = 0; i < length;)
		i += put_json_character(form, text + i, length - i);
	put_byte(form, '"');
}

// A member that does not fit whole would leave no JSON.
static bool put_member(struct form *form, const struct field *field)
{
	size_t before = form->used;

	put_byte(form, form->used ? ',' : '{');
	put_json_text(form, field->key);
	put_byte(form, ':');
	if (field->type == FIELD_NUMBER)
		put(form, field->value);
	else
		put_json_text(form, field->value);
	if (form->used < form->size)
		return true;
	form->used = before;
	return false;
}

size_t logform_json(const struct log_line *line, char out[static LOG_LINE_SIZE])
{
	static const char cut[] = ",\"cut\":true", end[] = "}\n";
	struct form form = {.out = out, .size = LOG_LINE_SIZE - sizeof(cut) - sizeof(end)};
	struct field field;
	char now[TIME_SIZE];
	bool whole = !line->is_cut;

	time_text(now);
	(void)put_member(&form, &(struct field){FIELD_TEXT, "time", now});
	(void)put_member(&form, &(struct field){FIELD_TEXT, "level", log_level_words[line->level]});
	(void)put_member(&form, &(struct field){FIELD_TEXT, "event", line->event});
	for (size_t at = 0; next_field(line, &at, &field);)
		whole &= put_member(&form, &field);
	form.size = LOG_LINE_SIZE;
	put(&form, whole ? "" : cut);
	put(&form, end);
	return form.used;
}

// ---- the journal (systemd.io/JOURNAL_NATIVE_PROTOCOL)

static void put_journal(struct form *form, const char *prefix, const char *key, const char *value)
{
	uint64_t length = strlen(value);
	bool lines = strchr(value, '\n') != NULL;

	put(form, prefix);
	for (; *key; key++)
		put_byte(form, ascii_is_lower(*key) ? (char)(*key - 'a' + 'A') : *key);
	put_byte(form, lines ? '\n' : '=');
	for (unsigned i = 0; lines && i < sizeof(length); i++) // little-endian
		put_byte(form, (char)(length >> (8 * i)));
	put_bytes(form, value, length);
	put_byte(form, '\n');
}

size_t logform_journal(const struct log_line *line, char out[static LOGFORM_SIZE])
{
	char message[LOG_LINE_SIZE] = "";
	struct form form = {.out = out, .size = LOGFORM_SIZE},
		    text = {.out = message, .size = sizeof(message) - 1};
	struct field field;

	put(&text, line->event);
	put_fields(&text, line, sizeof(message) - 1);
	message[text.used] = '\0';
	put_journal(&form, "", "MESSAGE", message);
	put_journal(&form, "", "PRIORITY", (char[]){priorities[line->level], '\0'});
	if (line->log->program)
		put_journal(&form, "", "SYSLOG_IDENTIFIER", line->log->program);
	put_journal(&form, "SAMEKEY_", "event", line->event);
	for (size_t at = 0; next_field(line, &at, &field);)
		put_journal(&form, "SAMEKEY_", field.key, field.value);
	if (line->is_cut)
		put_journal(&form, "SAMEKEY_", "cut", "true");
	return form.used;
}
