// Names in the service manager's store say whose a bundle is, and nothing else is taken for one.
// SPDX-License-Identifier: MIT
#include "verifier/door/keepsake.h"

#include "lib/wire/peer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct keepsake_facts process = {.hold = REGISTRY_PROCESS,
	.uid = 1001,
	.gid = 1002,
	.pid = 4711,
	.start_time = 98765,
	.offered_ms = 123456789,
	.generation = 17,
	.id = 3};

static void a_name_says_what_it_was_made_of(void **state)
{
	struct keepsake_facts most = {.hold = REGISTRY_PROCESS,
		.uid = PEER_NO_USER - 1,
		.gid = PEER_NO_USER - 1,
		.pid = INT32_MAX,
		.start_time = UINT64_MAX,
		.offered_ms = INT64_MAX,
		.generation = INT64_MAX,
		.id = INT64_MAX};
	const struct keepsake_facts *const all[] = {&process, &most};
	char name[KEEPSAKE_NAME_SIZE];
	struct keepsake_facts read = {0};

	(void)state;
	keepsake_write(&process, name);
	assert_string_equal(name, "samekey.bundle.p.1001.1002.4711.98765.123456789.17.3");
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		keepsake_write(all[i], name);
		assert_true(strlen(name) < KEEPSAKE_NAME_SIZE - 1); // nothing was cut
		assert_true(keepsake_is_name(name));
		assert_true(keepsake_read(name, &read));
		assert_memory_equal(&read, all[i], sizeof(read));
	}
}

static void a_standing_offer_has_no_process(void **state)
{
	struct keepsake_facts standing = process, read;
	char name[KEEPSAKE_NAME_SIZE];

	(void)state;
	standing.hold = REGISTRY_STANDING;
	keepsake_write(&standing, name);
	assert_string_equal(name, "samekey.bundle.s.1001.1002.0.0.123456789.17.3");
	assert_true(keepsake_read(name, &read));
	assert_int_equal(read.hold, REGISTRY_STANDING);
	assert_int_equal(read.pid, 0);
}

static void what_is_no_name_is_refused(void **state)
{
	static const char *const names[] = {
		"",
		"stored",
		"handoff",
		"samekey.bundle.",
		"samekey.bundle.p",
		"samekey.bundle.p.",
		"samekey.bundle.p.1.2.3.4.5.6",            // one number is missing
		"samekey.bundle.p.1.2.3.4.5.6.7.8",        // one too many
		"samekey.bundle.p.1.2.3.4.5.6.",           // an empty one
		"samekey.bundle.p.1.2.3.4.5.6.7.",         // something behind
		"samekey.bundle.q.1.2.3.4.5.6.7",          // no such hold
		"samekey.bundle.p.1.2.0.4.5.6.7",          // no process
		"samekey.bundle.p.1.2.3.0.5.6.7",          // no start time
		"samekey.bundle.p.-1.2.3.4.5.6.7",         // a sign
		"samekey.bundle.p.+1.2.3.4.5.6.7",         // a sign
		"samekey.bundle.p. 1.2.3.4.5.6.7",         // a space
		"samekey.bundle.p.0x1.2.3.4.5.6.7",        // not decimal
		"samekey.bundle.p.4294967295.2.3.4.5.6.7", // no user
		"samekey.bundle.p.1.2.2147483648.4.5.6.7", // no pid
		"samekey.bundle.p.1.2.3.4.5.6.18446744073709551616",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct keepsake_facts read;

		if (keepsake_read(names[i], &read))
			fail_msg("'%s' was taken for a name", names[i]);
	}
	assert_true(keepsake_is_name("stored")); // nothing of ours, yet out of the store
	assert_false(keepsake_is_name("handoff"));
}

static char told[512];
static int told_fd;
static bool is_sent;

static bool tell(const char *lines, int fd)
{
	(void)snprintf(told, sizeof(told), "%s", lines);
	told_fd = fd;
	return is_sent;
}

static void only_who_can_be_found_again_is_kept(void **state)
{
	struct keepsake_facts facts = process;
	struct peer peer = PEER_NONE;
	char name[KEEPSAKE_NAME_SIZE], wanted[512];

	(void)state;
	is_sent = true;
	facts.pid = peer.pid = getpid();
	assert_int_equal(peer_start_time(getpid(), &peer.start_time), 0);
	assert_true(keepsake_put(tell, 7, &peer, &facts, name));
	(void)snprintf(wanted, sizeof(wanted), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);
	assert_string_equal(told, wanted);
	assert_int_equal(told_fd, 7);
	keepsake_remove(tell, name);
	(void)snprintf(wanted, sizeof(wanted), "FDSTOREREMOVE=1\nFDNAME=%s", name);
	assert_string_equal(told, wanted);
	assert_int_equal(told_fd, -1);

	is_sent = false; // the manager did not take it
	assert_false(keepsake_put(tell, 7, &peer, &facts, name));
	assert_string_equal(name, "");

	is_sent = true;
	told[0] = '\0';
	facts.pid = peer.pid = 0; // in a PID namespace that we cannot see
	assert_false(keepsake_put(tell, 7, &peer, &facts, name));
	keepsake_remove(tell, name);
	assert_string_equal(told, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_says_what_it_was_made_of),
		cmocka_unit_test(a_standing_offer_has_no_process),
		cmocka_unit_test(what_is_no_name_is_refused),
		cmocka_unit_test(only_who_can_be_found_again_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
