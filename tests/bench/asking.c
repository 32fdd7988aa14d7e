// A connection is made once; the server's processor clock is read around a batch.
// SPDX-License-Identifier: MIT
#include "tests/bench/asking.h"

#include "tests/bench/measure.h"

#include <errno.h>
#include <sys/socket.h>

int asking_socket(const char *path, struct sockaddr_un *ret_address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (fd < 0 || strlen(path) >= sizeof(ret_address->sun_path))
		measure_stop(path, fd < 0 ? errno : ENAMETOOLONG);
	memcpy(ret_address->sun_path, path, strlen(path) + 1);
	return fd;
}

struct asking asking_reach(pid_t pid, const char *path)
{
	struct sockaddr_un address;
	struct asking server = {.connection = asking_socket(path, &address)};

	if (connect(server.connection, (struct sockaddr *)&address, sizeof(address)) < 0)
		measure_stop(path, errno);
	if (clock_getcpuclockid(pid, &server.clock) != 0)
		measure_stop("clock_getcpuclockid", ESRCH);
	return server;
}

static uint64_t cpu_of(const struct asking *server)
{
	struct timespec now;

	if (clock_gettime(server->clock, &now) < 0)
		measure_stop("the processor time of a server", errno);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

// The length that a head tells of its body; 0 when it tells none.
static size_t body_of(const char *head)
{
	const char *at = strcasestr(head, "\r\nContent-Length:");

	return at ? (size_t)strtod(at + strlen("\r\nContent-Length:"), NULL) : 0;
}

// Takes what is left of an answer of which `got` bytes came.
static size_t take_rest(const struct asking *server, const char *answer, size_t got)
{
	const char *head_end = strstr(answer, "\r\n\r\n");
	size_t head = head_end ? (size_t)(head_end + 4 - answer) : 0, body = body_of(answer);
	size_t whole = head + body;
	char rest[ASKING_MAX];

	if (!head)
		measure_stop("an answer's head in pieces", EPROTO);
	while (got < whole) {
		ssize_t more = recv(server->connection, rest, sizeof(rest), 0);

		if (more <= 0)
			measure_stop("recv", errno);
		got += (size_t)more;
	}
	return body;
}

size_t asking_once(const struct asking *server, const char *request, size_t length,
	const char *expected, char ret_answer[static ASKING_MAX])
{
	ssize_t got;

	if (send(server->connection, request, length, MSG_NOSIGNAL) != (ssize_t)length)
		measure_stop("send", errno);
	got = recv(server->connection, ret_answer, ASKING_MAX - 1, 0);
	if (got <= 0)
		measure_stop("recv", errno);
	ret_answer[got] = '\0';
	if (strncmp(ret_answer, expected, strlen(expected)) != 0) {
		(void)fprintf(stderr, "bench: %s\n", ret_answer);
		exit(EXIT_FAILURE);
	}
	return take_rest(server, ret_answer, (size_t)got);
}

double asking_batch(const struct asking *server, const char *request, size_t length,
	const char *expected, size_t count)
{
	char answer[ASKING_MAX];
	uint64_t began = cpu_of(server);

	for (size_t i = 0; i < count; i++)
		(void)asking_once(server, request, length, expected, answer); // any length
	return (double)(cpu_of(server) - began) / 1e3 / (double)count;
}
