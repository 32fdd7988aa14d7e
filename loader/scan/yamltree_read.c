// libyaml's events, kept as nodes and links between them. An alias is one more link to its node, so
// that nothing grows by aliases.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "lib/base/growth.h"
#include "lib/base/map.h"
#include "lib/base/pool.h"
#include "loader/scan/yamltree.h"
#include "loader/scan/yamltree_nodes.h"

#include <errno.h>
#include <sodium.h>
#include <yaml.h>

struct reading {
	struct yamltree *tree;
	yaml_parser_t parser;
	struct map *anchors; // of this document
	size_t anchor_count;
	uint32_t open[YAMLTREE_DEPTH_MAX]; // the nodes that are not ended yet
	size_t depth;
	struct err *err;
};

static int refuse(struct reading *reading, int code, const yaml_event_t *event, const char *what)
{
	return err_set(reading->err, code, NULL, "line %zu: %s", event->start_mark.line + 1, what);
}

// Room for one more node and link; the first of each stands for none.
static int grow(struct yamltree *tree)
{
	int code = growth_room(
		&tree->nodes, &tree->node_room, tree->node_count + 1, sizeof(*tree->nodes));

	return code < 0 ? code
			: growth_room(&tree->links, &tree->link_room, tree->link_count + 1,
				  sizeof(*tree->links));
}

// Makes a node the next entry of what is open, or the root of a document.
static int hang(struct reading *reading, const yaml_event_t *event, uint32_t node)
{
	struct yamltree *tree = reading->tree;
	struct yamltree_node *parent;
	uint32_t link;

	if (!reading->depth) {
		if (tree->document_count == YAMLTREE_DOCUMENTS_MAX)
			return refuse(reading, -E2BIG, event, "too many documents");
		tree->documents[tree->document_count++] = node;
		return 0;
	}
	if (tree->link_count >= 2 * YAMLTREE_NODES_MAX)
		return refuse(reading, -E2BIG, event, "too many entries");
	parent = &tree->nodes[reading->open[reading->depth - 1]];
	link = ++tree->link_count;
	tree->links[link] = (struct yamltree_link){.node = node};
	if (parent->last)
		tree->links[parent->last].next = link;
	else
		parent->first = link;
	parent->last = link;
	return 0;
}

static int remember(struct reading *reading, const yaml_event_t *event, const yaml_char_t *anchor,
	uint32_t node)
{
	size_t length = strlen((const char *)anchor);
	char *name;

	if (++reading->anchor_count > YAMLTREE_ANCHORS_MAX)
		return refuse(reading, -E2BIG, event, "too many anchors");
	name = pool_text(reading->tree->pool, (const char *)anchor, length);
	return name ? map_put(reading->anchors, name, length, node) : -ENOMEM;
}

// Returns: the node's number, 0 on failure with *ret_code.
static uint32_t add(struct reading *reading, const yaml_event_t *event, enum yamltree_kind kind,
	const yaml_char_t *anchor, int *ret_code)
{
	struct yamltree *tree = reading->tree;
	uint32_t node;

	*ret_code = grow(tree);
	if (*ret_code == 0 && tree->node_count == YAMLTREE_NODES_MAX)
		*ret_code = refuse(reading, -E2BIG, event, "too many nodes");
	if (*ret_code < 0)
		return 0;
	node = ++tree->node_count;
	tree->nodes[node] =
		(struct yamltree_node){.kind = kind, .line = (uint32_t)event->start_mark.line + 1};
	*ret_code = hang(reading, event, node);
	if (*ret_code == 0 && anchor)
		*ret_code = remember(reading, event, anchor, node);
	return node;
}

static int add_text(struct reading *reading, const yaml_event_t *event)
{
	struct yamltree *tree = reading->tree;
	size_t length = event->data.scalar.length;
	int code;
	uint32_t node = add(reading, event, YAMLTREE_TEXT, event->data.scalar.anchor, &code);

	if (code == 0 && length > tree->room - tree->used)
		code = refuse(reading, -E2BIG, event, "too much text");
	if (code == 0) {
		uint8_t *at = tree->texts + tree->used;

		if (length)
			memcpy(at, event->data.scalar.value, length);
		tree->nodes[node].text = secret_view(at, length);
		tree->nodes[node].plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		tree->used += length;
	}
	sodium_memzero(event->data.scalar.value, length);
	return code;
}

static int open_node(struct reading *reading, const yaml_event_t *event, enum yamltree_kind kind,
	const yaml_char_t *anchor)
{
	int code = 0;

	if (reading->depth == YAMLTREE_DEPTH_MAX)
		return refuse(reading, -E2BIG, event, "nested too deep");
	reading->open[reading->depth] = add(reading, event, kind, anchor, &code);
	reading->depth += code == 0;
	return code;
}

static int add_alias(struct reading *reading, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	size_t node = map_find(reading->anchors, name, strlen(name));
	int code;

	if (node == MAP_ABSENT)
		return refuse(reading, -EINVAL, event, "an alias without an anchor");
	for (size_t i = 0; i < reading->depth; i++)
		if (reading->open[i] == node)
			return refuse(reading, -EINVAL, event, "an alias inside its own anchor");
	code = grow(reading->tree);
	return code == 0 ? hang(reading, event, (uint32_t)node) : code;
}

static int take_event(struct reading *reading, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		map_clear(reading->anchors);
		reading->anchor_count = 0;
		return 0;
	case YAML_SCALAR_EVENT:
		return add_text(reading, event);
	case YAML_SEQUENCE_START_EVENT:
		return open_node(reading, event, YAMLTREE_LIST, event->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return open_node(reading, event, YAMLTREE_MAP, event->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		reading->depth--;
		return 0;
	case YAML_ALIAS_EVENT:
		return add_alias(reading, event);
	default:
		return 0;
	}
}

// libyaml's own words name a token or a character class, never the text.
static int parse(struct reading *reading)
{
	yaml_parser_t *parser = &reading->parser;
	bool ended = false;
	int code = 0;

	while (!ended && code == 0) {
		yaml_event_t event;

		if (!yaml_parser_parse(parser, &event))
			return parser->error == YAML_MEMORY_ERROR
				       ? -ENOMEM
				       : err_set(reading->err, -EINVAL, NULL, "line %zu: %s",
						 parser->problem_mark.line + 1,
						 parser->problem ? parser->problem : "no YAML");
		ended = event.type == YAML_STREAM_END_EVENT;
		code = take_event(reading, &event);
		yaml_event_delete(&event);
	}
	return code;
}

// An escape of two bytes makes at most three: "\L".
static struct yamltree *tree_new(size_t size, struct secret_arena *arena)
{
	struct yamltree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return NULL;
	tree->arena = arena;
	tree->room = size * 2 + 1;
	tree->pool = pool_new();
	tree->texts = secret_arena_take(arena, tree->room);
	tree->documents = calloc(YAMLTREE_DOCUMENTS_MAX, sizeof(*tree->documents));
	if (tree->pool && tree->texts && tree->documents)
		return tree;
	return yamltree_free(tree);
}

int yamltree_read(const uint8_t *bytes, size_t size, struct secret_arena *arena,
	struct yamltree **ret_tree, struct err *err)
{
	own(yamltree_release) struct yamltree *tree = NULL;
	own(map_release) struct map *anchors = map_new();
	struct reading reading = {.anchors = anchors, .err = err};
	int code;

	if (size > YAMLTREE_SIZE_MAX)
		return err_set(err, -E2BIG, NULL, "larger than %u bytes", YAMLTREE_SIZE_MAX);
	tree = tree_new(size, arena);
	reading.tree = tree;
	if (!tree || !anchors || !yaml_parser_initialize(&reading.parser))
		return err_no_memory(err);
	yaml_parser_set_input_string(&reading.parser, bytes, size);
	code = parse(&reading);
	yaml_parser_delete(&reading.parser);
	if (code == -ENOMEM)
		return err_no_memory(err);
	if (code == 0)
		*ret_tree = take(&tree);
	return code;
}
