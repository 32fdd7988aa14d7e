// Known by the names in the path alone.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/idle.h"

#include "lib/base/text.h"
#include "lib/wire/scanreport.h"

static const char *const document_endings[] = {
	".md", ".mdx", ".markdown", ".rst", ".txt", ".d.ts", ".d.mts", ".d.cts", ".adoc", ".po"};
// below node_modules
static const char *const idle_folders[] = {"example", "examples", "test", "tests", "__tests__",
	"spec", "docs", "doc", "demo", "demos", "fixtures", "__fixtures__", "samples", "benchmark",
	"benchmarks"};

static bool is_idle_folder(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(idle_folders); i++)
		if (strlen(idle_folders[i]) == length && memcmp(idle_folders[i], name, length) == 0)
			return true;
	return false;
}

// Whether a folder of the path behind its last node_modules is one of those above.
static bool is_idle_path(const char *path)
{
	const char *at = NULL, *next = path, *slash;

	while ((next = strstr(next, "node_modules/"))) {
		next += strlen("node_modules/");
		at = next;
	}
	for (; at && (slash = strchr(at, '/')); at = slash + 1)
		if (is_idle_folder(at, (size_t)(slash - at)))
			return true;
	return false;
}

static bool is_document(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(document_endings); i++)
		if (text_ends(path, document_endings[i]))
			return true;
	return false;
}

bool idle_is(const struct scanreport_place *place)
{
	if (is_document(place->path) || is_idle_path(place->path))
		return true;
	for (size_t i = 0; i < place->inside_count; i++)
		if (is_document(place->inside[i]) || is_idle_path(place->inside[i]))
			return true;
	return false;
}
