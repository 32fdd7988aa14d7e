// Steps along the links of a tree: whoever walks pays for each, since aliases may lead to the same
// nodes again and again. The own entries of a mapping go before those that `<<` merges into it.
// SPDX-License-Identifier: MIT
#include "loader/scan/yamltree.h"

#include "lib/base/pool.h"
#include "loader/scan/yamltree_nodes.h"

#define MERGE_DEPTH_MAX 8 // `<<` in `<<`

struct yamltree *yamltree_free(struct yamltree *tree)
{
	if (!tree)
		return NULL;
	secret_arena_give(tree->arena, tree->texts, tree->room);
	tree->pool = pool_free(tree->pool);
	free(tree->nodes);
	free(tree->links);
	free(tree->documents);
	free(tree);
	return NULL;
}

void yamltree_release(struct yamltree **tree)
{
	*tree = yamltree_free(*tree);
}

// ---- walking

const struct yamltree_node *yamltree_document(const struct yamltree *tree, size_t index)
{
	return index < tree->document_count ? &tree->nodes[tree->documents[index]] : NULL;
}

bool yamltree_is_cut(const struct yamltree *tree)
{
	return tree->cut;
}

static bool step(struct yamltree *tree)
{
	tree->cut |= tree->steps == YAMLTREE_STEPS_MAX;
	tree->steps += !tree->cut;
	return !tree->cut;
}

bool yamltree_is(const struct yamltree_node *node, const char *text)
{
	return node && node->kind == YAMLTREE_TEXT && secret_is(node->text, text);
}

bool yamltree_is_null(const struct yamltree_node *node)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	if (!node)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words) && node->plain; i++)
		if (yamltree_is(node, words[i]))
			return true;
	return false;
}

static bool same_text(const struct yamltree_node *a, const struct yamltree_node *b)
{
	return a->kind == YAMLTREE_TEXT && b->kind == YAMLTREE_TEXT &&
	       secret_equal(a->text, b->text);
}

// The mapping's own entry of that key.
static const struct yamltree_node *find_own(
	struct yamltree *tree, const struct yamltree_node *map, const struct yamltree_node *key)
{
	for (uint32_t at = map->first; at && step(tree);) {
		const struct yamltree_link *name = &tree->links[at];
		const struct yamltree_link *value = &tree->links[name->next];

		if (same_text(&tree->nodes[name->node], key))
			return &tree->nodes[value->node];
		at = value->next;
	}
	return NULL;
}

struct walk {
	struct yamltree *tree;
	const struct yamltree_node *into; // the mapping whose own entries come first
	int (*entry)(
		void *user, const struct yamltree_node *key, const struct yamltree_node *value);
	void *user;
	unsigned depth;
};

static int walk_map(struct walk *walk, const struct yamltree_node *map);

static bool is_merge(const struct yamltree_node *key)
{
	return key->plain && yamltree_is(key, "<<");
}

// What stands behind `<<`: a mapping, or a list of them. At most MERGE_DEPTH_MAX deep.
static int walk_merged(struct walk *walk, const struct yamltree_node *value)
{
	struct yamltree *tree = walk->tree;
	int code = 0;

	if (walk->depth == MERGE_DEPTH_MAX)
		return 0;
	walk->depth++;
	if (value->kind == YAMLTREE_MAP)
		code = walk_map(walk, value);
	for (uint32_t at = value->kind == YAMLTREE_LIST ? value->first : 0;
		at && code == 0 && step(tree); at = tree->links[at].next)
		if (tree->nodes[tree->links[at].node].kind == YAMLTREE_MAP)
			code = walk_map(walk, &tree->nodes[tree->links[at].node]);
	walk->depth--;
	return code;
}

static int walk_map(struct walk *walk, const struct yamltree_node *map)
{
	struct yamltree *tree = walk->tree;
	int code = 0;

	for (uint32_t at = map->first; at && code == 0 && step(tree);) {
		const struct yamltree_link *name = &tree->links[at];
		const struct yamltree_link *value = &tree->links[name->next];
		const struct yamltree_node *key = &tree->nodes[name->node];

		if (is_merge(key))
			code = walk_merged(walk, &tree->nodes[value->node]);
		else if (map == walk->into || !find_own(tree, walk->into, key))
			code = walk->entry(walk->user, key, &tree->nodes[value->node]);
		at = value->next;
	}
	return code;
}

int yamltree_each(struct yamltree *tree, const struct yamltree_node *node,
	int (*entry)(
		void *user, const struct yamltree_node *key, const struct yamltree_node *value),
	void *user)
{
	struct walk walk = {.tree = tree, .into = node, .entry = entry, .user = user};
	int code = 0;

	if (node && node->kind == YAMLTREE_MAP)
		return walk_map(&walk, node);
	for (uint32_t at = node && node->kind == YAMLTREE_LIST ? node->first : 0;
		at && code == 0 && step(tree); at = tree->links[at].next)
		code = entry(user, NULL, &tree->nodes[tree->links[at].node]);
	return code;
}

struct wanted {
	const char *name;
	const struct yamltree_node *value;
};

static int is_wanted(void *user, const struct yamltree_node *key, const struct yamltree_node *value)
{
	struct wanted *wanted = user;

	if (!yamltree_is(key, wanted->name))
		return 0;
	wanted->value = value;
	return 1;
}

const struct yamltree_node *yamltree_get(
	struct yamltree *tree, const struct yamltree_node *map, const char *name)
{
	struct wanted wanted = {.name = name};

	if (map && map->kind == YAMLTREE_MAP)
		ignore_result(
			yamltree_each(tree, map, is_wanted, &wanted)); // it says what wanted does
	return wanted.value;
}
