/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: answers of a server, of any bytes and cut anywhere, go to a cluster. The first byte says which kind and in how large
 * pieces; NUL bytes end one answer and begin the next, in one of the three forms in turn. Then a good list comes: nothing
 * that was sent before may be left of what it does not name.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/cluster.h"
#include "kube/intake.h"

static const struct vg_moment now = { .real_ns = 1, .boot_ns = 1 };

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void on_trouble(void *ctx, enum vg_kube_trouble_kind kind, const char *key, const char *text)
{
	(void)ctx;
	(void)kind;
	must(strlen(key) < 1024 && strlen(text) < 4096);
}

static void answer(struct vg_intake *intake, enum vg_intake_form form, const char *bytes, size_t n, size_t piece)
{
	struct vg_error error = { 0 };
	int r = 0;

	if (form != VG_INTAKE_WATCH)
		vg_intake_list_begin(intake);
	vg_intake_open(intake, form);
	for (size_t at = 0; at < n && r >= 0; at += piece)
		r = vg_intake_feed(intake, bytes + at, n - at < piece ? n - at : piece, &now, &error);
	if (r >= 0)
		r = vg_intake_end(intake, &now, &error);
	must(r >= 0 || error.text[0]);
	must(strlen(vg_intake_version(intake)) < VG_VERSION_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char empty[] = "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}";
	struct vg_intake_config config = { .trouble = on_trouble };
	struct vg_intake *intake;
	const char *bytes = (const char *)data + 1, *end = (const char *)data + size;
	unsigned form = VG_INTAKE_PAGE;

	if (size < 2)
		return 0;
	config.kind = data[0] % VG_KIND_MAX;
	must(vg_cluster_new("node1", &config.cluster) == 0 && vg_reducer_new(&config.reducer) == 0 && vg_intake_new(&config, &intake) == 0);
	while (bytes < end) {
		const char *stop = memchr(bytes, '\0', (size_t)(end - bytes));

		stop = stop ? stop : end;
		answer(intake, form++ % (VG_INTAKE_WATCH + 1), bytes, (size_t)(stop - bytes), data[0] / VG_KIND_MAX * 7 + 1);
		bytes = stop + 1;
	}
	answer(intake, VG_INTAKE_PAGE, empty, strlen(empty), sizeof(empty));
	must(!strcmp(vg_intake_version(intake), "1"));
	must(vg_cluster_count(config.cluster, config.kind) == 0);
	vg_intake_free(intake);
	vg_reducer_free(config.reducer);
	vg_cluster_free(config.cluster);
	return 0;
}
