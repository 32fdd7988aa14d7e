// The two orders that differ are Next's and Vite's: which of .env.local and .env.MODE is above.
// SPDX-License-Identifier: MIT
#include "loader/resolve/cascade.h"

#include "lib/base/text.h"
#include "loader/resolve/settings.h"

size_t cascade_names(
	int cascade, const char *mode, char names[static CASCADE_MAX][CASCADE_NAME_SIZE])
{
	bool local =
		!text_equal(mode, "test"); // as Next and Rails: tests are the same for everybody
	size_t count = 0;

	if (cascade == SETTINGS_CASCADE_SINGLE) {
		(void)snprintf(names[0], sizeof(names[0]), ".env");
		return 1;
	}
	(void)snprintf(names[count++], sizeof(names[0]), ".env.%s.local", mode);
	if (cascade == SETTINGS_CASCADE_NEXT && local)
		(void)snprintf(names[count++], sizeof(names[0]), ".env.local");
	(void)snprintf(names[count++], sizeof(names[0]), ".env.%s", mode);
	if (cascade == SETTINGS_CASCADE_VITE)
		(void)snprintf(names[count++], sizeof(names[0]), ".env.local");
	(void)snprintf(names[count++], sizeof(names[0]), ".env");
	return count;
}
