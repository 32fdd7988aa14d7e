// Compose and Kubernetes files give each key what their real readers would make of them, and what
// is hostile about YAML ends in bounds.
// SPDX-License-Identifier: MIT
#include "loader/scan/deployment.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"
#include "loader/scan/yamltree.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define REAL "k7Vw2mQx9RtLzB4nHcYf"
#define OLD "Zb1Tq8LmXw3RkV7nYc5H"
#define MONEY "pa$word9Zq8LmXw3"

static struct secret_arena *arena;

// Collects "LINE KEY FORM STATE" records, "; " between, with "=ORIGIN" where there is one.
struct list {
	char text[4096], notes[4096];
	size_t used, noted, records;
};

static int collect(void *user, const struct scanreport *report)
{
	struct list *list = user;

	list->records++;
	if (list->used < sizeof(list->text))
		list->used += (size_t)snprintf(list->text + list->used,
			sizeof(list->text) - list->used, "%s%llu %s %s %s%s%s",
			list->used ? "; " : "", (unsigned long long)report->place.line,
			report->key ? report->key : "-", report->form ? report->form : "-",
			report->type == SCANREPORT_SKIPPED ? "skipped" : report->state,
			report->origin ? "=" : "", report->origin ? report->origin : "");
	if (list->noted < sizeof(list->notes))
		list->noted += (size_t)snprintf(list->notes + list->noted,
			sizeof(list->notes) - list->noted, "%s\n",
			report->text ? report->text : "");
	assert_null(strstr(list->text, REAL));
	assert_null(strstr(list->notes, REAL));
	assert_null(strstr(list->notes, OLD));
	return 0;
}

static void read_text(const char *bytes, size_t size, struct list *list)
{
	const struct scanjob_value values[] = {
		{"KEY", ".env:1:1", SCANJOB_CURRENT, true, secret_view(REAL, strlen(REAL))},
		{"KEY", ".env.old:1:1", SCANJOB_SHADOWED, true, secret_view(OLD, strlen(OLD))},
		{"MONEY", ".env:2:1", SCANJOB_CURRENT, true, secret_view(MONEY, strlen(MONEY))},
		{"PORT", ".env:3:1", SCANJOB_CURRENT, false, secret_view("3000", 4)},
	};
	const struct scanjob job = {
		.task = SCANJOB_DEPLOYMENT, .values = values, .value_count = ARRAY_SIZE(values)};
	const struct deployment_file file = {"compose.yaml", (const uint8_t *)bytes, size};
	const struct deployment_listener listener = {collect, list};

	*list = (struct list){0};
	assert_int_equal(deployment_read(&job, &file, &listener, arena), 0);
}

#define WEB "services:\n  web:\n"
#define POD \
	"apiVersion: v1\nkind: Pod\nmetadata: {name: shop}\nspec:\n  containers:\n  - name: app\n"
#define SECRET "apiVersion: v1\nkind: Secret\nmetadata: {name: shop}\n"

static const struct {
	const char *what, *yaml, *found;
} cases[] = {
	{"a mapping", WEB "    environment:\n      KEY: " REAL "\n      OTHER: x\n",
		"4 KEY environment same=.env:1:1"},
	{"a list", WEB "    environment:\n      - KEY=" REAL "\n      - PORT=3000\n",
		"4 KEY environment same=.env:1:1; 5 PORT environment same=.env:3:1"},
	{"a list whose quotes belong to the value",
		WEB "    environment:\n      - KEY=\"" REAL "\"\n",
		"4 KEY environment quoted=.env:1:1"},
	{"quotes of YAML belong to nothing", WEB "    environment:\n      - 'KEY=" REAL "'\n",
		"4 KEY environment same=.env:1:1"},
	{"a number", WEB "    environment:\n      PORT: 3000\n",
		"4 PORT environment same=.env:3:1"},
	{"an older value", WEB "    environment: {KEY: " OLD "}\n",
		"3 KEY environment shadowed=.env.old:1:1"},
	{"another value", WEB "    environment: {KEY: qqqqq1}\n", "3 KEY environment other"},
	{"a placeholder", WEB "    environment: {KEY: changeme}\n",
		"3 KEY environment placeholder"},
	{"an empty text", WEB "    environment: {KEY: \"\"}\n", "3 KEY environment empty"},
	{"an empty one in a list", WEB "    environment: [KEY=]\n", "3 KEY environment empty"},
	{"a name alone in a mapping", WEB "    environment:\n      KEY:\n",
		"4 KEY environment reference"},
	{"null", WEB "    environment:\n      KEY: null\n", "4 KEY environment reference"},
	{"a name alone in a list", WEB "    environment: [KEY]\n", "3 KEY environment reference"},
	{"a variable", WEB "    environment: {KEY: \"${KEY}\"}\n", "3 KEY environment reference"},
	{"a variable without braces", WEB "    environment: {KEY: $KEY}\n",
		"3 KEY environment reference"},
	{"a variable with a public default",
		WEB "    environment: {KEY: \"${KEY:-your-secret-key}\"}\n",
		"3 KEY environment placeholder"},
	{"a dollar that compose takes for a variable", WEB "    environment: {MONEY: " MONEY "}\n",
		"3 MONEY environment other=.env:2:1"},
	{"a dollar that is doubled", WEB "    environment: {MONEY: pa$$word9Zq8LmXw3}\n",
		"3 MONEY environment same=.env:2:1"},
	{"a literal block", WEB "    environment:\n      KEY: |\n        " REAL "\n",
		"4 KEY environment quoted=.env:1:1"},
	{"a literal block without its line end",
		WEB "    environment:\n      KEY: |-\n        " REAL "\n",
		"4 KEY environment same=.env:1:1"},
	{"a folded block", WEB "    environment:\n      KEY: >-\n        " REAL "\n",
		"4 KEY environment same=.env:1:1"},
	{"a merged mapping",
		"x-env: &env\n  KEY: " OLD "\n  PORT: 3000\nservices:\n  web:\n    environment:\n"
		"      <<: *env\n      KEY: " REAL "\n",
		"3 PORT environment same=.env:3:1; 8 KEY environment same=.env:1:1"},
	{"a list of merged mappings",
		"x-a: &a {KEY: " REAL
		"}\nx-b: &b {PORT: 3000}\nservices:\n  web:\n    environment:\n"
		"      <<: [*a, *b]\n",
		"1 KEY environment same=.env:1:1; 2 PORT environment same=.env:3:1"},
	{"an aliased environment",
		"x-env: &env {KEY: " REAL "}\nservices:\n  web: {environment: *env}\n  ws: "
		"{environment: *env}\n",
		"1 KEY environment same=.env:1:1; 1 KEY environment same=.env:1:1"},
	{"an env file", WEB "    env_file: .env.production\n", "3 - env_file file=.env.production"},
	{"env files, in both forms",
		WEB "    env_file:\n      - a.env\n      - path: b.env\n        required: false\n"
		    "        format: raw\n",
		"4 - env_file file=a.env; 5 - env_file raw file=b.env"},
	{"build arguments", WEB "    build:\n      args:\n        KEY: " REAL "\n",
		"5 KEY build.args same=.env:1:1"},
	{"build arguments passed on", WEB "    build: {context: ., args: [KEY]}\n",
		"3 KEY build.args reference"},
	{"a secret from a file", "services: {}\nsecrets:\n  key:\n    file: ./key.txt\n",
		"4 KEY secret file file=./key.txt"},
	{"a secret from the environment", "services: {}\nsecrets: {KEY: {environment: KEY}}\n",
		"2 KEY secret file reference"},
	{"a container's variable", POD "    env:\n    - {name: KEY, value: " REAL "}\n",
		"8 KEY environment same=.env:1:1"},
	{"one from a secret",
		POD
		"    env:\n    - name: KEY\n      valueFrom: {secretKeyRef: {name: a, key: b}}\n",
		"8 KEY environment reference; 9 - - skipped"},
	{"one that nobody asked about, from a secret",
		POD "    env:\n    - name: X\n      valueFrom: {secretKeyRef: {name: a, key: b}}\n",
		""},
	{"one without a value", POD "    env:\n    - name: KEY\n", "8 KEY environment empty"},
	{"a dollar that Kubernetes leaves alone",
		POD "    env: [{name: MONEY, value: " MONEY "}]\n",
		"7 MONEY environment same=.env:2:1"},
	{"a reference of Kubernetes", POD "    env: [{name: KEY, value: $(OTHER)}]\n",
		"7 KEY environment reference"},
	{"containers of a cron job",
		"apiVersion: batch/v1\nkind: CronJob\nspec:\n  jobTemplate:\n    spec:\n      "
		"template:\n"
		"        spec:\n          initContainers:\n          - env: [{name: KEY, value: "
		"zq7r}]\n",
		"9 KEY environment other"},
	{"a Secret", SECRET "data:\n  KEY: azdWdzJtUXg5UnRMekI0bkhjWWY=\n",
		"5 KEY Secret same=.env:1:1"},
	{"a Secret with echo's line end", SECRET "data:\n  KEY: azdWdzJtUXg5UnRMekI0bkhjWWYK\n",
		"5 KEY Secret quoted=.env:1:1"},
	{"a Secret that is no base64", SECRET "data: {KEY: " REAL "!}\n", "4 KEY Secret other"},
	{"a Secret in clear", SECRET "stringData: {KEY: " REAL "}\n", "4 KEY Secret same=.env:1:1"},
	{"a ConfigMap", "apiVersion: v1\nkind: ConfigMap\ndata: {KEY: " REAL "}\n",
		"3 KEY ConfigMap same=.env:1:1"},
	{"several documents",
		"---\n" SECRET "stringData: {KEY: " REAL
		"}\n---\napiVersion: v1\nkind: ConfigMap\ndata: "
		"{KEY: zq7r}\n",
		"5 KEY Secret same=.env:1:1; 9 KEY ConfigMap other"},
	{"a list of objects",
		"apiVersion: v1\nkind: List\nitems:\n- kind: ConfigMap\n  data: {KEY: zq7r}\n",
		"5 KEY ConfigMap other"},
	{"JSON", "{\"services\": {\"web\": {\"environment\": {\"KEY\": \"" REAL "\"}}}}",
		"1 KEY environment same=.env:1:1"},
	{"another kind of file", "name: CI\non: push\n", "0 - - skipped"},
	{"a template", "apiVersion: v1\nkind: Secret\ndata: {{ .Values.x }}: {{ y\n",
		"0 - - skipped"},
	{"no YAML", "services: [\n", "0 - - skipped"},
	{"an alias without an anchor", "services: *x\n", "0 - - skipped"},
	{"an alias inside itself", "services: &x {web: *x}\n", "0 - - skipped"},
	{"nothing", "", "0 - - skipped"},
};

static void files_are_read_as_their_readers_do(void **state)
{
	struct list list;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		read_text(cases[i].yaml, strlen(cases[i].yaml), &list);
		if (!text_equal(list.text, cases[i].found))
			fail_msg("%s: %s", cases[i].what, list.text);
	}
}

static void what_is_peculiar_is_said(void **state)
{
	static const struct {
		const char *yaml, *note;
	} notes[] = {
		{SECRET "data: {KEY: azdWdzJtUXg5UnRMekI0bkhjWWYK}\n", "echo without -n"},
		{WEB "    environment: [KEY=\"" REAL "\"]\n", "quotes are part of the value"},
		{WEB "    environment: {MONEY: " MONEY "}\n", "write $$"},
		{SECRET "data: {KEY: a}\n", "it is no base64"},
		{WEB "    environment: [KEY]\n", "service web; passed on"},
		{POD "    env: [{name: KEY, value: a}]\n", "container app of Pod shop"},
		{"kind: {{ a\n", "a template"},
	};
	struct list list;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(notes); i++) {
		read_text(notes[i].yaml, strlen(notes[i].yaml), &list);
		if (!strstr(list.notes, notes[i].note))
			fail_msg("%s: %s", notes[i].note, list.notes);
	}
}

// Nine lists of nine aliases each stand for half a milliard of entries.
static void aliases_that_multiply_end_in_bounds(void **state)
{
	char bomb[8192];
	size_t used = 0;
	struct list list;

	(void)state;
	used += (size_t)snprintf(bomb, sizeof(bomb),
		"kind: Pod\napiVersion: v1\na0: &a0 {containers: [{env: [{name: KEY, value: "
		"x}]}]}\n");
	for (int i = 1; i < 20; i++) {
		used += (size_t)snprintf(bomb + used, sizeof(bomb) - used, "a%d: &a%d [", i, i);
		for (int j = 0; j < 9; j++)
			used += (size_t)snprintf(
				bomb + used, sizeof(bomb) - used, "%s*a%d", j ? ", " : "", i - 1);
		used += (size_t)snprintf(bomb + used, sizeof(bomb) - used, "]\n");
	}
	read_text(bomb, used, &list);
	assert_true(list.records <= DEPLOYMENT_RECORDS_MAX + 2); // and that there are more
	assert_true(list.records > 1);
}

static void too_much_is_refused(void **state)
{
	own_free char *many = malloc(YAMLTREE_SIZE_MAX + 1);
	struct list list;

	(void)state;
	if (!many)
		abort();
	memset(many, '[', YAMLTREE_SIZE_MAX + 1);
	read_text(many, YAMLTREE_SIZE_MAX + 1, &list);
	assert_string_equal(list.text, "0 - - skipped");
	read_text(many, YAMLTREE_SIZE_MAX, &list);
	assert_non_null(strstr(list.notes, "nested too deep"));
	for (size_t i = 0; i + 1 < YAMLTREE_SIZE_MAX; i += 2)
		memcpy(many + i, "-\n", 2);
	read_text(many, YAMLTREE_SIZE_MAX, &list);
	assert_non_null(strstr(list.notes, "too many nodes"));
}

static int stop(void *user, const struct scanreport *report)
{
	(void)user;
	(void)report;
	return -EIO;
}

static void the_listener_can_end_it(void **state)
{
	static const char yaml[] = WEB "    environment: {KEY: zq7r}\n";
	const struct scanjob_value value = {
		"KEY", "", SCANJOB_CURRENT, true, secret_view(REAL, strlen(REAL))};
	const struct scanjob job = {.values = &value, .value_count = 1};
	const struct deployment_file file = {"a", (const uint8_t *)yaml, sizeof(yaml) - 1};
	const struct deployment_listener listener = {stop, NULL};

	(void)state;
	assert_int_equal(deployment_read(&job, &file, &listener, arena), -EIO);
}

#define DEPLOY \
	"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec:\n  template:\n    " \
	"spec:\n      containers:\n      - name: app\n"
#define WEB_SECRET "---\napiVersion: v1\nkind: Secret\nmetadata: {name: web}\nstringData:\n"

static void what_containers_take_by_name_is_followed(void **state)
{
	static const struct {
		const char *prose, *yaml, *records, *note;
	} takings[] = {
		{"a key of a Secret under another name",
			DEPLOY
			"        env:\n        - name: KEY\n          valueFrom: {secretKeyRef: "
			"{name: web, key: the-key}}\n" WEB_SECRET "  the-key: " OLD "\n",
			"10 KEY environment reference; 17 KEY Secret shadowed=.env.old:1:1",
			"Secret web; for container app of Deployment shop\n"},
		{"all of a ConfigMap with something in front",
			DEPLOY
			"        envFrom:\n        - prefix: K\n          configMapRef: {name: c}\n"
			"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  "
			"EY: " REAL "\n",
			"17 KEY ConfigMap same=.env:1:1", "for container app"},
		{"all of a Secret by its own names: told once",
			DEPLOY "        envFrom: [{secretRef: {name: web}}]\n" WEB_SECRET
			       "  KEY: " REAL "\n",
			"15 KEY Secret same=.env:1:1", "Secret web\n"},
		{"a Secret that is nowhere, named twice",
			DEPLOY
			"        envFrom: [{secretRef: {name: web}}, {secretRef: {name: web}}]\n",
			"9 - - skipped",
			"takes variables from Secret web, which no file here holds"},
		{"one that may be missing",
			DEPLOY "        envFrom: [{secretRef: {name: web, optional: true}}]\n", "",
			""},
		{"a ConfigMap of the name of the Secret is none",
			DEPLOY "        envFrom: [{configMapRef: {name: web}}]\n" WEB_SECRET
			       "  KEY: " REAL "\n",
			"15 KEY Secret same=.env:1:1; 9 - - skipped", "from ConfigMap web"},
		{"compose: other files are named",
			"include:\n- a.yml\n- path: [b.yml, c.yml]\n- {path: d.yml}\nservices:\n  "
			"web:\n    "
			"extends: {file: e.yml, service: x}\n  ws: {extends: web}\n",
			"7 - compose file=e.yml; 2 - compose file=a.yml; 3 - compose file=b.yml; 3 "
			"- "
			"compose file=c.yml; 4 - compose file=d.yml",
			""},
		{"compose: nothing but an include", "include: [a.yml]\n", "1 - compose file=a.yml",
			""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(takings); i++) {
		struct list list = {0};

		print_message("%s\n", takings[i].prose);
		read_text(takings[i].yaml, strlen(takings[i].yaml), &list);
		assert_string_equal(list.text, takings[i].records);
		assert_non_null(strstr(list.notes, takings[i].note));
	}
}

static void files_are_found_by_the_paths_of_the_job(void **state)
{
	static const char *const paths[] = {"deployment-test.yaml", "deployment-test-absent.yaml"};
	const struct scanjob_value value = {
		"KEY", ".env:1:1", SCANJOB_CURRENT, true, secret_view(REAL, strlen(REAL))};
	const struct scanjob job = {
		.paths = paths, .path_count = 2, .values = &value, .value_count = 1};
	struct list list = {0};
	const struct deployment_listener listener = {collect, &list};
	char folder[] = "/tmp/deployment-test-XXXXXX";
	uint64_t files = 0, bytes = 0;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	file = fopen(paths[0], "we");
	if (!file)
		abort();
	(void)fputs(WEB "    environment: {KEY: " REAL "}\n", file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(deployment_look(&job, &listener, arena, &files, &bytes), 0);
	assert_string_equal(list.text, "3 KEY environment same=.env:1:1; 0 - - skipped");
	assert_int_equal(files, 1);
	assert_true(bytes > 20);
	assert_int_equal(unlink(paths[0]), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read_as_their_readers_do),
		cmocka_unit_test(what_is_peculiar_is_said),
		cmocka_unit_test(aliases_that_multiply_end_in_bounds),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(the_listener_can_end_it),
		cmocka_unit_test(what_containers_take_by_name_is_followed),
		cmocka_unit_test(files_are_found_by_the_paths_of_the_job),
	};
	int failed;

	if (secret_arena_open(&(struct secret_options){0}, &arena, NULL) < 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena = secret_arena_free(arena);
	return failed;
}
