// Runs a fuzz target over files instead of under libFuzzer: every argument is a file or a folder
// of files. Each input lies in memory of exactly its size, so that the sanitizers see one byte
// too many.
// SPDX-License-Identifier: MIT
#include "lib/base/base.h"

#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>

#define REPLAY_DEPTH 16

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static size_t replayed;

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
