// Runs a fuzz target over files instead of under libFuzzer: every argument is a file or a folder
// of files. Every prefix of an input is an input, too. Each lies in memory of exactly its size, so
// that the sanitizers see one byte too many.
// SPDX-License-Identifier: MIT
#include "lib/base/base.h"

#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>

#define REPLAY_DEPTH 16
#define REPLAY_PREFIX_MAX 4096 // of a longer input only the first prefixes: the cost is quadratic

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static size_t replayed;

static bool replay_prefixes(const uint8_t *bytes, size_t length)
{
	for (size_t size = 0; size < length && size < REPLAY_PREFIX_MAX; size++) {
		own_free uint8_t *prefix = malloc(size ? size : 1);

		if (!prefix)
			return false;
		memcpy(prefix, bytes, size);
		(void)LLVMFuzzerTestOneInput(prefix, size); // by contract always 0
	}
	return true;
}

static int replay_file(const char *path, const struct stat *st, int type, struct FTW *at)
{
	size_t length = (size_t)st->st_size;
	own_free uint8_t *bytes = NULL;
	FILE *file;
	bool whole;

	(void)at;
	if (type != FTW_F)
		return type == FTW_D ? 0 : ENOENT;
	file = fopen(path, "re");
	bytes = malloc(length ? length : 1);
	if (!file || !bytes) {
		if (file)
			(void)fclose(file); // only read
		return EIO;
	}
	whole = fread(bytes, 1, length, file) == length;
	(void)fclose(file); // only read
	if (!whole)
		return EIO;
	(void)fprintf(stderr, "replay %s\n", path);  // the last line names the input of a crash
	(void)LLVMFuzzerTestOneInput(bytes, length); // by contract always 0
	if (!replay_prefixes(bytes, length))
		return ENOMEM;
	replayed++;
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (nftw(argv[i], replay_file, REPLAY_DEPTH, FTW_PHYS) != 0) {
			(void)fprintf(stderr, "replay: cannot read '%s'\n", argv[i]);
			return 1;
		}
	}
	if (replayed == 0) {
		(void)fprintf(stderr, "replay: no input\n");
		return 1;
	}
	printf("%zu inputs\n", replayed);
	return 0;
}
