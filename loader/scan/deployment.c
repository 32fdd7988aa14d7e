// From files to documents. A document is told by its shape: `services` is compose's, `kind` and
// `apiVersion` are Kubernetes'.
// SPDX-License-Identifier: MIT
#include "loader/scan/deployment.h"

#include "lib/base/err.h"
#include "lib/base/fs.h"
#include "lib/base/map.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"
#include "loader/scan/composefile.h"
#include "loader/scan/kubeobject.h"
#include "loader/scan/mention.h"
#include "loader/scan/yamltree.h"

#include <errno.h>
#include <fcntl.h>

static int skip(struct mention_look *look, uint64_t line, const char *why)
{
	return mention_report(look, &(struct scanreport){.type = SCANREPORT_SKIPPED,
					    .place = {.path = look->file->path, .line = line},
					    .text = why});
}

static int read_document(
	struct mention_look *look, const struct yamltree_node *root, bool *ret_known)
{
	struct yamltree *tree = look->tree;
	const struct yamltree_node *items = yamltree_get(tree, root, "items");

	look->who[0] = '\0';
	if (yamltree_get(tree, root, "services") || yamltree_get(tree, root, "include")) {
		*ret_known = true;
		return composefile_read(look, root);
	}
	if (!yamltree_get(tree, root, "kind") || !yamltree_get(tree, root, "apiVersion"))
		return 0;
	*ret_known = true;
	if (items && items->kind == YAMLTREE_LIST)
		return yamltree_each(tree, items, kubeobject_read, look);
	return kubeobject_read(look, NULL, root);
}

static int read_tree(struct mention_look *look)
{
	const struct yamltree_node *root;
	bool known = false;
	int code = 0;

	for (size_t i = 0; code == 0 && (root = yamltree_document(look->tree, i)); i++)
		code = read_document(look, root, &known);
	if (code == 0 && !known)
		code = mention_report(
			look, &(struct scanreport){.type = SCANREPORT_SKIPPED,
				      .place = {.path = look->file->path},
				      .state = "foreign",
				      .text = "neither a compose file nor one of Kubernetes"});
	if (code == 0 && yamltree_is_cut(look->tree))
		code = skip(look, 0, "its aliases stand for more than is walked through");
	return code;
}

// Templates of Helm and others are no YAML before they are filled in.
static bool is_template(const struct deployment_file *file)
{
	return file->size && memmem(file->bytes, file->size, "{{", 2);
}

static int index_keys(const struct scanjob *job, struct map *keys)
{
	int code = 0;

	for (size_t i = job->value_count; i > 0 && code == 0; i--)
		code = map_put(keys, job->values[i - 1].key, strlen(job->values[i - 1].key), i - 1);
	return code;
}

// Once through one file.
static int read_file(struct mention_reading *reading, const struct deployment_file *file)
{
	struct mention_look look = {.file = file, .reading = reading};
	struct err err = ERR_NONE;
	int code = yamltree_read(file->bytes, file->size, reading->arena, &look.tree, &err);

	if (code == -ENOMEM)
		return code;
	if (code < 0)
		return skip(&look, 0,
			is_template(file) ? "a template, no YAML before it is filled in"
					  : err.what);
	code = read_tree(&look);
	if (code == 0 && look.records == DEPLOYMENT_RECORDS_MAX) {
		look.records = 0;
		code = skip(&look, 0, "it gives more variables than are told");
	}
	look.tree = yamltree_free(look.tree);
	return code;
}

static bool was_told(const struct kuberefs *refs, size_t index)
{
	const struct kuberef *ref = &refs->items[index];

	for (size_t i = 0; i < index; i++)
		if (text_equal(refs->items[i].kind, ref->kind) &&
			text_equal(refs->items[i].object, ref->object))
			return true;
	return false;
}

// Says which objects are in no file.
static int tell_unmet(const struct mention_reading *reading)
{
	const struct kuberefs *refs = &reading->refs;
	char text[DEPLOYMENT_TEXT_SIZE];
	int code = 0;

	for (size_t i = 0; i < refs->count && code == 0; i++) {
		const struct kuberef *ref = &refs->items[i];
		struct scanreport report = {.type = SCANREPORT_SKIPPED,
			.place = {.path = ref->path, .line = ref->line},
			.state = SCANREPORT_UNMET,
			.text = text};

		if (ref->met || ref->optional || was_told(refs, i) ||
			(ref->item && map_find(reading->keys, ref->variable,
					      strlen(ref->variable)) == MAP_ABSENT))
			continue;
		(void)snprintf(text, sizeof(text),
			"%s takes variables from %s %s, which no file here holds: not followed",
			ref->who, ref->kind, ref->object);
		code = reading->listener->tell(reading->listener->user, &report);
	}
	if (code == 0 && refs->cut)
		code = reading->listener->tell(reading->listener->user,
			&(struct scanreport){.type = SCANREPORT_SKIPPED,
				.place = {.path = refs->items[refs->count - 1].path},
				.state = SCANREPORT_UNMET,
				.text = "containers take more by name than is followed"});
	return code;
}

// Begins a reading.
// Returns: 0 or -ENOMEM; either way the caller ends it.
static int begin(struct mention_reading *reading)
{
	reading->keys = map_new();
	reading->refs.pool = pool_new();
	reading->gathers = true;
	return reading->keys && reading->refs.pool ? index_keys(reading->job, reading->keys)
						   : -ENOMEM;
}

static void end(const struct mention_reading *reading)
{
	map_free(reading->keys);
	pool_free(reading->refs.pool);
}

int deployment_read(const struct scanjob *job, const struct deployment_file *file,
	const struct deployment_listener *listener, struct secret_arena *arena)
{
	struct mention_reading reading = {.job = job, .listener = listener, .arena = arena};
	int code = begin(&reading);

	if (code == 0)
		code = read_file(&reading, file);
	reading.gathers = false;
	if (code == 0)
		code = read_file(&reading, file);
	if (code == 0)
		code = tell_unmet(&reading);
	end(&reading);
	return code;
}

static int read_path(
	struct mention_reading *reading, const char *path, uint64_t *files, uint64_t *bytes)
{
	const struct fs_rules rules = {.max_size = YAMLTREE_SIZE_MAX};
	struct deployment_file file = {.path = path};
	struct err err = ERR_NONE;
	struct fs_file read;
	int code = fs_read(AT_FDCWD, path, &rules, reading->arena, &read, &err);

	if (code == -ENOMEM || (code < 0 && reading->gathers))
		return code == -ENOMEM ? code : 0;
	if (code < 0)
		return reading->listener->tell(
			reading->listener->user, &(struct scanreport){.type = SCANREPORT_SKIPPED,
							 .place = {.path = path},
							 .text = err.what});
	file.bytes = read.bytes;
	file.size = read.size;
	code = read_file(reading, &file);
	if (!reading->gathers) {
		++*files;
		*bytes += file.size;
	}
	fs_file_done(&read, reading->arena);
	return code;
}

int deployment_look(const struct scanjob *job, const struct deployment_listener *listener,
	struct secret_arena *arena, uint64_t *ret_files, uint64_t *ret_bytes)
{
	struct mention_reading reading = {.job = job, .listener = listener, .arena = arena};
	uint64_t files = 0, bytes = 0;
	int code = begin(&reading);

	for (size_t i = 0; i < job->path_count && code == 0; i++)
		code = read_path(&reading, job->paths[i], &files, &bytes);
	reading.gathers = false;
	for (size_t i = 0; i < job->path_count && code == 0; i++)
		code = read_path(&reading, job->paths[i], &files, &bytes);
	if (code == 0)
		code = tell_unmet(&reading);
	end(&reading);
	*ret_files = files;
	*ret_bytes = bytes;
	return code;
}
