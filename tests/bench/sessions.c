// What sessions cost. Refreshes a second over HTTP beside bare writes of the same durability, by
// one client and by many at once; and the check before a page beside /v1/verify.
//     sessions refresh WHAT SOCKET COOKIE sqlite FILE < TOKENS
//     sessions refresh WHAT SOCKET COOKIE redis SOCKET < TOKENS
//     sessions check PID API SESSION PROFILE COOKIE < TOKEN
// TOKENS are refresh tokens, one a line, of a session each, of which the grace window is 0s.
// SPDX-License-Identifier: MIT
#include "tests/bench/asking.h"
#include "tests/bench/measure.h"

#include "lib/base/num.h"
#include "lib/base/text.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/socket.h>

#define CLIENTS_MAX 32
#define TOKEN_ROOM 4096
#define ROUNDS 15
#define ROUND 400 // writes of one round
#define CHECK_BATCHES 41
#define CHECK_BATCH 5000
#define ROW_BYTES 400 // of a bare write: about what a session's record has

// ---- clients, each with a session of its own

struct client {
	int connection;
	char token[TOKEN_ROOM];
};

struct clients {
	const char *cookie;
	size_t count;
	struct client list[CLIENTS_MAX];
};

static int reach(const char *path)
{
	struct sockaddr_un address;
	int fd = asking_socket(path, &address);

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		measure_stop(path, errno);
	return fd;
}

static void send_all(int fd, const char *text)
{
	size_t length = strlen(text);

	if (send(fd, text, length, MSG_NOSIGNAL) != (ssize_t)length)
		measure_stop("send", errno);
}

static void receive(int fd, char answer[static ASKING_MAX], const char *expected)
{
	ssize_t got = recv(fd, answer, ASKING_MAX - 1, 0);

	if (got <= 0)
		measure_stop("recv", errno);
	answer[got] = '\0';
	if (text_starts(answer, expected))
		return;
	(void)fprintf(stderr, "bench: %s\n", answer);
	exit(EXIT_FAILURE);
}

static void ask_refresh(const struct clients *clients, const struct client *client)
{
	char request[ASKING_MAX];

	(void)snprintf(request, sizeof(request),
		"POST /auth/refresh HTTP/1.1\r\nHost: localhost\r\nCookie: %s=%s\r\n"
		"Content-Length: 0\r\n\r\n",
		clients->cookie, client->token);
	send_all(client->connection, request);
}

// Takes the successor out of the answer.
static void take_refresh(const struct clients *clients, struct client *client)
{
	char answer[ASKING_MAX], name[256];
	const char *at;
	size_t length;

	receive(client->connection, answer, "HTTP/1.1 200 ");
	(void)snprintf(name, sizeof(name), "Set-Cookie: %s=", clients->cookie);
	at = strstr(answer, name);
	if (!at)
		measure_stop("an answer without the cookie", EPROTO);
	at += strlen(name);
	length = strcspn(at, ";");
	if (length < sizeof(client->token)) {
		memcpy(client->token, at, length);
		client->token[length] = '\0';
	} else {
		measure_stop("a cookie", E2BIG);
	}
}

static double per_second(uint64_t began, size_t count)
{
	return (double)count * 1e9 / (double)(measure_now() - began);
}

// `at_once` clients have a request on its way at any time.
static double refresh(struct clients *clients, size_t at_once)
{
	uint64_t began = measure_now();

	if (!at_once)
		measure_stop("no tokens on standard input", EINVAL);
	for (size_t i = 0; i < ROUND + at_once; i++) {
		if (i >= at_once)
			take_refresh(clients, &clients->list[i % at_once]);
		if (i < ROUND)
			ask_refresh(clients, &clients->list[i % at_once]);
	}
	return per_second(began, ROUND);
}

static void read_clients(struct clients *clients, const char *path)
{
	while (clients->count < CLIENTS_MAX) {
		struct client *client = &clients->list[clients->count];

		if (!fgets(client->token, sizeof(client->token), stdin))
			break;
		client->token[strcspn(client->token, "\n")] = '\0';
		client->connection = reach(path);
		clients->count++;
	}
}

// ---- bare writes

struct bare {
	double (*write)(
		struct bare *bare, size_t at_once); // ROUND of them; returns: how many a second
	sqlite3_stmt *insert;
	int redis[CLIENTS_MAX];
	unsigned long long number;
};

static double insert(struct bare *bare, size_t writers)
{
	static const char bytes[ROW_BYTES];
	uint64_t began = measure_now();

	(void)writers;
	for (size_t i = 0; i < ROUND; i++) {
		if (sqlite3_bind_int64(bare->insert, 1, (sqlite3_int64)++bare->number) !=
				SQLITE_OK ||
			sqlite3_bind_blob(bare->insert, 2, bytes, sizeof(bytes), SQLITE_STATIC) !=
				SQLITE_OK ||
			sqlite3_step(bare->insert) != SQLITE_DONE ||
			sqlite3_reset(bare->insert) != SQLITE_OK)
			measure_stop("a bare INSERT", EIO);
	}
	return per_second(began, ROUND);
}

static void open_sqlite(struct bare *bare, const char *path)
{
	sqlite3 *database;

	if (sqlite3_open(path, &database) != SQLITE_OK ||
		sqlite3_exec(database,
			"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			"CREATE TABLE bare (number INTEGER PRIMARY KEY, bytes BLOB)",
			NULL, NULL, NULL) != SQLITE_OK ||
		sqlite3_prepare_v2(database, "INSERT INTO bare VALUES (?, ?)", -1, &bare->insert,
			NULL) != SQLITE_OK)
		measure_stop(path, EIO);
	bare->write = insert;
}

static double set(struct bare *bare, size_t writers)
{
	char request[ROW_BYTES + 128], answer[ASKING_MAX];
	uint64_t began = measure_now();

	for (size_t i = 0; i < ROUND + writers; i++) {
		int fd = bare->redis[i % writers];

		if (i >= writers)
			receive(fd, answer, "+OK");
		if (i >= ROUND)
			continue;
		(void)snprintf(request, sizeof(request),
			"*3\r\n$3\r\nSET\r\n$12\r\nbare%08llu\r\n$%d\r\n%0*d\r\n",
			++bare->number % 100000000, ROW_BYTES, ROW_BYTES, 0);
		send_all(fd, request);
	}
	return per_second(began, ROUND);
}

static void open_redis(struct bare *bare, const char *path)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		bare->redis[i] = reach(path);
	bare->write = set;
}

// ---- the rows

struct figures {
	double ours[ROUNDS], theirs[ROUNDS], ratio[ROUNDS];
	char what[128], detail[96];
};

static void print(struct figures *figures, const char *against, bool is_held)
{
	(void)snprintf(figures->detail, sizeof(figures->detail), "%.0f a second against %.0f",
		measure_median(figures->ours, measure_rounds(ROUNDS)),
		measure_median(figures->theirs, measure_rounds(ROUNDS)));
	measure_print(&(struct measure_row){.what = figures->what,
		.unit = "x",
		.against = against,
		.detail = figures->detail,
		.samples = figures->ratio,
		.count = measure_rounds(ROUNDS),
		.bound = is_held ? MEASURE_AT_LEAST : MEASURE_FREE,
		.limit = 0.7});
}

// `clients` refresh, and `writers` write at the same time as each other, by turns.
static void race(struct clients *clients, size_t count, struct bare *bare, size_t writers,
	struct figures *figures)
{
	for (size_t i = 0; i < measure_rounds(ROUNDS); i++) {
		figures->theirs[i] = bare->write(bare, writers);
		figures->ours[i] = refresh(clients, count);
		figures->ratio[i] = figures->ours[i] / figures->theirs[i];
	}
}

// One client alone waits for HTTP and two threads beside the store: many are held to the budget.
static void race_all(struct clients *clients, struct bare *bare, const char *what)
{
	struct figures figures;
	size_t all = clients->count;

	(void)snprintf(figures.what, sizeof(figures.what), "refreshes, %s, one client", what);
	race(clients, 1, bare, 1, &figures);
	print(&figures, "bare writes, as durable", false);
	(void)snprintf(figures.what, sizeof(figures.what), "refreshes, %s, %zu clients", what, all);
	race(clients, all, bare, 1, &figures);
	print(&figures, "bare writes, as durable", true);
	if (bare->write != set)
		return; // SQLite has one writer
	race(clients, all, bare, all, &figures);
	print(&figures, "bare writes by as many", false);
}

static void measure_refresh(char **argv)
{
	static struct clients clients;
	struct bare bare = {0};

	clients.cookie = argv[4];
	read_clients(&clients, argv[3]);
	if (text_equal(argv[5], "sqlite"))
		open_sqlite(&bare, argv[6]);
	else
		open_redis(&bare, argv[6]);
	(void)refresh(&clients, clients.count);
	race_all(&clients, &bare, argv[2]);
}

static void measure_check(char **argv)
{
	char token[TOKEN_ROOM], verify[ASKING_MAX], check[ASKING_MAX], body[ASKING_MAX / 2],
		detail[96];
	double verifies[CHECK_BATCHES] = {0}, checks[CHECK_BATCHES] = {0},
	       ratio[CHECK_BATCHES] = {0};
	struct asking api, session;
	uint64_t pid;
	int length;

	if (num_parse(argv[2], INT32_MAX, &pid) < 0 || !fgets(token, sizeof(token), stdin))
		measure_stop("a pid, and a token on standard input", EINVAL);
	token[strcspn(token, "\n")] = '\0';
	api = asking_reach((pid_t)pid, argv[3]);
	session = asking_reach((pid_t)pid, argv[4]);
	length = snprintf(
		body, sizeof(body), "{\"token\":\"%s\",\"profile\":\"%s\"}", token, argv[5]);
	(void)snprintf(verify, sizeof(verify),
		"POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
		"Content-Length: %d\r\n\r\n%s",
		length, body);
	(void)snprintf(check, sizeof(check),
		"GET /auth/check/%s HTTP/1.1\r\nHost: localhost\r\nCookie: %s=%s\r\n\r\n", argv[5],
		argv[6], token);
	for (size_t i = 0; i < measure_rounds(CHECK_BATCHES); i++) {
		verifies[i] =
			asking_batch(&api, verify, strlen(verify), "HTTP/1.1 200 ", CHECK_BATCH);
		checks[i] =
			asking_batch(&session, check, strlen(check), "HTTP/1.1 204 ", CHECK_BATCH);
		ratio[i] = checks[i] / verifies[i];
	}
	(void)snprintf(detail, sizeof(detail), "%.2f us against %.2f us",
		measure_median(checks, measure_rounds(CHECK_BATCHES)),
		measure_median(verifies, measure_rounds(CHECK_BATCHES)));
	measure_print(&(struct measure_row){.what = "GET /auth/check, processor time",
		.unit = "x",
		.against = "POST /v1/verify",
		.detail = detail,
		.samples = ratio,
		.count = measure_rounds(CHECK_BATCHES),
		.bound = MEASURE_AT_MOST,
		.limit = 2.0});
}

int main(int argc, char **argv)
{
	if (argc == 7 && text_equal(argv[1], "refresh"))
		measure_refresh(argv);
	else if (argc == 7 && text_equal(argv[1], "check"))
		measure_check(argv);
	else
		return fputs("usage: sessions refresh|check ..., see its source\n", stderr), 2;
	return 0;
}
