// Any bytes as source code: names are views of them, lines are in range, and nothing hangs.
// SPDX-License-Identifier: MIT
#include "loader/inspect/mention.h"

#include "lib/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct source {
	const char *bytes;
	size_t size;
	uint32_t lines;
};

static int check(void *user, const struct mention *mention)
{
	const struct source *source = user;
	char name[MENTION_NAME_MAX + 1] = {0};

	if (mention->name < source->bytes || mention->name_length > MENTION_NAME_MAX ||
		mention->name + mention->name_length > source->bytes + source->size)
		abort();
	memcpy(name, mention->name, mention->name_length);
	if (!text_is_name(name) || mention->line < 1 || mention->line > source->lines)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct source source = {(const char *)bytes, size, 1};

	for (size_t i = 0; i < size; i++)
		source.lines += bytes[i] == '\n';
	for (int language = MENTION_NONE; language <= MENTION_CSHARP; language++)
		if (mention_scan(
			    source.bytes, size, (enum mention_language)language, check, &source))
			abort();
	return 0;
}
