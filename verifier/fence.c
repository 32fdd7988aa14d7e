// Which files are named where is known here; what may be called stands in fence_calls.c.
// SPDX-License-Identifier: MIT
#include "verifier/fence.h"

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/path.h"
#include "lib/base/pool.h"
#include "lib/confine/callfilter.h"
#include "lib/confine/landlock.h"
#include "lib/confine/privileges.h"
#include "verifier/daemon.h"
#include "verifier/door/api/guards.h"
#include "verifier/fence_calls.h"
#include "verifier/setup/setup.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <sys/resource.h>

struct fence {
	struct pool *pool;
	struct pool_list places; // struct landlock_place
	bool is_short;           // of memory, while places are gathered
	int landlock;            // its version; 0: files are not confined
};

// ---- places

static void add(struct fence *fence, const char *path, enum landlock_use use)
{
	struct landlock_place *place = pool_push(fence->pool, &fence->places, sizeof(*place));

	if (place)
		*place = (struct landlock_place){pool_copy(fence->pool, path), use};
	fence->is_short |= !place || !place->path;
}

// Returns: whether the path has a folder that is not "/".
static bool folder_of(const char *path, char *out, size_t size)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	(void)snprintf(out, size, "%.*s", slash ? (int)(slash - path) : 0, path ? path : "");
	return *out;
}

// A file is replaced by another of its name, so its folder is what may be read; of "/" the file.
static void add_read(struct fence *fence, const char *path)
{
	char folder[PATH_MAX], target[PATH_MAX];

	if (!path)
		return;
	add(fence, folder_of(path, folder, sizeof(folder)) ? folder : path, LANDLOCK_READ);
	if (realpath(path, target)) // where a link leads
		add(fence, folder_of(target, folder, sizeof(folder)) ? folder : target,
			LANDLOCK_READ);
}

static void add_socket(struct fence *fence, const char *path, bool with_folder)
{
	char folder[PATH_MAX], above[PATH_MAX];

	if (!path || !folder_of(path, folder, sizeof(folder)))
		return;
	add(fence, folder, LANDLOCK_REMOVE_FILE);
	if (with_folder && folder_of(folder, above, sizeof(above)))
		add(fence, above, LANDLOCK_REMOVE_FOLDER);
}

typedef void take_file(void *owner, const char *path);

// The files that a SIGHUP reads again.
static void each_file(const struct setup *setup, take_file *give, void *owner)
{
	give(owner, setup->token_file);
	give(owner, setup->store.password_file);
	for (size_t i = 0; i < setup->profile_count; i++)
		for (size_t k = 0; k < setup->profiles[i].source_count; k++)
			give(owner, setup->profiles[i].sources[k].file);
}

static void take_read(void *owner, const char *path)
{
	add_read(owner, path);
}

static void add_system(struct fence *fence)
{
	// names of users, their own group, the peers' processes, the boot, what libraries ask for
	static const char *const paths[] = {
		"/etc", "/proc", "/dev/urandom", "/sys/devices/system/cpu"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		add(fence, paths[i], LANDLOCK_READ);
}

static void add_all(struct fence *fence, const struct fence_parts *parts)
{
	const struct daemon_options *options = parts->options;
	const struct setup *setup = parts->setup;
	const char *database = setup->store.is_on ? store_file(setup->store.options.url) : NULL;
	char folder[PATH_MAX];

	add_system(fence);
	add_read(fence, options->ini ? options->ini : SETUP_DEFAULT_INI);
	each_file(setup, take_read, fence);
	if (getenv("CREDENTIALS_DIRECTORY"))
		add(fence, getenv("CREDENTIALS_DIRECTORY"), LANDLOCK_READ);
	if (database && folder_of(database, folder, sizeof(folder)))
		add(fence, folder, LANDLOCK_CHANGE);
	add_socket(fence, setup->session.socket, false);
	add_socket(fence, options->private ? options->handoff : setup->handoff, options->private);
	add_socket(fence, options->private ? options->api : setup->api, options->private);
}

// ---- settings that are read again

struct judging {
	const struct fence *fence;
	const struct log *log;
	bool refused;
};

static bool may_read(const struct fence *fence, const char *path)
{
	const struct landlock_place *places = fence->places.items;
	char target[PATH_MAX], folder[PATH_MAX];

	if (!realpath(path, target))
		return true; // that there is none is said by who reads it
	for (size_t i = 0; i < fence->places.count; i++)
		if (places[i].use <= LANDLOCK_CHANGE && realpath(places[i].path, folder) &&
			path_below(target, folder))
			return true;
	return false;
}

static void judge_file(void *owner, const char *path)
{
	struct judging *judging = owner;
	struct log_line line;

	if (!path || may_read(judging->fence, path))
		return;
	judging->refused = true;
	log_begin(&line, judging->log, LOG_ERROR, "settings");
	log_text(&line, "where", path);
	log_text(&line, "what", "the sandbox lets no file in this folder be opened");
	log_text(&line, "hint",
		"restart samekeyd: it opens files in folders that the settings named at its start");
	log_end(&line);
}

int fence_judge(const struct fence *fence, const struct setup *fresh, const struct log *log)
{
	struct judging judging = {fence, log, false};

	if (fence && fence->landlock)
		each_file(fresh, judge_file, &judging);
	return judging.refused ? -EACCES : 0;
}

void fence_explain(const struct fence *fence, int code, const struct log *log)
{
	if (fence && code == -EACCES)
		log_event(log, LOG_WARNING, "sandbox", "hint",
			"a file that this user may read is refused by the sandbox when it lies in "
			"a "
			"folder that no setting named at the start, and one of another user when "
			"samekeyd runs as root, for it has no capabilities: restart samekeyd, or "
			"chown the file");
}

// ---- entering

// What is loaded when it is first needed comes now: afterwards no code can be.
static void load_late_comers(void)
{
	(void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL); // it goes on without
}

// Without CAP_IPC_LOCK the limit on locked memory counts.
static void raise_lock_limit(void)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	struct rlimit limit;

	if (setrlimit(RLIMIT_MEMLOCK, &all) == 0 || getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_MEMLOCK, &limit); // what is not locked is told
}

static int drop_privileges(struct guards *guards, struct err *err)
{
	int code;

	raise_lock_limit();
	code = privileges_keep(err);
	if (code < 0)
		return code;
	guards->causes[GUARD_NO_NEW_PRIVS] = GUARD_IN_FORCE;
	guards->causes[GUARD_CAPABILITIES] = GUARD_BUILD;
	if (!callfilter_is_built()) // what looks for leaks in the end traces this process
		return 0;
	// a container's profile may refuse it: samekeyd is of more use with them than not at all
	guards->causes[GUARD_CAPABILITIES] =
		privileges_drop(NULL) == 0 ? GUARD_IN_FORCE : GUARD_KERNEL;
	return 0;
}

static enum guard_cause why_not(enum setting_flag wanted)
{
	if (!callfilter_is_built())
		return GUARD_BUILD;
	return wanted == SETTING_NO ? GUARD_SETTINGS : GUARD_KERNEL;
}

static bool is_abstract(const char *socket)
{
	return socket && *socket == '@';
}

// Says how to do without a guard that cannot be set up; want of memory is another matter.
static int refuse(const char *guard, int code, struct err *err)
{
	return code == -ENOMEM ? code
			       : err_hint(err, "%s = no under [sandbox] does without it", guard);
}

static int confine_files(struct fence *fence, const struct fence_parts *parts,
	struct guards *guards, struct err *err)
{
	const struct landlock_rules rules = {.places = fence->places.items,
		.count = fence->places.count,
		.signals_others = parts->helper > 0,
		.reaches_sockets = is_abstract(getenv("NOTIFY_SOCKET"))};
	int version = 0;

	guards->causes[GUARD_LANDLOCK] = why_not(parts->setup->landlock);
	if (guards->causes[GUARD_LANDLOCK] == GUARD_KERNEL)
		version = landlock_enter(&rules, err);
	if (version > 0)
		guards->causes[GUARD_LANDLOCK] = GUARD_IN_FORCE;
	if (version < 0)
		return refuse("landlock", version, err);
	fence->landlock = guards->landlock = version;
	return 0;
}

static int filter_calls(const struct fence_parts *parts, struct guards *guards, struct err *err)
{
	int filtered = 0;

	guards->causes[GUARD_SECCOMP] = why_not(parts->setup->seccomp);
	if (guards->causes[GUARD_SECCOMP] == GUARD_KERNEL)
		filtered = fence_calls_filter(parts->helper, err);
	if (filtered > 0)
		guards->causes[GUARD_SECCOMP] = GUARD_IN_FORCE;
	return filtered < 0 ? refuse("seccomp", filtered, err) : 0;
}

// A private one logs warnings alone, and to a terminal: what nobody chose there is no warning.
static void tell(const struct fence_parts *parts, const struct guards *guards)
{
	struct log_line line;

	for (unsigned i = 0; i <= GUARD_NO_NEW_PRIVS; i++) {
		enum guard_cause cause = guards->causes[i];
		bool chosen = cause == GUARD_SETTINGS || !parts->options->private;

		if (cause == GUARD_IN_FORCE)
			continue;
		log_begin(&line, parts->log,
			chosen && cause != GUARD_BUILD ? LOG_WARNING : LOG_INFO, "unguarded");
		log_text(&line, "guard", guards_name((enum guard)i));
		log_text(&line, "why", guards_why((enum guard)i, cause));
		log_end(&line);
	}
}

static struct fence *fence_new(const struct fence_parts *parts)
{
	struct fence *fence = calloc(1, sizeof(*fence));

	if (!fence)
		return NULL;
	fence->pool = pool_new();
	fence->is_short = !fence->pool;
	if (fence->pool)
		add_all(fence, parts);
	return fence->is_short ? fence_free(fence) : fence;
}

int fence_enter(const struct fence_parts *parts, struct guards *guards, struct fence **ret_fence,
	struct err *err)
{
	struct fence *fence = fence_new(parts);
	int code;

	if (!fence)
		return err_no_memory(err);
	load_late_comers();
	code = drop_privileges(guards, err);
	if (code == 0)
		code = confine_files(fence, parts, guards, err);
	if (code == 0)
		code = filter_calls(parts, guards, err);
	if (code < 0) {
		fence_free(fence);
		return code;
	}
	tell(parts, guards);
	*ret_fence = fence;
	return 0;
}

struct fence *fence_free(struct fence *fence)
{
	if (fence)
		pool_free(fence->pool);
	free(fence);
	return NULL;
}
