// Files are put together by folder and mode; each loader then reads them in its own order.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_cascade.h"

#include "lib/base/ascii.h"
#include "lib/base/map.h"
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "loader/inspect/lint/lint.h"
#include "loader/inspect/lint/lint_reading.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"

#include <errno.h>

// Loaders that look for the files by themselves, and which of two they prefer.
static const struct {
	const char *dialect;
	bool mode_first; // .env.MODE over .env.local
	bool skips_local_in_test;
} orders[] = {
	{"next", false, true},
	{"bun", false, true},
	{"ruby", false, true},
	{"vite", true, false},
	{"symfony", true, true},
};

#define NO_ORDER ARRAY_SIZE(orders)

// Names behind `.env.` that are no mode.
static const char *const others[] = {
	"example", "sample", "template", "dist", "defaults", "vault", "keys", "me"};

struct cascade {
	const struct lint_file *files[LINT_CASCADE_LAYERS]; // NULL: not there
	const char *folder, *mode;
	size_t folder_length, mode_length;
};

// A key that may come out differently.
struct joint {
	enum finding finding;
	const struct lint_file *file;
	const struct written *item;
	struct lint_outcome *outcomes;
	const struct dialect *one, *other; // the first loader that takes each of two ways
};

enum lint_cascade_layer lint_cascade_layer(
	const char *path, const char **ret_mode, size_t *ret_mode_length)
{
	const char *name = path_basename(path), *mode;
	size_t length;

	*ret_mode = NULL;
	*ret_mode_length = 0;
	if (text_equal(name, ".env"))
		return LINT_CASCADE_BASE;
	if (!text_starts(name, ".env.") || !name[strlen(".env.")])
		return LINT_CASCADE_LAYERS;
	mode = name + strlen(".env.");
	if (text_equal(mode, "local"))
		return LINT_CASCADE_LOCAL;
	length = strlen(mode) - (text_ends(mode, ".local") ? strlen(".local") : 0);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strlen(others[i]) == length && memcmp(mode, others[i], length) == 0)
			return LINT_CASCADE_LAYERS;
	*ret_mode = mode;
	*ret_mode_length = length;
	return mode[length] ? LINT_CASCADE_MODE_LOCAL : LINT_CASCADE_MODE;
}

static size_t order_of(const struct dialect *dialect)
{
	size_t i = 0;

	while (i < NO_ORDER && !text_equal(orders[i].dialect, dialect->name))
		i++;
	return i;
}

// The files as one loader is given them.
static size_t arrange(const struct cascade *cascade, const struct dialect *dialect,
	const struct lint_file *ret_files[static LINT_CASCADE_LAYERS])
{
	enum lint_cascade_layer layers[] = {
		LINT_CASCADE_MODE_LOCAL, LINT_CASCADE_LOCAL, LINT_CASCADE_MODE, LINT_CASCADE_BASE};
	size_t order = order_of(dialect), count = 0;
	bool test = cascade->mode_length == 4 && memcmp(cascade->mode, "test", 4) == 0;

	if (order < NO_ORDER && orders[order].mode_first) {
		layers[1] = LINT_CASCADE_MODE;
		layers[2] = LINT_CASCADE_LOCAL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(layers); i++) {
		bool first = dialect->files == DIALECT_FIRST_FILE_WINS;
		enum lint_cascade_layer layer = layers[first ? i : ARRAY_SIZE(layers) - 1 - i];

		if (test && layer == LINT_CASCADE_LOCAL && order < NO_ORDER &&
			orders[order].skips_local_in_test)
			continue;
		if (cascade->files[layer])
			ret_files[count++] = cascade->files[layer];
	}
	return count;
}

// ---- which keys to look at

static bool holds(const struct lint_file *file, struct span name)
{
	return file &&
	       map_find(file->written.names, (const char *)name.at, name.length) != MAP_ABSENT;
}

static int add_joint(struct lint *lint, struct pool_list *joints, struct joint joint)
{
	struct joint *slot = pool_push(lint->options.pool, joints, sizeof(*slot));

	joint.outcomes = pool_take(lint->options.pool, sizeof(*joint.outcomes));
	if (!slot || !joint.outcomes)
		return -ENOMEM;
	*slot = joint;
	return 0;
}

// Whether a value refers to a name that another file of the cascade gives and its own does not.
static bool refers_across(
	const struct cascade *cascade, const struct lint_file *file, struct span value)
{
	const uint8_t *at = value.at, *end = span_end(value), *name;

	while ((at = span_find(span_between(at, end), '$'))) {
		name = ++at;
		if (name < end && *name == '{')
			name++;
		for (at = name; at < end && ascii_is_name(*at, false);)
			at++;
		if (at == name || holds(file, span_between(name, at)))
			continue;
		for (size_t i = 0; i < LINT_CASCADE_LAYERS; i++)
			if (holds(cascade->files[i], span_between(name, at)))
				return true;
	}
	return false;
}

static bool stands_once(const struct cascade *cascade, struct span name)
{
	size_t found = 0;

	for (size_t i = 0; i < LINT_CASCADE_LAYERS; i++)
		found += holds(cascade->files[i], name);
	return found == 1;
}

static int find_joints(struct lint *lint, const struct cascade *cascade,
	const struct lint_file *file, struct pool_list *joints)
{
	bool local = file == cascade->files[LINT_CASCADE_LOCAL];
	int code = 0;

	for (size_t i = 0; code == 0 && i < file->written.count; i++) {
		const struct written *item = &file->written.items[i];
		struct joint joint = {.file = file, .item = item};

		if (item->kind != WRITTEN_ASSIGNMENT || item->later != WRITTEN_NONE)
			continue;
		joint.finding = FINDING_CASCADE_ORDER;
		if (local && holds(cascade->files[LINT_CASCADE_MODE], item->name) &&
			!holds(cascade->files[LINT_CASCADE_MODE_LOCAL], item->name))
			code = add_joint(lint, joints, joint);
		joint.finding = FINDING_CROSS_FILE_REF;
		if (code == 0 && refers_across(cascade, file, item->value) &&
			stands_once(cascade, item->name))
			code = add_joint(lint, joints, joint);
	}
	return code;
}

// ---- what becomes of them

static size_t count_dollars(struct span text)
{
	size_t count = 0;

	for (const uint8_t *at = text.at; (at = span_find(span_between(at, span_end(text)), '$'));
		at++)
		count++;
	return count;
}

static void note_way(struct joint *joint, bool one, const struct dialect *dialect)
{
	const struct dialect **way = one ? &joint->one : &joint->other;

	if (!*way)
		*way = dialect;
}

// Sorts a loader's result into one of the two ways.
// Returns: whether it takes part in the comparison.
static bool takes_part(struct joint *joint, const struct dialect *dialect, uint64_t loader,
	const struct lint_file *winner, struct span value)
{
	const struct lint_outcome *alone;
	size_t index = (size_t)(joint->item - joint->file->written.items);

	if (joint->finding == FINDING_CASCADE_ORDER) {
		if (order_of(dialect) == NO_ORDER)
			return false;
		note_way(joint, winner == joint->file, dialect);
		return true;
	}
	alone = lint_outcome_of(&joint->file->outcomes[index], loader);
	if (!alone || alone->effect != LINT_VALUE || winner != joint->file ||
		count_dollars(alone->value) >= count_dollars(joint->item->value))
		return false;
	note_way(joint, span_equal(alone->value, value), dialect);
	return true;
}

static int read_together(struct lint *lint, const struct cascade *cascade, size_t loader,
	const struct pool_list *joints)
{
	const struct dialect *dialect = lint->options.loaders[loader];
	const struct lint_file *files[LINT_CASCADE_LAYERS];
	size_t count = arrange(cascade, dialect, files);
	struct joint *joint = joints->items;
	int code;
	const struct emulation *emulation =
		lint_reading_together(lint->reading, dialect, files, count, true, &code);

	for (size_t i = 0; emulation && code == 0 && i < joints->count; i++, joint++) {
		size_t at = emulation_index(emulation, joint->item->name);
		struct lint_outcome outcome = {.loaders = UINT64_C(1) << loader};
		struct emulation_item item;

		if (at == SIZE_MAX)
			continue;
		item = emulation_at(emulation, at);
		outcome.value = item.value;
		if (takes_part(joint, dialect, outcome.loaders, files[item.file], item.value))
			code = lint_reading_add(lint->reading, NULL, joint->outcomes, &outcome);
	}
	return code;
}

static int judge_joint(struct lint *lint, const struct cascade *cascade, const struct joint *joint)
{
	struct lint_finding finding = {.finding = joint->finding,
		.file = joint->file,
		.item = joint->item,
		.outcomes = joint->outcomes};

	if (!joint->one || !joint->other || !lint_differs(lint, joint->outcomes))
		return 0;
	if (joint->finding == FINDING_CASCADE_ORDER) {
		finding.text = pool_format(lint->options.pool, "%s wins for %s, %s for %s",
			path_basename(joint->file->shown), joint->one->name,
			path_basename(cascade->files[LINT_CASCADE_MODE]->shown),
			joint->other->name);
		if (!finding.text)
			return -ENOMEM;
	}
	return lint_add(lint, &finding);
}

static int judge_cascade(struct lint *lint, const struct cascade *cascade)
{
	struct pool_list joints = {0};
	int code = 0;

	for (size_t i = 0; i < LINT_CASCADE_LAYERS && code == 0; i++)
		if (cascade->files[i])
			code = find_joints(lint, cascade, cascade->files[i], &joints);
	for (size_t i = 0; joints.count && code == 0 && i < lint->options.loader_count; i++)
		code = read_together(lint, cascade, i, &joints);
	for (size_t i = 0; code == 0 && i < joints.count; i++)
		code = judge_joint(lint, cascade, &((struct joint *)joints.items)[i]);
	return code;
}

// ---- folders and modes

static bool is_same_text(const char *a, size_t a_length, const char *b, size_t b_length)
{
	return a_length == b_length && (!a_length || (a && b && memcmp(a, b, a_length) == 0));
}

// The files of the folder that belong to the cascade's mode, and those without a mode.
static void fill_cascade(const struct lint *lint, struct cascade *cascade)
{
	struct lint_file *const *files = lint->files.items;

	for (size_t i = 0; i < lint->files.count; i++) {
		const char *shown = files[i]->shown, *mode;
		size_t folder = (size_t)(path_basename(shown) - shown), length;
		enum lint_cascade_layer layer = lint_cascade_layer(shown, &mode, &length);

		if (layer == LINT_CASCADE_LAYERS ||
			!is_same_text(shown, folder, cascade->folder, cascade->folder_length))
			continue;
		if (!mode || is_same_text(mode, length, cascade->mode, cascade->mode_length))
			cascade->files[layer] = files[i];
	}
}

// Whether a file is the first that names its folder and mode.
static bool is_first(const struct lint *lint, size_t index, const struct cascade *cascade)
{
	struct lint_file *const *files = lint->files.items;

	for (size_t i = 0; i < index; i++) {
		const char *shown = files[i]->shown, *mode;
		size_t folder = (size_t)(path_basename(shown) - shown), length;

		if (lint_cascade_layer(shown, &mode, &length) != LINT_CASCADE_LAYERS &&
			is_same_text(shown, folder, cascade->folder, cascade->folder_length) &&
			is_same_text(mode, length, cascade->mode, cascade->mode_length))
			return false;
	}
	return true;
}

// Files without a mode make a cascade by themselves only where no mode is there.
static bool folder_has_modes(const struct lint *lint, const struct cascade *cascade)
{
	struct lint_file *const *files = lint->files.items;

	for (size_t i = 0; i < lint->files.count; i++) {
		const char *shown = files[i]->shown, *mode;
		size_t folder = (size_t)(path_basename(shown) - shown), length;

		if (lint_cascade_layer(shown, &mode, &length) != LINT_CASCADE_LAYERS && mode &&
			is_same_text(shown, folder, cascade->folder, cascade->folder_length))
			return true;
	}
	return false;
}

int lint_cascade_judge(struct lint *lint)
{
	struct lint_file *const *files = lint->files.items;
	int code = 0;

	for (size_t i = 0; i < lint->files.count && code == 0; i++) {
		struct cascade cascade = {.folder = files[i]->shown};
		enum lint_cascade_layer layer =
			lint_cascade_layer(files[i]->shown, &cascade.mode, &cascade.mode_length);

		cascade.folder_length = (size_t)(path_basename(cascade.folder) - cascade.folder);
		if (layer == LINT_CASCADE_LAYERS || !is_first(lint, i, &cascade) ||
			(!cascade.mode && folder_has_modes(lint, &cascade)))
			continue;
		fill_cascade(lint, &cascade);
		code = judge_cascade(lint, &cascade);
	}
	return code;
}
