// The table of faults.
// SPDX-License-Identifier: MIT
#include "lib/wire/fault.h"

#include "lib/base/text.h"

static const struct {
	const char *text, *hint;
} faults[FAULTS] = {
	[FAULT_NONE] = {"", ""},
	[FAULT_E_MALFORMED] = {"malformed", "are samekey and samekeyd of the same release?"},
	[FAULT_E_VERSION] = {"version", "install samekey and samekeyd of the same release"},
	[FAULT_E_TOO_LARGE] = {"too-large",
		"a bundle has at most 10,000 keys and 8 MiB, a message 64 KiB"},
	[FAULT_E_TRUNCATED] = {"truncated", "try again; the offer was only half sent"},
	[FAULT_E_DESCRIPTOR] = {"descriptor", "pass exactly one memfd with an offer"},
	[FAULT_E_UNSEALED] = {"unsealed", "seal the memfd: write, grow, shrink, seal"},
	[FAULT_E_NOT_PERMITTED] = {"not-permitted", "one request at a time, then read the answer"},
	[FAULT_E_NOT_ADMITTED] = {"not-admitted",
		"add the user under [admit NAME] in samekeyd.ini"},
	[FAULT_E_BUSY] = {"busy", "try again; see [limits] in samekeyd.ini"},
	[FAULT_E_TIMEOUT] = {"timeout", "send the request right after connecting"},
	[FAULT_E_INTERNAL] = {"internal", "see the log of samekeyd"},
	[FAULT_E_CLOSED] = {"closed", ""},
};

const char *fault_text(enum fault fault)
{
	return faults[fault].text;
}

enum fault fault_by_text(const char *text)
{
	for (unsigned i = FAULT_NONE + 1; i < FAULTS; i++)
		if (text_equal(faults[i].text, text))
			return (enum fault)i;
	return FAULT_NONE;
}

const char *fault_hint(enum fault fault)
{
	return faults[fault].hint;
}
