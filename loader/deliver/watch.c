// One inotify watch a folder, with the names in it that count: every folder that waypoint.c names
// for a path that is wanted.
// SPDX-License-Identifier: MIT
#include "loader/deliver/watch.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "loader/deliver/likeness.h"
#include "loader/deliver/waypoint.h"
#include "loader/resolve/whereabouts.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdalign.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB)
#define EVENTS_ABOVE (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
#define EVENTS_SELF (IN_DELETE_SELF | IN_MOVE_SELF)
#define EVENTS_GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

// A folder that is watched.
struct place {
	int number;             // inotify's
	bool all, env;          // what counts in it: everything; env files and samekey.ini
	struct pool_list names; // const char *: and these
	struct place *next;
};

struct watch {
	bool told_blind; // asked to do without inotify
	bool blind;      // something lies where inotify does not see what happens
	int inotify, trouble;
	struct pool *pool; // of what follows
	struct place *places;
	const struct whereabouts *list;
	size_t count;
	uint64_t likeness; // of all attributes
};

struct watch *watch_open(bool blind)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->told_blind = blind;
	watch->inotify = -1;
	return watch;
}

struct watch *watch_close(struct watch *watch)
{
	if (!watch)
		return NULL;
	own_fd_release(&watch->inotify);
	pool_free(watch->pool);
	free(watch);
	return NULL;
}

// ---- which folders

// File systems that others change behind the kernel's back.
static bool is_remote(const char *folder)
{
	static const uint64_t kinds[] = {NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, SMB2_SUPER_MAGIC,
		CIFS_SUPER_MAGIC, V9FS_MAGIC, FUSE_SUPER_MAGIC, CEPH_SUPER_MAGIC, AFS_SUPER_MAGIC,
		AFS_FS_MAGIC, CODA_SUPER_MAGIC};
	struct statfs facts;

	if (statfs(folder, &facts) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if ((uint32_t)facts.f_type == (uint32_t)kinds[i])
			return true;
	return false;
}

// What watch_set makes.
struct setting_up {
	struct watch *watch;
	struct pool *pool;
	struct place *places;
	bool grown, blind;
	int trouble;
};

static struct place *find_place(struct place *places, int number)
{
	while (places && places->number != number)
		places = places->next;
	return places;
}

// The kernel watches no folder that may be passed through and not read; a look sees what is in it.
static void note_refusal(struct setting_up *setting, uint32_t events)
{
	if (errno == ENOSPC || errno == ENOMEM)
		setting->trouble = errno;
	setting->blind |= errno == EACCES && events == EVENTS;
}

// Watches a folder.
// Returns: 0 with *ret_place, NULL where it cannot be watched; or -ENOMEM.
static int place_at(
	struct setting_up *setting, const char *folder, uint32_t events, struct place **ret_place)
{
	struct watch *watch = setting->watch;
	struct place *place = NULL;
	int number = -1;

	setting->blind |= is_remote(folder);
	if (watch->inotify >= 0)
		number = inotify_add_watch(
			watch->inotify, folder, events | EVENTS_SELF | IN_ONLYDIR | IN_MASK_ADD);
	if (watch->inotify >= 0 && number < 0)
		note_refusal(setting, events);
	if (number >= 0)
		place = find_place(setting->places, number);
	if (number >= 0 && !place) {
		place = pool_take(setting->pool, sizeof(*place));
		if (!place)
			return -ENOMEM;
		place->number = number;
		place->next = setting->places;
		setting->places = place;
		setting->grown |= !find_place(watch->places, number);
	}
	*ret_place = place;
	return 0;
}

static int watch_name(
	struct setting_up *setting, const char *folder, const char *name, uint32_t events)
{
	struct place *place;

	if (place_at(setting, folder, events, &place) < 0)
		return -ENOMEM;
	if (place && place->all)
		return 0;
	for (size_t i = 0; place && i < place->names.count; i++)
		if (text_equal(((const char **)place->names.items)[i], name))
			return 0;
	return place ? pool_push_text(setting->pool, &place->names, pool_copy(setting->pool, name))
		     : 0;
}

static int watch_folder(
	struct setting_up *setting, const struct whereabouts *wanted, const char *folder)
{
	struct place *place;

	if (place_at(setting, folder, EVENTS, &place) < 0)
		return -ENOMEM;
	if (place) {
		place->all |= wanted->kind == WHEREABOUTS_FOLDER;
		place->env |= wanted->kind == WHEREABOUTS_ENV;
	}
	return 0;
}

// A folder on the way may be renamed. In one that everybody writes to, such as /tmp, too much else
// happens; there a look has to see it.
static int watch_above(struct setting_up *setting, const char *folder, const char *name)
{
	struct stat facts;

	if (stat(folder, &facts) < 0 || facts.st_mode & S_ISVTX)
		return 0;
	return watch_name(setting, folder, name, EVENTS_ABOVE);
}

// A place that is wanted, and who watches it.
struct wish {
	struct setting_up *setting;
	const struct whereabouts *wanted;
};

static int meet_waypoint(void *user, const struct waypoint *point)
{
	const struct wish *wish = user;

	switch (point->kind) {
	case WAYPOINT_NAME:
		return watch_name(wish->setting, point->folder, point->name, EVENTS);
	case WAYPOINT_ABOVE:
		return watch_above(wish->setting, point->folder, point->name);
	case WAYPOINT_FOLDER:
		break;
	}
	return watch_folder(wish->setting, wish->wanted, point->folder);
}

static int watch_path(struct setting_up *setting, const struct whereabouts *wanted)
{
	return waypoint_each(wanted, meet_waypoint, &(struct wish){setting, wanted});
}

// Kubernetes puts the set of a secrets folder behind a link.
static int watch_data(struct setting_up *setting, const struct whereabouts *wanted)
{
	char path[PATH_MAX];

	if (wanted->kind != WHEREABOUTS_FOLDER ||
		snprintf(path, sizeof(path), "%s/..data", wanted->path) >= PATH_MAX ||
		access(path, F_OK) < 0)
		return 0;
	return watch_path(setting, &(struct whereabouts){WHEREABOUTS_FOLDER, path});
}

// ---- a look

bool watch_look(struct watch *watch)
{
	uint64_t before = watch->likeness;

	watch->likeness = likeness_of(watch->list, watch->count);
	return watch->likeness != before;
}

// Whether the kernel tells of every change.
static bool sees(const struct watch *watch)
{
	return watch->inotify >= 0 && !watch->trouble && !watch->blind;
}

uint64_t watch_look_ms(const struct watch *watch)
{
	return sees(watch) ? WATCH_LOOK_MS : WATCH_BLIND_LOOK_MS;
}

int watch_trouble(const struct watch *watch)
{
	return watch->trouble;
}

// ---- setting up

// Lets go of the folders that are no longer of interest.
static void drop_others(const struct watch *watch, struct place *kept)
{
	for (const struct place *place = watch->places; place; place = place->next)
		if (!find_place(kept, place->number))
			(void)inotify_rm_watch(watch->inotify, place->number); // may be gone
}

static int copy_list(struct setting_up *setting, const struct whereabouts *list, size_t count,
	struct whereabouts **ret_copy)
{
	struct whereabouts *copy = pool_array(setting->pool, count + 1, sizeof(*copy));

	for (size_t i = 0; copy && i < count; i++) {
		copy[i] =
			(struct whereabouts){list[i].kind, pool_copy(setting->pool, list[i].path)};
		if (!copy[i].path || watch_path(setting, &copy[i]) < 0 ||
			watch_data(setting, &copy[i]) < 0)
			return -ENOMEM;
	}
	*ret_copy = copy;
	return copy ? 0 : -ENOMEM;
}

int watch_set(struct watch *watch, const struct whereabouts *list, size_t count, bool *ret_grown)
{
	own(pool_release) struct pool *pool = pool_new();
	struct setting_up setting = {.watch = watch, .pool = pool};
	struct whereabouts *copy;

	if (!pool)
		return -ENOMEM;
	if (watch->inotify < 0 && !watch->told_blind) {
		watch->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
		setting.trouble = watch->inotify < 0 ? errno : 0;
	}
	if (copy_list(&setting, list, count, &copy) < 0)
		return -ENOMEM;
	drop_others(watch, setting.places);
	pool_free(watch->pool);
	watch->pool = take(&pool);
	watch->places = setting.places;
	watch->list = copy;
	watch->count = count;
	watch->blind = setting.blind;
	watch->trouble = setting.trouble;
	*ret_grown = setting.grown;
	if (!sees(watch)) // what came in looks like a change as well
		*ret_grown |= watch_look(watch);
	else
		watch->likeness = likeness_of(watch->list, watch->count);
	return 0;
}

// ---- what the kernel tells

int watch_fd(const struct watch *watch)
{
	return watch->inotify;
}

static bool counts(const struct place *place, const char *name)
{
	if (place->all)
		return true;
	if (place->env && (text_starts(name, ".env") || text_equal(name, "samekey.ini")))
		return true;
	for (size_t i = 0; i < place->names.count; i++)
		if (text_equal(((const char **)place->names.items)[i], name))
			return true;
	return false;
}

static bool take_one(struct watch *watch, const struct inotify_event *event)
{
	struct place *place = find_place(watch->places, event->wd);

	if (event->mask & IN_Q_OVERFLOW)
		return true; // nobody knows what happened
	if (!place)
		return false; // of a folder that was let go of
	if (event->mask & IN_IGNORED)
		place->number = -1; // the kernel may give the number to another one
	if (event->mask & EVENTS_GONE)
		return true;
	return event->len ? counts(place, event->name) : place->all || place->env;
}

bool watch_take(struct watch *watch)
{
	alignas(struct inotify_event) char batch[4096];
	bool changed = false;
	ssize_t got;

	while (watch->inotify >= 0 && (got = read(watch->inotify, batch, sizeof(batch))) > 0)
		for (ssize_t at = 0; at < got;) {
			const struct inotify_event *event = (const void *)(batch + at);

			changed |= take_one(watch, event);
			at += (ssize_t)(sizeof(*event) + event->len);
		}
	return changed;
}
