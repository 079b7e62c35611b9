/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds a fuzzer the files of a folder, once each, without libFuzzer: what a fuzzer found stays found. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

VG_DEFINE_CLEANUP(DIR *, closedir)

static int replay(const char *folder, const char *name)
{
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_free_ uint8_t *data = NULL;
	char path[4096];
	long size;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END) < 0 || (size = ftell(file)) < 0)
		return -1;
	rewind(file);
	/* exactly as large as the input, so that a sanitizer sees the first byte read past it */
	data = malloc(size ? (size_t)size : 1);
	if (!data || fread(data, 1, (size_t)size, file) != (size_t)size)
		return -1;
	LLVMFuzzerTestOneInput(data, (size_t)size);
	return 0;
}

int main(int argc, char **argv)
{
	VG_CLEANUP(closedirp) DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	int n = 0;

	if (!folder) {
		fprintf(stderr, "usage: %s FOLDER (that exists)\n", argv[0]);
		return 2;
	}
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		if (replay(argv[1], entry->d_name) < 0) {
			fprintf(stderr, "%s/%s: cannot be read\n", argv[1], entry->d_name);
			return 1;
		}
		n++;
	}
	printf("%d inputs\n", n);
	return n ? 0 : 1;
}
