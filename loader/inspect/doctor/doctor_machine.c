// The verifier and the machine: whether the verifier answers, how secrets in memory are guarded,
// where a crash would leave them, whether our own programs and keys are in place, and the clock.
// SPDX-License-Identifier: MIT
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/sibling.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "lib/value/fingerprint.h"
#include "loader/inspect/doctor/doctor.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <sys/syscall.h>

#define CLOCK_OLDEST_S 1704067200 // 2024-01-01: a clock before it was never set
#define CLOCK_AHEAD_S 300         // a file may be so much newer than now

// ---- verifier

static void look_at_verifier(struct doctor *doctor)
{
	const struct doctor_verifier *verifier = &doctor->verifier;

	if (verifier->fine)
		doctor_saw(doctor, "the verifier answers at %s", verifier->where);
	else if (verifier->what)
		finding_add(doctor->diag, verifier->finding,
			&(struct finding_about){.origin = verifier->where, .hint = verifier->hint},
			"%s", verifier->what);
}

// ---- environment

// The bundle's own findings tell of keys; these change how an environment is read.
static void look_at_environment(struct doctor *doctor)
{
	static const char *const names[] = {
		"NODE_ENV", "NODE_OPTIONS", "NODE_TLS_REJECT_UNAUTHORIZED"};
	size_t before = diag_size(doctor->diag);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = resolution_variable(doctor->resolution, names[i]);

		if (value && !bundle_find(&doctor->resolution->bundle, names[i]))
			(void)doctor_judge(
				doctor, &(struct doctor_given){.key = names[i],
						.value = secret_view(value, strlen(value)),
						.origin = "env",
						.who = "whatever is started from here"});
	}
	if (diag_size(doctor->diag) == before)
		doctor_saw(doctor, "no flag in this environment changes how env files are read");
}

// ---- memory

static void look_at_memory(struct doctor *doctor)
{
	struct secret_guard guard = secret_arena_guard(doctor->resolution->arena);

	if (guard.locked)
		doctor_saw(doctor, "memory for secrets is locked: it is never swapped to disk");
	else
		finding_add(doctor->diag, FINDING_NOT_LOCKED, NULL,
			"memory for secrets could not be locked");
	if (guard.no_dump)
		doctor_saw(doctor, "samekey leaves no secret in a core file");
	else
		finding_add(doctor->diag, FINDING_KERNEL_LACKS,
			&(struct finding_about){.origin = "MADV_DONTDUMP"},
			"memory for secrets could not be kept out of core files");
}

// Asks for what each number of a system call gives; a descriptor is closed again.
static void look_at_kernel(struct doctor *doctor)
{
	struct {
		long result;
		bool opens;
		const char *name, *use;
	} features[] = {
		{syscall(SYS_pidfd_open, getpid(), 0), true, "pidfd",
			"a process is known by its number alone"},
		{syscall(SYS_memfd_secret, 0), true, "memfd_secret",
			"the kernel itself can read the verifier's values"},
		{syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION),
			false, "Landlock", "samekey-scan is not kept to the files that it scans"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		if (features[i].result < 0)
			finding_add(doctor->diag, FINDING_KERNEL_LACKS,
				&(struct finding_about){.origin = features[i].name},
				"the kernel gives no %s: %s", features[i].name, features[i].use);
		else
			doctor_saw(doctor, "the kernel has %s", features[i].name);
		if (features[i].opens && features[i].result >= 0)
			(void)close((int)features[i].result);
	}
}

static void look_at_cores(struct doctor *doctor)
{
	static const char path[] = "/proc/sys/kernel/core_pattern";
	char pattern[256] = "";
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, pattern, sizeof(pattern) - 1);

	if (got < 0) {
		doctor_could_not(doctor, path, "%s", strerror(errno));
		return;
	}
	pattern[strcspn(pattern, " \n")] = '\0';
	if (*pattern == '|')
		finding_add(doctor->diag, FINDING_CORE_PIPE,
			&(struct finding_about){.origin = path},
			"an app that crashes hands its memory, secrets too, to %s", pattern + 1);
	else
		doctor_saw(doctor, "core files are not handed to a program");
}

// ---- our own

static void look_for_program(struct doctor *doctor, const char *name, const char *lost)
{
	char path[PATH_MAX];
	struct err err = ERR_NONE;

	if (sibling_find(name, path, &err) == 0)
		doctor_saw(doctor, "%s is installed", name);
	else
		finding_add(doctor->diag, FINDING_PROGRAM_ABSENT,
			&(struct finding_about){.origin = err.where}, "%s: %s", err.what, lost);
}

static const char *key_path(const struct doctor *doctor)
{
	const struct resolution *resolution = doctor->resolution;
	const char *state = resolution_variable(resolution, "XDG_STATE_HOME");

	switch (fingerprint_key_source(resolution->fingerprints)) {
	case FINGERPRINT_KEY_NAMED:
		return resolution->settings->fingerprint_key;
	case FINGERPRINT_KEY_SYSTEM:
		return "/etc/samekey/fingerprint.key";
	case FINGERPRINT_KEY_STATE:
		if (state && *state)
			return pool_format(doctor->pool, "%s/samekey/fingerprint.key", state);
		return pool_format(doctor->pool, "%s/.local/state/samekey/fingerprint.key",
			doctor->home ? doctor->home : "");
	default:
		return NULL;
	}
}

static void look_at_fingerprint_key(struct doctor *doctor)
{
	const struct fingerprint_key *key = doctor->resolution->fingerprints;
	const char *path = key_path(doctor);
	struct stat facts;

	if (fingerprint_key_source(key) == FINGERPRINT_KEY_EPHEMERAL) {
		finding_add(doctor->diag, FINDING_FINGERPRINT_KEY, NULL,
			"the fingerprint key ends with this process");
		return;
	}
	if (path && stat(path, &facts) == 0 && (facts.st_mode & (S_IROTH | S_IWOTH))) {
		finding_add(doctor->diag, FINDING_OPEN_KEY,
			&(struct finding_about){.origin = doctor_show_path(doctor, path)},
			"with mode %03o everybody may read the fingerprint key",
			(unsigned)facts.st_mode & 0777);
		return;
	}
	doctor_saw(doctor, "the fingerprint key %s lasts", fingerprint_key_id(key));
}

// ---- clock

static void look_at_clock(struct doctor *doctor)
{
	const struct resolution *resolution = doctor->resolution;
	int64_t now = clock_wall_ms() / 1000;
	size_t before = diag_size(doctor->diag);

	if (now < CLOCK_OLDEST_S)
		finding_add(doctor->diag, FINDING_CLOCK_WRONG, NULL, "the clock was never set");
	for (size_t i = 0; i < resolution->file_count; i++) {
		const struct found_file *file = resolution->files[i];

		if ((int64_t)file->changed_at_s > now + CLOCK_AHEAD_S)
			finding_add(doctor->diag, FINDING_CLOCK_WRONG,
				&(struct finding_about){.origin = file->shown},
				"the file was changed in the future, by this machine's clock");
	}
	if (diag_size(doctor->diag) == before)
		doctor_saw(doctor, "the clock is plausible");
}

int doctor_machine(struct doctor *doctor)
{
	look_at_environment(doctor);
	look_at_verifier(doctor);
	look_for_program(doctor, "samekeyd", "nothing compares apps with each other");
	look_for_program(
		doctor, "samekey-scan", "builds, compose and Kubernetes files are not looked at");
	look_at_fingerprint_key(doctor);
	look_at_memory(doctor);
	look_at_kernel(doctor);
	look_at_cores(doctor);
	look_at_clock(doctor);
	return 0;
}
