// The daemon's side of lib/wire/relay. Sending never waits; each request has a slot, and a timer
// here too, so that an answer comes whatever the other process does.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/upstream.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/secret.h"
#include "verifier/door/session/upstreamprogram.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define START_MS 10000 // until it says that it begins
struct waiting {
	struct upstream *upstream;
	uint64_t id; // 0: the slot is free
	uint64_t began;
	upstream_answered *answered;
	void *owner;
	struct loop_timer *timer;
};

struct upstream {
	const struct log *log;
	struct loop *loop;
	struct loop_watch *watch;
	int fd;    // -1: it is gone
	pid_t pid; // that was started; -1: it is over
	struct secret_arena *arena;
	uint8_t *out, *in; // a packet each: an answer is looked at while the next request goes out
	struct relay_settings settings;
	char url[RELAY_URL_MAX + 1], ca_file[RELAY_PATH_MAX + 1];
	bool stale; // the settings were not taken yet
	uint64_t last_id;
	size_t count; // of those that wait
	struct waiting slots[RELAY_AT_ONCE_MAX];
	uint64_t outcomes[RELAY_OUTCOMES];
	uint64_t logged_at[RELAY_OUTCOMES], unlogged[RELAY_OUTCOMES];
};

// ---- packets

static int send_message(struct upstream *upstream, const struct relay_message *message)
{
	size_t length = relay_encode(message, upstream->out, RELAY_PACKET_MAX);
	ssize_t sent;

	if (!length)
		return -EMSGSIZE;
	if (upstream->fd < 0)
		return -EPIPE;
	do
		sent = send(upstream->fd, upstream->out, length, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	sodium_memzero(upstream->out, length);
	if (sent >= 0)
		return 0;
	return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM ? -EBUSY : -EPIPE;
}

static int send_settings(struct upstream *upstream)
{
	const struct relay_message message = {RELAY_SETTINGS, {.settings = upstream->settings}};
	int code = upstream->settings.url ? send_message(upstream, &message) : 0;

	upstream->stale = code == -EBUSY;
	return upstream->stale ? 0 : code;
}

// The settings that are kept; texts that are too long stay too long, for the encoder to refuse.
static int keep_settings(struct upstream *upstream, const struct relay_settings *settings)
{
	struct relay_message message = {RELAY_SETTINGS, {.settings = *settings}};
	const char *ca_file = settings->ca_file ? settings->ca_file : "";

	if (message.settings.connect_ms > settings->timeout_ms)
		message.settings.connect_ms = settings->timeout_ms;
	if (!relay_encode(&message, upstream->out, RELAY_PACKET_MAX))
		return -EINVAL;
	(void)snprintf(upstream->url, sizeof(upstream->url), "%s", settings->url);
	(void)snprintf(upstream->ca_file, sizeof(upstream->ca_file), "%s", ca_file);
	upstream->settings = message.settings;
	upstream->settings.url = upstream->url;
	upstream->settings.ca_file = settings->ca_file ? upstream->ca_file : NULL;
	return 0;
}

// ---- those that wait

static void log_answer(
	struct upstream *upstream, const struct waiting *waiting, const struct relay_answer *answer)
{
	uint64_t now = clock_steady_ms();
	bool good = answer->outcome == RELAY_OK;
	uint64_t *logged_at = &upstream->logged_at[answer->outcome];
	uint64_t *unlogged = &upstream->unlogged[answer->outcome];
	struct log_line line;

	if (!good && *logged_at && now - *logged_at < UPSTREAM_LOG_EVERY_MS) {
		(*unlogged)++;
		return;
	}
	*logged_at = now;
	log_begin(&line, upstream->log, good ? LOG_DEBUG : LOG_WARNING, "upstream");
	log_text(&line, "outcome", relay_outcome_names[answer->outcome]);
	if (good)
		log_number(&line, "status", answer->status);
	log_number(&line, "duration_ms", now - waiting->began);
	if (*unlogged)
		log_number(&line, "unlogged", *unlogged);
	*unlogged = 0;
	log_end(&line);
}

static void finish(struct waiting *waiting, const struct relay_answer *answer)
{
	const struct waiting was = *waiting;

	loop_forget(waiting->timer);
	*waiting = (struct waiting){0};
	was.upstream->count--;
	was.upstream->outcomes[answer->outcome]++;
	log_answer(was.upstream, &was, answer);
	was.answered(was.owner, answer);
}

static void fail(struct waiting *waiting, enum relay_outcome outcome)
{
	finish(waiting, &(struct relay_answer){.id = waiting->id, .outcome = outcome});
}

// Only those that wait already: whoever is called back may ask again.
static void fail_all(struct upstream *upstream)
{
	uint64_t last = upstream->last_id;

	for (size_t i = 0; i < RELAY_AT_ONCE_MAX; i++)
		if (upstream->slots[i].id && upstream->slots[i].id <= last)
			fail(&upstream->slots[i], RELAY_DOWN);
}

static void out_of_time(void *owner)
{
	struct waiting *waiting = owner;

	waiting->timer = NULL;
	fail(waiting, RELAY_TIMEOUT);
}

// ---- what comes

static void lose(struct upstream *upstream, const char *why)
{
	upstream->watch = loop_unwatch(upstream->watch);
	(void)close(upstream->fd); // so that what is left of it ends
	upstream->fd = -1;
	(void)upstreamprogram_reap(&upstream->pid); // else when the daemon stops
	log_event(upstream->log, LOG_ERROR, "upstream_gone", "why", why);
	fail_all(upstream);
}

// Another worker, in the place of one that broke off.
static void begin_anew(struct upstream *upstream)
{
	// a worker is its keeper's to take back
	bool lost_keeper = upstreamprogram_reap(&upstream->pid);

	log_event(upstream->log, LOG_WARNING, "upstream_again", "why",
		lost_keeper ? "its keeper was ended" : "its worker broke off");
	(void)send_settings(upstream); // a socket that is gone is told by the loop
	fail_all(upstream);
}

static int hear(struct upstream *upstream, size_t length)
{
	struct relay_message message;

	if (relay_decode(upstream->in, length, &message) < 0)
		return -EPROTO;
	if (message.type == RELAY_BEGINS) {
		begin_anew(upstream);
		return 0;
	}
	if (message.type != RELAY_ANSWER)
		return -EPROTO;
	for (size_t i = 0; i < RELAY_AT_ONCE_MAX; i++)
		if (upstream->slots[i].id && upstream->slots[i].id == message.answer.id) {
			finish(&upstream->slots[i], &message.answer);
			break; // else it came too late
		}
	return 0;
}

static void readable(void *owner, uint32_t events)
{
	struct upstream *upstream = owner;
	bool failed = false;

	(void)events; // recv says what it is
	for (size_t i = 0; i < RELAY_AT_ONCE_MAX && upstream->fd >= 0; i++) {
		ssize_t got = recv(upstream->fd, upstream->in, RELAY_PACKET_MAX, MSG_DONTWAIT);

		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got < 0 && !failed) { // an error is told once; of one that is gone the end too
			failed = true;
			continue;
		}
		if (got <= 0) {
			lose(upstream, "it ended");
			return;
		}
		if (hear(upstream, (size_t)got) < 0)
			lose(upstream, "it says what it should not");
		sodium_memzero(upstream->in, (size_t)got);
	}
}

// ---- starting

// Until it says that it begins: a library that it lacks is better known now.
static int meet(struct upstream *upstream, const char *program, struct err *err)
{
	struct pollfd wanted = {.fd = upstream->fd, .events = POLLIN};
	uint64_t deadline = clock_steady_ms() + START_MS, now;
	struct relay_message message;
	ssize_t got = -1;

	while ((now = clock_steady_ms()) < deadline && poll(&wanted, 1, (int)(deadline - now)) <= 0)
		;
	got = recv(upstream->fd, upstream->in, RELAY_PACKET_MAX, MSG_DONTWAIT);
	if (got > 0 && relay_decode(upstream->in, (size_t)got, &message) == 0 &&
		message.type == RELAY_BEGINS)
		return 0;
	(void)err_set(err, -EPIPE, program, "it was started, and does not work");
	(void)err_hint(err, "run '%s --version': it says which library is missing", program);
	return -EPIPE;
}

static struct upstream *new_upstream(const struct log *log)
{
	struct upstream *upstream = calloc(1, sizeof(*upstream));
	const struct secret_options options = {.cap = 2 * (size_t)RELAY_PACKET_MAX};

	if (!upstream)
		return NULL;
	upstream->log = log;
	upstream->fd = -1;
	upstream->pid = -1;
	if (secret_arena_open(&options, &upstream->arena, NULL) == 0) {
		upstream->out = secret_arena_take(upstream->arena, RELAY_PACKET_MAX);
		upstream->in = secret_arena_take(upstream->arena, RELAY_PACKET_MAX);
	}
	if (!upstream->out || !upstream->in)
		return upstream_stop(upstream);
	return upstream;
}

int upstream_start(const struct relay_settings *settings, unsigned without, const struct log *log,
	struct upstream **ret_upstream, struct err *err)
{
	struct upstream *upstream = new_upstream(log);
	char program[PATH_MAX];
	int code;

	if (!upstream)
		return err_no_memory(err);
	code = settings->url ? keep_settings(upstream, settings) : 0;
	if (code < 0)
		(void)err_set(err, code, NULL, "the settings of [upstream] cannot be passed on");
	else
		code = upstreamprogram_find(program, err);
	if (code == 0)
		code = upstreamprogram_start(program, without, &upstream->fd, &upstream->pid, err);
	if (code == 0)
		code = meet(upstream, program, err);
	if (code == 0 && send_settings(upstream) < 0)
		code = err_set(err, -EPIPE, program, "it ended at once");
	if (code < 0) {
		upstream_stop(upstream);
		return code;
	}
	*ret_upstream = upstream;
	return 0;
}

// ---- ending

struct upstream *upstream_stop(struct upstream *upstream)
{
	if (!upstream)
		return NULL;
	upstream->watch = loop_unwatch(upstream->watch);
	own_fd_release(&upstream->fd);
	upstream->fd = -1;
	fail_all(upstream);
	if (upstream->pid > 0)
		upstreamprogram_end(upstream->pid);
	secret_arena_free(upstream->arena);
	free(upstream);
	return NULL;
}

// ---- at work

int upstream_attach(struct upstream *upstream, struct loop *loop)
{
	int code = -EPIPE;

	if (upstream->fd >= 0)
		code = loop_watch(
			loop, upstream->fd, EPOLLIN, readable, upstream, &upstream->watch);
	if (code == 0)
		upstream->loop = loop;
	return code;
}

int upstream_change(struct upstream *upstream, const struct relay_settings *settings)
{
	int code = keep_settings(upstream, settings);

	return code < 0 ? code : send_settings(upstream);
}

static struct waiting *free_slot(struct upstream *upstream)
{
	for (size_t i = 0; i < RELAY_AT_ONCE_MAX; i++)
		if (!upstream->slots[i].id)
			return &upstream->slots[i];
	return NULL;
}

int upstream_ask(struct upstream *upstream, const char *body, size_t length,
	upstream_answered *answered, void *owner)
{
	const struct relay_message message = {
		RELAY_REQUEST, {.request = {upstream->last_id + 1, body, length}}};
	struct waiting *waiting = free_slot(upstream);
	struct loop_timer *timer;
	int code = 0;

	if (upstream->fd < 0 || !upstream->loop || !upstream->settings.url)
		return -EPIPE;
	if (length > RELAY_BODY_MAX)
		return -EMSGSIZE;
	if (!waiting)
		return -EBUSY;
	if (upstream->stale)
		code = send_settings(upstream);
	if (code < 0 || upstream->stale)
		return code < 0 ? code : -EBUSY;
	if (loop_after(upstream->loop, upstream->settings.timeout_ms + UPSTREAM_SPARE_MS,
		    out_of_time, waiting, &timer) < 0)
		return -EBUSY;
	code = send_message(upstream, &message);
	if (code < 0) {
		loop_forget(timer);
		return code;
	}
	*waiting = (struct waiting){
		upstream, ++upstream->last_id, clock_steady_ms(), answered, owner, timer};
	upstream->count++;
	return 0;
}

const uint64_t *upstream_outcomes(const struct upstream *upstream)
{
	return upstream->outcomes;
}

size_t upstream_waiting(const struct upstream *upstream)
{
	return upstream->count;
}

pid_t upstream_process(const struct upstream *upstream)
{
	return upstream->pid;
}

bool upstream_is_there(const struct upstream *upstream)
{
	return upstream->fd >= 0;
}
