// Short of memory, the lexer of jansson 2.14 loses a byte of the text, says nothing and goes on:
// behind the end of a string whose quote was lost, or with another name. So it gets its text byte
// by byte, what it cannot have from a reserve that is enough until the next byte, and no byte after
// that.
// SPDX-License-Identifier: MIT
#include "lib/value/jsonload.h"

#include "lib/base/fs.h"

#include <errno.h>
#include <jansson.h>

#define LEAST_RESERVE 64 // the lexer begins with 16 bytes and doubles them

// jansson's functions take no context; who loads JSON has one thread.
static struct {
	json_malloc_t malloc; // what is used otherwise
	json_free_t free;
	char *reserve;
	size_t size;
	bool short_of_memory;
} memory;

struct text {
	const char *at;
	size_t length;
};

static void *get_memory(size_t size)
{
	void *at = memory.malloc(size);

	if (at || memory.short_of_memory)
		return at;
	memory.short_of_memory = true;
	return size <= memory.size ? memory.reserve : NULL;
}

static void free_memory(void *at)
{
	if (at != memory.reserve)
		memory.free(at);
}

static size_t get_byte(void *out, size_t size, void *data)
{
	struct text *text = data;

	if (memory.short_of_memory)
		return (size_t)-1;
	if (!text->length || !size)
		return 0;
	*(char *)out = *text->at++;
	text->length--;
	return 1;
}

static bool begin(size_t length)
{
	json_get_alloc_funcs(&memory.malloc, &memory.free);
	memory.size = 2 * length + LEAST_RESERVE;
	memory.reserve = memory.malloc(memory.size);
	memory.short_of_memory = false;
	if (!memory.reserve)
		return false;
	json_set_alloc_funcs(get_memory, free_memory);
	return true;
}

static void end(void)
{
	json_set_alloc_funcs(memory.malloc, memory.free);
	memory.free(memory.reserve);
}

int jsonload_text(
	const char *text, size_t length, size_t form, json_t **ret_json, json_error_t *ret_error)
{
	struct text left = {text, length};
	json_t *json;
	int code;

	if (!begin(length))
		return -ENOMEM;
	json = json_load_callback(get_byte, &left, form, ret_error);
	code = memory.short_of_memory ? -ENOMEM : json ? 0 : -EBADMSG;
	if (code == 0)
		*ret_json = json;
	else
		json_decref(json);
	end();
	return code;
}

int jsonload_file(int fd, size_t size, json_t **ret_json)
{
	own_free char *text = malloc(size + 1);
	ssize_t length = text ? fs_read_all(fd, text, size) : -ENOMEM;

	return length < 0 ? (int)length : jsonload_text(text, (size_t)length, 0, ret_json, NULL);
}
