// Any requests over HTTP at the three doors (method, target, headers, body and framing as parts):
// what comes back is HTTP of a known status with nothing of the keys in it, nothing is left of a
// visitor who has gone, and the next one is served.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "lib/base/loop.h"
#include "lib/base/text.h"
#include "tests/fuzz/feed.h"
#include "tests/unit/sessiondoor.h"
#include "tests/unit/tokendoor.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/framing.h"
#include "verifier/door/http.h"
#include "verifier/record/sessions/ledger.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#define REQUESTS_MAX 3
#define HEADERS_MAX 8
#define QUIET_TURNS 12
#define TURNS_MAX 5000
#define BODY_MAX 4096
#define TOKEN "canary-token-of-token-file-0123456789"
#define BEARER ("Bearer " TOKEN)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { API, TCP, SESSION, DOORS };

static struct tokendoor tokens;
static struct sessiondoor sessions;
static struct http *http;
static struct admit *admit;
static struct loop *loop;
static struct sockaddr_storage addresses[DOORS];
static socklen_t sizes[DOORS];

static int listen_at(int door)
{
	struct sockaddr_un *local = (struct sockaddr_un *)&addresses[door];
	struct sockaddr_in *tcp = (struct sockaddr_in *)&addresses[door];
	int fd = socket(
		door == TCP ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	sizes[door] = door == TCP ? sizeof(*tcp) : sizeof(sa_family_t);
	if (door == TCP)
		*tcp = (struct sockaddr_in){
			.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	else
		local->sun_family = AF_UNIX; // the kernel finds a name
	if (bind(fd, (struct sockaddr *)&addresses[door], sizes[door]) < 0 || listen(fd, 16) < 0)
		abort();
	sizes[door] = sizeof(addresses[door]);
	if (getsockname(fd, (struct sockaddr *)&addresses[door], &sizes[door]) < 0)
		abort();
	return fd;
}

static void close_doors(void)
{
	http_close(http);
	loop_close(loop);
	admit_free(admit);
	sessiondoor_close(&sessions);
	tokendoor_close(&tokens);
}

static void open_doors(void)
{
	tokendoor_open(&tokens);
	sessiondoor_open(&sessions);
	admit = admit_new(NULL, 0, 8);
	if (!admit || loop_open(&loop) < 0 ||
		http_open(&(struct http_parts){.api = listen_at(API),
				  .tcp = listen_at(TCP),
				  .session = listen_at(SESSION),
				  .session_tcp = -1,
				  .loop = loop,
				  .admit = admit,
				  .answers = &tokens.answers,
				  .sessions = &sessions.sessions,
				  .answer_session = sessions_answer,
				  .log = &sessions.log,
				  .throttle = sessions.sessions.throttle,
				  .rules = {.deadline_ms = 10000,
					  .body_max = BODY_MAX,
					  .token = secret_view(TOKEN, strlen(TOKEN)),
					  .open_verbs = ADMIT_OVER_TCP}},
			&http, NULL) < 0)
		abort();
}

// ---- a request

struct text {
	char *at;
	size_t length;
	FILE *file;
};

static void put_header(struct feed *feed, FILE *out)
{
	static const char *const names[] = {"Content-Type", "Authorization", "Cookie",
		"If-None-Match", "Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Forwarded",
		"X-Forwarded-For", "X-Samekey-Token", "Sec-Samekey-Cookies", "Connection", "Expect",
		"Host", "Content-Length", "Transfer-Encoding", "Range", "Upgrade"};
	static const char *const values[] = {"application/json", "text/plain", "Bearer a.b.c",
		BEARER, TOKEN, "session=a.b.c", "accessTokenEtls=a.b.c", "null", "http://localhost",
		"cross-site", "navigate", "close", "keep-alive", "100-continue", "chunked", "0",
		"5", "for=1.2.3.4", "bytes=0-", "127.0.0.1", "*"};
	static const char *const joints[] = {": ", ":", " : ", ":\t", ": \r\n ", ":\r"};
	static const char *const ends[] = {"\r\n", "\r\n", "\r\n", "\n", "\r"};

	(void)fputs(feed_word(feed, names, ARRAY_SIZE(names)), out);
	(void)fputs(feed_pick(feed, 8) ? ": " : joints[feed_pick(feed, ARRAY_SIZE(joints))], out);
	(void)fputs(feed_word(feed, values, ARRAY_SIZE(values)), out);
	(void)fputs(feed_pick(feed, 8) ? "\r\n" : ends[feed_pick(feed, ARRAY_SIZE(ends))], out);
}

// The blank line and the body, announced in one of many ways.
static void put_body(struct feed *feed, FILE *out)
{
	static const char *const bodies[] = {
		"", "{\"token\":\"a.b.c\"}", "{}", "token=a.b.c", "[\"a.b.c\"]", SESSIONDOOR_LOGIN};
	const char *body = feed_word(feed, bodies, ARRAY_SIZE(bodies));
	size_t length = strlen(body), wrong;

	switch (feed_pick(feed, 8)) {
	case 0:
		(void)fprintf(out, "\r\n%s", body);
		return;
	case 1:
		(void)fprintf(out, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n%s\r\n0\r\n\r\n",
			length, body);
		return;
	case 2:
		(void)fprintf(out, "Transfer-Encoding: chunked\r\n\r\n%s", body);
		return;
	case 3:
		wrong = feed_number(feed, 2);
		(void)fprintf(out, "Content-Length: %zu\r\n\r\n%s", wrong, body);
		return;
	case 4:
		(void)fprintf(out,
			"Content-Length: %zu\r\nTransfer-Encoding: "
			"chunked\r\n\r\n%zx\r\n%s\r\n0\r\n\r\n",
			length, length, body);
		return;
	default:
		(void)fprintf(out, "Content-Length: %zu\r\n\r\n%s", length, body);
	}
}

static void put_request(struct feed *feed, FILE *out)
{
	static const char *const methods[] = {
		"GET", "POST", "HEAD", "OPTIONS", "get", "PUT", "CONNECT"};
	static const char *const targets[] = {"/", "/healthz", "/readyz", "/metrics", "/v1/secrets",
		"/v1/drift", "/v1/guards", "/v1/verify", "/v1/verify?profile=session",
		"/v1/verify-batch", "/v1/introspect", "/v1/issue", "/v1/revoke", "/v1/diagnose",
		"/v1/attest", "/v1/auth/session", "/.well-known/jwks.json", "/auth/login",
		"/auth/check/access", "/auth/check/page", "/auth/refresh", "/auth/logout",
		"/auth/session", "*", "http://localhost/healthz"};
	static const char *const versions[] = {
		" HTTP/1.1\r\n", " HTTP/1.0\r\n", " HTTP/0.9\r\n", " HTTP/2.0\r\n", "\r\n"};

	(void)fprintf(out, "%s %s", feed_word(feed, methods, ARRAY_SIZE(methods)),
		feed_word(feed, targets, ARRAY_SIZE(targets)));
	(void)fputs(
		feed_pick(feed, 8) ? versions[0] : versions[feed_pick(feed, ARRAY_SIZE(versions))],
		out);
	if (feed_pick(feed, 16))
		(void)fputs("Host: 127.0.0.1\r\n", out);
	for (size_t i = feed_pick(feed, HEADERS_MAX); i > 0; i--)
		put_header(feed, out);
	put_body(feed, out);
}

// ---- what comes back

static void turn(int most_ms)
{
	ignore_result(loop_turn(loop, most_ms));
	http_turn(http);
	sessiondoor_wait(&sessions);
	ledger_collect(sessions.sessions.ledger);
}

// Takes what is said until the connection ends, or nothing has come for some turns.
// Returns: it; until the next call.
static const char *hear(int fd, size_t *ret_length)
{
	static char said[1u << 20];
	struct pollfd peer = {.fd = fd, .events = POLLIN};
	size_t length = 0;
	ssize_t got = 1;

	for (int quiet = 0; quiet < QUIET_TURNS && got > 0; quiet++) {
		turn(0);
		while (got > 0 && poll(&peer, 1, 0) == 1) {
			got = recv(fd, said + length, sizeof(said) - length, 0);
			length += got > 0 ? (size_t)got : 0;
			quiet = 0;
		}
	}
	*ret_length = length;
	return said;
}

// What is left of a visitor who has gone is soon gone, too.
static void leave(int fd)
{
	(void)close(fd);
	for (int i = 0; http_count(http); i++) {
		if (i == TURNS_MAX)
			abort();
		turn(i > QUIET_TURNS);
	}
}

static int dial(int door)
{
	int fd = socket(addresses[door].ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&addresses[door], sizes[door]) < 0)
		abort();
	return fd;
}

static void say(int fd, const char *text, size_t length)
{
	if (send(fd, text, length, MSG_NOSIGNAL) != (ssize_t)length)
		abort();
}

// Whether it begins with a status line, and every other that may be one is of a known class;
// libmicrohttpd speaks of an "HTTP/1.1 request" where it refuses one by itself.
static bool is_http(const char *said, size_t length)
{
	const char *at = said, *end = said + length;

	if (length && (length < 12 || memcmp(said, "HTTP/1.", 7) != 0))
		return false;
	while (at < end && (at = memmem(at, (size_t)(end - at), "HTTP/1.", 7))) {
		const char *status = at + strlen("HTTP/1.1 ");

		if (at + 12 > end ||
			(isdigit((unsigned char)*status) && (*status < '1' || *status > '5')))
			return false;
		at = status;
	}
	return true;
}

static void check_said(const char *said, size_t length)
{
	static const char *const secrets[] = {TOKENDOOR_SECRET, TOKENDOOR_OLD_SECRET,
		SESSIONDOOR_ACCESS_KEY, SESSIONDOOR_REFRESH_KEY, TOKEN, "canary-password"};

	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		if (memmem(said, length, secrets[i], strlen(secrets[i])))
			abort();
	if (!is_http(said, length))
		abort();
}

static void check_next_visitor(void)
{
	static const char text[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
	int fd = dial(API);
	const char *said;
	size_t length;

	say(fd, text, sizeof(text) - 1);
	said = hear(fd, &length);
	if (length < 12 || memcmp(said, "HTTP/1.1 200", 12) != 0)
		abort();
	leave(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	own(pool_release) struct pool *pool = pool_new();
	struct feed feed = {bytes, length, pool};
	struct text text = {0};
	size_t heard, requests, cut;
	const char *said;
	int fd;

	if (memmem(bytes, length, "canary", 6) || memmem(bytes, length, "HTTP/1", 6))
		return 0; // both are looked for in the answer
	if (!http) {
		open_doors();
		(void)atexit(close_doors); // they have folders
	}
	fd = dial((int)feed_pick(&feed, DOORS));
	requests = 1 + feed_pick(&feed, REQUESTS_MAX);
	cut = feed_byte(&feed);
	text.file = open_memstream(&text.at, &text.length);
	if (!text.file)
		abort();
	for (size_t i = 0; i < requests; i++)
		put_request(&feed, text.file);
	(void)fclose(text.file);
	cut = cut < text.length ? cut : text.length; // it comes in two pieces
	say(fd, text.at, cut);
	turn(0);
	say(fd, text.at + cut, text.length - cut);
	said = hear(fd, &heard);
	check_said(said, heard);
	leave(fd);
	free(text.at);
	check_next_visitor();
	if (ftruncate(sessions.log.fd, 0) < 0 || ftruncate(tokens.log.fd, 0) < 0)
		abort();
	return 0;
}
