/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: no text may crash the reader of the assignments file, and what it accepts must be whole: each entry is found again
 * and judged, a repeat is equal to itself. What it refuses says where and why.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/assignments.h"
#include "core/judge.h"
#include "core/verdict.h"

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void check_entry(const struct vg_snapshot *snapshot, const struct vg_assignment *assignment)
{
	struct vg_circumstances circumstances = { .now_ns = 1, .grace_ns = VG_GRACE_NS_DEFAULT };
	const struct vg_assignment *found = vg_snapshot_find(snapshot, &assignment->prefix.addr);
	struct vg_answer answer = vg_judge(snapshot, &assignment->prefix.addr, NULL, &circumstances);

	must(found && found->prefix.len >= assignment->prefix.len);
	must(vg_prefix_contains(&assignment->prefix, &assignment->prefix.addr));
	must(assignment->line > 0);
	for (size_t i = 0; i < assignment->n_nodes; i++) {
		must(vg_assignment_names(assignment, assignment->nodes[i]));
		must(i == 0 || strcmp(assignment->nodes[i - 1], assignment->nodes[i]) < 0);
	}
	must(answer.protection ? answer.bind.verdict == VG_PROTECTED : answer.assignment == found);
	must(vg_reason_to_str(answer.bind.reason) && vg_reason_to_str(answer.announce.reason));
}

static void check_snapshot(struct vg_snapshot *snapshot)
{
	size_t size = vg_snapshot_size(snapshot);
	struct vg_assignment again;

	for (size_t i = 0; i < size; i++) {
		check_entry(snapshot, vg_snapshot_assignment(snapshot, i));
		again = *vg_snapshot_assignment(snapshot, i);
		must(vg_snapshot_add(snapshot, &again, NULL) == 0);
	}
	must(vg_snapshot_size(snapshot) == size && !vg_snapshot_assignment(snapshot, size));
	vg_snapshot_inherit(snapshot, snapshot, 2);
	for (size_t i = 0; i < size; i++)
		must(vg_snapshot_assignment(snapshot, i)->changed_ns == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = NULL;
	struct vg_error error = { "" };
	int r;

	r = vg_assignments_parse((const char *)data, size, "fuzz.yaml", "worker1", &error, &snapshot);
	if (r < 0) {
		must(!snapshot && !strncmp(error.text, "fuzz.yaml:", 10));
		return 0;
	}
	check_snapshot(snapshot);
	return 0;
}
