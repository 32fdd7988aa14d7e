// The job's wire format. Lists are counted before their items; counts and lengths are judged by the
// same rules for writing and for reading.
// SPDX-License-Identifier: MIT
#include "lib/wire/scanjob.h"

#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/value/bundle.h"
#include "lib/value/origin.h"
#include "lib/wire/bytes.h"

#include <errno.h>

#define ORIGIN_MAX (ORIGIN_TEXT_SIZE - 1)
#define LEAST_VALUE_SIZE 10 // two empty texts, kind, secret and an empty value
#define LEAST_PRINT_SIZE 14
#define LEAST_PATH_SIZE 3

// ---- rules for both directions

static int too_many(struct err *err, const char *what, size_t has, size_t cap)
{
	return err_set(err, -E2BIG, NULL, "%s of a scan: %zu, the cap is %zu", what, has, cap);
}

static int malformed(struct err *err, const char *what)
{
	return err_set(err, -EINVAL, NULL, "the job is malformed: %s", what);
}

// How many of each kind there are.
static int judge_counts(const struct scanjob *job, struct err *err)
{
	if (job->path_count > SCANJOB_PATHS_MAX)
		return too_many(err, "paths", job->path_count, SCANJOB_PATHS_MAX);
	if (job->excluded_count > SCANJOB_PATHS_MAX)
		return too_many(err, "excluded names", job->excluded_count, SCANJOB_PATHS_MAX);
	if (job->value_count > SCANJOB_VALUES_MAX)
		return too_many(err, "values", job->value_count, SCANJOB_VALUES_MAX);
	if (job->print_count > SCANJOB_PRINTS_MAX)
		return too_many(err, "fingerprints", job->print_count, SCANJOB_PRINTS_MAX);
	return 0;
}

static int judge_paths(const char *const *paths, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		size_t length = paths[i] ? strlen(paths[i]) : 0;

		if (!length)
			return malformed(err, "an empty path");
		if (length > SCANJOB_PATH_MAX)
			return too_many(err, "bytes of a path", length, SCANJOB_PATH_MAX);
	}
	return 0;
}

static int judge(const struct scanjob *job, struct err *err)
{
	int code = judge_counts(job, err);

	if (code == 0)
		code = judge_paths(job->paths, job->path_count, err);
	if (code == 0)
		code = judge_paths(job->excluded, job->excluded_count, err);
	if (code < 0)
		return code;
	if (job->task >= SCANJOB_TASKS)
		return malformed(err, "its task");
	if (job->flags & ~(uint32_t)SCANJOB_FLAGS)
		return malformed(err, "an unknown flag");
	for (size_t i = 0; i < job->value_count; i++) {
		const struct scanjob_value *value = &job->values[i];

		if (value->kind >= SCANJOB_KINDS)
			return malformed(err, "a value's kind");
		if (value->value.length > BUNDLE_VALUE_MAX)
			return too_many(
				err, "bytes of a value", value->value.length, BUNDLE_VALUE_MAX);
	}
	return 0;
}

// ---- writing

// A path is bytes, not text.
static void put_path(struct bytes_out *out, const char *path)
{
	size_t length = strlen(path);

	bytes_put16(out, (uint16_t)length);
	bytes_put(out, path, length);
}

static void put_paths(struct bytes_out *out, const char *const *paths, size_t count)
{
	bytes_put16(out, (uint16_t)count);
	for (size_t i = 0; i < count; i++)
		put_path(out, paths[i]);
}

static void put_head(struct bytes_out *out, const struct scanjob *job, size_t size)
{
	bytes_put32(out, SCANJOB_MAGIC);
	bytes_put16(out, SCANJOB_VERSION);
	bytes_put16(out, (uint16_t)job->task);
	bytes_put32(out, job->flags);
	bytes_put32(out, (uint32_t)size);
	bytes_put64(out, job->max_file);
	bytes_put64(out, job->max_unpacked);
	bytes_put64(out, job->max_members);
	bytes_put32(out, job->max_depth);
	bytes_put32(out, job->timeout_s);
	bytes_put(out, job->fingerprint_key, sizeof(job->fingerprint_key));
}

static void put_job(struct bytes_out *out, const struct scanjob *job, size_t size)
{
	put_head(out, job, size);
	put_paths(out, job->paths, job->path_count);
	put_paths(out, job->excluded, job->excluded_count);
	bytes_put32(out, (uint32_t)job->value_count);
	for (size_t i = 0; i < job->value_count; i++) {
		const struct scanjob_value *value = &job->values[i];

		bytes_put_shown(out, value->key, BUNDLE_NAME_MAX);
		bytes_put_shown(out, value->origin, ORIGIN_MAX);
		bytes_put8(out, (uint8_t)value->kind);
		bytes_put8(out, value->secret);
		bytes_put32(out, (uint32_t)value->value.length);
		bytes_put(out, secret_bytes(value->value), value->value.length);
	}
	bytes_put32(out, (uint32_t)job->print_count);
	for (size_t i = 0; i < job->print_count; i++) {
		const struct scanjob_print *print = &job->prints[i];

		bytes_put_shown(out, print->key, BUNDLE_NAME_MAX);
		bytes_put_shown(out, print->origin, ORIGIN_MAX);
		bytes_put(out, print->fingerprint, sizeof(print->fingerprint));
		bytes_put32(out, print->length);
	}
}

int scanjob_size(const struct scanjob *job, size_t *ret_size, struct err *err)
{
	struct bytes_out counter = {0};
	int code = judge(job, err);

	if (code < 0)
		return code;
	put_job(&counter, job, 0);
	if (counter.used > SCANJOB_SIZE_MAX)
		return too_many(err, "bytes of the job", counter.used, SCANJOB_SIZE_MAX);
	*ret_size = counter.used;
	return 0;
}

int scanjob_encode(const struct scanjob *job, uint8_t *out, size_t size)
{
	struct bytes_out to = bytes_into(out, size);

	put_job(&to, job, size);
	return to.bad || to.used != size ? -EINVAL : 0;
}

// ---- reading

struct reader {
	struct bytes_in in;
	struct pool *pool;
	struct err *err;
};

static int no_memory(const struct reader *reader)
{
	return err_no_memory(reader->err);
}

// What stopped the reader: memory, or bytes that are no job.
static int stopped(const struct reader *reader, const char *what)
{
	return reader->in.no_memory ? no_memory(reader) : malformed(reader->err, what);
}

static const char *get_path(struct reader *reader)
{
	size_t length = bytes_get16(&reader->in);
	const uint8_t *at = bytes_get(&reader->in, length);
	const char *path;

	if (!at || !length || length > SCANJOB_PATH_MAX || memchr(at, 0, length)) {
		reader->in.bad = true;
		return "";
	}
	path = pool_text(reader->pool, (const char *)at, length);
	if (!path)
		reader->in.bad = reader->in.no_memory = true;
	return path ? path : "";
}

static int get_paths(struct reader *reader, const char *const **ret_paths, size_t *ret_count)
{
	size_t count = bytes_get16(&reader->in);
	const char **paths;

	if (reader->in.bad || count * LEAST_PATH_SIZE > reader->in.left)
		return stopped(reader, "it breaks off in its paths");
	paths = pool_array(reader->pool, count + 1, sizeof(*paths));
	if (!paths)
		return no_memory(reader);
	for (size_t i = 0; i < count && !reader->in.bad; i++)
		paths[i] = get_path(reader);
	*ret_paths = paths;
	*ret_count = count;
	return reader->in.bad ? stopped(reader, "a path") : 0;
}

static void get_value(struct reader *reader, struct scanjob_value *value)
{
	struct bytes_in *in = &reader->in;
	unsigned secret;
	size_t length;

	value->key = bytes_get_text(in, BUNDLE_NAME_MAX, reader->pool);
	value->origin = bytes_get_text(in, ORIGIN_MAX, reader->pool);
	value->kind = (enum scanjob_kind)bytes_get8(in);
	secret = bytes_get8(in);
	value->secret = secret == 1;
	length = bytes_get32(in);
	value->value = secret_view(bytes_get(in, length), length);
	in->bad |= secret > 1;
}

static int get_values(struct reader *reader, struct scanjob *job)
{
	size_t count = bytes_get32(&reader->in);
	struct scanjob_value *values;

	if (reader->in.bad || count > reader->in.left / LEAST_VALUE_SIZE)
		return stopped(reader, "it breaks off in its values");
	values = pool_array(reader->pool, count + 1, sizeof(*values));
	if (!values)
		return no_memory(reader);
	for (size_t i = 0; i < count && !reader->in.bad; i++)
		get_value(reader, &values[i]);
	job->values = values;
	job->value_count = count;
	return reader->in.bad ? stopped(reader, "a value") : 0;
}

static int get_prints(struct reader *reader, struct scanjob *job)
{
	size_t count = bytes_get32(&reader->in);
	struct scanjob_print *prints;

	if (reader->in.bad || count > reader->in.left / LEAST_PRINT_SIZE)
		return stopped(reader, "it breaks off in its fingerprints");
	prints = pool_array(reader->pool, count + 1, sizeof(*prints));
	if (!prints)
		return no_memory(reader);
	for (size_t i = 0; i < count && !reader->in.bad; i++) {
		const uint8_t *at;

		prints[i].key = bytes_get_text(&reader->in, BUNDLE_NAME_MAX, reader->pool);
		prints[i].origin = bytes_get_text(&reader->in, ORIGIN_MAX, reader->pool);
		at = bytes_get(&reader->in, sizeof(prints[i].fingerprint));
		if (at)
			memcpy(prints[i].fingerprint, at, sizeof(prints[i].fingerprint));
		prints[i].length = bytes_get32(&reader->in);
	}
	job->prints = prints;
	job->print_count = count;
	return reader->in.bad ? stopped(reader, "a fingerprint") : 0;
}

static int get_head(struct reader *reader, size_t size, struct scanjob *job)
{
	struct bytes_in *in = &reader->in;
	uint32_t magic = bytes_get32(in);
	unsigned version = bytes_get16(in);
	const uint8_t *key;
	size_t announced;

	job->task = (enum scanjob_task)bytes_get16(in);
	job->flags = bytes_get32(in);
	announced = bytes_get32(in);
	job->max_file = bytes_get64(in);
	job->max_unpacked = bytes_get64(in);
	job->max_members = bytes_get64(in);
	job->max_depth = bytes_get32(in);
	job->timeout_s = bytes_get32(in);
	key = bytes_get(in, sizeof(job->fingerprint_key));
	if (key)
		memcpy(job->fingerprint_key, key, sizeof(job->fingerprint_key));
	if (magic != SCANJOB_MAGIC)
		return malformed(reader->err, "it does not begin like one");
	if (version != SCANJOB_VERSION)
		return malformed(reader->err, "it has another version");
	if (in->bad || announced != size)
		return malformed(reader->err, "it has not the size that it announces");
	return 0;
}

int scanjob_decode(const uint8_t *bytes, size_t size, struct pool *pool, struct scanjob *ret_job,
	struct err *err)
{
	struct reader reader = {.in = {.at = bytes, .left = size}, .pool = pool, .err = err};
	struct scanjob job = {0};
	int code = get_head(&reader, size, &job);

	if (code == 0)
		code = get_paths(&reader, &job.paths, &job.path_count);
	if (code == 0)
		code = get_paths(&reader, &job.excluded, &job.excluded_count);
	if (code == 0)
		code = get_values(&reader, &job);
	if (code == 0)
		code = get_prints(&reader, &job);
	if (code == 0 && reader.in.left)
		code = malformed(err, "bytes behind its end");
	if (code == 0 && judge(&job, err) < 0)
		code = err_set(err, -EINVAL, NULL, "the job is malformed: over a cap");
	if (code < 0)
		return code;
	*ret_job = job;
	return 0;
}
