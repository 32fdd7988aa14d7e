// The resolved values in a form that somebody else reads: a dialect's own, or that of a tool. What
// is written is read back before anybody sees it, and must be the same bytes.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_EXPORT_H
#define LOADER_DELIVER_EXPORT_H

#include "lib/base/base.h"
#include "loader/read/dialects/spelling.h"

struct dialect;
struct draft;
struct exporting;
struct resolution;

struct export_format {
	const char *name;
	const char *dialect; // read back as; NULL: `write` sees to it alone
	const char *prefix;  // before each assignment, or NULL
	// Writes all keys. Returns: 0 (also with findings), or -ENOMEM.
	int (*write)(struct exporting *exporting);
};

// A bundle that is written; the parts that a format's `write` uses.
struct exporting {
	const struct resolution *resolution;
	const struct export_format *format;
	struct spelling_pair *pairs; // what is written, in the order of the bundle
	size_t count;
	struct draft *draft;
	bool refused;
};

// The forms that are no dialect.
// Returns: the row at `index`, or NULL past the last.
const struct export_format *export_format_at(size_t index);

// Finds a form by name: one of these, or a dialect, a listed one or not.
// Returns: whether there is one; its texts live as long as the program.
bool export_find(const char *name, struct export_format *ret_format);

// The form that was probably meant by a name that export_find does not find: one of nearly that
// name, or what is called so elsewhere.
// Returns: its name, or NULL.
const char *export_nearest(const char *name);

// Writes what `run` would give to a child into an empty draft. What the form cannot hold becomes a
// finding of the resolution and an error there.
// Returns: 0 with how many keys; EXPORT_E_REFUSED with findings; or -ENOMEM.
#define EXPORT_E_REFUSED 1
int export_write(const struct resolution *resolution, const struct export_format *format,
	struct draft *draft, size_t *ret_count) must_check;

// ---- for formats

// Adds the finding that a key cannot be written (pairs[index]); `reason` never holds a value.
void export_refuse(struct exporting *exporting, size_t index, const char *reason);

// The forms with a writer of their own (export_forms.c). Keys that a form cannot hold are refused.
// Returns: 0, also when some were refused; or -ENOMEM. A draft that is short of memory says so
// itself.
int export_forms_json(struct exporting *exporting);
int export_forms_process(struct exporting *exporting);
int export_forms_kubernetes_secret(struct exporting *exporting);
int export_forms_github_env(struct exporting *exporting);

#endif
