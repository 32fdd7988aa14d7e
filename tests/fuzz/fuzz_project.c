// Any files of a project (settings, env files, secrets, package.json, units, Dockerfiles, code,
// what PM2 keeps), resolved, exported and examined by doctor: all of it comes back, and no finding
// says a value.
// SPDX-License-Identifier: MIT
#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/value/bundle.h"
#include "lib/value/draft.h"
#include "loader/deliver/export.h"
#include "loader/inspect/doctor/doctor.h"
#include "loader/inspect/in_use.h"
#include "loader/resolve/resolution.h"
#include "tests/fuzz/feed.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#define FILES_MAX 5
#define CANARY "kAn4rY-0123456789-of-a-project"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static char root[] = "/tmp/samekey-fuzz-project-XXXXXX";
static int root_fd;

static const char *const names[] = {"samekey.ini", ".env", ".env.local", ".env.production",
	".env.example", "package.json", "Dockerfile", ".dockerignore", "docker-compose.yml",
	"ecosystem.config.js", "server.js", "start.sh", "secrets/AUTH_SECRET", "secrets/..data",
	".next/required-server-files.json", ".next/server/app.js", ".pm2/dump.pm2",
	".pm2/module_conf.json", ".pm2/logs/web-out.log", "etc/systemd/system/web.service",
	"etc/systemd/system/web.service.d/10.conf", ".gitignore", "nuxt.config.ts",
	"vite.config.ts", ".output/nitro.json"};
static const char *const folders[] = {"secrets", ".next", ".next/server", ".pm2", ".pm2/logs",
	"etc", "etc/systemd", "etc/systemd/system", "etc/systemd/system/web.service.d", ".output"};
static const char *const lines[] = {"AUTH_SECRET=" CANARY "\n",
	"DATABASE_URL=\"${AUTH_SECRET}x\"\n", "export PORT=8080 # c\n", "AUTH_SECRET=undefined\n",
	"[sources]\nsecrets = secrets\n", "[app]\nname = web\nloaders = next, docker\n",
	"[key AUTH_SECRET]\nsecret = yes\nmin_length = 32\nsame_as = TOKEN\n",
	"[key PORT]\ntype = port\nrequired = yes\n",
	"[sources]\ndialect = next\ninterpolate = yes\n",
	"{\"dependencies\":{\"next\":\"16.0.0\",\"dotenv\":\"*\"},\"scripts\":{\"start\":\"next "
	"start\"}}",
	"FROM node\nCOPY . .\nENV AUTH_SECRET=" CANARY "x\n",
	"[Service]\nExecStart=/usr/bin/node server.js\nEnvironment=AUTH_SECRET=" CANARY "y\n",
	"EnvironmentFile=-/srv/.env\nWorkingDirectory=/srv\n",
	"[{\"name\":\"web\",\"pm_cwd\":\"/srv\",\"env\":{\"AUTH_SECRET\":\"" CANARY "z\"}}]",
	"require('dotenv').config({ override: true })\n",
	"process.env.AUTH_SECRET || \"your-secret-key\";\n",
	"services:\n  web:\n    env_file: .env\n", CANARY "\n"};

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	if (at->level > 0 && type != FTW_DP)
		(void)unlink(path);
	return 0;
}

static void remove_root(void)
{
	(void)nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	for (size_t i = ARRAY_SIZE(folders); i-- > 0;) {
		char path[256];

		(void)snprintf(path, sizeof(path), "%s/%s", root, folders[i]);
		(void)rmdir(path);
	}
	(void)rmdir(root);
}

static void make_root(void)
{
	if (!mkdtemp(root) || (root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		abort();
	(void)atexit(remove_root);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (mkdirat(root_fd, folders[i], 0700) < 0)
			abort();
}

static void put_files(struct feed *feed)
{
	for (size_t i = 1 + feed_pick(feed, FILES_MAX); i > 0; i--) {
		const char *name = names[feed_pick(feed, ARRAY_SIZE(names))];
		own_fd int fd =
			openat(root_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		for (size_t j = 1 + feed_pick(feed, 4); j > 0; j--) {
			const char *line = feed_word(feed, lines, ARRAY_SIZE(lines));

			if (write(fd, line, strlen(line)) != (ssize_t)strlen(line))
				abort();
		}
	}
}

// ---- what is asked of it

static void check_findings(const struct diag *diag)
{
	for (size_t i = 0; i < diag_size(diag); i++) {
		const struct diag_item *item = diag_at(diag, i);
		const char *const texts[] = {item->code, item->key, item->text, item->hint};

		for (size_t j = 0; j < ARRAY_SIZE(texts); j++)
			if (texts[j] && strstr(texts[j], CANARY))
				abort();
	}
}

static void export_all(struct resolution *resolution, size_t pick)
{
	static const char *const formats[] = {"json", "docker", "systemd", "next", "literal"};
	struct draft draft = {.arena = resolution->arena};
	struct export_format format;
	size_t count;

	if (diag_count(resolution->diag, DIAG_ERROR) > 0 ||
		!export_find(formats[pick % ARRAY_SIZE(formats)], &format))
		return;
	if (export_write(resolution, &format, &draft, &count) < 0)
		abort();
	draft_done(&draft);
}

static void examine(struct resolution *resolution)
{
	static int (*const examinations[])(struct doctor * doctor) = {
		doctor_systemd, doctor_code, doctor_files, doctor_images, doctor_pm2};
	struct doctor doctor = {.resolution = resolution,
		.pool = resolution->pool,
		.host = root,
		.home = root,
		.diag = resolution->diag};

	for (size_t i = 0; i < ARRAY_SIZE(examinations); i++)
		if (examinations[i](&doctor))
			abort();
}

static void resolve(struct feed *feed)
{
	static char path[] = "PATH=/bin", token[] = "TOKEN=" CANARY,
		    empty[] = "AUTH_SECRET=", node[] = "node", server[] = "server.js";
	static char *environment[] = {path, token, empty, NULL}, *program[] = {node, server, NULL};
	const struct resolution_request request = {.root = root,
		.phase_given = feed_pick(feed, 2),
		.phase = (enum bundle_phase)feed_pick(feed, 2),
		.program = program,
		.environment = environment + feed_pick(feed, 4)};
	own(resolution_release) struct resolution *resolution = NULL;
	static struct in_use_list in_use;
	struct err err = ERR_NONE;
	int code = resolution_open(&request, &resolution, &err);

	if (strstr(err.what, CANARY) || strstr(err.hint, CANARY))
		abort();
	if (code < 0)
		return;
	in_use.count = 0;
	if (in_use_look(root_fd, "", resolution->pool, &in_use) ||
		in_use_look_below(root_fd, "", resolution->pool, &in_use))
		abort();
	export_all(resolution, feed_byte(feed));
	examine(resolution);
	check_findings(resolution->diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	own(pool_release) struct pool *pool = pool_new();
	struct feed feed = {bytes, size, pool};

	if (memmem(bytes, size, "kAn4rY", 6))
		return 0; // a name may be shown
	if (strstr(root, "XXXXXX"))
		make_root();
	(void)nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	put_files(&feed);
	resolve(&feed);
	return 0;
}
