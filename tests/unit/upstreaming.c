// The servers are tests/unit/upstream_server.py; the log is a file in memory.
// SPDX-License-Identifier: MIT
#include "tests/unit/upstreaming.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

// ---- the servers

static void read_ports(struct world *world, FILE *from)
{
	char line[UPSTREAMING_NAME_SIZE];

	while (fgets(line, sizeof(line), from) && !text_starts(line, "ready")) {
		struct upstreaming_port *port = &world->ports[world->port_count];
		char *space = strchr(line, ' ');
		uint64_t number;

		assert_true(world->port_count < UPSTREAMING_PORTS_MAX);
		if (!space)
			abort();
		*space = '\0';
		space[1 + strcspn(space + 1, "\n")] = '\0';
		assert_int_equal(num_parse(space + 1, 65535, &number), 0);
		(void)snprintf(port->name, sizeof(port->name), "%s", line);
		port->number = (unsigned)number;
		world->port_count++;
	}
	assert_true(text_starts(line, "ready"));
}

static void start_servers(struct world *world)
{
	int input[2], output[2];
	FILE *lines;

	assert_int_equal(pipe2(input, O_CLOEXEC), 0);
	assert_int_equal(pipe2(output, O_CLOEXEC), 0);
	world->servers = fork();
	if (world->servers == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(input[0], STDIN_FILENO);
		(void)dup2(output[1], STDOUT_FILENO);
		(void)execlp("python3", "python3", "tests/unit/upstream_server.py", world->folder,
			(char *)NULL);
		_exit(127);
	}
	assert_true(world->servers > 0);
	(void)close(input[0]);
	(void)close(output[1]);
	world->servers_input = input[1];
	lines = fdopen(output[0], "r");
	if (!lines)
		abort();
	read_ports(world, lines);
	(void)fclose(lines);
}

unsigned upstreaming_port(const struct world *world, const char *server)
{
	for (size_t i = 0; i < world->port_count; i++)
		if (text_equal(world->ports[i].name, server))
			return world->ports[i].number;
	fail_msg("no server is called %s", server);
	return 0;
}

// ---- the world

static void find_program(struct world *world)
{
	const char *daemon = getenv("SAMEKEYD");
	const char *slash = daemon ? strrchr(daemon, '/') : NULL;

	if (slash)
		(void)snprintf(world->program, sizeof(world->program), "%.*s/samekeyd-upstream",
			(int)(slash - daemon), daemon);
	else
		(void)snprintf(world->program, sizeof(world->program), "build/samekeyd-upstream");
	assert_int_equal(setenv("SAMEKEY_UPSTREAM", world->program, 1), 0);
}

void upstreaming_address(const struct world *world, const char *scheme, const char *server,
	const char *path, char out[static RELAY_URL_MAX + 1])
{
	(void)snprintf(out, RELAY_URL_MAX + 1, "%s://127.0.0.1:%u%s", scheme,
		upstreaming_port(world, server), path);
}

int upstreaming_set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	const char *scratch = getenv("TMPDIR");
	char url[RELAY_URL_MAX + 1];
	const struct relay_settings settings = {url, NULL, 10000, 10000, 4096};
	struct err err = ERR_NONE;

	if (!world)
		abort();
	(void)snprintf(world->folder, sizeof(world->folder), "%.40s/upstream.XXXXXX",
		scratch ? scratch : "/tmp");
	assert_non_null(mkdtemp(world->folder));
	(void)snprintf(world->ca_file, sizeof(world->ca_file), "%s/ca.pem", world->folder);
	find_program(world);
	// what the helper must not heed, and must not have
	assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
	assert_int_equal(setenv("https_proxy", "http://127.0.0.1:1", 1), 0);
	assert_int_equal(setenv("JWT_SECRET", CANARY, 1), 0);
	assert_int_equal(setenv("RES_OPTIONS", "timeout:1 attempts:1", 1), 0);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	world->log = (struct log){.fd = memfd_create("log", MFD_CLOEXEC)};
	assert_true(world->log.fd >= 0);
	start_servers(world);
	upstreaming_address(world, "http", "plain", "/echo", url);
	if (upstream_start(&settings, 0, &world->log, &world->upstream, &err) < 0)
		fail_msg("%s: %s", err.where, err.what);
	assert_int_equal(loop_open(&world->loop), 0);
	assert_int_equal(upstream_attach(world->upstream, world->loop), 0);
	*state = world;
	return 0;
}

static void remove_folder(const char *folder)
{
	pid_t child = fork();

	if (child == 0) {
		(void)execlp("rm", "rm", "-rf", folder, (char *)NULL);
		_exit(127);
	}
	(void)waitpid(child, NULL, 0);
}

int upstreaming_tear_down(void **state)
{
	struct world *world = *state;

	upstream_stop(world->upstream);
	loop_close(world->loop);
	(void)close(world->log.fd);
	(void)close(world->servers_input);
	(void)kill(world->servers, SIGKILL);
	(void)waitpid(world->servers, NULL, 0);
	remove_folder(world->folder);
	free(world);
	return 0;
}

// ---- asking

void upstreaming_note(void *owner, const struct relay_answer *answer)
{
	struct reply *reply = owner;
	size_t length =
		answer->length < sizeof(reply->body) ? answer->length : sizeof(reply->body) - 1;

	assert_false(reply->came);
	reply->came = true;
	reply->answer = *answer;
	reply->answer.body = NULL;
	if (length)
		memcpy(reply->body, answer->body, length);
	reply->body[length] = '\0';
	reply->took = clock_steady_ms() - reply->asked;
}

int upstreaming_try(const struct world *world, struct reply *reply)
{
	*reply = (struct reply){.asked = clock_steady_ms()};
	return upstream_ask(world->upstream, BODY, sizeof(BODY) - 1, upstreaming_note, reply);
}

void upstreaming_await(const struct world *world, const struct reply *replies, size_t count)
{
	uint64_t deadline = clock_steady_ms() + PATIENCE_MS;

	for (size_t i = 0; i < count; i++)
		while (!replies[i].came) {
			assert_int_equal(loop_turn(world->loop, 100), 0);
			assert_true(clock_steady_ms() < deadline);
		}
}

void upstreaming_change(
	const struct world *world, const char *url, const char *ca_file, uint64_t timeout)
{
	const struct relay_settings settings = {url, ca_file, timeout, timeout, 4096};

	assert_int_equal(upstream_change(world->upstream, &settings), 0);
}

void upstreaming_visit(const struct world *world, const char *path, uint64_t timeout)
{
	char url[RELAY_URL_MAX + 1];

	upstreaming_address(world, "http", "plain", path, url);
	upstreaming_change(world, url, NULL, timeout);
}

void upstreaming_ask(const struct world *world, struct reply *reply)
{
	assert_int_equal(upstreaming_try(world, reply), 0);
	upstreaming_await(world, reply, 1);
}

// ---- the log

void upstreaming_read_log(const struct world *world, char out[static UPSTREAMING_LOG_SIZE])
{
	ssize_t got = pread(world->log.fd, out, UPSTREAMING_LOG_SIZE - 1, 0);

	assert_true(got > 0);
	out[got] = '\0';
	assert_null(strstr(out, CANARY));
	assert_null(strstr(out, "127.0.0.1"));
	assert_null(strstr(out, "pass"));
}

void upstreaming_assert_logged(const struct world *world, const char *words)
{
	static char text[UPSTREAMING_LOG_SIZE];

	upstreaming_read_log(world, text);
	if (!strstr(text, words))
		fail_msg("lacks %s: %s", words, text);
}
