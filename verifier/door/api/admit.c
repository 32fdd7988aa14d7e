// Rules add up: a peer has every verb of every rule that fits it. Nobody loses one by them.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/admit.h"

#include "lib/base/text.h"
#include "lib/wire/peer.h"

#include <errno.h>

// In the order of their bits.
static const char *const verb_names[] = {
	"offer", "status", "verify", "introspect", "issue", "diagnose", "attest", "revoke", NULL};

struct holder {
	uid_t uid;
	uint64_t connections;
};

struct admit {
	struct admit_rule *rules;
	size_t rule_count;
	uint64_t limit;
	struct holder holders[ADMIT_UIDS_MAX];
	size_t holder_count;
};

unsigned admit_verb(const char *name)
{
	for (unsigned i = 0; verb_names[i]; i++)
		if (text_equal(verb_names[i], name))
			return 1u << i;
	return 0;
}

const char *admit_verb_name(unsigned verb)
{
	for (unsigned i = 0; verb_names[i]; i++)
		if (verb == 1u << i)
			return verb_names[i];
	return NULL;
}

const char *admit_verbs_text(char *out, size_t size)
{
	size_t length = 0;

	*out = '\0';
	for (unsigned i = 0; verb_names[i] && length < size; i++)
		length += (size_t)snprintf(
			out + length, size - length, "%s%s", i ? ", " : "", verb_names[i]);
	return out;
}

struct admit *admit_new(const struct admit_rule *rules, size_t count, uint64_t connections_per_uid)
{
	struct admit *admit = calloc(1, sizeof(*admit));

	if (!admit)
		return NULL;
	return admit_change(admit, rules, count, connections_per_uid) == 0 ? admit
									   : admit_free(admit);
}

struct admit *admit_free(struct admit *admit)
{
	if (admit)
		free(admit->rules);
	free(admit);
	return NULL;
}

int admit_change(struct admit *admit, const struct admit_rule *rules, size_t count,
	uint64_t connections_per_uid)
{
	struct admit_rule *copy = calloc(count + 1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	if (count)
		memcpy(copy, rules, count * sizeof(*copy));
	free(admit->rules);
	admit->rules = copy;
	admit->rule_count = count;
	admit->limit = connections_per_uid;
	return 0;
}

unsigned admit_verbs(const struct admit *admit, uid_t uid, gid_t gid)
{
	unsigned verbs = 0;

	if (uid == PEER_NOBODY || uid == PEER_NO_USER)
		return 0;
	// They can take what they want anyway; a rule for an app must not end a health check.
	if (uid == 0 || uid == geteuid())
		return ADMIT_ALL;
	for (size_t i = 0; i < admit->rule_count; i++) {
		const struct admit_rule *rule = &admit->rules[i];

		if ((!rule->has_uid || rule->uid == uid) && (!rule->has_gid || rule->gid == gid))
			verbs |= rule->verbs;
	}
	return verbs;
}

static struct holder *find(struct admit *admit, uid_t uid)
{
	for (size_t i = 0; i < admit->holder_count; i++)
		if (admit->holders[i].uid == uid)
			return &admit->holders[i];
	return NULL;
}

bool admit_enter(struct admit *admit, uid_t uid)
{
	struct holder *holder = find(admit, uid);

	if (!holder) {
		if (admit->holder_count == ADMIT_UIDS_MAX)
			return false;
		holder = &admit->holders[admit->holder_count++];
		*holder = (struct holder){.uid = uid};
	}
	if (holder->connections >= admit->limit)
		return false;
	holder->connections++;
	return true;
}

void admit_leave(struct admit *admit, uid_t uid)
{
	struct holder *holder = find(admit, uid);

	if (!holder || --holder->connections)
		return;
	*holder = admit->holders[--admit->holder_count];
}
