// Folders by name: what dependencies, build outputs and tests read, the app does not need.
// SPDX-License-Identifier: MIT
#include "loader/inspect/sources.h"

#include "lib/base/text.h"

static const char *const others[] = {"node_modules", "bower_components", "dist", "build", "out",
	"target", "vendor", "venv", "site-packages", "__pycache__", "coverage", "__tests__",
	"__mocks__", "test", "tests", "spec", "e2e", "cypress", "fixtures", "testdata"};

bool sources_enter(const char *folder)
{
	if (folder[0] == '.')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (text_equal(folder, others[i]))
			return false;
	return true;
}
