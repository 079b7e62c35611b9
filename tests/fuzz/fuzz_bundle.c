/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: the answer of a guard, which may be another one than ours, as a bundle's files. Whatever it holds, frames.pcap can be walked from
 * its first byte to its last, and what is hidden stays hidden.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/bundle.h"
#include "report/pcap.h"
#include "report/redact.h"

#define HEAD 24
#define PACKET 16

static void must(bool condition)
{
	if (!condition)
		abort();
}

static uint32_t word(const char *at)
{
	const uint8_t *p = (const uint8_t *)at;

	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void walk(const struct vg_bundle_file *file)
{
	size_t at = HEAD;

	must(file->size >= HEAD);
	while (at < file->size) {
		must(file->size - at >= PACKET);
		must(word(file->data + at + 4) < 1000000);
		must(word(file->data + at + 8) <= word(file->data + at + 12));
		must(word(file->data + at + 12) <= VG_PCAP_FRAME_MAX);
		at += PACKET + word(file->data + at + 8);
	}
	must(at == file->size);
}

static void hide_twice(const char *text)
{
	_cleanup_free_ char *once = NULL, *twice = NULL;
	int r;

	once = vg_redact_text(text, &r);
	must(r == 0);
	twice = once ? vg_redact_text(once, &r) : NULL;
	must(r == 0 && (!twice || strcmp(once, twice) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	VG_CLEANUP(vg_bundle_files_deinit) struct vg_bundle_files files = { .n = 0 };
	json_auto_t *bundle = json_loadb((const char *)data, size, 0, NULL);
	_cleanup_free_ char *text = calloc(size + 1, 1);

	must(text);
	if (size)
		memcpy(text, data, size);
	hide_twice(text);
	if (!json_is_object(bundle))
		return 0;
	must(vg_bundle_to_files(bundle, &files) == 0);
	must(vg_bundle_add_readme(bundle, &files) == 0);
	for (size_t i = 0; i < files.n; i++) {
		if (strcmp(files.list[i].name, "frames.pcap") == 0)
			walk(&files.list[i]);
	}
	return 0;
}
