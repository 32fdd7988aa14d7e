// samekey-scan: looks through what was built for the values of a job, and says what it found, a
// record a line. Started by samekey with the job as descriptor 3. Once it has read that and opened
// the paths it gives up all but reading them: what follows reads what strangers made.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "lib/base/exit.h"
#include "lib/base/fs.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"
#include "lib/wire/sealed.h"
#include "loader/scan/deployment.h"
#include "loader/scan/outlet.h"
#include "loader/scan/sandbox.h"
#include "loader/scan/search/search.h"
#include "loader/scan/shipped.h"
#include "loader/scan/unpack/walk.h"

#include <errno.h>
#include <locale.h>
#include <sodium.h>

#define JOB_DESCRIPTOR 3
#define ARENA_CAP (UINT64_C(256) << 20) // bytes for the job and what the search makes of it

struct work {
	struct pool *pool;
	struct secret_arena *arena;
	struct outlet *outlet;
	struct scanjob job;
};

static int complain(const struct err *err)
{
	char where[ERR_WHERE_SIZE * 2], what[ERR_WHAT_SIZE * 2];

	(void)fprintf(stderr, "samekey-scan: %s%s%s\n",
		text_printable(where, sizeof(where), err->where), *err->where ? ": " : "",
		text_printable(what, sizeof(what), err->what));
	return EXIT_UNAVAILABLE;
}

// ---- what it starts with

static int read_job(struct work *work, struct err *err)
{
	uint8_t *bytes;
	size_t size;
	int code = sealed_check(JOB_DESCRIPTOR, SCANJOB_SIZE_MAX, &size, err);

	if (code)
		return -EINVAL;
	bytes = secret_arena_take(work->arena, size);
	if (!bytes)
		return err_no_memory(err);
	if (sealed_read(JOB_DESCRIPTOR, bytes, size, err))
		return -EINVAL;
	(void)close(JOB_DESCRIPTOR);
	return scanjob_decode(bytes, size, work->pool, &work->job, err);
}

static int confine(const struct work *work, struct err *err)
{
	struct sandbox sandbox;
	int code = sandbox_enter(work->job.paths, work->job.path_count, &sandbox, err);

	if (code == 0 && !sandbox.filtered && sandbox_is_built())
		(void)fputs("samekey-scan: note: this kernel filters no system calls\n", stderr);
	return code;
}

// ---- the search

struct searching {
	struct work *work;
	struct search *search;
};

static void found(void *user, const struct scanreport *report)
{
	const struct work *work = user;

	(void)outlet_put(work->outlet, report); // a failure is kept, and ends the walk
}

static void skipped(void *user, const struct scanreport_place *place, const char *why)
{
	const struct searching *searching = user;

	found(searching->work,
		&(struct scanreport){.type = SCANREPORT_SKIPPED, .place = *place, .text = why});
}

static void foreign(void *user, const struct scanreport_place *place, const char *what)
{
	const struct searching *searching = user;

	found(searching->work, &(struct scanreport){.type = SCANREPORT_SKIPPED,
				       .place = *place,
				       .state = "foreign",
				       .text = what});
}

static void named(
	void *user, const struct scanreport_place *place, const uint8_t *head, size_t head_size)
{
	const struct searching *searching = user;
	struct scanreport report;

	if (!(searching->work->job.flags & SCANJOB_SHIPPED) ||
		!shipped_judge(place, head, head_size, &report))
		return;
	report.place = *place;
	found(searching->work, &report);
}

static void *begin(void *user, const struct scanreport_place *place)
{
	const struct searching *searching = user;

	return outlet_failure(searching->work->outlet) < 0 ? NULL
							   : search_begin(searching->search, place);
}

static int feed(void *stream, const uint8_t *bytes, size_t size)
{
	return search_feed(stream, bytes, size);
}

static int end(void *stream)
{
	return search_end(stream);
}

static int walk_all(struct searching *searching, struct walk *walk, struct err *err)
{
	const struct walk_taker taker = {.begin = begin,
		.feed = feed,
		.end = end,
		.skipped = skipped,
		.foreign = foreign,
		.named = named,
		.user = searching};
	struct outlet *outlet = searching->work->outlet;
	struct walk_total total = {0};
	int code = walk_run(walk, &taker, &total);

	if (outlet_failure(outlet) < 0)
		code = outlet_failure(outlet);
	if (code < 0)
		return err_set(err, code, NULL, "the scan broke off: %s", strerror(-code));
	if (total.timed_out)
		(void)outlet_put(
			outlet, &(struct scanreport){.type = SCANREPORT_SKIPPED,
					.text = "the time was up before all was looked at"});
	return outlet_put(outlet, &(struct scanreport){.type = SCANREPORT_DONE,
					  .files = total.files,
					  .members = total.members,
					  .bytes = total.bytes});
}

static int search_all(struct work *work, struct err *err)
{
	const struct search_sink sink = {found, work};
	struct searching searching = {.work = work};
	struct walk *walk = NULL;
	int code = search_open(&work->job, &sink, work->arena, &searching.search, err);

	if (code == 0)
		code = walk_open(&work->job, &walk, err);
	if (code == 0)
		code = confine(work, err);
	if (code == 0)
		code = walk_all(&searching, walk, err);
	walk_close(walk);
	search_close(searching.search);
	return code;
}

// ---- deployment files

static int tell(void *user, const struct scanreport *report)
{
	const struct work *work = user;

	return outlet_put(work->outlet, report);
}

static int look_at_deployment(struct work *work, struct err *err)
{
	const struct deployment_listener listener = {tell, work};
	struct scanreport done = {.type = SCANREPORT_DONE};
	int code = confine(work, err);

	if (code < 0)
		return code;
	code = deployment_look(&work->job, &listener, work->arena, &done.files, &done.bytes);
	if (code == 0)
		code = outlet_put(work->outlet, &done);
	return code < 0 ? err_set(err, code, NULL, "the scan broke off: %s", strerror(-code)) : 0;
}

// What is done, by task.
static int (*const tasks[SCANJOB_TASKS])(struct work *work, struct err *err) = {
	[SCANJOB_SEARCH] = search_all,
	[SCANJOB_DEPLOYMENT] = look_at_deployment,
};

static int run(struct work *work, struct err *err)
{
	int code = -ENOMEM;

	work->pool = pool_new();
	work->outlet = outlet_new(STDOUT_FILENO);
	if (!work->pool || !work->outlet || sodium_init() < 0 ||
		secret_arena_open(&(struct secret_options){.cap = ARENA_CAP}, &work->arena, err) <
			0)
		return err_no_memory(err);
	code = read_job(work, err);
	if (code < 0)
		return code;
	return tasks[work->job.task](work, err);
}

// ---- by hand

static int say_version(void)
{
	return printf("samekey-scan %s%s\n", SAMEKEY_VERSION,
		       sandbox_is_built() ? "" : ", with a sanitizer and so without its sandbox") <
			       0
		       ? EXIT_TRY_AGAIN
		       : EXIT_OK;
}

int main(int argc, char **argv)
{
	struct work work = {0};
	struct err err = ERR_NONE;
	int code;

	fs_hold_standard();
	if (argc == 2 && text_equal(argv[1], "--version"))
		return say_version();
	if (argc != 1 || isatty(STDOUT_FILENO) ||
		sealed_check(JOB_DESCRIPTOR, SCANJOB_SIZE_MAX, &(size_t){0}, NULL)) {
		(void)fputs("samekey-scan: looks through what was built, as a part of samekey\n"
			    "  hint: samekey scan PATH starts it; samekey help scan\n",
			stderr);
		return EXIT_USAGE;
	}
	secret_harden_process();
	(void)setlocale(LC_CTYPE, "C.UTF-8"); // for names in archives; without it they are bytes
	code = run(&work, &err);
	outlet_free(work.outlet);
	secret_arena_free(work.arena);
	pool_free(work.pool);
	return code < 0 ? complain(&err) : EXIT_OK;
}
