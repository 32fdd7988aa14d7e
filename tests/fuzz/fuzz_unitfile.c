// Any bytes as a unit file: settings are views of it or of the scratch room, words fit their room.
// SPDX-License-Identifier: MIT
#include "loader/inspect/doctor/unitfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct source {
	size_t size;
	uint32_t lines;
};

static int check(void *user, const struct unitfile_setting *setting)
{
	const struct source *source = user;
	struct span rest = setting->value, word, name, value;
	uint8_t *room = malloc(rest.length + 1);

	if (!room || rest.length > source->size || setting->line < 1 ||
		setting->line > source->lines)
		abort();
	while (unitfile_word(&rest, room, &word) == 1) {
		if (word.length > setting->value.length || word.at != room)
			abort();
		(void)unitfile_specifiers(word, room, &word);
		if (unitfile_assignment(word, &name, &value) &&
			name.length + value.length + 1 != word.length)
			abort();
	}
	free(room);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct source source = {size, 1};
	uint8_t *scratch = malloc(size ? size : 1);

	for (size_t i = 0; i < size; i++)
		source.lines += bytes[i] == '\n';
	if (!scratch || unitfile_read(bytes, size, scratch, check, &source))
		abort();
	free(scratch);
	return 0;
}
