// samekey's own reading takes part where samekey is in use, where there is no second one, and where
// --dialect names it.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_choice.h"

#include "lib/base/path.h"
#include "lib/base/pool.h"
#include "lib/base/setting.h"
#include "lib/base/text.h"
#include "loader/read/dialects/dialect.h"
#include "loader/resolve/place.h"
#include "loader/resolve/settings.h"

#include <errno.h>
#include <fcntl.h>

static void add(struct lint_choice *choice, const struct dialect *dialect, const char *why)
{
	for (size_t i = 0; i < choice->count; i++)
		if (choice->loaders[i] == dialect)
			return;
	if (!dialect || choice->count == LINT_LOADERS_MAX)
		return;
	choice->loaders[choice->count] = dialect;
	choice->why[choice->count++] = why;
}

static void add_named(struct lint_choice *choice, const struct setting_list *named, const char *why)
{
	for (size_t i = 0; i < named->count; i++)
		add(choice, dialect_find(named->items[i]), why);
}

// ---- what is in use

static int look_into(const struct place *place, const char *prefix, const char *shown,
	struct pool *pool, struct in_use_list *list)
{
	own_fd int folder =
		openat(place->handle, *prefix ? prefix : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *path = pool_format(pool, "%s%s", shown, prefix);

	if (!path)
		return -ENOMEM;
	return folder < 0 ? 0 : in_use_look(folder, path, pool, list);
}

// The folder of a file and those above it, up to the repository's.
static int look_around(const char *folder, struct pool *pool, struct in_use_list *list)
{
	struct err err = ERR_NONE;
	struct place place;
	int code = place_find(*folder ? folder : NULL, NULL, pool, &place, &err);

	if (code < 0)
		return code == -ENOMEM ? code : 0;
	for (size_t i = 0; i < place.folder_count && code == 0; i++)
		code = look_into(&place, place.folders[i], folder, pool, list);
	for (size_t i = 0; i < place.above_count && code == 0; i++)
		code = look_into(&place, place.above[i], folder, pool, list);
	if (code == 0)
		code = in_use_look_below(place.handle, folder, pool, list);
	place_done(&place);
	return code;
}

static size_t folder_length(const char *file)
{
	return (size_t)(path_basename(file) - file);
}

static bool in_same_folder(const char *file, const char *other)
{
	size_t length = folder_length(file);

	return folder_length(other) == length && memcmp(file, other, length) == 0;
}

static bool is_new_folder(char *const *files, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (in_same_folder(files[i], files[index]))
			return false;
	return true;
}

static int find_in_use(const struct lint_choice_request *request, struct in_use_list *list)
{
	int code = 0;

	for (size_t i = 0; i < request->file_count && code == 0; i++) {
		const char *file = request->files[i], *folder;

		if (!is_new_folder(request->files, i))
			continue;
		folder = pool_text(request->pool, file, folder_length(file));
		code = folder ? look_around(folder, request->pool, list) : -ENOMEM;
	}
	return code;
}

static int add_in_use(const struct lint_choice_request *request, struct lint_choice *choice)
{
	for (size_t i = 0; i < choice->in_use.count; i++) {
		const struct in_use *item = &choice->in_use.items[i];
		const char *why = item->file;

		if (item->line)
			why = pool_format(request->pool, "%s:%u", item->file, item->line);
		if (!why)
			return -ENOMEM;
		add(choice, dialect_find(item->dialect), why);
	}
	return 0;
}

static void add_all(struct lint_choice *choice)
{
	const struct dialect *dialect;

	choice->guessed = true;
	for (size_t i = 0; (dialect = dialect_at(i)); i++)
		if (!dialect->machine_made)
			add(choice, dialect, "nothing says which loaders are in use");
}

// A loader that is alone, because it is the meant one too, gets one to be compared with.
static void add_portable(struct lint_choice *choice)
{
	const struct dialect *portable = dialect_find("portable");

	if (choice->count == 1 && choice->loaders[0] != portable)
		add(choice, portable, "what the file says");
}

// Whether loaders were looked for in more than one folder.
static bool is_mixed(const struct lint_choice_request *request)
{
	if (request->named->count || request->settings->loaders.count)
		return false;
	for (size_t i = 1; i < request->file_count; i++)
		if (!in_same_folder(request->files[0], request->files[i]))
			return true;
	return false;
}

int lint_choice_make(const struct lint_choice_request *request, struct lint_choice *ret_choice)
{
	struct lint_choice choice = {0};
	const struct setting_list *settled = &request->settings->loaders;
	int code = find_in_use(request, &choice.in_use);

	if (code < 0)
		return code;
	if (request->named->count)
		add_named(&choice, request->named, "--loaders");
	else if (settled->count)
		add_named(&choice, settled, request->ini ? request->ini : "samekey.ini");
	else if (add_in_use(request, &choice) < 0)
		return -ENOMEM;
	else
		choice.searched = true;
	if (!choice.count)
		add_all(&choice);
	else if (request->reference_named)
		add(&choice, request->reference, "--dialect");
	else if (choice.count == 1 || (request->ini && !request->named->count))
		add(&choice, request->reference, "samekey itself");
	add_portable(&choice);
	choice.mixed = is_mixed(request);
	*ret_choice = choice;
	return 0;
}

// What was not looked at may be what a loader that is in use would be known by.
static void tell_unread(const struct lint_choice *choice)
{
	const struct in_use_list *in_use = &choice->in_use;
	char shown[512], more[48] = "";

	if (!choice->searched || !in_use->unread_count)
		return;
	if (in_use->unread_count > 1)
		(void)snprintf(more, sizeof(more), " and %zu more", in_use->unread_count - 1);
	(void)fprintf(stderr,
		"samekey: %s%s may say which loaders are in use, and was not read: a link, too "
		"large or closed\n"
		"  hint: name the loaders with --loaders, or loaders = under [app] in "
		"samekey.ini\n",
		text_printable(shown, sizeof(shown), in_use->unread), more);
}

void lint_choice_tell(const struct lint_choice *choice)
{
	char why[512];

	tell_unread(choice);

	if (choice->guessed) {
		(void)fprintf(stderr,
			"samekey: compares all %zu loaders: nothing here says which are in use\n"
			"  hint: name them with --loaders, or loaders = under [app] in "
			"samekey.ini\n",
			choice->count);
		return;
	}
	if (choice->count == 1) {
		(void)fprintf(stderr,
			"samekey: nothing to compare: %s is the only loader\n"
			"  hint: name the others with --loaders\n",
			choice->loaders[0]->name);
		return;
	}
	(void)fputs("samekey: compares", stderr);
	for (size_t i = 0; i < choice->count; i++)
		(void)fprintf(stderr, "%s %s (%s)", i ? "," : "", choice->loaders[i]->name,
			text_printable(why, sizeof(why), choice->why[i]));
	(void)fputc('\n', stderr);
	if (choice->mixed)
		(void)fputs("samekey: each file is compared with the loaders of all their "
			    "folders\n"
			    "  hint: one call a folder compares it with its own\n",
			stderr);
}
