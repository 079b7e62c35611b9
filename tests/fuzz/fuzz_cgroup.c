/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: a line of /proc/PID/cgroup of any bytes. What is found stands in it, and is of the form that the API has. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/cgroup.h"

static void must(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = calloc(size + 1, 1);
	struct vg_cgroup cgroup;
	const char *path;
	int weight;

	if (!line)
		abort();
	if (size)
		memcpy(line, data, size);
	for (char *c = line; (c = strchr(c, '_')); c++)
		*c = '-'; /* a uid that mixes both is found as well */
	cgroup = vg_cgroup_parse(line);
	must(strlen(cgroup.pod_uid) == 0 || strlen(cgroup.pod_uid) == 32 || strlen(cgroup.pod_uid) == 36);
	must(strlen(cgroup.container) == 0 || strlen(cgroup.container) == 64);
	must(strstr(line, cgroup.pod_uid) && strstr(line, cgroup.container));
	weight = vg_cgroup_weigh_line(line, &path);
	must(weight < 0 || (path > line && path <= line + strlen(line) && path[-1] == ':'));
	free(line);
	return 0;
}
