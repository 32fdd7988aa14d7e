// A preloaded library in which the n-th call of a family fails, comes short, or tells another time:
// this part decides which. What it shall do stands in a file that the driver (drive.py) shares: it
// can be changed while a program runs, and what was counted is read there. Inactive in every
// program but the one that it names.
// SPDX-License-Identifier: MIT
#include "tests/faults/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// NOLINTBEGIN(bugprone-*,cert-*,readability-*): it runs before all else, and by what cannot fail

// Laid out as drive.py reads it.
struct control {
	char program[32];
	char apart[64]; // libraries whose allocations are a family of their own: " libone libtwo "
	uint32_t armed, family, mode;
	int32_t reason; // errno
	int64_t amount;
	uint64_t at;
	_Atomic uint64_t fired;
	char first[32];  // the function that failed first
	uint64_t caller; // and where it was called from, in that program or library
	char caller_in[64];
	uint32_t crash; // the signal of one
	_Atomic uint64_t calls[FAMILIES];
};

static struct control *control;

#define APART_MAX 6
static struct {
	uintptr_t begin, end;
} apart[APART_MAX];
static size_t apart_count;

static int note_library(struct dl_phdr_info *library, size_t size, void *unused)
{
	const char *name = strrchr(library->dlpi_name, '/'),
		   *end = name ? strstr(name, ".so") : NULL;
	uintptr_t last = 0;
	char word[40];

	(void)size, (void)unused;
	if (!end || apart_count == APART_MAX)
		return 0;
	(void)snprintf(word, sizeof(word), " %.*s ", (int)(end - name) - 1, name + 1);
	if (!strstr(control->apart, word))
		return 0;
	for (size_t i = 0; i < library->dlpi_phnum; i++)
		if (library->dlpi_phdr[i].p_type == PT_LOAD)
			last = library->dlpi_phdr[i].p_vaddr + library->dlpi_phdr[i].p_memsz;
	apart[apart_count].begin = library->dlpi_addr;
	apart[apart_count++].end = library->dlpi_addr + last;
	return 0;
}

static bool is_apart(const void *caller)
{
	for (size_t i = 0; i < apart_count; i++)
		if ((uintptr_t)caller >= apart[i].begin && (uintptr_t)caller < apart[i].end)
			return true;
	return false;
}

// Whoever started the program may tell only that it ended.
static void note_crash(int signal)
{
	control->crash = (uint32_t)signal;
}

static void watch_crashes(void)
{
	static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
	// once, so that what comes again ends the program as ever
	const struct sigaction note = {.sa_handler = note_crash, .sa_flags = (int)SA_RESETHAND};
	struct sigaction was;

	for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		if (sigaction(crashes[i], NULL, &was) == 0 && was.sa_handler == SIG_DFL)
			(void)sigaction(crashes[i], &note, NULL);
}

__attribute__((constructor)) static void take_control(void)
{
	const char *path = getenv("FAULT_FILE");
	char program[512], *name;
	struct control *shared;
	ssize_t length;
	int fd;

	if (!path)
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	length = syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", program, sizeof(program) - 1);
	if (fd < 0 || length < 0)
		return;
	program[length] = '\0';
	name = strrchr(program, '/');
	shared = (void *)syscall(
		SYS_mmap, 0L, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)syscall(SYS_close, fd);
	if ((intptr_t)shared > -4096 && (intptr_t)shared < 0)
		return;
	if (name && strcmp(name + 1, shared->program) == 0)
		control = shared;
	else
		(void)syscall(SYS_munmap, shared, sizeof(*shared));
	if (!control)
		return;
	watch_crashes();
	(void)dl_iterate_phdr(note_library, NULL);
}

bool fault_is_here(void)
{
	return control;
}

enum mode fault_mode(void)
{
	return (enum mode)control->mode;
}

int fault_reason(void)
{
	return control->reason;
}

int64_t fault_amount(void)
{
	return control->amount;
}

static void remember(const char *function, void *caller)
{
	Dl_info info;
	const char *name;

	(void)strncpy(control->first, function, sizeof(control->first) - 1);
	if (!dladdr(caller, &info) || !info.dli_fname)
		return;
	name = strrchr(info.dli_fname, '/');
	(void)strncpy(control->caller_in, name ? name + 1 : info.dli_fname,
		sizeof(control->caller_in) - 1);
	control->caller = (uint64_t)((uintptr_t)caller - (uintptr_t)info.dli_fbase);
}

bool fault_is_due(enum family family, const char *function, void *caller)
{
	uint64_t number, since;

	if (!control)
		return false;
	if (family == MEMORY && is_apart(caller))
		family = LIBRARY;
	number = atomic_fetch_add(&control->calls[family], 1) + 1;
	if (!control->armed || control->family != family || number < control->at)
		return false;
	since = number - control->at;
	if ((control->mode == ERROR || control->mode == SHORT) && since)
		return false;
	// now and then two in a row, or where two take turns only one would ever meet it
	if (control->mode == EVERY_2ND && (since + since / 7) % 2)
		return false;
	if (atomic_fetch_add(&control->fired, 1) == 0)
		remember(function, caller);
	return true;
}

bool fault_fails(enum family family, const char *function, void *caller)
{
	if (!fault_is_due(family, function, caller) || control->mode > EVERY_2ND)
		return false;
	errno = control->reason;
	return true;
}

// NOLINTEND(bugprone-*,cert-*,readability-*)
