// Folders by name: what dependencies, build outputs and tests read, the app does not need.
// SPDX-License-Identifier: MIT
#include "loader/inspect/sources.h"

#include "lib/base/text.h"

static const char *const others[] = {"node_modules", "bower_components", "dist", "build", "out",
	"target", "vendor", "venv", "site-packages", "__pycache__", "coverage", "__tests__",
	"__mocks__", "test", "tests", "spec", "e2e", "cypress", "fixtures", "testdata", NULL};

bool sources_enter(const char *folder)
{
	return folder[0] != '.' && !text_is_among(folder, others);
}
