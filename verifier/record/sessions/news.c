// A list that is added to at its end. No revocation is ever dropped; when memory is short, whoever
// hears one waits for some.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/news.h"

#include <time.h>

#define MEMORY_RETRY_NS 20000000L

struct news_item {
	struct news_item *next;
	int64_t until_wall_ms;
	bool is_family;
	size_t length;
	uint8_t name[];
};

void news_clear(struct news *news)
{
	*news = (struct news){.end = &news->first};
}

void news_hear(void *owner, const struct store_revocation *revocation)
{
	const struct timespec pause = {.tv_nsec = MEMORY_RETRY_NS};
	struct news *news = owner;
	size_t length = revocation->is_family ? FAMILY_ID_BYTES : strlen(revocation->token);
	struct news_item *heard;

	while (!(heard = malloc(sizeof(*heard) + length)))
		ignore_result(nanosleep(&pause, NULL)); // one that is cut short is as good
	heard->next = NULL;
	heard->until_wall_ms = revocation->until_wall_ms;
	heard->is_family = revocation->is_family;
	heard->length = length;
	memcpy(heard->name,
		revocation->is_family ? (const void *)revocation->family : revocation->token,
		length);
	*news->end = heard;
	news->end = &heard->next;
}

bool news_pass_on(struct news *from, struct news *to)
{
	if (!from->first)
		return false;
	*to->end = from->first;
	to->end = from->end;
	news_clear(from);
	return true;
}

void news_tell(struct news *news, store_revoked *revoked, void *owner)
{
	struct news_item *heard = news->first;

	news_clear(news);
	while (heard) {
		struct store_revocation revocation = {
			.is_family = heard->is_family, .until_wall_ms = heard->until_wall_ms};
		struct news_item *next = heard->next;

		memcpy(heard->is_family ? (void *)revocation.family : revocation.token, heard->name,
			heard->length);
		if (revoked)
			revoked(owner, &revocation);
		free(heard);
		heard = next;
	}
}
