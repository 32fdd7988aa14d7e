// Any packets of loaders at the handoff socket, with bundles put together of fields: each is
// answered or ends the connection, no value of a bundle is in an answer or in the log, and the next
// loader is served.
// SPDX-License-Identifier: MIT
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/secret.h"
#include "lib/value/fingerprint.h"
#include "lib/wire/channel.h"
#include "lib/wire/exchange.h"
#include "lib/wire/message_head.h"
#include "lib/wire/pack.h"
#include "lib/wire/sealed.h"
#include "tests/fuzz/bundles.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/throttle.h"
#include "verifier/door/custody.h"
#include "verifier/door/intake.h"
#include "verifier/record/registry.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define PACKETS_MAX 6
#define TURNS_MAX 1000
#define LOADER_MS 10000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct log log_file = {.fd = -1, .lowest = LOG_DEBUG};
static struct secret_arena *arena; // the loader's
static struct fingerprint_key *key;

// The verifier, less HTTP.
struct stand {
	struct vault *vault;
	struct registry *registry;
	struct admit *admit;
	struct loop *loop;
	struct throttle *throttle;
	struct custody *custody;
	struct keyring *keyring;
	struct answers answers;
	struct intake *intake;
};

static void open_stand(struct stand *stand)
{
	static const struct registry_rules rules = {.live_max = 4, .dead_max = 4};

	*stand = (struct stand){.registry = registry_new(&rules),
		.admit = admit_new(NULL, 0, 8),
		.throttle = throttle_new(&log_file)};
	if (vault_open(1u << 20, &stand->vault, NULL) < 0 || loop_open(&stand->loop) < 0)
		abort();
	stand->keyring = keyring_new(arena, NULL);
	stand->answers = (struct answers){.registry = stand->registry,
		.key = key,
		.vault = stand->vault,
		.keyring = stand->keyring,
		.judge = judge_new(&log_file)};
	stand->custody = custody_new(&(struct custody_parts){.loop = stand->loop,
		.vault = stand->vault,
		.registry = stand->registry,
		.key = key,
		.log = &log_file,
		.throttle = stand->throttle});
	if (intake_open(&(struct intake_parts){.socket = -1,
				.loop = stand->loop,
				.admit = stand->admit,
				.custody = stand->custody,
				.vault = stand->vault,
				.answers = &stand->answers,
				.log = &log_file,
				.throttle = stand->throttle,
				.deadline_ms = LOADER_MS},
		    &stand->intake) < 0)
		abort();
}

static void close_stand(struct stand *stand)
{
	intake_close(stand->intake);
	judge_free(stand->answers.judge);
	keyring_free(stand->keyring);
	custody_free(stand->custody);
	throttle_free(stand->throttle);
	loop_close(stand->loop);
	admit_free(stand->admit);
	registry_free(stand->registry);
	vault_close(stand->vault);
}

static int dial(struct stand *stand)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0 ||
		intake_adopt(stand->intake, pair[1]) != 0)
		abort();
	return pair[0];
}

static void check_text(const void *text, size_t length)
{
	if (memmem(text, length, BUNDLES_CANARY, strlen(BUNDLES_CANARY)))
		abort();
}

// Serves until there is an answer or the connection ends.
// Returns: whether it goes on.
static bool hear(struct stand *stand, int fd)
{
	static uint8_t packet[MESSAGE_PACKET_MAX];
	struct pollfd answer = {.fd = fd, .events = POLLIN};
	struct channel_packet got;
	int code;

	for (int i = 0; i < TURNS_MAX && poll(&answer, 1, 0) == 0; i++)
		ignore_result(loop_turn(stand->loop, i ? 1 : 0));
	code = channel_receive(fd, packet, sizeof(packet), 0, &got, NULL);
	if (code == -EAGAIN)
		abort(); // it neither answers nor hangs up
	if (code != 0)
		return false;
	check_text(packet, got.size);
	if (got.fd >= 0)
		(void)close(got.fd);
	if (got.size < MESSAGE_HEAD_SIZE)
		abort();
	return true;
}

// A descriptor of some kind: mostly the bundle's, sealed.
static int descriptor(struct feed *feed, const uint8_t *packed, size_t size)
{
	int fd = -1;

	switch (feed_pick(feed, 8)) {
	case 0:
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	case 1:
		fd = memfd_create("open", MFD_CLOEXEC);
		if (fd < 0 || write(fd, packed, size) != (ssize_t)size)
			abort();
		return fd;
	case 2:
		return -1;
	default:
		if (sealed_make("bundle", packed, size, &fd, NULL) < 0)
			abort();
		return fd;
	}
}

// Returns: whether it was sent, as of the others below.
static bool offer(struct feed *feed, int fd)
{
	struct bundle bundle = bundles_make(feed);
	uint8_t packet[MESSAGE_HEAD_SIZE + 16];
	struct message message = {
		.type = MESSAGE_OFFER, .offer.kind = (enum message_offer_kind)feed_pick(feed, 3)};
	struct message_head head = {.type = MESSAGE_OFFER};
	own_free uint8_t *packed = NULL;
	own_fd int memfd = -1;
	size_t size, body;

	if (pack_size(&bundle, &size, NULL) || !(packed = malloc(size)) ||
		pack_encode(&bundle, packed, size))
		return false;
	memfd = descriptor(feed, packed, size);
	message.offer.size = (uint32_t)(size + (feed_pick(feed, 8) ? 0 : feed_byte(feed)));
	if (message_body_size(&message, &body, NULL) || body > 16 ||
		message_encode(&message, packet + MESSAGE_HEAD_SIZE, body))
		abort();
	head.size = (uint32_t)body;
	message_head_encode(&head, packet);
	return channel_send(fd, packet, MESSAGE_HEAD_SIZE + body, memfd, 0, NULL) == 0;
}

static bool ask(struct feed *feed, int fd)
{
	static const char *const targets[] = {"/readyz", "/healthz", "/metrics", "/v1/secrets",
		"/v1/drift?app=web", "/", "/v1/guards", "/v1/secrets?app=web"};
	static const char *const methods[] = {"GET", "POST"};
	struct message message = {.type = MESSAGE_ASK,
		.ask = {.method = feed_word(feed, methods, ARRAY_SIZE(methods)),
			.path = feed_word(feed, targets, ARRAY_SIZE(targets))}};

	message.ask.body = feed_text(feed);
	message.ask.body_length = strlen(message.ask.body);
	if (feed_pick(feed, 4) == 0)
		message =
			(struct message){.type = MESSAGE_WITHDRAW, .withdraw.app = feed_text(feed)};
	return exchange_send(&(struct exchange){fd, arena, 0}, &message, -1, NULL) == 0;
}

static bool raw(struct feed *feed, int fd)
{
	const char *text = feed_text(feed);
	uint8_t packet[MESSAGE_HEAD_SIZE + 256];
	size_t length = strnlen(text, 256);
	struct message_head head = {.type = (enum message_type)feed_pick(feed, MESSAGE_TYPES + 1),
		.in_file = feed_pick(feed, 2),
		.size = (uint32_t)(length + feed_byte(feed) % 3)};
	own_fd int memfd = descriptor(feed, (const uint8_t *)text, length);

	message_head_encode(&head, packet);
	memcpy(packet + MESSAGE_HEAD_SIZE, text, length);
	return channel_send(fd, packet, MESSAGE_HEAD_SIZE + length, memfd, 0, NULL) == 0;
}

static void check_next_loader(struct stand *stand)
{
	const struct message message = {
		.type = MESSAGE_ASK, .ask = {.method = "GET", .path = "/healthz", .body = ""}};
	int fd = dial(stand);

	if (exchange_send(&(struct exchange){fd, arena, 0}, &message, -1, NULL) || !hear(stand, fd))
		abort();
	(void)close(fd);
}

static void check_log(void)
{
	static char text[1u << 20];
	ssize_t size = pread(log_file.fd, text, sizeof(text), 0);

	if (size < 0 || ftruncate(log_file.fd, 0) < 0 || lseek(log_file.fd, 0, SEEK_SET) < 0)
		abort();
	check_text(text, (size_t)size);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	own(pool_release) struct pool *pool = pool_new();
	struct feed feed = {bytes, length, pool};
	struct stand stand;
	int fd;

	if (memmem(bytes, length, BUNDLES_CANARY, strlen(BUNDLES_CANARY)))
		return 0; // a name may be shown
	if (!arena && ((log_file.fd = memfd_create("log", MFD_CLOEXEC)) < 0 ||
			      secret_arena_open(NULL, &arena, NULL) < 0 ||
			      fingerprint_key_open(NULL, arena, &key, NULL) < 0))
		abort();
	open_stand(&stand);
	fd = dial(&stand);
	for (int i = 0; i < PACKETS_MAX && feed.left; i++) {
		static bool (*const sends[])(struct feed * feed, int fd) = {offer, offer, ask, raw};

		if (sends[feed_pick(&feed, ARRAY_SIZE(sends))](&feed, fd) && !hear(&stand, fd)) {
			(void)close(fd);
			fd = dial(&stand);
		}
	}
	(void)close(fd);
	check_next_loader(&stand);
	close_stand(&stand);
	check_log();
	return 0;
}
