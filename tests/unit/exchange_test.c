// Packets, descriptors and whole messages over a socket pair.
// SPDX-License-Identifier: MIT
#include "lib/wire/exchange.h"

#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/wire/channel.h"
#include "lib/wire/fault.h"
#include "lib/wire/pack.h"
#include "lib/wire/sealed.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cmocka.h>

#define SOON_MS 5000

struct fixture {
	struct secret_arena *arena;
	struct pool *pool;
	int loader, verifier;    // the two ends
	size_t open_descriptors; // before the test
	const uint8_t *first;    // block of the arena then
};

static size_t count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	(void)closedir(folder);
	return count;
}

// The block that is taken next.
static const uint8_t *next_block(struct secret_arena *arena)
{
	uint8_t *block = secret_arena_take(arena, 1);

	secret_arena_give(arena, block, 1);
	return block;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	int ends[2];

	assert_non_null(fixture);
	assert_int_equal(secret_arena_open(NULL, &fixture->arena, NULL), 0);
	fixture->pool = pool_new();
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	fixture->loader = ends[0];
	fixture->verifier = ends[1];
	fixture->open_descriptors = count_descriptors();
	fixture->first = next_block(fixture->arena);
	*state = fixture;
	return 0;
}

// No test leaves a descriptor behind, nor a block.
static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(count_descriptors(), fixture->open_descriptors);
	assert_ptr_equal(next_block(fixture->arena), fixture->first);
	own_fd_release(&fixture->loader);
	own_fd_release(&fixture->verifier);
	pool_free(fixture->pool);
	secret_arena_free(fixture->arena);
	free(fixture);
	return 0;
}

static struct exchange end_of(struct fixture *fixture, int socket)
{
	return (struct exchange){socket, fixture->arena, channel_deadline(SOON_MS)};
}

static void send_with(int socket, const void *bytes, size_t size, const int *fds, size_t count)
{
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(sizeof(int) * 16)];
	} control = {0};
	uint8_t copy[64];
	struct iovec range = {.iov_base = copy, .iov_len = size};
	struct msghdr message = {.msg_iov = &range, .msg_iovlen = 1};

	memcpy(copy, bytes, size);
	if (count) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * count);
	}
	assert_int_equal(sendmsg(socket, &message, 0), (ssize_t)size);
}

static void surplus_descriptors_are_closed(void **state)
{
	struct fixture *fixture = *state;
	static const size_t counts[] = {2, 3, 4, 5, 16};
	int fds[16];

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = fixture->loader;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		struct channel_packet packet;
		uint8_t bytes[16];

		send_with(fixture->loader, "x", 1, fds, counts[i]);
		assert_int_equal(channel_receive(fixture->verifier, bytes, sizeof(bytes),
					 channel_deadline(SOON_MS), &packet, NULL),
			FAULT_E_DESCRIPTOR);
		assert_int_equal(count_descriptors(), fixture->open_descriptors);
	}
}

static void one_descriptor_arrives_closed_on_exec(void **state)
{
	struct fixture *fixture = *state;
	struct channel_packet packet;
	uint8_t bytes[16];

	assert_int_equal(channel_send(fixture->loader, (const uint8_t *)"abc", 3, fixture->loader,
				 channel_deadline(SOON_MS), NULL),
		0);
	assert_int_equal(
		channel_receive(fixture->verifier, bytes, sizeof(bytes), 0, &packet, NULL), 0);
	assert_int_equal(packet.size, 3);
	assert_true(packet.fd >= 0);
	assert_true(fcntl(packet.fd, F_GETFD) & FD_CLOEXEC);
	own_fd_release(&packet.fd);
}

static void a_long_packet_is_dropped_whole(void **state)
{
	struct fixture *fixture = *state;
	struct channel_packet packet;
	uint8_t bytes[4];

	send_with(fixture->loader, "12345", 5, &fixture->loader, 1);
	send_with(fixture->loader, "678", 3, NULL, 0);
	assert_int_equal(channel_receive(fixture->verifier, bytes, sizeof(bytes), 0, &packet, NULL),
		FAULT_E_TOO_LARGE);
	assert_int_equal(
		channel_receive(fixture->verifier, bytes, sizeof(bytes), 0, &packet, NULL), 0);
	assert_memory_equal(bytes, "678", 3);
}

static void waiting_has_an_end(void **state)
{
	struct fixture *fixture = *state;
	struct channel_packet packet;
	uint8_t bytes[4];
	int code = 0;

	assert_int_equal(channel_receive(fixture->verifier, bytes, sizeof(bytes), 0, &packet, NULL),
		-EAGAIN);
	assert_int_equal(channel_receive(fixture->verifier, bytes, sizeof(bytes),
				 channel_deadline(1), &packet, NULL),
		-ETIMEDOUT);
	while (code == 0)
		code = channel_send(fixture->loader, (const uint8_t *)"x", 1, -1, 0, NULL);
	assert_int_equal(code, -EAGAIN); // nobody reads: the queue is full
	assert_int_equal(channel_send(fixture->loader, (const uint8_t *)"x", 1, -1,
				 channel_deadline(1), NULL),
		-ETIMEDOUT);
}

static void a_closed_end_is_no_signal(void **state)
{
	struct fixture *fixture = *state;
	struct channel_packet packet;
	uint8_t bytes[4];

	send_with(fixture->loader, "bye", 3, NULL, 0);
	own_fd_release(&fixture->loader);
	fixture->loader = -1;
	fixture->open_descriptors--;
	assert_int_equal(
		channel_send(fixture->verifier, (const uint8_t *)"x", 1, -1, 0, NULL), -EPIPE);
	assert_int_equal(
		channel_receive(fixture->verifier, bytes, sizeof(bytes), 0, &packet, NULL), 0);
	assert_int_equal(channel_receive(fixture->verifier, bytes, sizeof(bytes), 0, &packet, NULL),
		FAULT_E_CLOSED);
}

// The peer's last word is heard although it closed with our request unread.
static void a_last_word_is_heard(void **state)
{
	struct fixture *fixture = *state;
	struct channel_packet packet;
	uint8_t bytes[8];

	send_with(fixture->loader, "question", 8, NULL, 0);
	send_with(fixture->verifier, "busy", 4, NULL, 0);
	own_fd_release(&fixture->verifier);
	fixture->verifier = -1;
	fixture->open_descriptors--;
	assert_int_equal(
		channel_receive(fixture->loader, bytes, sizeof(bytes), 0, &packet, NULL), 0);
	assert_memory_equal(bytes, "busy", 4);
	assert_int_equal(channel_receive(fixture->loader, bytes, sizeof(bytes), 0, &packet, NULL),
		FAULT_E_CLOSED);
}

static void long_answers_travel_in_a_memfd(void **state)
{
	struct fixture *fixture = *state;
	const struct exchange loader = end_of(fixture, fixture->loader);
	const struct exchange verifier = end_of(fixture, fixture->verifier);
	static const size_t lengths[] = {0, 1, MESSAGE_PACKET_MAX - MESSAGE_HEAD_SIZE - 6,
		MESSAGE_PACKET_MAX - MESSAGE_HEAD_SIZE - 5, 3 * MESSAGE_PACKET_MAX};
	own_free char *body = malloc(3 * MESSAGE_PACKET_MAX);

	assert_non_null(body);
	memset(body, 'j', 3 * MESSAGE_PACKET_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		const struct message answer = {
			.type = MESSAGE_ANSWER, .answer = {200, body, lengths[i]}};
		struct exchange_received received = EXCHANGE_NOTHING;

		assert_int_equal(exchange_send(&verifier, &answer, -1, NULL), 0);
		assert_int_equal(exchange_receive(&loader, MESSAGE_AWAIT_ANSWER, fixture->pool,
					 &received, NULL),
			0);
		assert_int_equal(received.message.answer.body_length, lengths[i]);
		assert_memory_equal(received.message.answer.body, body, lengths[i]);
		assert_int_equal(received.fd, -1);
		exchange_done(&received, fixture->arena);
	}
}

// An answer in a memfd is judged like a bundle.
static void unsealed_answers_are_refused(void **state)
{
	struct fixture *fixture = *state;
	const struct exchange loader = end_of(fixture, fixture->loader);
	struct exchange_received received = EXCHANGE_NOTHING;
	own_fd int sealed = -1;

	assert_int_equal(sealed_make("test", (const uint8_t *)"123456789", 9, &sealed, NULL), 0);
	fixture->open_descriptors++;
	send_with(fixture->verifier, "SK\1\4\0\0\0\1\0\0\0\x8", 12, &fixture->loader, 1);
	assert_int_equal(
		exchange_receive(&loader, MESSAGE_AWAIT_ANSWER, fixture->pool, &received, NULL),
		FAULT_E_DESCRIPTOR);
	send_with(fixture->verifier, "SK\1\4\0\0\0\1\0\0\0\x8", 12, &sealed, 1);
	assert_int_equal(
		exchange_receive(&loader, MESSAGE_AWAIT_ANSWER, fixture->pool, &received, NULL),
		FAULT_E_TRUNCATED);
	assert_int_equal(count_descriptors(), fixture->open_descriptors);
	fixture->open_descriptors--;
}

static const struct bundle small = {.app = "web", .group = "default", .mode = "production"};

static void offer(struct fixture *fixture, uint32_t announced, uint8_t damage)
{
	const struct exchange loader = end_of(fixture, fixture->loader);
	const struct message message = {.type = MESSAGE_OFFER, .offer.size = announced};
	uint8_t bytes[256];
	own_fd int fd = -1;
	size_t size;

	assert_int_equal(pack_size(&small, &size, NULL), 0);
	assert_int_equal(pack_encode(&small, bytes, size), 0);
	bytes[0] ^= damage;
	assert_int_equal(sealed_make("test", bytes, size, &fd, NULL), 0);
	assert_int_equal(exchange_send(&loader, &message, fd, NULL), 0);
}

static void a_bundle_is_opened(void **state)
{
	struct fixture *fixture = *state;
	const struct exchange verifier = end_of(fixture, fixture->verifier);
	struct exchange_received received = EXCHANGE_NOTHING;
	struct exchange_bundle bundle = EXCHANGE_NO_BUNDLE;
	const uint8_t *next;
	size_t size;

	assert_int_equal(pack_size(&small, &size, NULL), 0);
	offer(fixture, (uint32_t)size, 0);
	assert_int_equal(
		exchange_receive(&verifier, MESSAGE_AWAIT_REQUEST, fixture->pool, &received, NULL),
		0);
	assert_int_equal(
		exchange_open_bundle(&received, fixture->arena, fixture->pool, &bundle, NULL), 0);
	exchange_done(&received, fixture->arena);
	assert_string_equal(bundle.bundle.app, "web");
	exchange_bundle_done(&bundle, fixture->arena);
	offer(fixture, (uint32_t)size, 1);
	assert_int_equal(
		exchange_receive(&verifier, MESSAGE_AWAIT_REQUEST, fixture->pool, &received, NULL),
		0);
	next = next_block(fixture->arena);
	assert_int_equal(
		exchange_open_bundle(&received, fixture->arena, fixture->pool, &bundle, NULL),
		FAULT_E_MALFORMED);
	assert_ptr_equal(next_block(fixture->arena), next);
	exchange_done(&received, fixture->arena);
	offer(fixture, (uint32_t)size + 1, 0);
	assert_int_equal(
		exchange_receive(&verifier, MESSAGE_AWAIT_REQUEST, fixture->pool, &received, NULL),
		0);
	assert_int_equal(
		exchange_open_bundle(&received, fixture->arena, fixture->pool, &bundle, NULL),
		FAULT_E_TRUNCATED);
	exchange_done(&received, fixture->arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(surplus_descriptors_are_closed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			one_descriptor_arrives_closed_on_exec, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_long_packet_is_dropped_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(waiting_has_an_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_closed_end_is_no_signal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_last_word_is_heard, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_answers_travel_in_a_memfd, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unsealed_answers_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_bundle_is_opened, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
