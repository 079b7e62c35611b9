/* SPDX-License-Identifier: Apache-2.0 */
/* Who did it, in full: executable, cgroup, container, and the Pod by its name. */
#include <string.h>

#include "app/guard_state.h"
#include "base/time.h"

static void describe(struct vg_guard *guard, const struct vg_who *who)
{
	struct vg_described *described = &guard->described;
	struct vg_who thread = described->who;
	uint64_t now_ns = vg_time_boot_ns();

	/* another thread of the same process is the same */
	thread.tid = who->tid;
	if (now_ns < described->until_ns && memcmp(&thread, who, sizeof(thread)) == 0)
		return;
	vg_guard_forget_described(guard);
	if (vg_task_describe(NULL, who, &described->task) < 0)
		return;
	described->who = *who;
	/* without its start time a pid may be another process's by then */
	described->until_ns = who->start_ns ? now_ns + VG_NS_PER_SEC : 0;
}

void vg_guard_forget_described(struct vg_guard *guard)
{
	vg_task_deinit(&guard->described.task);
	guard->described = (struct vg_described){ .until_ns = 0 };
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

struct vg_doer vg_guard_doer(struct vg_guard *guard, const struct vg_who *who)
{
	const struct vg_task *task = &guard->described.task;
	const struct vg_pod *pod;
	struct vg_doer doer;

	if (!who->pid)
		return (struct vg_doer){ .exe = NULL };
	describe(guard, who);
	doer = (struct vg_doer){ .exe = task->exe, .cgroup = task->cgroup, .container = or_null(task->of.container) };
	pod = guard->cluster && *task->of.pod_uid ? vg_cluster_find_pod(guard->cluster, task->of.pod_uid) : NULL;
	if (pod)
		doer.pod = pod->object.key;
	else
		doer.pod_uid = or_null(task->of.pod_uid);
	return doer;
}
