/* SPDX-License-Identifier: Apache-2.0 */
/* Releases of kube-vip and MetalLB that do what a guard has to put right, by the tag of their image. What stands first weighs most. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "core/doctor.h"

#define V(major, minor, patch) ((major)*1000000 + (minor)*1000 + (patch))
#define PART_MAX 999

struct known {
	int from, to; /* both included */
	struct vg_known_fault fault;
};

static const struct known kube_vip[] = {
	{ V(0, 6, 0),
	  V(0, 8, 0),
	  { "where another controller writes the Service's status too, it deletes and adds the VIP again at each event, without end",
	    "v0.8.1 or later" } },
	{ V(0, 6, 0), V(0, 8, 999), { "every change of a Service takes its VIP off the link for up to 3 s", "v0.9.0 or later" } },
	{ V(1, 0, 4), V(1, 0, 4), { "told to stop, it leaves its VIPs bound (kube-vip issue 1413)", "v1.2.3 or later" } },
	{ V(0, 4, 0), V(1, 2, 3), { "a Service that is no LoadBalancer any more keeps its VIP bound", "a release after v1.2.3" } },
};

static const struct known metallb[] = {
	{ V(0, 14, 6),
	  V(0, 15, 3),
	  { "after a failover its ServiceL2Status may go on naming the node before: the guard goes by the label, which is kept right, but a crashed "
	    "speaker's object stays until its Node or Pod is gone",
	    "v0.16.0 or later" } },
	{ V(0, 13, 0),
	  V(0, 14, 5),
	  { "it writes no ServiceL2Status (0.14.4 and 0.14.5: only with --enable-l2-service-status), so who announces is known by Events alone, "
	    "which "
	    "expire after an hour",
	    "v0.16.0 or later" } },
};

/* What follows the last colon behind the last slash, without a digest: "v1.2.3"; NULL: none. */
static const char *tag_of(const char *image)
{
	const char *end = image + strcspn(image, "@"), *colon = memrchr(image, ':', (size_t)(end - image));
	const char *slash = memrchr(image, '/', (size_t)(end - image));

	return colon && (!slash || colon > slash) ? colon + 1 : NULL;
}

/* "v1.2.3", with what a build adds behind; -1: it is something else ("latest", a digest alone). */
static int version_of(const char *image)
{
	const char *text = tag_of(image);
	int part[3];

	if (!text)
		return -1;
	text += *text == 'v';
	for (size_t i = 0; i < ARRAY_SIZE(part); i++) {
		char *end;
		long n = *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : -1;

		if (n < 0 || n > PART_MAX || (i + 1 < ARRAY_SIZE(part) && *end != '.'))
			return -1;
		part[i] = (int)n;
		text = end + 1;
	}
	return V(part[0], part[1], part[2]);
}

static const struct vg_known_fault *find(const struct known *list, size_t n, const char *image)
{
	int version = version_of(image);

	for (size_t i = 0; i < n; i++) {
		if (version >= list[i].from && version <= list[i].to)
			return &list[i].fault;
	}
	return NULL;
}

const struct vg_known_fault *vg_kube_vip_fault(const char *image)
{
	return find(kube_vip, ARRAY_SIZE(kube_vip), image);
}

const struct vg_known_fault *vg_metallb_fault(const char *image)
{
	return find(metallb, ARRAY_SIZE(metallb), image);
}

bool vg_metallb_honours_exclusion(const char *image)
{
	int version = version_of(image);

	return version < 0 || version >= V(0, 14, 2);
}
