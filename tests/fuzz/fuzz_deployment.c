// Any bytes as a compose or Kubernetes file: records are in bounds and name keys of the job only.
// SPDX-License-Identifier: MIT
#include "loader/scan/deployment.h"

#include "lib/base/text.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int check(void *user, const struct scanreport *report)
{
	size_t *records = user;

	if (++*records > DEPLOYMENT_RECORDS_MAX || !report->place.path || !report->text ||
		(report->key && !text_equal(report->key, "KEY")) ||
		(report->type == SCANREPORT_VARIABLE && !report->state))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct secret_arena *arena;
	const struct scanjob_value value = {
		"KEY", ".env:1:1", SCANJOB_CURRENT, true, secret_view("k7Vw2mQx9", 9)};
	const struct scanjob job = {.values = &value, .value_count = 1};
	const struct deployment_file file = {"compose.yaml", bytes, size};
	size_t records = 0;
	const struct deployment_listener listener = {check, &records};

	if (!arena && secret_arena_open(&(struct secret_options){0}, &arena, NULL) < 0)
		abort();
	if (deployment_read(&job, &file, &listener, arena) < 0)
		abort();
	return 0;
}
