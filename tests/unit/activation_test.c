// What a service manager may give and say at the start, each case in a process of its own, for the
// descriptors are counted from 3.
// SPDX-License-Identifier: MIT
#include "verifier/activation.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "tests/unit/inchild.h"
#include "verifier/door/keepsake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cmocka.h>

// What a descriptor is made as.
enum thing {
	NOTHING,
	PACKETS,
	STREAM,
	DEAF,
	DATAGRAMS,
	TCP,
	TCP6,
	TCP_ALL,
	TCP6_ALL,
	FILE_OF_NULL
};

static const struct {
	const char *prose;
	const char *pid, *count, *names; // "us": our own
	enum thing things[3];
	const char *said; // the names that came in, or a part of the complaint
	int code;
} cases[] = {
	{"nothing is said", NULL, NULL, NULL, {NOTHING}, "", 0},
	{"all of them", "us", "3", "handoff:api:http", {PACKETS, STREAM, TCP}, "handoff,api,http",
		0},
	{"in another order", "us", "2", "api:handoff", {STREAM, PACKETS}, "handoff,api", 0},
	{"those of sessions", "us", "2", "session:session-http", {STREAM, TCP6},
		"session,session-http", 0},
	{"for another process", "1", "1", "handoff", {PACKETS}, "", 0},
	{"for nobody", NULL, "1", "handoff", {PACKETS}, "", 0},
	{"none of them", "us", "0", "", {NOTHING}, "", 0},
	{"no count", "us", NULL, "handoff", {PACKETS}, "", 0},
	{"a process that is no number", "me", "1", "handoff", {PACKETS}, "is no number", -EINVAL},
	{"a count that is none", "us", "two", "handoff", {PACKETS}, "is no number", -EINVAL},
	{"a count over the cap", "us", "8193", "handoff", {PACKETS}, "over 8192", -EINVAL},
	{"more than there are", "us", "2", "handoff:api", {PACKETS}, "descriptor 4 is not there",
		-EINVAL},
	{"no names", "us", "1", NULL, {PACKETS}, "a descriptor called ''", -EINVAL},
	{"fewer names", "us", "2", "handoff", {PACKETS, STREAM}, "a descriptor called ''", -EINVAL},
	{"a name of nobody's", "us", "1", "unknown", {PACKETS}, "called 'unknown'", -EINVAL},
	{"a name twice", "us", "2", "api:api", {STREAM, STREAM}, "two sockets called 'api'",
		-EINVAL},
	{"a stream where packets are", "us", "1", "handoff", {STREAM}, "keep packets apart",
		-EINVAL},
	{"packets where a stream is", "us", "1", "api", {PACKETS}, "is no stream", -EINVAL},
	{"datagrams", "us", "1", "api", {DATAGRAMS}, "is no stream", -EINVAL},
	{"one that does not listen", "us", "1", "api", {DEAF}, "does not listen", -EINVAL},
	{"TCP where a path is", "us", "1", "api", {TCP}, "is no Unix socket", -EINVAL},
	{"a path where TCP is", "us", "1", "http", {STREAM}, "is no TCP socket", -EINVAL},
	{"TCP for all hosts", "us", "1", "http", {TCP_ALL}, "for other hosts", -EINVAL},
	{"TCP for all hosts, version 6", "us", "1", "http", {TCP6_ALL}, "for other hosts", -EINVAL},
	{"no socket", "us", "1", "http", {FILE_OF_NULL}, "is no socket", -EINVAL},
};

static int make_tcp(enum thing thing)
{
	bool six = thing == TCP6 || thing == TCP6_ALL;
	struct sockaddr_in four_at = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(thing == TCP ? INADDR_LOOPBACK : INADDR_ANY)};
	struct sockaddr_in6 six_at = {.sin6_family = AF_INET6,
		.sin6_addr = thing == TCP6 ? in6addr_loopback : in6addr_any};
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

	(void)bind(fd, six ? (struct sockaddr *)&six_at : (struct sockaddr *)&four_at,
		six ? sizeof(six_at) : sizeof(four_at));
	(void)listen(fd, 4);
	return fd;
}

static int make_thing(enum thing thing)
{
	const struct sockaddr_un anywhere = {.sun_family = AF_UNIX};
	int type = thing == PACKETS     ? SOCK_SEQPACKET
		   : thing == DATAGRAMS ? SOCK_DGRAM
					: SOCK_STREAM;
	int fd;

	if (thing == FILE_OF_NULL)
		return open("/dev/null", O_RDONLY);
	if (thing >= TCP)
		return make_tcp(thing);
	fd = socket(AF_UNIX, type, 0);
	(void)bind(fd, (const struct sockaddr *)&anywhere, sizeof(sa_family_t));
	if (thing != DEAF)
		(void)listen(fd, 4);
	return fd;
}

static void set(const char *name, const char *text)
{
	char pid[16];

	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (text)
		(void)setenv(name, text_equal(text, "us") ? pid : text, 1);
	else
		(void)unsetenv(name);
}

// Lays out descriptors and environment as a manager does before it starts us.
static void lay_out(size_t at)
{
	int made[ARRAY_SIZE(cases[at].things)];
	size_t count = 0;

	while (count < ARRAY_SIZE(made) && cases[at].things[count]) {
		int fd = make_thing(cases[at].things[count]);

		made[count++] = fcntl(fd, F_DUPFD, 100);
	}
	(void)close_range(3, 99, 0);
	for (size_t i = 0; i < count; i++)
		(void)dup2(made[i], 3 + (int)i);
	set("LISTEN_PID", cases[at].pid);
	set("LISTEN_FDS", cases[at].count);
	set("LISTEN_FDNAMES", cases[at].names);
}

static bool is_ready(int fd)
{
	return fd >= 0 && fcntl(fd, F_GETFD) & FD_CLOEXEC && fcntl(fd, F_GETFL) & O_NONBLOCK;
}

// Returns: 0, or which expectation failed.
static int try_case(size_t at)
{
	struct activation given = ACTIVATION_NONE;
	char names[ACTIVATION_NAMES_SIZE];
	struct err err = ERR_NONE;

	lay_out(at);
	if (activation_read(&given, &err) != cases[at].code)
		return 1;
	if (getenv("LISTEN_PID") || getenv("LISTEN_FDS") || getenv("LISTEN_FDNAMES"))
		return 2;
	if (cases[at].code)
		return strstr(err.what, cases[at].said) ? 0 : 3;
	if (!text_equal(activation_names(&given, names), cases[at].said))
		return 4;
	for (size_t i = 0; i < ACTIVATION_SOCKETS; i++) {
		bool came = *activation_shown(&given, i, "");

		if (came != (given.fds[i] >= 0) || (came && !is_ready(given.fds[i])))
			return 5;
	}
	activation_done(&given);
	return *cases[at].said && fcntl(3, F_GETFD) >= 0 ? 6 : 0; // it is closed
}

static void what_is_given_is_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int status = inchild_run(try_case, i);

		if (status)
			fail_msg("%s: status %x", cases[i].prose, (unsigned)status);
	}
}

static int shows_addresses(size_t at)
{
	struct activation given = ACTIVATION_NONE;
	const char *api, *http;
	int taken;

	lay_out(at);
	if (activation_read(&given, NULL) < 0)
		return 1;
	api = activation_shown(&given, ACTIVATION_API, "none");
	http = activation_shown(&given, ACTIVATION_HTTP, "none");
	if (api[0] != '@' || strncmp(http, "127.0.0.1:", 10) != 0)
		return 2;
	if (!text_equal(activation_shown(&given, ACTIVATION_SESSION, "none"), "none"))
		return 3;
	taken = activation_take(&given, ACTIVATION_API);
	if (taken != 4 || activation_take(&given, ACTIVATION_API) != -1)
		return 4;
	activation_done(&given);
	return fcntl(taken, F_GETFD) < 0 ? 5 : 0; // it is the taker's
}

static void a_socket_has_its_own_name_and_is_taken_once(void **state)
{
	(void)state;
	assert_int_equal(inchild_run(shows_addresses, 1), 0);
}

// What the manager kept for us, beside a socket.
static int takes_what_was_kept(size_t at)
{
	struct activation given = ACTIVATION_NONE;
	int code = 0;

	lay_out(at);
	(void)setenv("LISTEN_FDNAMES", "handoff:stored:unknown", 1);
	(void)setenv("LISTEN_FDS", "2", 1);
	if (activation_read(&given, NULL) < 0)
		return 1;
	if (given.kept_count != 1 || given.kept[0].fd != 4 ||
		!text_equal(given.kept[0].name, "stored"))
		code = 2;
	activation_close_kept(&given);
	if (given.kept_count || fcntl(4, F_GETFD) >= 0 || fcntl(3, F_GETFD) < 0)
		code = code ? code : 3;
	activation_done(&given);
	return code;
}

static void what_was_kept_comes_beside_the_sockets(void **state)
{
	(void)state;
	assert_int_equal(inchild_run(takes_what_was_kept, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_given_is_judged),
		cmocka_unit_test(a_socket_has_its_own_name_and_is_taken_once),
		cmocka_unit_test(what_was_kept_comes_beside_the_sockets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
