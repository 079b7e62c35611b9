/* SPDX-License-Identifier: Apache-2.0 */
#include "report/who.h"

#include <errno.h>
#include <string.h>

#include "report/json.h"

int vg_json_set_who(json_t *o, const struct vg_who *who, const struct vg_doer *doer)
{
	char comm[VG_COMM_MAX + 1] = "";
	int r = 0;

	/* without a process the name is whoever happened to run, a softirq's victim */
	if (!who || !who->pid)
		return 0;
	strncat(comm, who->comm, VG_COMM_MAX);
	r |= vg_json_set_number(o, "pid", who->pid);
	r |= vg_json_set_text(o, "comm", comm);
	r |= vg_json_set_text(o, "exe", doer->exe);
	r |= vg_json_set_text(o, "cgroup", doer->cgroup);
	r |= vg_json_set_text(o, "container", doer->container);
	r |= vg_json_set_text(o, "pod", doer->pod);
	r |= vg_json_set_text(o, "pod_uid", doer->pod_uid);
	return r < 0 ? -ENOMEM : 0;
}
