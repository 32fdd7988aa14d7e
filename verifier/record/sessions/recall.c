// A slot for a hash of the id, and whoever comes later has it. Ids are random, so nobody chooses
// who meets whom. A hand goes round and empties slots when there are too many bytes.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/recall.h"

#include "lib/base/text.h"
#include "verifier/record/sessions/family.h"

#define HEAD_BYTES offsetof(struct family, subject)

// A family without the room that its texts do not fill.
struct entry {
	size_t size; // of all
	uint8_t head[HEAD_BYTES];
	char texts[]; // subject, access claims, refresh claims; each with its NUL
};

struct recall {
	struct entry *slots[RECALL_ENTRIES_MAX];
	uint64_t bytes;
	size_t hand;
};

_Static_assert(offsetof(struct family, id) == 0, "an id can be compared in the head");

struct recall *recall_new(void)
{
	return calloc(1, sizeof(struct recall));
}

static void empty(struct recall *recall, struct entry **slot)
{
	if (*slot)
		recall->bytes -= (*slot)->size;
	free(*slot);
	*slot = NULL;
}

struct recall *recall_free(struct recall *recall)
{
	for (size_t i = 0; recall && i < RECALL_ENTRIES_MAX; i++)
		empty(recall, &recall->slots[i]);
	free(recall);
	return NULL;
}

static size_t slot_of(const uint8_t *id)
{
	uint64_t hash;

	memcpy(&hash, id, sizeof(hash));
	return hash % RECALL_ENTRIES_MAX;
}

static bool is_of(const struct entry *entry, const uint8_t *id)
{
	return entry && memcmp(entry->head, id, FAMILY_ID_BYTES) == 0;
}

static char *append(char *at, const char *text, size_t length)
{
	memcpy(at, text, length + 1);
	return at + length + 1;
}

void recall_put(struct recall *recall, const struct family *family)
{
	size_t subject = strlen(family->subject), access = strlen(family->access_claims);
	size_t refresh = strlen(family->refresh_claims);
	size_t size = sizeof(struct entry) + subject + access + refresh + 3;
	struct entry **slot = &recall->slots[slot_of(family->id)];
	char *at;

	empty(recall, slot);
	while (recall->bytes + size > RECALL_BYTES_MAX) {
		empty(recall, &recall->slots[recall->hand]);
		recall->hand = (recall->hand + 1) % RECALL_ENTRIES_MAX;
	}
	*slot = malloc(size);
	if (!*slot)
		return;
	(*slot)->size = size;
	memcpy((*slot)->head, family, HEAD_BYTES);
	at = append((*slot)->texts, family->subject, subject);
	at = append(at, family->access_claims, access);
	(void)append(at, family->refresh_claims, refresh);
	recall->bytes += size;
}

static const char *extract(const char *at, char *out)
{
	size_t length = strlen(at);

	memcpy(out, at, length + 1);
	return at + length + 1;
}

bool recall_get(const struct recall *recall, const uint8_t *id, struct family *ret_family)
{
	const struct entry *entry = recall->slots[slot_of(id)];
	const char *at;

	if (!is_of(entry, id))
		return false;
	memcpy(ret_family, entry->head, HEAD_BYTES);
	at = extract(entry->texts, ret_family->subject);
	at = extract(at, ret_family->access_claims);
	(void)extract(at, ret_family->refresh_claims);
	return true;
}

void recall_drop(struct recall *recall, const uint8_t *id)
{
	struct entry **slot = &recall->slots[slot_of(id)];

	if (is_of(*slot, id))
		empty(recall, slot);
}

void recall_drop_subject(struct recall *recall, const char *subject)
{
	for (size_t i = 0; i < RECALL_ENTRIES_MAX; i++)
		if (recall->slots[i] && text_equal(recall->slots[i]->texts, subject))
			empty(recall, &recall->slots[i]);
}
