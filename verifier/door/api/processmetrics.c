// A metric is a row and a function that reads its number.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/processmetrics.h"

#include "lib/base/num.h"
#include "verifier/door/api/sample.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define STATM_SIZE 256 // seven numbers

struct processmetrics {
	int statm;        // /proc/self/statm, or -1
	DIR *descriptors; // /proc/self/fd, or NULL
	uint64_t most;    // descriptors that may be open; 0: unknown
};

struct processmetrics *processmetrics_open(void)
{
	struct processmetrics *process = calloc(1, sizeof(*process));
	struct rlimit limit;

	if (!process)
		return NULL;
	process->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	process->descriptors = opendir("/proc/self/fd");
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		process->most = limit.rlim_cur;
	return process;
}

struct processmetrics *processmetrics_close(struct processmetrics *process)
{
	if (!process)
		return NULL;
	if (process->statm >= 0)
		(void)close(process->statm);
	if (process->descriptors)
		(void)closedir(process->descriptors);
	free(process);
	return NULL;
}

// Pages, as statm has them in this place.
// Returns: whether it could be read.
static bool read_pages(const struct processmetrics *process, unsigned place, uint64_t *ret_bytes)
{
	char text[STATM_SIZE];
	ssize_t length = process->statm < 0 ? -1 : pread(process->statm, text, sizeof(text) - 1, 0);
	char *at = text;
	uint64_t pages;

	if (length <= 0)
		return false;
	text[length] = '\0';
	while (place-- && at)
		at = (at = strchr(at, ' ')) ? at + 1 : NULL;
	if (!at)
		return false;
	at[strcspn(at, " \n")] = '\0';
	if (num_parse(at, UINT64_MAX >> 16, &pages) < 0)
		return false;
	*ret_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return true;
}

static bool read_virtual(const struct processmetrics *process, uint64_t *ret_value)
{
	return read_pages(process, 0, ret_value);
}

static bool read_resident(const struct processmetrics *process, uint64_t *ret_value)
{
	return read_pages(process, 1, ret_value);
}

static bool read_descriptors(const struct processmetrics *process, uint64_t *ret_value)
{
	const struct dirent *entry;
	uint64_t count = 0;

	if (!process->descriptors)
		return false;
	rewinddir(process->descriptors);
	while ((entry = readdir(process->descriptors)))
		count += entry->d_name[0] != '.';
	*ret_value = count;
	return count > 0;
}

static bool read_most(const struct processmetrics *process, uint64_t *ret_value)
{
	*ret_value = process->most;
	return process->most > 0;
}

static const struct {
	const char *name, *type, *help;
	bool (*read)(const struct processmetrics *process, uint64_t *ret_value);
} rows[] = {
	{"process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", read_resident},
	{"process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", read_virtual},
	{"process_open_fds", "gauge", "Number of open file descriptors.", read_descriptors},
	{"process_max_fds", "gauge", "Maximum number of open file descriptors.", read_most},
};

static void write_spent(FILE *out)
{
	struct timespec spent;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent) < 0)
		return;
	sample_head(out, "process_cpu_seconds_total", "counter",
		"Total user and system CPU time spent in seconds.");
	sample_seconds(out, "process_cpu_seconds_total",
		(uint64_t)spent.tv_sec * 1000000000 + (uint64_t)spent.tv_nsec);
}

void processmetrics_write(FILE *out, const struct processmetrics *process, uint64_t started_s)
{
	write_spent(out);
	sample_head(out, "process_start_time_seconds", "gauge",
		"Start time of the process since unix epoch in seconds.");
	sample_write(out, "process_start_time_seconds", NULL, 0, started_s);
	for (size_t i = 0; process && i < ARRAY_SIZE(rows); i++) {
		uint64_t value;

		if (!rows[i].read(process, &value))
			continue;
		sample_head(out, rows[i].name, rows[i].type, rows[i].help);
		sample_write(out, rows[i].name, NULL, 0, value);
	}
}
