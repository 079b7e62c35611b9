/* SPDX-License-Identifier: Apache-2.0 */
/* The guard's inside, shared by guard.c (composition), guard_act.c (facts to actions) and guard_api.c (answers) alone. */
#ifndef APP_GUARD_STATE_H
#define APP_GUARD_STATE_H

#include "app/config.h"
#include "app/file_source.h"
#include "core/act.h"
#include "core/own.h"
#include "kern/kern.h"
#include "report/api.h"
#include "report/report.h"

/* Who repeats something (kube-vip does, for ever) is not looked up in /proc each time: the next removal would wait for it. */
struct vg_described {
	struct vg_who who;
	uint64_t until_ns; /* CLOCK_BOOTTIME; good until then. 0: none */
	char *exe; /* or NULL */
	char *cgroup;
};

struct vg_guard {
	const struct vg_config_options *options; /* the caller's */
	struct vg_loop *loop;
	struct vg_signals *signals;
	struct vg_reporter *reporter;
	struct vg_kern *kern;
	struct vg_api *api;
	struct vg_file_source *source;
	struct vg_timer *grace; /* armed while an answer will change by time alone */
	struct vg_snapshot *snapshot;
	uint64_t snapshot_ns; /* CLOCK_BOOTTIME at which it was taken over */
	uint64_t judged_ns; /* time of the answers that are in the kernel's maps */
	bool source_failed; /* the last reload did */
	struct vg_own *own; /* n_own addresses of the node itself, found at the start */
	bool *own_gone; /* n_own: it is not bound now */
	size_t n_own;
	struct vg_described described; /* the task that was looked up last */
	bool maps_failed; /* the last load of the kernel's maps did */
};

/* guard_act.c */
void vg_guard_on_fact(void *guard, const struct vg_fact *fact);
/* Looks again at everything bound here: what is judged otherwise than by `before` at `before_ns` is said and acted on. all: what is a violation is
 * acted on even if it was one before (the mode changed). */
void vg_guard_rejudge(struct vg_guard *guard, const struct vg_snapshot *before, uint64_t before_ns, bool all);
struct vg_answer vg_guard_judge(const struct vg_guard *guard, const struct vg_addr *addr, const char *link);
struct vg_circumstances vg_guard_circumstances(const struct vg_guard *guard);

void vg_guard_forget_described(struct vg_guard *guard);

/* guard.c */
int vg_guard_set_mode(struct vg_guard *guard, enum vg_mode mode);

/* guard_api.c */
struct vg_api_ops vg_guard_api_ops(struct vg_guard *guard);
json_t *vg_guard_features_to_json(const struct vg_features *features);

#endif
