// A signal is known by its name, with or without SIG, and by its number.
// SPDX-License-Identifier: MIT
#include "loader/stay/onchange.h"

#include "lib/base/num.h"
#include "lib/base/text.h"
#include "lib/value/shape_show.h"
#include "loader/cli/options.h"

#include <errno.h>
#include <signal.h>
#include <strings.h>

#define SIGNAL_WORD "signal"

// HUP, SIGHUP, hup or 1.
// Returns: the number, or 0.
static int signal_by_name(const char *name)
{
	uint64_t number;

	if (num_parse(name, NSIG - 1, &number) == 0)
		return (int)number;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (int i = 1; i < NSIG; i++) {
		const char *known = sigabbrev_np(i);

		if (known && strcasecmp(known, name) == 0)
			return i;
	}
	return 0;
}

static int read_signal(const char *name, int *ret_signal, struct err *err)
{
	int signal = signal_by_name(name);
	char shown[80];

	if (signal && signal != SIGKILL && signal != SIGSTOP) {
		*ret_signal = signal;
		return 0;
	}
	(void)err_set(err, -EINVAL, "--on-change",
		signal ? "nobody can take the signal '%s'" : "there is no signal '%s'",
		shape_show(shown, sizeof(shown), name));
	return err_hint(err, "--on-change signal HUP, or whatever makes the command read again");
}

static int read_change(const char *text, struct onchange *onchange, struct err *err)
{
	size_t length = strlen(SIGNAL_WORD);
	char shown[80];

	if (!text || text_equal(text, "offer")) {
		onchange->change = KEEPING_OFFERS;
		return 0;
	}
	if (text_equal(text, "restart")) {
		onchange->change = KEEPING_RESTARTS;
		return 0;
	}
	if (text_starts(text, SIGNAL_WORD) && strchr(" =:", text[length])) {
		onchange->change = KEEPING_SIGNALS;
		return read_signal(text + length + (text[length] != '\0'), &onchange->signal, err);
	}
	(void)err_set(err, -EINVAL, "--on-change", "'%s' is none of offer, signal NAME and restart",
		shape_show(shown, sizeof(shown), text));
	return err_hint(err, "--on-change restart starts the command anew with the new values");
}

int onchange_read(const struct options *options, struct onchange *ret_onchange, struct err *err)
{
	struct onchange onchange = {.stop_ms = options->stop_ms};
	int code = read_change(options->on_change, &onchange, err);

	if (code < 0)
		return code;
	if (options->on_change && options->supervise != SETTING_YES) {
		(void)err_set(err, -EINVAL, "--on-change", "nobody stays to see a change");
		return err_hint(err, "samekey run --supervise --on-change %s -- COMMAND",
			options->on_change);
	}
	*ret_onchange = onchange;
	return 0;
}
