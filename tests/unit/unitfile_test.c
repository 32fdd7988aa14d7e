// Unit files are split as systemd splits them; the examples are those of systemd.exec(5),
// systemd.syntax(7) and systemd.unit(5).
// SPDX-License-Identifier: MIT
#include "loader/inspect/doctor/unitfile.h"
#include "loader/inspect/doctor/unitset.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

// Collects "SECTION.NAME:LINE=VALUE", "|" between.
struct list {
	char text[1024];
	size_t used;
};

static int collect(void *user, const struct unitfile_setting *setting)
{
	struct list *list = user;

	list->used += (size_t)snprintf(list->text + list->used, sizeof(list->text) - list->used,
		"%s%.*s.%.*s:%u=%.*s", list->used ? "|" : "", (int)setting->section.length,
		(const char *)setting->section.at, (int)setting->name.length,
		(const char *)setting->name.at, setting->line, (int)setting->value.length,
		(const char *)setting->value.at);
	return 0;
}

static const struct {
	const char *what, *text, *settings;
} files[] = {
	{"a file", "[Unit]\nDescription=x y\n[Service]\nType = simple\n",
		"Unit.Description:2=x y|Service.Type:4=simple"},
	{"the manual's example",
		"[Section A]\nKeyOne=value 1\nKeyTwo=value 2\n\n# a comment\n\n[Section B]\n"
		"Setting=\"something\" \"some thing\" \"...\"\nKeyTwo=value 2 \\\n       value 2 "
		"continued\n\n[Section C]\nKeyThree=value 3\\\n# this line is ignored\n; this line "
		"is ignored too\n       value 3 continued\n",
		"Section A.KeyOne:2=value 1|Section A.KeyTwo:3=value 2|Section B.Setting:8="
		"\"something\" \"some thing\" \"...\"|Section B.KeyTwo:9=value 2  value 2 continued"
		"|Section C.KeyThree:13=value 3 value 3 continued"},
	{"a comment behind blanks", "[S]\n  # A=b\n  ; A=b\n\tA=b # c\n", "S.A:4=b # c"},
	{"two backslashes end no line", "[S]\nA=b\\\\\nC=d\n", "S.A:2=b\\\\|S.C:3=d"},
	{"an empty setting", "[S]\nA=\n", "S.A:2="},
	{"an empty line ends one that goes on", "[S]\nA=b\\\n\nC=d\n", "S.A:2=b|S.C:4=d"},
	{"Windows line ends", "[S]\r\nA=b \\\r\nc\r\n", "S.A:2=b  c"},
	{"a byte order mark", "\xEF\xBB\xBF[S]\nA=b\n", "S.A:2=b"},
	{"the end in the middle of a line that goes on", "[S]\nA=b\\", "S.A:2=b"},
	{"no setting", "[S]\nA\n=\n", "S.:3="},
	{"nothing", "", ""},
};

static void settings_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		size_t size = strlen(files[i].text);
		own_free uint8_t *scratch = malloc(size + 1);
		struct list list = {0};

		if (!scratch)
			abort();
		assert_int_equal(unitfile_read((const uint8_t *)files[i].text, size, scratch,
					 collect, &list),
			0);
		if (!text_equal(list.text, files[i].settings))
			fail_msg("%s: %s", files[i].what, list.text);
	}
}

static const struct {
	const char *text, *words; // "|" between; "!" at the end: the rest is ignored
} lines[] = {
	{"\"VAR1=word1 word2\" VAR2=word3 \"VAR3=$word 5 6\"",
		"VAR1=word1 word2|VAR2=word3|VAR3=$word 5 6"},
	{"'a b'  c\td", "a b|c|d"},
	{"A=\"b c\"d", "A=b cd"},
	{"A=\"\" ''", "A=|"},
	{"a\\sb \\x41\\101\\u00e9 \\t", "a b|AA\xC3\xA9|\t"},
	{"\\U0001F600 \\\\ \\\"", "\xF0\x9F\x98\x80|\\|\""},
	{"a \"b", "a!"},
	{"a \\z b", "a!"},
	{"a b\\", "a!"},
	{"\\x00", "!"},
	{"\\ud800", "!"},
	{"\"it's\" 'say \"x\"'", "it's|say \"x\""},
	{"", ""},
	{"   ", ""},
};

static void words_are_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		uint8_t room[128];
		struct span rest = span_of(lines[i].text), word;
		char text[256] = "";
		size_t used = 0;
		int more;

		for (size_t n = 0; (more = unitfile_word(&rest, room, &word)) == 1; n++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.*s",
				n ? "|" : "", (int)word.length, (const char *)word.at);
		if (more < 0)
			(void)snprintf(text + used, sizeof(text) - used, "!");
		if (!text_equal(text, lines[i].words))
			fail_msg("%s: %s", lines[i].text, text);
	}
}

static void assignments_have_good_names(void **state)
{
	static const struct {
		const char *word;
		bool good;
	} cases[] = {{"A=b", true}, {"_a1=", true}, {"A=b=c", true}, {"1A=b", false}, {"=b", false},
		{"A", false}, {"A-B=c", false}, {"", false}};
	struct span name, value;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (unitfile_assignment(span_of(cases[i].word), &name, &value) != cases[i].good)
			fail_msg("%s", cases[i].word);
	assert_true(unitfile_assignment(span_of("A=b=c"), &name, &value));
	assert_true(span_is(name, "A") && span_is(value, "b=c"));
}

static void specifiers_are_left_to_systemd(void **state)
{
	uint8_t room[16];
	struct span text;

	(void)state;
	assert_true(unitfile_specifiers(span_of("100%%"), room, &text));
	assert_true(span_is(text, "100%"));
	assert_false(unitfile_specifiers(span_of("%h/x"), room, &text));
	assert_true(span_is(text, "%h/x"));
	assert_true(unitfile_specifiers(span_of("100%"), room, &text));
}

// ---- sets of files

static char base[] = "/tmp/unitfile-test-XXXXXX";

static void put(const char *path)
{
	char whole[512];
	FILE *file;

	(void)snprintf(whole, sizeof(whole), "%s/%s", base, path);
	for (char *at = whole + strlen(base) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		(void)mkdir(whole, 0700); // it may be there
		*at = '/';
	}
	file = fopen(whole, "we");
	if (!file)
		abort();
	assert_int_equal(fclose(file), 0);
}

static int remove_entry(const char *path, const struct stat *facts, int type, struct FTW *at)
{
	(void)facts;
	(void)type;
	(void)at;
	return remove(path);
}

static void link_null(const char *path)
{
	char whole[512];

	(void)snprintf(whole, sizeof(whole), "%s/%s", base, path);
	assert_int_equal(symlink("/dev/null", whole), 0);
}

static void assert_files(const struct unitset *set, const char *name, const char *expected)
{
	const char *const *paths;
	char text[1024] = "";
	size_t count, used = 0;
	bool masked;

	assert_int_equal(unitset_files(set, name, &paths, &count, &masked), 0);
	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "",
			paths[i] + strlen(base) + 1);
	if (masked)
		(void)snprintf(text + used, sizeof(text) - used, "masked");
	if (!text_equal(text, expected))
		fail_msg("%s: %s", name, text);
}

static void drop_ins_follow_the_order_of_systemd(void **state)
{
	static const char *const made[] = {"etc/web.service", "lib/web.service", "lib/db.service",
		"etc/web.service.d/20-b.conf", "lib/web.service.d/10-a.conf",
		"lib/web.service.d/20-b.conf", "etc/web.service.d/note.txt",
		"etc/service.d/15-all.conf", "etc/foo-.service.d/5-foo.conf", "lib/foo-bar.service",
		"etc/w@.service", "etc/w@.service.d/a.conf", "lib/w@1.service.d/b.conf"};
	own(pool_release) struct pool *pool = pool_new();
	char etc[64], lib[64];
	const char *const folders[] = {etc, lib};
	const struct unitset set = {folders, 2, pool, NULL};
	const char *const *names;
	size_t count;

	(void)state;
	assert_non_null(mkdtemp(base));
	(void)snprintf(etc, sizeof(etc), "%s/etc", base);
	(void)snprintf(lib, sizeof(lib), "%s/lib", base);
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		put(made[i]);
	link_null("etc/db.service");
	link_null("etc/web.service.d/10-a.conf");
	assert_files(&set, "web.service",
		"etc/web.service etc/service.d/15-all.conf etc/web.service.d/20-b.conf");
	assert_files(&set, "db.service", "etc/service.d/15-all.confmasked");
	assert_files(&set, "foo-bar.service",
		"lib/foo-bar.service etc/service.d/15-all.conf etc/foo-.service.d/5-foo.conf");
	assert_files(&set, "w@1.service",
		"etc/service.d/15-all.conf etc/w@.service.d/a.conf lib/w@1.service.d/b.conf");
	assert_int_equal(unitset_list(&set, &names, &count), 0);
	assert_int_equal(count, 4);
	assert_string_equal(names[0], "db.service");
	assert_int_equal(nftw(base, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_found),
		cmocka_unit_test(words_are_split),
		cmocka_unit_test(assignments_have_good_names),
		cmocka_unit_test(specifiers_are_left_to_systemd),
		cmocka_unit_test(drop_ins_follow_the_order_of_systemd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
