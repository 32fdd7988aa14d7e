// A line is the name of a setting, a tab and how it is set.
// SPDX-License-Identifier: MIT
#include "verifier/restart.h"

#include "verifier/setup/setup.h"

static const char *word(const char *text)
{
	return text ? text : "";
}

// A store is opened, and the process for the upstream is started, before anything else.
char *restart_settings(const struct setup *setup)
{
	const struct setup_store *store = &setup->store;
	char *text = NULL;

	if (asprintf(&text,
		    "[listen] handoff\t%s\n[listen] api\t%s\n[listen] http\t%s\n"
		    "[listen] descriptor_store\t%d\n[limits] memory\t%llu\n"
		    "[fingerprint] key\t%s\n[log] format\t%d\n"
		    "[sandbox] seccomp\t%d\n[sandbox] landlock\t%d\n"
		    "[session] socket\t%s\n[session] http\t%s\n[upstream]\t%d\n"
		    "[store] url\t%d%s\n[store] prefix\t%s\n[store] user\t%s\n"
		    "[store] password_file\t%s\n[store] timeout\t%llu\n",
		    word(setup->handoff), word(setup->api), word(setup->http),
		    (int)setup->descriptor_store, (unsigned long long)setup->memory,
		    word(setup->fingerprint_key), setup->log_format, (int)setup->seccomp,
		    (int)setup->landlock, word(setup->session.socket), word(setup->session.http),
		    setup->upstream.is_on, store->is_on, word(store->options.url),
		    word(store->options.prefix), word(store->options.user),
		    word(store->password_file), (unsigned long long)store->options.timeout_ms) < 0)
		return NULL;
	return text;
}

void restart_list(const char *at_start, const char *now, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	while (*at_start && *now && used < size) {
		size_t before = strcspn(at_start, "\n") + 1, length = strcspn(now, "\n") + 1;

		if (before != length || memcmp(at_start, now, length) != 0)
			used += (size_t)snprintf(out + used, size - used, "%s%.*s",
				used ? ", " : "", (int)strcspn(now, "\t"), now);
		at_start += before;
		now += length;
	}
}

void restart_add(const char *name, char *out, size_t size)
{
	size_t used = strlen(out);

	if (!strstr(out, name))
		(void)snprintf(out + used, size - used, "%s%s", used ? ", " : "", name);
}
