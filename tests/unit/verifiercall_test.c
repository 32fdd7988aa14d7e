// What becomes of a verdict's findings, and a refusal that names no reason.
// SPDX-License-Identifier: MIT
#include "loader/cli/verifiercall.h"

#include "lib/base/diag.h"
#include "loader/deliver/handoff.h"
#include "loader/resolve/resolution.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NO_REASON "the verifier refused the bundle and gave no reason"

static const struct {
	const char *name;
	bool accepted;
	const char *severity; // of the verdict's one finding; NULL: it has none
	bool own_error;       // the resolution had one before
	size_t findings, errors;
	bool unexplained;
} rows[] = {
	{"accepted, nothing to say", true, NULL, false, 0, 0, false},
	{"accepted, with a warning", true, "warning", false, 1, 0, false},
	{"refused for an error", false, "error", false, 1, 1, false},
	{"refused, and only warned", false, "warning", false, 2, 1, true},
	{"refused without a word", false, NULL, false, 1, 1, true},
	{"refused without a word, an error was there already", false, NULL, true, 1, 1, false},
};

static struct diag_item said(const char *severity)
{
	return (struct diag_item){
		.severity = strcmp(severity, "error") == 0 ? DIAG_ERROR : DIAG_WARNING,
		.code = "drift-app",
		.key = "",
		.origin = "",
		.text = "another instance holds another value",
		.hint = ""};
}

static bool is_unexplained(const struct diag *diag)
{
	for (size_t i = 0; i < diag_size(diag); i++)
		if (strcmp(diag_at(diag, i)->text, NO_REASON) == 0)
			return true;
	return false;
}

static void verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		own(diag_release) struct diag *diag = diag_new();
		const struct resolution resolution = {.diag = diag};
		const struct diag_item item = said(rows[i].severity ? rows[i].severity : "");
		const struct diag_item before = said("error");
		const struct handoff_verdict verdict = {.accepted = rows[i].accepted,
			.findings = &item,
			.finding_count = rows[i].severity ? 1 : 0};

		assert_non_null(diag);
		if (rows[i].own_error)
			diag_add(diag, &before);
		verifiercall_judge(&resolution, &verdict);
		if (diag_size(diag) != rows[i].findings ||
			diag_count(diag, DIAG_ERROR) != rows[i].errors ||
			is_unexplained(diag) != rows[i].unexplained)
			fail_msg("%s: %zu findings, %zu errors", rows[i].name, diag_size(diag),
				diag_count(diag, DIAG_ERROR));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(verdicts)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
