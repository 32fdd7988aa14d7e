// Any bytes as what was built, searched for values in all forms, placeholders, tokens and older
// values: in one piece and in small ones the same is found, and each value stands where it is said.
// SPDX-License-Identifier: MIT
#include "lib/value/fingerprint.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"
#include "loader/scan/search/search.h"

#include <sodium.h>

#define TEXT_A "Zq7Rk2Lm9Xw4Tb8Vn1Hd6Gs3"
#define TEXT_B "x\"y\\z/<q>&'w+o"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct told {
	const uint8_t *bytes;
	size_t size, count;
	uint64_t said; // a hash of all that was told, in any order
};

static void see(void *user, const struct scanreport *report)
{
	struct told *told = user;
	uint64_t at = report->place.offset, word = at * UINT64_C(0x9E3779B97F4A7C15);

	if (at >= told->size)
		abort();
	if (report->type == SCANREPORT_VALUE && strcmp(report->form, "raw") == 0 &&
		memcmp(told->bytes + at, report->key, strlen(report->key)) != 0)
		abort();
	word ^= report->place.line * 31 + (uint64_t)report->type;
	told->said += word ^ word >> 29;
	told->count++;
}

static struct told look(struct search *search, struct told *told, size_t piece)
{
	struct search_stream *stream =
		search_begin(search, &(struct scanreport_place){.path = "f"});
	struct told result;

	for (size_t at = 0; stream && at < told->size; at += piece)
		if (search_feed(stream, told->bytes + at,
			    told->size - at < piece ? told->size - at : piece) != 0)
			abort();
	if (!stream || search_end(stream) != 0)
		abort();
	result = *told;
	told->count = told->said = 0;
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const struct scanjob_value values[] = {
		{.key = TEXT_A,
			.origin = "",
			.secret = true,
			.value = {(const struct secret_byte *)TEXT_A, sizeof(TEXT_A) - 1}},
		{.key = TEXT_B,
			.origin = "",
			.secret = true,
			.value = {(const struct secret_byte *)TEXT_B, sizeof(TEXT_B) - 1}},
	};
	static struct scanjob_print print = {.key = "", .origin = ""};
	static struct scanjob job = {.flags = SCANJOB_PLACEHOLDERS,
		.values = values,
		.value_count = ARRAY_SIZE(values),
		.prints = &print,
		.print_count = 1};
	static struct secret_arena *arena;
	static struct search *search;
	static struct told told;
	struct told whole, parts;

	if (!search) {
		fingerprint_by_subkey(
			job.fingerprint_key, secret_view(TEXT_A, 24), print.fingerprint);
		if (sodium_init() < 0 ||
			secret_arena_open(&(struct secret_options){0}, &arena, NULL) != 0 ||
			search_open(
				&job, &(struct search_sink){see, &told}, arena, &search, NULL) != 0)
			abort();
	}
	told = (struct told){.bytes = bytes, .size = size};
	whole = look(search, &told, size + 1);
	parts = look(search, &told, size % 13 + 1);
	if (whole.count != parts.count || whole.said != parts.said)
		abort();
	return 0;
}
