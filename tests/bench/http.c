// What a request costs the verifier on one keep-alive connection of its Unix socket, beside
// libmicrohttpd alone answering it: a token's judgement beside an empty 200, a GET beside an answer
// of the same length. Processor time of the server.
//     http verify PID SOCKET PROFILE < TOKEN
//     http get PID SOCKET PATH WHAT
// SPDX-License-Identifier: MIT
#include "tests/bench/asking.h"
#include "tests/bench/measure.h"

#include "lib/base/num.h"
#include "lib/base/text.h"

#include <errno.h>
#include <microhttpd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define ROUNDS_MAX 41
#define EXPECTED "HTTP/1.1 200 "

// ---- libmicrohttpd alone

static struct MHD_Response *fixed;

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
		*context = fixed;
		return MHD_YES;
	}
	if (*size) {
		*size = 0;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, fixed);
}

// Serves so many bytes until its parent ends.
static _Noreturn void serve(int listener, size_t length, pid_t parent)
{
	struct MHD_Daemon *daemon;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(EXIT_FAILURE);
	fixed = MHD_create_response_from_buffer(
		length, calloc(1, length + 1), MHD_RESPMEM_PERSISTENT);
	daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL,
		on_request, NULL, MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_END);
	if (!daemon)
		_exit(EXIT_FAILURE);
	for (;;)
		(void)pause();
}

static struct asking start_alone(const char *path, size_t length, pid_t *ret_pid)
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
		serve(listener, length, parent);
	(void)close(listener); // the child's
	return asking_reach(*ret_pid, path);
}

// ---- asking

static void make_verify(const char *profile, char *out, size_t size)
{
	char token[ASKING_MAX / 2], body[ASKING_MAX / 2 + 256];
	int length;

	if (!fgets(token, sizeof(token), stdin))
		measure_stop("no token on standard input", EINVAL);
	token[strcspn(token, "\n")] = '\0';
	length = snprintf(
		body, sizeof(body), "{\"token\":\"%s\",\"profile\":\"%s\"}", token, profile);
	(void)snprintf(out, size,
		"POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
		"Content-Length: %d\r\nConnection: keep-alive\r\n\r\n%s",
		length, body);
}

struct question {
	char request[ASKING_MAX], against[80];
	size_t rounds, batch, answer; // bytes that the other one answers
	struct measure_row row;
};

// Takes turns, and prints the row.
static void measure(
	const struct question *question, const struct asking *verifier, const char *path)
{
	double ours[ROUNDS_MAX] = {0}, theirs[ROUNDS_MAX] = {0}, ratio[ROUNDS_MAX] = {0};
	size_t rounds = measure_rounds(question->rounds), length = strlen(question->request);
	struct measure_row row = question->row;
	struct asking alone;
	char detail[96];
	pid_t pid;

	alone = start_alone(path, question->answer, &pid);
	(void)asking_batch(verifier, question->request, length, EXPECTED, question->batch);
	(void)asking_batch(&alone, question->request, length, EXPECTED, question->batch);
	for (size_t i = 0; i < rounds; i++) {
		theirs[i] =
			asking_batch(&alone, question->request, length, EXPECTED, question->batch);
		ours[i] = asking_batch(
			verifier, question->request, length, EXPECTED, question->batch);
		ratio[i] = ours[i] / theirs[i];
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	(void)unlink(path);
	(void)snprintf(detail, sizeof(detail), "%.2f us against %.2f us",
		measure_median(ours, rounds), measure_median(theirs, rounds));
	row.unit = "x";
	row.against = question->against;
	row.detail = detail;
	row.samples = ratio;
	row.count = rounds;
	measure_print(&row);
}

static void fill_verify(struct question *question, const char *profile)
{
	make_verify(profile, question->request, sizeof(question->request));
	(void)snprintf(
		question->against, sizeof(question->against), "libmicrohttpd with an empty 200");
	question->rounds = ROUNDS_MAX;
	question->batch = 5000;
	question->row = (struct measure_row){
		.what = "POST /v1/verify, processor time", .bound = MEASURE_AT_MOST, .limit = 2.0};
}

static void fill_get(struct question *question, const struct asking *verifier, char **words)
{
	char answer[ASKING_MAX];

	(void)snprintf(question->request, sizeof(question->request),
		"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", words[0]);
	question->answer = asking_once(
		verifier, question->request, strlen(question->request), EXPECTED, answer);
	(void)snprintf(question->against, sizeof(question->against),
		"libmicrohttpd with %zu bytes that lie ready", question->answer);
	question->rounds = 15;
	question->batch = 100;
	question->row = (struct measure_row){.what = words[1]};
}

int main(int argc, char **argv)
{
	bool is_verify = argc == 5 && text_equal(argv[1], "verify");
	static struct question question;
	struct asking verifier;
	char path[128];
	uint64_t number;

	if (!is_verify && (argc != 6 || !text_equal(argv[1], "get"))) {
		(void)fputs("usage: http verify PID SOCKET PROFILE < TOKEN\n"
			    "       http get PID SOCKET PATH WHAT\n",
			stderr);
		return 2;
	}
	(void)snprintf(path, sizeof(path), "%s.alone", argv[3]);
	if (num_parse(argv[2], INT32_MAX, &number) < 0)
		measure_stop(argv[2], EINVAL);
	verifier = asking_reach((pid_t)number, argv[3]);
	if (is_verify)
		fill_verify(&question, argv[4]);
	else
		fill_get(&question, &verifier, argv + 4);
	measure(&question, &verifier, path);
	return 0;
}
