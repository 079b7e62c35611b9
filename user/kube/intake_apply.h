/* SPDX-License-Identifier: Apache-2.0 */
/* Private to intake*.c: an intake, and how an object goes from its JSON to the cluster. */
#ifndef KUBE_INTAKE_APPLY_H
#define KUBE_INTAKE_APPLY_H

#include "kube/intake.h"
#include "kube/proto_split.h"
#include "kube/split.h"

struct vg_intake {
	struct vg_intake_config config;
	struct vg_split *split; /* NULL: nothing has come yet */
	struct vg_proto_split *proto; /* or this one */
	bool is_proto;
	enum vg_intake_form form;
	char version[VG_VERSION_MAX];
	char *token;
	uint64_t unnamed; /* objects of this list that could not be read, not even their names */
	bool progressed;
	bool live_early;
	struct vg_intake_counts counts;
	const struct vg_moment *now; /* while something is fed */
	struct vg_error *error; /* likewise */
};

/* All return 0, or -ENOMEM. An object that the judge has no need of, or that is odd, is no error. */
int vg_intake_put(struct vg_intake *intake, const json_t *object);
int vg_intake_delete(struct vg_intake *intake, const json_t *object);
/* Of an object that cannot be read object may have the name; what was known of it stays. */
int vg_intake_set_aside(struct vg_intake *intake, const json_t *object, const char *text);
int vg_intake_odd(struct vg_intake *intake, const char *key, const char *text); /* counts and says it: 0 */
/* What the list did not name stays for once, as it is not known what it could not read. */
int vg_intake_keep_rest(struct vg_intake *intake);

/* As numbers, which they are by the API's promise since 1.35 and were before; 1 if one of them is none. */
int vg_version_compare(const char *a, const char *b);

#endif
