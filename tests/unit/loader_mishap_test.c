// The loader's main path with every allocation, and every call that opens, reads or sends, failing
// once: it says so and exits as documented, starts nothing with less than everything, shows no
// value and leaves no descriptor behind.
// SPDX-License-Identifier: MIT
#include "lib/base/exit.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/wire/channel.h"
#include "lib/wire/exchange.h"
#include "loader/cli/commands.h"
#include "tests/unit/mishap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#define CANARY "k7Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT"
#define CALLS_MAX 5000 // more than any command makes
#define OUTPUT_MAX 65536

static char folder[] = "/tmp/samekey-mishap-XXXXXX";
static char home[64], socket_path[64];
static int output = -1; // what commands print
static pid_t verifier;
static bool started, complete; // the app was, and had every key

struct row {
	const char *name;
	const char *words[8]; // the command's name first
	int code;             // without a mishap
};

// clang-format off
static const struct row rows[] = {
	{"check", {"check"}, EXIT_OK},
	{"check as JSON", {"check", "--json"}, EXIT_OK},
	{"explain", {"explain"}, EXIT_OK},
	{"explain as JSON", {"explain", "--json", "NEXTAUTH_SECRET"}, EXIT_OK},
	{"bare samekey as JSON", {"", "--json"}, EXIT_OK},
	{"help as JSON", {"help", "--json"}, EXIT_OK},
	{"the findings as JSON", {"help", "findings", "--json"}, EXIT_OK},
	{"run's options as JSON", {"help", "run", "--json"}, EXIT_OK},
	{"a proposed ini as JSON", {"init", "--print", "--json"}, EXIT_OK},
	{"run without a verifier", {"run", "--socket", "nobody.sock", "--", "node", "server.js"}, EXIT_NOT_FOUND},
	{"run with a verifier", {"run", "--socket", socket_path, "--", "node", "server.js"}, EXIT_NOT_FOUND},
	{"check in a folder of Next.js", {"check", "--root", "framed"}, EXIT_OK},
	{"explain in a folder of Nuxt", {"explain", "--root", "nuxt"}, EXIT_OK},
	{"run of a script", {"run", "--", "npm", "start"}, EXIT_NOT_FOUND},
	{"run of a script that starts Next.js", {"run", "--", "npm", "run", "live"}, EXIT_NOT_FOUND},
	{"run of a standalone server", {"run", "--", "node", "alone/server.js"}, EXIT_NOT_FOUND},
	{"run of a server of Nuxt", {"run", "--", "node", "nuxt/.output/server/index.mjs"}, EXIT_NOT_FOUND},
	{"offer without a verifier", {"offer", "--socket", "nobody.sock"}, EXIT_UNAVAILABLE},
	{"offer with a verifier", {"offer", "--socket", socket_path}, EXIT_OK},
};
// clang-format on

static size_t count_descriptors(void)
{
	DIR *open = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(open);
	while (readdir(open))
		count++;
	(void)closedir(open);
	return count;
}

static void look_at_child(char *const *environment)
{
	static const char *const wanted[] = {"NEXTAUTH_SECRET=" CANARY "1",
		"DATABASE_PASSWORD=" CANARY "2", "ETLS_ACCESS=" CANARY "3",
		"URL=http://" CANARY "3", "PORT=8080"};
	size_t found = 0;

	started = true;
	for (; *environment; environment++)
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
			found += strcmp(*environment, wanted[i]) == 0;
	complete = found == ARRAY_SIZE(wanted);
}

// Runs a command as main does.
static int run_command(const struct row *row)
{
	own(pool_release) struct pool *pool = pool_new();
	const struct command *command =
		*row->words[0] ? command_find(row->words[0]) : &cmd_overview;
	struct err err = ERR_NONE;
	struct options options;
	char *words[8] = {NULL};

	for (size_t i = 1; row->words[i]; i++)
		memcpy(&words[i - 1], &row->words[i], sizeof(char *));
	if (!pool)
		return command_no_memory();
	if (options_parse(command, words, pool, &options, &err) < 0) {
		command_complain(&err);
		return EXIT_TRY_AGAIN;
	}
	return command->run(&options, pool);
}

static int run(const struct row *row)
{
	static char variable_home[80], access[] = "ETLS_ACCESS=" CANARY "3", path[] = "PATH=/bin",
				       file[] = "DATABASE_PASSWORD_FILE=password";
	char *environment[] = {variable_home, file, access, path, NULL};
	char **ours = environ;
	int code;

	(void)snprintf(variable_home, sizeof(variable_home), "HOME=%s", home);
	environ = environment;
	started = complete = false;
	code = run_command(row);
	environ = ours;
	return code;
}

static int run_captured(const struct row *row, const struct mishap *mishap, char text[OUTPUT_MAX])
{
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO), code;
	ssize_t size;

	(void)fflush(stdout);
	assert_int_equal(ftruncate(output, 0), 0);
	assert_int_equal(lseek(output, 0, SEEK_SET), 0);
	assert_true(dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0);
	mishap_arm(mishap);
	code = run(row);
	(void)fflush(stdout);
	(void)mishap_disarm();
	assert_true(dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0);
	(void)close(out);
	(void)close(err);
	size = pread(output, text, OUTPUT_MAX - 1, 0);
	assert_true(size >= 0);
	text[size] = '\0';
	return code;
}

static const struct mishap none;

// What must hold whatever has failed.
static void check_run(
	const struct row *row, const struct mishap *mishap, int code, const char *text)
{
	if (strstr(text, CANARY))
		fail_msg("%s, call %zu: a value is shown", row->name, mishap->at);
	if (started && !complete)
		fail_msg("%s, call %zu of 0x%x, errno %d: started without everything: %s",
			row->name, mishap->at, mishap->kinds, mishap->reason, text);
	if (code != row->code && !strstr(text, "samekey: ") && !strstr(text, "level=error") &&
		!strstr(text, "\"ok\":false") && !strstr(text, "error"))
		fail_msg("%s, call %zu: exit %d without a word: %s", row->name, mishap->at, code,
			text);
}

static bool is_among(int code, const int *codes)
{
	while (*codes >= 0 && *codes != code)
		codes++;
	return *codes >= 0;
}

// cmocka cuts long messages.
static const char *tail_of(const char *text)
{
	size_t length = strlen(text);

	return length > 700 ? text + length - 700 : text;
}

// Without memory to look for values in it, a line is withheld; the result is the same.
static bool is_as_expected(const char *text, const char *expected)
{
	return strcmp(text, expected) == 0 || strstr(text, "event=withheld ");
}

// Fails each call of these kinds once, or from it on. The command ends as without it, or with one
// of `codes` (ended by -1).
static void fail_each(const struct row *row, struct mishap mishap, const int *codes)
{
	static char expected[OUTPUT_MAX], text[OUTPUT_MAX];
	size_t descriptors = count_descriptors();
	int code = run_captured(row, &none, expected);
	bool happened = true;

	if (code != row->code)
		fail_msg("%s: exit %d: %s", row->name, code, tail_of(expected));
	for (mishap.at = 1; happened && mishap.at < CALLS_MAX; mishap.at++) {
		code = run_captured(row, &mishap, text);
		happened = mishap_disarm();
		check_run(row, &mishap, code, text);
		if (!is_among(code, codes) &&
			(code != row->code || !is_as_expected(text, expected)))
			fail_msg("%s, call %zu of 0x%x, errno %d: exit %d\n%s", row->name,
				mishap.at, mishap.kinds, mishap.reason, code, tail_of(text));
	}
	assert_false(happened);
	assert_int_equal(count_descriptors(), descriptors);
}

static void no_allocation_is_taken_for_granted(void **state)
{
	static const int codes[] = {EXIT_TRY_AGAIN, -1};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fail_each(
			&rows[i], (struct mishap){.kinds = MISHAP_MEMORY, .reason = ENOMEM}, codes);
		fail_each(&rows[i],
			(struct mishap){.kinds = MISHAP_MEMORY, .reason = ENOMEM, .for_good = true},
			codes);
	}
}

static void interruptions_and_short_reads_change_nothing(void **state)
{
	static const unsigned kinds = MISHAP_READ | MISHAP_WRITE | MISHAP_SEND | MISHAP_RECEIVE;
	static const int codes[] = {-1};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fail_each(&rows[i], (struct mishap){.kinds = kinds, .reason = EINTR}, codes);
		fail_each(&rows[i], (struct mishap){.kinds = MISHAP_READ | MISHAP_WRITE}, codes);
	}
}

// What is not there as far as one can see may be another outcome; all else must be said.
static void what_cannot_be_read_is_never_left_out(void **state)
{
	static const unsigned kinds[] = {
		MISHAP_OPEN, MISHAP_LOOK, MISHAP_READ, MISHAP_WRITE, MISHAP_SEND, MISHAP_RECEIVE};
	static const int reasons[] = {EIO, EMFILE, EACCES, ENOSPC};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const int codes[] = {rows[i].code, EXIT_NO_INPUT, EXIT_UNAVAILABLE, EXIT_TRY_AGAIN,
			EXIT_DENIED, -1};

		for (size_t k = 0; k < ARRAY_SIZE(kinds) * ARRAY_SIZE(reasons); k++)
			fail_each(&rows[i],
				(struct mishap){.kinds = kinds[k % ARRAY_SIZE(kinds)],
					.reason = reasons[k / ARRAY_SIZE(kinds)]},
				codes);
	}
}

// ---- the scene

static void serve(int listener)
{
	struct secret_arena *arena = NULL;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (secret_arena_open(NULL, &arena, NULL))
		_exit(1);
	for (;;) {
		own_fd int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		own(pool_release) struct pool *pool = pool_new();
		const struct exchange exchange = {socket, arena, channel_deadline(10000)};
		const struct message verdict = {.type = MESSAGE_VERDICT,
			.verdict = {.accepted = true, .generation = 7, .key_id = "0123456789ab"}};
		struct exchange_received offer = EXCHANGE_NOTHING;

		if (exchange_receive(&exchange, MESSAGE_AWAIT_REQUEST, pool, &offer, NULL) == 0)
			ignore_result(exchange_send(
				&exchange, &verdict, -1, NULL)); // or the loader has given up
		exchange_done(&offer, arena);
	}
}

static int start_verifier(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "v/sock"};
	own_fd int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (mkdir("v", 0700) < 0 ||
		bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(listener, 8) < 0)
		return -1;
	verifier = fork();
	if (verifier == 0)
		serve(listener);
	return verifier < 0 ? -1 : 0;
}

static int write_file(const char *path, const char *text)
{
	own_fd int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
}

// What frameworks leave in the folders of apps.
static int write_apps(void)
{
	static const char *const folders[] = {"framed", "framed/.next", "framed/node_modules",
		"framed/node_modules/next", "alone", "alone/.next", "nuxt", "nuxt/.output",
		"nuxt/.output/server"};
	static const char frozen[] = "{\"config\": {\"env\": {\"BUILT\": \"yes\"}}}";

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (mkdir(folders[i], 0700) < 0)
			return -1;
	return write_file("framed/package.json", "{\"dependencies\": {\"next\": \"15\"}}") ||
	       write_file("framed/node_modules/next/package.json", "{\"version\": \"15.1.0\"}") ||
	       write_file("framed/.next/required-server-files.json", frozen) ||
	       write_file("alone/.next/required-server-files.json", frozen) ||
	       write_file(
		       "alone/server.js", "process.env.__NEXT_PRIVATE_STANDALONE_CONFIG = x\n") ||
	       write_file("nuxt/.output/nitro.json", "{\"framework\": {\"name\": \"nuxt\"}}") ||
	       write_file("nuxt/.output/server/index.mjs", "export default 1\n");
}

static int set_up(void **state)
{
	(void)state;
	(void)umask(077);
	mishap_on_exec = look_at_child;
	if (!mkdtemp(folder) || chdir(folder) < 0 || mkdir("home", 0700) < 0 ||
		mkdir(".git", 0700) < 0)
		return -1;
	(void)snprintf(home, sizeof(home), "%s/home", folder);
	(void)snprintf(socket_path, sizeof(socket_path), "%s/v/sock", folder);
	(void)unsetenv("XDG_RUNTIME_DIR");
	if (access("/run/samekey", F_OK) == 0) // a verifier of this host is none of ours
		(void)setenv("SAMEKEY_SOCKET", "nobody", 1);
	output = open("output", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return output < 0 || start_verifier() < 0 ||
	       write_file(".env", "NEXTAUTH_SECRET=" CANARY
				  "1\nURL=\"http://${ETLS_ACCESS}\"\nETLS_ACCESS=" CANARY "0\n") ||
	       write_file(".env.production", "PORT=8080\n") ||
	       write_file("password", CANARY "2\n") ||
	       write_file("package.json",
		       "{\"name\": \"shop\", \"scripts\": {\"start\": \"node server.js\", "
		       "\"live\": \"cd framed && next start\"}}") ||
	       write_apps() ||
	       write_file("samekey.ini",
		       "[app]\nname = web\n[sources]\ninterpolate = yes\n"
		       "[key NEXTAUTH_SECRET]\nrequired = yes\nshared = yes\n"
		       "[key DATABASE_PASSWORD]\nsecret = yes\n[key PORT]\ntype = integer\n");
}

static int remove_entry(const char *path, const struct stat *facts, int type, struct FTW *at)
{
	(void)facts;
	(void)type;
	(void)at;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	(void)kill(verifier, SIGKILL);
	(void)waitpid(verifier, NULL, 0);
	(void)close(output);
	return chdir("/") < 0 ? -1 : nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_allocation_is_taken_for_granted),
		cmocka_unit_test(interruptions_and_short_reads_change_nothing),
		cmocka_unit_test(what_cannot_be_read_is_never_left_out),
	};

	return cmocka_run_group_tests_name("loader mishaps", tests, set_up, tear_down);
}
