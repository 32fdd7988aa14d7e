// The socket is our own, so that one deadline holds for all that happens on it; hiredis writes and
// reads the protocol.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/redislink.h"

#include "lib/base/clock.h"

#include <assert.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <sodium.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#define PIECE_BYTES (16 << 10) // of one read

struct redislink {
	int fd; // or -1
	redisReader *reader;
	redisReplyObjectFunctions functions;
	redisReply *reply; // that was taken last
	struct redislink_item items[REDISLINK_ITEMS_MAX];
	char *out;
	size_t out_used, out_room;
	bool out_failed; // memory was short
	char piece[PIECE_BYTES];
};

#if HIREDIS_MAJOR >= 1
#define LIST_COUNT size_t
#else
#define LIST_COUNT int
#endif

// A list's memory is taken before its items have come: no more than we ever ask for.
static void *make_list(const redisReadTask *task, LIST_COUNT count)
{
	redisReply *reply;

	if (count > REDISLINK_ITEMS_MAX || !(reply = calloc(1, sizeof(*reply))))
		return NULL;
	reply->type = REDIS_REPLY_ARRAY;
	reply->element = calloc((size_t)(count > 0 ? count : 1), sizeof(*reply->element));
	if (!reply->element) {
		free(reply);
		return NULL;
	}
	reply->elements = (size_t)(count > 0 ? count : 0);
	if (task->parent) {
		redisReply *parent = task->parent->obj;

		parent->element[task->idx] = reply;
	}
	return reply;
}

static redisReader *reader_new(struct redislink *link)
{
	redisReader *reader = redisReaderCreate();

	if (!reader)
		return NULL;
	link->functions = *reader->fn;
	link->functions.createArray = make_list;
	reader->fn = &link->functions;
	return reader;
}

struct redislink *redislink_new(void)
{
	struct redislink *link = calloc(1, sizeof(*link));

	if (link)
		link->fd = -1;
	return link;
}

static void forget_reply(struct redislink *link)
{
	if (link->reply)
		freeReplyObject(link->reply);
	link->reply = NULL;
}

struct redislink *redislink_free(struct redislink *link)
{
	if (!link)
		return NULL;
	redislink_hang_up(link);
	free(link->out);
	free(link);
	return NULL;
}

bool redislink_is_up(const struct redislink *link)
{
	return link->fd >= 0;
}

// What was put and not sent held claims, and goes to no other connection.
void redislink_hang_up(struct redislink *link)
{
	forget_reply(link);
	if (link->fd >= 0)
		(void)close(link->fd); // nothing to do about it
	link->fd = -1;
	if (link->reader)
		redisReaderFree(link->reader);
	link->reader = NULL;
	link->out_used = 0;
	link->out_failed = false;
}

// Waits until the socket is ready. Returns: 0 or a negative errno.
static int wait_for(const struct redislink *link, short events, uint64_t deadline_ms)
{
	struct pollfd poller = {.fd = link->fd, .events = events};

	for (;;) {
		uint64_t now = clock_steady_ms();
		uint64_t left = deadline_ms > now ? deadline_ms - now : 0;
		int ready = poll(&poller, 1, left < INT32_MAX ? (int)left : INT32_MAX);

		if (ready > 0)
			return 0;
		if (ready == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

static int connect_to(struct redislink *link, const struct sockaddr_un *at, uint64_t deadline_ms)
{
	const struct timespec pause = {.tv_nsec = 2000000};

	// A full backlog is EAGAIN at once, and nothing tells when it has room.
	while (connect(link->fd, (const struct sockaddr *)at, sizeof(*at)) < 0) {
		if (errno == EAGAIN && clock_steady_ms() >= deadline_ms)
			return -ETIMEDOUT;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		(void)nanosleep(&pause, NULL); // the shorter for a signal
	}
	return 0;
}

int redislink_dial(struct redislink *link, const char *path, uint64_t deadline_ms)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	size_t length = strlen(path);
	int rc;

	redislink_hang_up(link);
	if (length >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	memcpy(at.sun_path, path, length + 1);
	link->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (link->fd < 0)
		return -errno;
	rc = connect_to(link, &at, deadline_ms);
	link->reader = rc < 0 ? NULL : reader_new(link);
	if (rc < 0 || !link->reader) {
		redislink_hang_up(link);
		return rc < 0 ? rc : -ENOMEM;
	}
	return 0;
}

// ---- out

static int send_all(struct redislink *link, const char *bytes, size_t length, uint64_t deadline_ms)
{
	while (length > 0) {
		ssize_t sent = send(link->fd, bytes, length, MSG_NOSIGNAL);
		int rc = 0;

		if (sent >= 0) {
			bytes += sent;
			length -= (size_t)sent;
			continue;
		}
		if (errno == EAGAIN)
			rc = wait_for(link, POLLOUT, deadline_ms);
		else if (errno != EINTR)
			rc = -errno;
		if (rc < 0)
			return rc;
	}
	return 0;
}

// Written by hand on the stack: the library would leave the password on the heap.
int redislink_login(
	struct redislink *link, const char *user, struct secret password, uint64_t deadline_ms)
{
	char text[REDISLINK_PASSWORD_MAX + REDISLINK_USER_MAX + 64];
	size_t user_length = user ? strlen(user) : 0, used;
	int rc;

	if (password.length > REDISLINK_PASSWORD_MAX || user_length > REDISLINK_USER_MAX) {
		redislink_hang_up(link);
		return -E2BIG;
	}
	used = (size_t)snprintf(
		text, sizeof(text), "*%d\r\n$4\r\nAUTH\r\n", 2 + (user != NULL)); // fits
	if (user)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "$%zu\r\n%s\r\n", user_length, user);
	used += (size_t)snprintf(text + used, sizeof(text) - used, "$%zu\r\n", password.length);
	if (password.length)
		memcpy(text + used, secret_bytes(password), password.length);
	used += password.length;
	memcpy(text + used, "\r\n", 2);
	rc = send_all(link, text, used + 2, deadline_ms);
	sodium_memzero(text, sizeof(text));
	if (rc < 0)
		redislink_hang_up(link);
	return rc;
}

static bool make_room(struct redislink *link, size_t more)
{
	size_t room = link->out_room ? link->out_room : PIECE_BYTES;
	char *out;

	while (room - link->out_used < more)
		room *= 2;
	if (room == link->out_room)
		return true;
	out = realloc(link->out, room);
	if (!out)
		return false;
	link->out = out;
	link->out_room = room;
	return true;
}

void redislink_put(struct redislink *link, const struct redislink_arg *args, size_t count)
{
	const char *texts[REDISLINK_ARGS_MAX];
	size_t lengths[REDISLINK_ARGS_MAX];
	char *command = NULL;
	long long length;

	assert(count <= REDISLINK_ARGS_MAX);
	for (size_t i = 0; i < count; i++) {
		texts[i] = args[i].bytes;
		lengths[i] = args[i].length;
	}
	length = redisFormatCommandArgv(&command, (int)count, texts, lengths);
	if (length < 0 || !make_room(link, (size_t)length)) {
		link->out_failed = true;
	} else {
		memcpy(link->out + link->out_used, command, (size_t)length);
		link->out_used += (size_t)length;
	}
	if (length >= 0)
		redisFreeCommand(command);
}

int redislink_send(struct redislink *link, uint64_t deadline_ms)
{
	int rc = -ENOTCONN;

	if (link->fd >= 0)
		rc = link->out_failed ? -ENOMEM
				      : send_all(link, link->out, link->out_used, deadline_ms);
	link->out_used = 0;
	if (rc < 0)
		redislink_hang_up(link);
	return rc;
}

// ---- in

static struct redislink_item item_of(const redisReply *reply)
{
	struct redislink_item item = {.kind = REDISLINK_NOTHING, .text = ""};

	switch (reply->type) {
	case REDIS_REPLY_STRING:
	case REDIS_REPLY_STATUS:
	case REDIS_REPLY_ERROR:
		item.kind = reply->type == REDIS_REPLY_ERROR ? REDISLINK_ERROR : REDISLINK_TEXT;
		item.text = reply->str;
		item.length = reply->len;
		break;
	case REDIS_REPLY_INTEGER:
		item.kind = REDISLINK_NUMBER;
		item.number = reply->integer;
		break;
	case REDIS_REPLY_ARRAY:
		item.kind = REDISLINK_LIST;
		break;
	default:
		break;
	}
	return item;
}

static void hand_out(struct redislink *link, struct redislink_reply *ret_reply)
{
	const redisReply *reply = link->reply;

	*ret_reply = (struct redislink_reply){.head = item_of(reply), .items = link->items};
	if (ret_reply->head.kind != REDISLINK_LIST)
		return;
	ret_reply->count = reply->elements; // make_list has bounded it
	for (size_t i = 0; i < reply->elements; i++)
		link->items[i] = item_of(reply->element[i]);
}

// Reads once. Returns: how many bytes, or a negative errno.
static ssize_t read_piece(struct redislink *link, uint64_t deadline_ms)
{
	for (;;) {
		ssize_t got = recv(link->fd, link->piece, sizeof(link->piece), 0);
		int rc;

		if (got > 0)
			return got;
		if (got == 0)
			return -ECONNRESET;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -errno;
		rc = wait_for(link, POLLIN, deadline_ms);
		if (rc < 0)
			return rc;
	}
}

static int next_reply(struct redislink *link, uint64_t deadline_ms)
{
	size_t read = 0;

	for (;;) {
		void *reply = NULL;
		ssize_t got;

		if (redisReaderGetReply(link->reader, &reply) != REDIS_OK)
			return -EBADMSG;
		link->reply = reply;
		if (reply)
			return 0;
		if (read > REDISLINK_REPLY_MAX)
			return -EBADMSG;
		got = read_piece(link, deadline_ms);
		if (got < 0)
			return (int)got;
		read += (size_t)got;
		if (redisReaderFeed(link->reader, link->piece, (size_t)got) != REDIS_OK)
			return -ENOMEM;
	}
}

int redislink_take(struct redislink *link, uint64_t deadline_ms, struct redislink_reply *ret_reply)
{
	int rc;

	if (link->fd < 0)
		return -ENOTCONN;
	forget_reply(link);
	rc = next_reply(link, deadline_ms);
	if (rc < 0) {
		redislink_hang_up(link);
		return rc;
	}
	hand_out(link, ret_reply);
	return 0;
}
