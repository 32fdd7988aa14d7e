// Folders are opened one below the other, so that no path is resolved twice.
// SPDX-License-Identifier: MIT
#include "loader/inspect/doctor/tree.h"

#include "lib/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

struct state {
	const struct tree_walk *walk;
	char path[PATH_MAX];
	size_t length, entries;
	unsigned depth, deepest;
	bool cut;
};

bool tree_enters_sources(const char *name, const char *path)
{
	static const char *const filled[] = {"node_modules", "bower_components", "dist", "build",
		"out", "target", "vendor", "venv", "site-packages", "__pycache__", "coverage",
		"__tests__", "__mocks__", "test", "tests", "spec", "e2e", "cypress", "fixtures",
		"testdata"};

	(void)path;
	if (name[0] == '.')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(filled); i++)
		if (text_equal(name, filled[i]))
			return false;
	return true;
}

static int walk_folder(struct state *state, int folder);

static int visit_folder(struct state *state, int above, const char *name)
{
	own_fd int folder = -1;
	int code;

	if (!state->walk->enters(name, state->path))
		return 0;
	if (state->depth < state->deepest)
		folder = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	state->cut |= folder < 0;
	if (folder < 0)
		return 0;
	state->depth++;
	code = walk_folder(state, folder);
	state->depth--;
	return code;
}

static int visit(struct state *state, int folder, const char *name)
{
	size_t before = state->length, room = sizeof(state->path) - before;
	bool first = !before || state->path[before - 1] == '/';
	int written = snprintf(state->path + before, room, "%s%s", first ? "" : "/", name);
	struct tree_file file = {.folder = folder, .name = name, .path = state->path};
	int code = 0;

	if (written < 0 || (size_t)written >= room) {
		state->cut = true;
	} else if (fstatat(folder, name, &file.facts, AT_SYMLINK_NOFOLLOW) == 0) {
		state->length += (size_t)written;
		if (S_ISDIR(file.facts.st_mode))
			code = visit_folder(state, folder, name);
		else if (S_ISREG(file.facts.st_mode))
			code = state->walk->file(state->walk->user, &file);
	}
	state->length = before;
	state->path[before] = '\0';
	return code;
}

static int is_entry(const struct dirent *entry)
{
	return !text_equal(entry->d_name, ".") && !text_equal(entry->d_name, "..");
}

// Calls itself through visit_folder, `deepest` deep at most.
static int walk_folder(struct state *state, int folder)
{
	struct dirent **entries = NULL;
	int count = scandirat(folder, ".", &entries, is_entry, alphasort), code = 0;

	state->cut |= count < 0;
	if (count < 0)
		return errno == ENOMEM ? -ENOMEM : 0;
	for (int i = 0; i < count; i++) {
		state->cut |= state->entries == TREE_ENTRIES_MAX;
		if (code == 0 && state->entries < TREE_ENTRIES_MAX) {
			state->entries++;
			code = visit(state, folder, entries[i]->d_name);
		}
		free(entries[i]);
	}
	free(entries);
	return code;
}

int tree_walk(int folder, const struct tree_walk *walk, bool *ret_cut)
{
	struct state state = {.walk = walk, .deepest = walk->depth ? walk->depth : TREE_DEPTH_MAX};
	int code;

	state.length = (size_t)snprintf(state.path, sizeof(state.path), "%s", walk->prefix);
	code = walk_folder(&state, folder);
	if (ret_cut)
		*ret_cut = state.cut;
	return code;
}
