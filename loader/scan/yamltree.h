// YAML to a tree, within limits: nesting, nodes, bytes, documents, and how often what an alias
// stands for may be walked through. Texts lie in guarded memory. Knows nothing of what is written.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_YAMLTREE_H
#define LOADER_SCAN_YAMLTREE_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct err;
struct yamltree;

#define YAMLTREE_SIZE_MAX (2u * 1024 * 1024) // bytes of a file
#define YAMLTREE_DEPTH_MAX 64                // lists and mappings in each other
#define YAMLTREE_NODES_MAX 200000            // of all documents
#define YAMLTREE_DOCUMENTS_MAX 1000
#define YAMLTREE_ANCHORS_MAX 1000
#define YAMLTREE_STEPS_MAX 1000000 // entries visited in all; aliases can make it many from few

enum yamltree_kind { YAMLTREE_TEXT, YAMLTREE_LIST, YAMLTREE_MAP };

struct yamltree_node {
	enum yamltree_kind kind;
	uint32_t line;      // from 1
	bool plain;         // of a text: without quotes, so that `null` and `~` are no texts
	struct secret text; // of a text: folded, unescaped
	uint32_t first;     // of the others: where the entries begin; see yamltree_each
	uint32_t last;
};

// Reads every document of a file. The caller owns the tree; `arena` must outlive it.
// Returns: 0; -EINVAL (no YAML, or an alias without an anchor: err says the line); -E2BIG (over a
// limit); -ENOMEM.
int yamltree_read(const uint8_t *bytes, size_t size, struct secret_arena *arena,
	struct yamltree **ret_tree, struct err *err) must_check;
struct yamltree *yamltree_free(struct yamltree *tree); // NULL is fine; returns NULL
void yamltree_release(struct yamltree **tree);         // for own(...)

// The root of a document.
// Returns: the node, or NULL past the last.
const struct yamltree_node *yamltree_document(const struct yamltree *tree, size_t index);

// What a mapping holds under a name, also by `<<`.
// Returns: the node; NULL when there is none or `map` is NULL or no mapping.
const struct yamltree_node *yamltree_get(
	struct yamltree *tree, const struct yamltree_node *map, const char *name);

// Calls `entry` for each entry of a list (key NULL) or mapping, with what `<<` brings and the
// mapping has not itself. Ends early when YAMLTREE_STEPS_MAX is reached: see yamltree_is_cut.
// Returns: 0, or what `entry` returned when it is not 0.
int yamltree_each(struct yamltree *tree, const struct yamltree_node *node,
	int (*entry)(
		void *user, const struct yamltree_node *key, const struct yamltree_node *value),
	void *user) must_check;

// Whether something was left out because there were too many steps.
bool yamltree_is_cut(const struct yamltree *tree);

// Whether a text is this one; false for NULL and what is no text.
bool yamltree_is(const struct yamltree_node *node, const char *text);

// Whether nothing is written: NULL, `null`, `~`, or nothing at all.
bool yamltree_is_null(const struct yamltree_node *node);

#endif
