// Any bytes from a Redis: as a family's record, which is refused or written again byte for byte; as
// the answer of a script to every operation, which gives an outcome within its range; and as what
// comes over the socket, which ends.
// SPDX-License-Identifier: MIT
#include "lib/base/clock.h"
#include "tests/fuzz/feed.h"
#include "verifier/record/sessions/rediscall.h"
#include "verifier/record/sessions/redislink.h"
#include "verifier/record/sessions/redisrecord.h"
#include "verifier/record/sessions/store.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#define REPLIES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_record(const char *bytes, size_t size)
{
	static struct family family;
	char again[REDISRECORD_SIZE_MAX];

	if (redisrecord_read(bytes, size, &family))
		return;
	if (!redisrecord_is_exact(&family) || redisrecord_write(&family, again) != size)
		abort();
	// -0.0 is 0, and comes back as that
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != again[i] && (uint8_t)bytes[i] != 0x80)
			abort();
}

static void check_answer(const struct redislink_reply *reply)
{
	const struct family_now now = {1800000000000, 1000};

	for (int verb = 0; verb < STORE_VERBS; verb++) {
		static struct store_op op;
		int code;

		op = (struct store_op){.verb = (enum store_verb)verb};
		code = rediscall_read(&op, &now, reply);
		if (code == 0 && op.outcome >= FAMILY_OUTCOMES)
			abort();
	}
}

static struct redislink_item make_item(struct feed *feed)
{
	const char *text = feed_text(feed);

	return (struct redislink_item){.kind = (enum redislink_kind)feed_pick(feed, 4),
		.text = text,
		.length = strlen(text),
		.number = (int64_t)feed_number(feed, 8)};
}

static void check_answers(const uint8_t *bytes, size_t size)
{
	own(pool_release) struct pool *pool = pool_new();
	struct feed feed = {bytes, size, pool};
	struct redislink_item items[3] = {0};
	struct redislink_reply reply = {.head = make_item(&feed)};

	check_answer(&reply);
	reply.head.text = (const char *)bytes; // as it is, with its NULs
	reply.head.length = size;
	reply.head.kind = REDISLINK_TEXT;
	check_answer(&reply);
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		items[i] = make_item(&feed);
	items[1].text = reply.head.text;
	items[1].length = size;
	reply = (struct redislink_reply){
		.head.kind = REDISLINK_LIST, .items = items, .count = feed_pick(&feed, 4)};
	check_answer(&reply);
}

// ---- over a socket

static char path[64] = "/tmp/samekey-fuzz-redis-XXXXXX";

static void forget_path(void)
{
	(void)unlink(path);
}

static int listen_somewhere(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), file = mkstemp(path);

	if (file < 0 || fd < 0 || unlink(path) < 0)
		abort();
	(void)close(file);
	memcpy(address.sun_path, path, strlen(path));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 4) < 0)
		abort();
	(void)atexit(forget_path);
	return fd;
}

static void check_stream(const uint8_t *bytes, size_t size)
{
	static int listener = -1;
	static struct redislink *link;
	uint64_t deadline = clock_steady_ms() + 5000;
	struct redislink_reply reply;
	int fd;

	if (listener < 0) {
		listener = listen_somewhere();
		link = redislink_new();
	}
	if (redislink_dial(link, path, deadline) < 0 ||
		(fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0)
		abort();
	if (send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		abort();
	(void)close(fd);
	for (int i = 0; i < REPLIES_MAX && redislink_take(link, deadline, &reply) == 0; i++)
		check_answer(&reply);
	redislink_hang_up(link);
	if (clock_steady_ms() > deadline)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (size > 32768)
		return 0; // a socket takes so much without a reader
	check_record((const char *)bytes, size);
	check_answers(bytes, size);
	if (size)
		check_stream(bytes, size);
	return 0;
}
