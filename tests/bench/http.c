// What POST /v1/verify costs the verifier on one keep-alive connection of its Unix socket, beside
// libmicrohttpd alone answering the same request with an empty 200: processor time of the server.
//     http PID SOCKET PROFILE < TOKEN
// SPDX-License-Identifier: MIT
#include "tests/bench/asking.h"
#include "tests/bench/measure.h"

#include "lib/base/num.h"

#include <errno.h>
#include <microhttpd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define BATCHES 41
#define BATCH 5000
#define EXPECTED "HTTP/1.1 200 "

// ---- libmicrohttpd alone

static struct MHD_Response *empty;

// NOLINTNEXTLINE(readability-function-size): the library's signature
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **context)
{
	(void)cls;
	(void)url;
	(void)method;
	(void)version;
	(void)data;
	if (!*context) {
		*context = empty;
		return MHD_YES;
	}
	if (*size) {
		*size = 0;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, empty);
}

// Serves until its parent ends.
static _Noreturn void serve(int listener, pid_t parent)
{
	struct MHD_Daemon *daemon;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(EXIT_FAILURE);
	empty = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL,
		on_request, NULL, MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_END);
	if (!daemon)
		_exit(EXIT_FAILURE);
	for (;;)
		(void)pause();
}

static struct asking start_alone(const char *path, pid_t *ret_pid)
{
	struct sockaddr_un address;
	int listener = asking_socket(path, &address);
	pid_t parent = getpid();

	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(listener, 16) < 0)
		measure_stop(path, errno);
	*ret_pid = fork();
	if (*ret_pid < 0)
		measure_stop("fork", errno);
	if (*ret_pid == 0)
		serve(listener, parent);
	(void)close(listener); // the child's
	return asking_reach(*ret_pid, path);
}

// ---- asking

static size_t make_request(const char *profile, char *out, size_t size)
{
	char token[ASKING_MAX / 2], body[ASKING_MAX / 2 + 256];
	int length;

	if (!fgets(token, sizeof(token), stdin))
		measure_stop("no token on standard input", EINVAL);
	token[strcspn(token, "\n")] = '\0';
	length = snprintf(
		body, sizeof(body), "{\"token\":\"%s\",\"profile\":\"%s\"}", token, profile);
	length = snprintf(out, size,
		"POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
		"Content-Length: %d\r\nConnection: keep-alive\r\n\r\n%s",
		length, body);
	return (size_t)length;
}

int main(int argc, char **argv)
{
	double ours[BATCHES], ratio[BATCHES];
	char request[ASKING_MAX], path[128], detail[96];
	struct asking verifier, alone;
	double sum = 0;
	uint64_t number;
	size_t length;
	pid_t pid;

	if (argc != 4) {
		(void)fputs("usage: http PID SOCKET PROFILE < TOKEN\n", stderr);
		return 2;
	}
	length = make_request(argv[3], request, sizeof(request));
	(void)snprintf(path, sizeof(path), "%s.alone", argv[2]);
	if (num_parse(argv[1], INT32_MAX, &number) < 0)
		measure_stop(argv[1], EINVAL);
	verifier = asking_reach((pid_t)number, argv[2]);
	alone = start_alone(path, &pid);
	(void)asking_batch(&verifier, request, length, EXPECTED, BATCH);
	(void)asking_batch(&alone, request, length, EXPECTED, BATCH);
	for (size_t i = 0; i < BATCHES; i++) {
		double bare = asking_batch(&alone, request, length, EXPECTED, BATCH);

		ours[i] = asking_batch(&verifier, request, length, EXPECTED, BATCH);
		ratio[i] = ours[i] / bare;
		sum += bare;
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	(void)unlink(path);
	(void)snprintf(detail, sizeof(detail), "%.2f us against %.2f us",
		measure_median(ours, BATCHES), sum / BATCHES);
	measure_print(&(struct measure_row){.what = "POST /v1/verify, processor time",
		.unit = "x",
		.against = "libmicrohttpd with an empty 200",
		.detail = detail,
		.samples = ratio,
		.count = BATCHES,
		.bound = MEASURE_AT_MOST,
		.limit = 2.0});
	return 0;
}
