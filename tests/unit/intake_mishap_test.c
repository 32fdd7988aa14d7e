// An offer taken in while allocations and system calls fail: the verifier holds the old bundle or
// the new one, whole, says which, tells no value, and takes the next offer.
// SPDX-License-Identifier: MIT
#include "verifier/door/intake.h"

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/value/bundle.h"
#include "lib/value/fingerprint.h"
#include "lib/wire/channel.h"
#include "lib/wire/exchange.h"
#include "lib/wire/pack.h"
#include "lib/wire/sealed.h"
#include "tests/unit/mishap.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/throttle.h"
#include "verifier/door/custody.h"
#include "verifier/trust/vault.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cmocka.h>

#define CANARY "k7Vw2mQx9RtLzB4nHcYfPd6sJgA8eUi"
#define SOON_MS 5000
#define TURNS_MAX 40 // with the mishap armed
#define CALLS_MAX 1000

static char folder[] = "/tmp/samekey-mishap-XXXXXX";
static struct sockaddr_un address = {.sun_family = AF_UNIX};

// The verifier, as the daemon puts it together, less HTTP.
struct stand {
	struct log log;
	struct vault *vault;
	struct fingerprint_key *key;
	struct registry *registry;
	struct admit *admit;
	struct loop *loop;
	struct throttle *throttle;
	struct custody *custody;
	struct answers answers;
	struct intake *intake;
	int listener;
	struct secret_arena *arena; // the loader's
	struct pool *pool;
};

enum said { ACCEPTED, PROBLEM, NOTHING };

static size_t count_descriptors(void)
{
	DIR *open = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(open);
	while (readdir(open))
		count++;
	(void)closedir(open);
	return count;
}

static void open_stand(struct stand *stand, int log_fd)
{
	static const struct registry_rules rules = {.live_max = 8, .dead_max = 8};

	*stand = (struct stand){.log = {log_fd, LOG_DEBUG}, .pool = pool_new()};
	assert_int_equal(secret_arena_open(NULL, &stand->arena, NULL), 0);
	assert_int_equal(vault_open(16u << 20, &stand->vault, NULL), 0);
	assert_int_equal(fingerprint_key_open(NULL, stand->arena, &stand->key, NULL), 0);
	stand->registry = registry_new(&rules);
	stand->admit = admit_new(NULL, 0, 8);
	assert_int_equal(loop_open(&stand->loop), 0);
	stand->answers = (struct answers){.registry = stand->registry, .key = stand->key};
	stand->throttle = throttle_new(&stand->log);
	stand->custody = custody_new(&(struct custody_parts){.loop = stand->loop,
		.vault = stand->vault,
		.registry = stand->registry,
		.key = stand->key,
		.log = &stand->log,
		.throttle = stand->throttle});
	(void)unlink(address.sun_path);
	stand->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(stand->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(stand->listener, 8), 0);
	assert_int_equal(intake_open(&(struct intake_parts){.socket = stand->listener,
					     .loop = stand->loop,
					     .admit = stand->admit,
					     .custody = stand->custody,
					     .vault = stand->vault,
					     .answers = &stand->answers,
					     .log = &stand->log,
					     .throttle = stand->throttle,
					     .deadline_ms = SOON_MS},
				 &stand->intake),
		0);
}

static void close_stand(struct stand *stand)
{
	intake_close(stand->intake);
	custody_free(stand->custody);
	throttle_free(stand->throttle);
	loop_close(stand->loop);
	admit_free(stand->admit);
	registry_free(stand->registry);
	fingerprint_key_free(stand->key);
	vault_close(stand->vault);
	secret_arena_free(stand->arena);
	pool_free(stand->pool);
	(void)close(stand->listener);
}

// Connects and offers app web with CANARY and `mark` as its secret.
static int send_offer(struct stand *stand, enum message_offer_kind kind, char mark)
{
	char value[] = CANARY "0";
	const struct candidate candidate = {CANDIDATE_WINNER, {SOURCE_DOTENV, ".env", 1, 1}, "",
		secret_view(value, sizeof(value) - 1)};
	const struct bundle_key key = {"NEXTAUTH_SECRET", BUNDLE_KEY_SECRET, &candidate, 1};
	const struct bundle bundle = {.app = "web",
		.group = "shop",
		.mode = "production",
		.program = "node",
		.root = "/",
		.keys = &key,
		.key_count = 1};
	int socket_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	const struct exchange exchange = {socket_fd, stand->arena, channel_deadline(SOON_MS)};
	struct message message = {.type = MESSAGE_OFFER, .offer.kind = kind};
	own_fd int fd = -1;
	uint8_t *block;
	size_t size;

	value[sizeof(value) - 2] = mark;
	assert_int_equal(connect(socket_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(pack_size(&bundle, &size, NULL), 0);
	block = pool_take(stand->pool, size);
	assert_int_equal(pack_encode(&bundle, block, size), 0);
	assert_int_equal(sealed_make("bundle", block, size, &fd, NULL), 0);
	message.offer.size = (uint32_t)size;
	assert_int_equal(exchange_send(&exchange, &message, fd, NULL), 0);
	return socket_fd;
}

// Serves until the loader has an answer, the mishap lasting no longer than TURNS_MAX turns.
static bool serve(struct stand *stand, int socket_fd, const struct mishap *mishap)
{
	struct pollfd answer = {.fd = socket_fd, .events = POLLIN};
	bool happened = false;

	mishap_arm(mishap);
	for (int i = 0; i < TURNS_MAX * 20 && poll(&answer, 1, 0) == 0; i++) {
		if (i == TURNS_MAX)
			happened = mishap_disarm();
		ignore_result(loop_turn(
			stand->loop, i < TURNS_MAX ? 5 : 50)); // a mishap is no reason to stop
	}
	return mishap_disarm() || happened;
}

static enum said hear(struct stand *stand, int socket_fd)
{
	const struct exchange exchange = {socket_fd, stand->arena, channel_deadline(SOON_MS)};
	struct exchange_received received = EXCHANGE_NOTHING;
	int code = exchange_receive(&exchange, MESSAGE_AWAIT_VERDICT, stand->pool, &received, NULL);
	enum said said = code ? NOTHING : PROBLEM;

	if (code == 0 && received.message.type == MESSAGE_VERDICT) {
		assert_true(received.message.verdict.accepted);
		said = ACCEPTED;
	}
	exchange_done(&received, stand->arena);
	(void)close(socket_fd);
	return said;
}

// The last byte of the one value that registry and vault hold.
static char held(struct stand *stand)
{
	struct vault_snapshot *now = vault_now(stand->vault);
	const struct bundle *bundle;
	const struct registry_entry *entry = registry_at(stand->registry, 0);
	uint8_t hash[FINGERPRINT_EQUALITY_BYTES];
	char text[FINGERPRINT_TEXT_SIZE];
	struct secret value;
	uint64_t id;
	char mark;

	assert_int_equal(registry_size(stand->registry), 1);
	assert_false(entry->dead);
	assert_true(vault_snapshot_size(now) >= 1); // what was replaced may go at the next change
	bundle = vault_snapshot_at(now, vault_snapshot_size(now) - 1, &id);
	assert_true(id == entry->id);
	value = bundle->keys[0].candidates[0].value;
	fingerprint_equality(stand->key, value, text, hash);
	assert_memory_equal(entry->keys[0].equality, hash, sizeof(hash));
	assert_int_equal(value.length, strlen(CANARY) + 1);
	assert_memory_equal(secret_bytes(value), CANARY, strlen(CANARY));
	mark = (char)secret_bytes(value)[value.length - 1];
	vault_snapshot_unref(now);
	return mark;
}

// One offer under a mishap, after a first and before a third one without.
// Returns: whether a call has failed.
static bool try_offer(enum message_offer_kind kind, const struct mishap *mishap, bool must_pass)
{
	static const struct mishap none;
	size_t descriptors = count_descriptors();
	FILE *log = tmpfile();
	char text[16384];
	struct stand stand;
	bool happened;
	enum said said;
	int socket_fd;
	char mark;

	assert_non_null(log);
	open_stand(&stand, fileno(log));
	socket_fd = send_offer(&stand, kind, '1');
	(void)serve(&stand, socket_fd, &none);
	assert_int_equal(hear(&stand, socket_fd), ACCEPTED);
	socket_fd = send_offer(&stand, kind, '2');
	happened = serve(&stand, socket_fd, mishap);
	said = hear(&stand, socket_fd);
	mark = held(&stand);
	if ((said == ACCEPTED && mark != '2') || (said == PROBLEM && mark != '1') ||
		(must_pass && said != ACCEPTED))
		fail_msg("call %zu of 0x%x, errno %d: said %d, held %c", mishap->at, mishap->kinds,
			mishap->reason, said, mark);
	socket_fd = send_offer(&stand, kind, '3');
	(void)serve(&stand, socket_fd, &none);
	assert_int_equal(hear(&stand, socket_fd), ACCEPTED);
	assert_int_equal(held(&stand), '3');
	close_stand(&stand);
	rewind(log);
	text[fread(text, 1, sizeof(text) - 1, log)] = '\0';
	assert_null(strstr(text, CANARY));
	(void)fclose(log);
	assert_int_equal(count_descriptors(), descriptors);
	return happened;
}

struct row {
	const char *name;
	struct mishap mishap;
	bool must_pass; // nobody may notice
};

// clang-format off
static const struct row rows[] = {
	{"an allocation fails", {.kinds = MISHAP_MEMORY, .reason = ENOMEM}, false},
	{"all allocations fail from one on", {.kinds = MISHAP_MEMORY, .reason = ENOMEM, .for_good = true}, false},
	{"no descriptor is left", {.kinds = MISHAP_OPEN, .reason = EMFILE}, false},
	{"no descriptor is left for a while", {.kinds = MISHAP_OPEN, .reason = EMFILE, .for_good = true}, false},
	{"the memfd cannot be looked at", {.kinds = MISHAP_LOOK, .reason = EIO}, false},
	{"the memfd cannot be read", {.kinds = MISHAP_READ, .reason = EIO}, false},
	{"the answer cannot be sent", {.kinds = MISHAP_SEND, .reason = EPIPE}, false},
	{"the log is full", {.kinds = MISHAP_WRITE, .reason = ENOSPC, .for_good = true}, true},
	{"the kernel has no memory for a watch", {.kinds = MISHAP_WATCH, .reason = ENOMEM}, false},
	{"reading is interrupted", {.kinds = MISHAP_READ, .reason = EINTR}, true},
	{"reading is short", {.kinds = MISHAP_READ}, true},
	{"receiving is interrupted", {.kinds = MISHAP_RECEIVE, .reason = EINTR}, true},
	{"sending is interrupted", {.kinds = MISHAP_SEND, .reason = EINTR}, true},
};
// clang-format on

static void check_rows(enum message_offer_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mishap mishap = rows[i].mishap;
		bool happened = true;

		for (mishap.at = 1; happened && mishap.at < CALLS_MAX; mishap.at++)
			happened = try_offer(kind, &mishap, rows[i].must_pass);
		assert_false(happened);
		if (mishap.at < 3) // the calls were not led here
			fail_msg("'%s' never happened", rows[i].name);
	}
}

static void a_standing_offer_is_taken_whole_or_not_at_all(void **state)
{
	(void)state;
	check_rows(MESSAGE_OFFER_STANDING);
}

static void an_offer_of_a_process_is_taken_whole_or_not_at_all(void **state)
{
	(void)state;
	check_rows(MESSAGE_OFFER_PROCESS);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", folder);
	return setenv("HOME", folder, 1);
}

static int remove_entry(const char *path, const struct stat *facts, int type, struct FTW *at)
{
	(void)facts;
	(void)type;
	(void)at;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_standing_offer_is_taken_whole_or_not_at_all),
		cmocka_unit_test(an_offer_of_a_process_is_taken_whole_or_not_at_all),
	};

	return cmocka_run_group_tests_name("intake mishaps", tests, set_up, tear_down);
}
