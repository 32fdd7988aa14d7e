// Home directories of a shell. Only the one in HOME is known by its value.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/sh/sh_expand.h"

enum sh_value sh_tilde_value(struct sh *sh, struct span prefix, struct span *ret_value)
{
	// users whom every machine of the measured kind has
	static const char *const users[] = {"root", "daemon", "bin", "sys", "sync", "games", "man",
		"lp", "mail", "news", "uucp", "proxy", "www-data", "backup", "list", "irc", "gnats",
		"nobody", "_apt", "messagebus", "sshd", "systemd-network", "systemd-resolve"};
	size_t digits = (size_t)1 + (prefix.length > 1 && strchr("+-", prefix.at[1]) != NULL),
	       zero = 0;

	if (prefix.length == 1)
		return sh_variables_get(sh, span_of("HOME"), ret_value) == SH_SET ? SH_SET
										  : SH_TAINTED;
	if (span_is(prefix, "~+"))
		return sh_variables_get(sh, span_of("PWD"), ret_value);
	if (span_is(prefix, "~-"))
		return sh_variables_get(sh, span_of("OLDPWD"), ret_value) == SH_SET ? SH_SET
										    : SH_UNSET;
	for (size_t i = 0; i < ARRAY_SIZE(users); i++)
		if (span_is(span_after(prefix, 1), users[i]))
			return SH_TAINTED;
	while (digits + zero < prefix.length && prefix.at[digits + zero] == '0')
		zero++;
	return zero && digits + zero == prefix.length ? SH_TAINTED : SH_UNSET;
}
