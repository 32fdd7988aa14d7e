// Goal: a proof names what the process holds, by what its app was given and by no other user's
// bundle, and tells no value.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/attest.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "tests/unit/attesting.h"
#include "verifier/record/registry.h"
#include "verifier/trust/vault.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct word {
	const char *app, *key, *value;
	uint64_t uid;
	int64_t pid;
	size_t work;
};

// Judges a proof by its text in hex, or of the value.
static int judge_hex(struct attesting *shop, const struct word *word, const char *hex,
	struct attest_answer *ret_answer)
{
	struct vault_snapshot *snapshot = vault_now(shop->vault);
	uint8_t nonce[ATTEST_NONCE_SIZE], proof[ATTEST_PROOF_SIZE];
	const struct attest_question question = {
		.scope = {snapshot, shop->registry, word->uid ? word->uid : WEB_UID,
			word->app ? word->app : "web"},
		.pid = word->pid ? word->pid : WEB_PID,
		.key = word->key ? word->key : "NEXTAUTH_SECRET",
		.nonce = nonce,
		.proof = proof,
		.work = word->work};
	int result;

	for (size_t i = 0; i < sizeof(nonce); i++)
		nonce[i] = (uint8_t)i;
	if (hex)
		assert_int_equal(
			sodium_hex2bin(proof, sizeof(proof), hex, strlen(hex), NULL, NULL, NULL),
			0);
	else
		attesting_prove(nonce, question.scope.app, question.key, word->value, proof);
	result = attest_judge(&question, vault_arena(shop->vault), shop->pool, ret_answer);
	vault_snapshot_unref(snapshot);
	return result;
}

static int judge(struct attesting *shop, const struct word *word, struct attest_answer *ret_answer)
{
	return judge_hex(shop, word, NULL, ret_answer);
}

static int set_up(void **state)
{
	static struct attesting shop;

	attesting_open(&shop);
	*state = &shop;
	return 0;
}

static int tear_down(void **state)
{
	attesting_close(*state);
	return 0;
}

// By python3's hmac, the first by openssl dgst -mac HMAC as well; the nonce is 00 01 ... 1f.
static void proofs_that_others_made(void **state)
{
	static const struct attesting_value values[] = {{"EMPTY", "", "", "", CANDIDATE_WINNER},
		{"NEXTAUTH_SECRET", "", "", "s3cr3t-value-0123456789", CANDIDATE_WINNER}};
	static const struct {
		const char *hex;
		enum attest_state state;
	} proofs[] = {
		{"62e10ed45e7c204eb1fe2bda11e4b2255b5e986b09bcf0441487276c0b5b33fa", ATTEST_SAME},
		{"49d11725f1445279696aaead01f1be3b412c4aad778e9690b1b6257f1904128b", ATTEST_EMPTY},
		{"4fbad749a013d4acf235bdc0e394f04fbf81392a624fb509de0ab8b543842dfa",
			ATTEST_UNKNOWN},
	};
	const struct word word = {.pid = 7};
	struct attesting *shop = *state;
	struct attest_answer answer;

	attesting_offer(
		shop, &(struct bundle){.app = "web"}, WEB_UID, 7, values, ARRAY_SIZE(values));
	for (size_t i = 0; i < ARRAY_SIZE(proofs); i++) {
		assert_int_equal(judge_hex(shop, &word, proofs[i].hex, &answer), ATTEST_OK);
		assert_int_equal(answer.state, proofs[i].state);
	}
}

static const struct {
	const char *name, *key, *value;
	enum attest_state state;
	const char *origin, *text, *fix;
} cases[] = {
	{"what it was given", NULL, SECRET, ATTEST_SAME, "/srv/shop/.env.production:3:1",
		"as it was given", ""},
	{"a beaten value", NULL, OLDER, ATTEST_SHADOWED, "/srv/shop/.env:3:1",
		"which /srv/shop/.env.production:3:1 beats", "[key NEXTAUTH_SECRET]"},
	{"what the build had", NULL, BUILT, ATTEST_SHADOWED, "/srv/shop/.env.ci:3:1",
		"that the build had", "phases = start"},
	{"what docker reads", NULL, "\"" SECRET "\"", ATTEST_READING,
		"/srv/shop/.env.production:3:1", "what docker, podman make of", "samekey lint"},
	{"another key's value", NULL, REFRESH, ATTEST_OTHER_KEY, "/srv/shop/.env:3:1",
		"the value of ETLS_REFRESH", "read NEXTAUTH_SECRET"},
	{"the value before the rotation", NULL, PREVIOUS, ATTEST_OTHER_KEY, "/srv/shop/.env:3:1",
		"before the last rotation, which NEXTAUTH_SECRET_PREVIOUS keeps", "restart"},
	{"a fallback", NULL, "your-secret-key", ATTEST_PLACEHOLDER, "", "your-secret-key",
		"fallback"},
	{"a fallback with underscores", NULL, "your_secret_key", ATTEST_PLACEHOLDER, "",
		"your_secret_key", "fallback"},
	{"the text of no value", NULL, "undefined", ATTEST_PLACEHOLDER, "", "no value",
		"samekey run"},
	{"a reference", NULL, "${NEXTAUTH_SECRET}", ATTEST_PLACEHOLDER, "", "not resolved",
		"single quotes"},
	{"its own name", NULL, "NEXTAUTH_SECRET", ATTEST_PLACEHOLDER, "", "not resolved",
		"single quotes"},
	{"nothing", NULL, "", ATTEST_EMPTY, "", "no value", "samekey run"},
	{"nothing where nothing was given", "NOTHING", "", ATTEST_SAME, "", "given none", ""},
	{"something where nothing was given", "NOTHING", "something-0123456789", ATTEST_UNKNOWN, "",
		"no source", "build again"},
	{"a newline kept", NULL, SECRET "\n", ATTEST_NEAR_MISS, "/srv/shop/.env.production:3:1",
		"newline", ""},
	{"quotes kept", NULL, "'" SECRET "'", ATTEST_NEAR_MISS, "/srv/shop/.env.production:3:1",
		"the single quotes around it", ""},
	{"a newline on a beaten one", NULL, OLDER "\n", ATTEST_NEAR_MISS, "/srv/shop/.env:3:1",
		"newline", ""},
	{"nobody's", NULL, "nobody-knows-this-0123456789", ATTEST_UNKNOWN, "", "no source",
		"build again"},
};

static void what_a_process_holds_is_named(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct word word = {.key = cases[i].key, .value = cases[i].value};
		struct attest_answer answer = {0};

		assert_int_equal(judge(*state, &word, &answer), ATTEST_OK);
		if (answer.state != cases[i].state)
			fail_msg("%s: %s", cases[i].name, attest_state_text(answer.state));
		if (!text_equal(answer.origin, cases[i].origin))
			fail_msg("%s: %s", cases[i].name, answer.origin);
		if (!strstr(answer.text, cases[i].text) || !strstr(answer.fix, cases[i].fix))
			fail_msg("%s: %s; %s", cases[i].name, answer.text, answer.fix);
		if (strstr(answer.text, "canary-") || strstr(answer.fix, "canary-"))
			fail_msg("%s: a value is told", cases[i].name);
		if ((answer.state == ATTEST_SAME) != !*answer.fix)
			fail_msg("%s: a fix for what is well", cases[i].name);
	}
}

static void a_proof_is_bound_to_all_of_it(void **state)
{
	struct attesting *shop = *state;
	struct vault_snapshot *snapshot = vault_now(shop->vault);
	uint8_t nonce[ATTEST_NONCE_SIZE] = {0}, proof[ATTEST_PROOF_SIZE];
	const struct attest_question question = {
		.scope = {snapshot, shop->registry, WEB_UID, "web"},
		.pid = WEB_PID,
		.key = "NEXTAUTH_SECRET",
		.nonce = nonce,
		.proof = proof};
	static const char *const bound[][2] = {{"web", "NEXTAUTH_SECRET"},
		{"webN", "EXTAUTH_SECRET"}, {"we", "bNEXTAUTH_SECRET"}, {"ws", "NEXTAUTH_SECRET"},
		{"web", "ETLS_REFRESH"}};

	for (size_t i = 0; i < ARRAY_SIZE(bound) + 2; i++) {
		size_t pair = i < ARRAY_SIZE(bound) ? i : 0;
		struct attest_answer answer;

		nonce[0] = i == ARRAY_SIZE(bound); // made with another nonce
		attesting_prove(nonce, bound[pair][0], bound[pair][1], SECRET, proof);
		nonce[0] = 0;
		proof[31] ^= i == ARRAY_SIZE(bound) + 1; // one bit
		assert_int_equal(
			attest_judge(&question, vault_arena(shop->vault), shop->pool, &answer),
			ATTEST_OK);
		assert_int_equal(answer.state, i ? ATTEST_UNKNOWN : ATTEST_SAME);
	}
	vault_snapshot_unref(snapshot);
}

static void only_live_bundles_of_the_user_count(void **state)
{
	static const struct attesting_value theirs[] = {{"NEXTAUTH_SECRET", ".env", "",
		"a-value-of-uid-seven-0123456789", CANDIDATE_WINNER}};
	struct attesting *shop = *state;
	struct attest_answer answer;
	uint64_t id;

	assert_int_equal(judge(shop, &(struct word){.value = SECRET, .uid = 7}, &answer),
		ATTEST_E_NO_BUNDLE);
	assert_int_equal(judge(shop, &(struct word){.value = SECRET, .app = "ws"}, &answer),
		ATTEST_E_NO_BUNDLE);
	assert_int_equal(judge(shop, &(struct word){.value = SECRET, .key = "NO_KEY"}, &answer),
		ATTEST_E_NO_KEY);
	id = attesting_offer(shop, &(struct bundle){.app = "ws"}, 7, 70, theirs, 1);
	assert_int_equal(judge(shop, &(struct word){.value = theirs[0].value}, &answer), ATTEST_OK);
	assert_int_equal(answer.state, ATTEST_UNKNOWN);
	assert_int_equal(
		judge(shop, &(struct word){.value = theirs[0].value, .app = "ws", .uid = 7},
			&answer),
		ATTEST_OK);
	assert_int_equal(answer.state, ATTEST_SAME);
	registry_mark_dead(shop->registry, id);
	assert_int_equal(
		judge(shop, &(struct word){.value = theirs[0].value, .app = "ws", .uid = 7},
			&answer),
		ATTEST_E_NO_BUNDLE);
}

// Of several instances the process's own is the measure of what is said of it, else the newest.
static void instances(void **state)
{
	static const struct attesting_value newer[] = {{"NEXTAUTH_SECRET", ".env.production", "",
		"the-next-value-0123456789-abcdefgh", CANDIDATE_WINNER}};
	struct attesting *shop = *state;
	struct attest_answer answer;
	uint64_t id = attesting_offer(
		shop, &(struct bundle){.app = "web"}, WEB_UID, 99, newer, ARRAY_SIZE(newer));

	assert_int_equal(judge(shop, &(struct word){.value = SECRET}, &answer), ATTEST_OK);
	assert_int_equal(answer.state, ATTEST_SAME);
	assert_int_not_equal(answer.bundle, id);
	assert_int_equal(judge(shop, &(struct word){.value = newer[0].value, .pid = 99}, &answer),
		ATTEST_OK);
	assert_int_equal(answer.state, ATTEST_SAME);
	assert_int_equal(answer.bundle, id);
	assert_int_equal(
		judge(shop, &(struct word){.value = OLDER, .pid = 123}, &answer), ATTEST_OK);
	assert_int_equal(answer.state, ATTEST_SHADOWED);
	assert_int_equal(answer.bundle, id);
}

#define MANY 600
#define WORK (ATTEST_WORK_MAX / 64) // of one of 64 keys that are asked about at once

// However much an app holds: what everybody knows and misspellings are found, and what was left out
// is said.
static void an_app_with_more_than_can_be_tried(void **state)
{
	static struct attesting_value values[MANY];
	static char names[MANY][24];
	struct word word = {.pid = 99, .work = WORK};
	struct attesting *shop = *state;
	struct attest_answer answer;

	for (size_t i = 0; i + 1 < MANY; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "A%06zu_SECRET", i);
		values[i] =
			(struct attesting_value){names[i], ".env", "", REFRESH, CANDIDATE_WINNER};
	}
	values[MANY - 1] =
		(struct attesting_value){"NEXTAUTH_SECRET", ".env", "", SECRET, CANDIDATE_WINNER};
	attesting_offer(shop, &(struct bundle){.app = "web"}, WEB_UID, 99, values, MANY);
	word.value = "your-secret-key";
	assert_int_equal(judge(shop, &word, &answer), ATTEST_OK);
	assert_int_equal(answer.state, ATTEST_PLACEHOLDER);
	word.value = SECRET "\n";
	assert_int_equal(judge(shop, &word, &answer), ATTEST_OK);
	assert_int_equal(answer.state, ATTEST_NEAR_MISS);
	word.value = "nobody-knows-this";
	assert_int_equal(judge(shop, &word, &answer), ATTEST_OK);
	assert_int_equal(answer.state, ATTEST_UNKNOWN);
	assert_non_null(strstr(answer.text, "not every value of the app was tried"));
}

// Whoever was wrong too often tries one key's values by another key no more.
static void a_question_about_one_key_alone(void **state)
{
	struct attesting *shop = *state;
	struct vault_snapshot *snapshot = vault_now(shop->vault);
	uint8_t nonce[ATTEST_NONCE_SIZE] = {0}, proof[ATTEST_PROOF_SIZE];
	struct attest_question question = {.scope = {snapshot, shop->registry, WEB_UID, "web"},
		.pid = WEB_PID,
		.key = "NEXTAUTH_SECRET",
		.nonce = nonce,
		.proof = proof};
	struct attest_answer answer;

	attesting_prove(nonce, "web", question.key, REFRESH, proof);
	assert_int_equal(
		attest_judge(&question, vault_arena(shop->vault), shop->pool, &answer), ATTEST_OK);
	assert_int_equal(answer.state, ATTEST_OTHER_KEY);
	question.is_alone = true;
	assert_int_equal(
		attest_judge(&question, vault_arena(shop->vault), shop->pool, &answer), ATTEST_OK);
	assert_int_equal(answer.state, ATTEST_UNKNOWN);
	assert_non_null(strstr(answer.text, "not every value of the app was tried"));
	vault_snapshot_unref(snapshot);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(proofs_that_others_made),
		TEST(what_a_process_holds_is_named),
		TEST(a_proof_is_bound_to_all_of_it),
		TEST(an_app_with_more_than_can_be_tried),
		TEST(a_question_about_one_key_alone),
		TEST(only_live_bundles_of_the_user_count),
		TEST(instances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
