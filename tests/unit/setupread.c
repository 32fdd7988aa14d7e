// Reads as samekeyd does, from memory.
// SPDX-License-Identifier: MIT
#include "tests/unit/setupread.h"

#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "verifier/setup/setup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct setup *setupread_good(const char *ini, struct pool *pool)
{
	own(diag_release) struct diag *diag = diag_new();
	struct setup *setup = setup_new(pool);

	assert_non_null(setup);
	if (setup_read(setup, ini, strlen(ini), "d.ini", pool, diag) < 0)
		fail_msg("%s: %s", diag_at(diag, 0)->origin, diag_at(diag, 0)->text);
	return setup;
}
