/* SPDX-License-Identifier: Apache-2.0 */
#include "core/snapshot.h"

#include <errno.h>
#include <string.h>

#include "core/arena.h"
#include "core/fact.h"
#include "core/node_sets.h"
#include "core/prefix_map.h"

struct vg_snapshot {
	struct vg_arena arena; /* all strings and node sets */
	struct vg_node_sets node_sets;
	const char *node;
	const char *source;
	const char *copied_source; /* of what was copied from another one, or NULL */
	struct vg_assignment *assignments;
	size_t n_assignments;
	size_t assignments_size;
	struct vg_prefix_map assignment_of; /* -> index of assignments */
	struct vg_protection *protections;
	size_t n_protections;
	size_t protections_size;
	struct vg_prefix_map protection_of; /* -> index of protections */
};

int vg_snapshot_new(const char *node, const char *source, struct vg_snapshot **ret_snapshot)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (!snapshot)
		return -ENOMEM;
	snapshot->node = vg_arena_copy(&snapshot->arena, node);
	snapshot->source = vg_arena_copy(&snapshot->arena, source);
	if (!snapshot->node || !snapshot->source)
		return -ENOMEM;
	*ret_snapshot = TAKE_PTR(snapshot);
	return 0;
}

void vg_snapshot_free(struct vg_snapshot *snapshot)
{
	if (!snapshot)
		return;
	vg_prefix_map_deinit(&snapshot->protection_of);
	free(snapshot->protections);
	vg_prefix_map_deinit(&snapshot->assignment_of);
	free(snapshot->assignments);
	vg_node_sets_deinit(&snapshot->node_sets);
	vg_arena_deinit(&snapshot->arena);
	free(snapshot);
}

/* Room for one more; *list is an array of `size` elements of `each` bytes. */
static int reserve(void *list, size_t n, size_t *size, size_t each)
{
	size_t wanted = *size ? *size * 2 : 16;
	void *bigger;

	if (n < *size)
		return 0;
	bigger = reallocarray(*(void **)list, wanted, each);
	if (!bigger)
		return -ENOMEM;
	*(void **)list = bigger;
	*size = wanted;
	return 0;
}

static bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* The prefixes of one range come one after the other: they share the text of their service. */
static int copy_service(struct vg_snapshot *snapshot, const char *service, const char **ret_service)
{
	const char *last = snapshot->n_assignments ? snapshot->assignments[snapshot->n_assignments - 1].service : NULL;

	if (!service || text_equal(service, last)) {
		*ret_service = service ? last : NULL;
		return 0;
	}
	last = vg_arena_copy(&snapshot->arena, service);
	if (!last)
		return -ENOMEM;
	*ret_service = last;
	return 0;
}

/* What a file says holds by itself: who is named may hold it, who is not may not. */
static void settle(const struct vg_snapshot *snapshot, struct vg_assignment *assignment)
{
	enum vg_reason reason = vg_assignment_names(assignment, snapshot->node) ? VG_ASSIGNED_HERE : VG_ASSIGNED_ELSEWHERE;

	assignment->announce_reason = (uint8_t)reason;
	assignment->bind_reason = (uint8_t)(assignment->bind == VG_BIND_NOBODY ? VG_OWNER_NEVER_BINDS : reason);
}

static int append(struct vg_snapshot *snapshot, const struct vg_assignment *assignment)
{
	int r = reserve(&snapshot->assignments, snapshot->n_assignments, &snapshot->assignments_size, sizeof(*assignment));

	if (r == 0)
		r = vg_prefix_map_add(&snapshot->assignment_of, &assignment->prefix, (uint32_t)snapshot->n_assignments);
	if (r == 0)
		snapshot->assignments[snapshot->n_assignments++] = *assignment;
	return r;
}

/* An entry that comes from another snapshot keeps saying so. NULL: no memory. */
static const char *source_of(struct vg_snapshot *snapshot, const char *source)
{
	if (!source)
		return snapshot->source;
	if (!text_equal(snapshot->copied_source, source))
		snapshot->copied_source = vg_arena_copy(&snapshot->arena, source);
	return snapshot->copied_source;
}

static int merge(struct vg_assignment *there, const struct vg_assignment *add, const struct vg_node_set *set, const struct vg_assignment **ret_other)
{
	if (there->bind != add->bind || there->nodes != set->names || !text_equal(there->service, add->service)) {
		if (ret_other)
			*ret_other = there;
		return -EEXIST;
	}
	there->ranged = there->ranged && add->ranged;
	return 0;
}

int vg_snapshot_add(struct vg_snapshot *snapshot, const struct vg_assignment *add, const struct vg_assignment **ret_other)
{
	struct vg_assignment assignment = *add;
	const struct vg_node_set *set;
	uint32_t i;
	int r;

	r = vg_node_sets_intern(&snapshot->node_sets, &snapshot->arena, add->nodes, add->n_nodes, &set);
	if (r < 0)
		return r;
	if (vg_prefix_map_get(&snapshot->assignment_of, &add->prefix, &i))
		return merge(&snapshot->assignments[i], add, set, ret_other);
	assignment.nodes = set->names;
	assignment.n_nodes = (uint32_t)set->n;
	assignment.source = source_of(snapshot, add->source);
	if (!assignment.source)
		return -ENOMEM;
	assignment.durable = true;
	settle(snapshot, &assignment);
	r = copy_service(snapshot, add->service, &assignment.service);
	return r < 0 ? r : append(snapshot, &assignment);
}

int vg_snapshot_set(struct vg_snapshot *snapshot, const struct vg_assignment *set)
{
	struct vg_assignment assignment = *set;
	const struct vg_node_set *nodes;
	uint32_t i;
	int r;

	r = vg_node_sets_intern(&snapshot->node_sets, &snapshot->arena, set->nodes, set->n_nodes, &nodes);
	if (r < 0)
		return r;
	assignment.nodes = nodes->names;
	assignment.n_nodes = (uint32_t)nodes->n;
	if (!vg_prefix_map_get(&snapshot->assignment_of, &set->prefix, &i))
		return append(snapshot, &assignment);
	snapshot->assignments[i] = assignment;
	return 0;
}

/* The last entry takes the place of the one that goes. */
void vg_snapshot_unset(struct vg_snapshot *snapshot, const struct vg_prefix *prefix)
{
	const struct vg_assignment *last;
	uint32_t i;

	if (!vg_prefix_map_get(&snapshot->assignment_of, prefix, &i))
		return;
	vg_prefix_map_remove(&snapshot->assignment_of, prefix);
	last = &snapshot->assignments[--snapshot->n_assignments];
	if (i == snapshot->n_assignments)
		return;
	snapshot->assignments[i] = *last;
	vg_prefix_map_replace(&snapshot->assignment_of, &last->prefix, i);
}

static void show_reason(struct vg_protection *protection)
{
	enum vg_reason cluster = protection->given[VG_ORIGIN_CLUSTER];

	protection->reason = cluster != VG_NO_SERVICE ? cluster : protection->given[VG_ORIGIN_CONFIG];
}

static int new_protection(struct vg_snapshot *snapshot, const struct vg_prefix *prefix, struct vg_protection **ret_protection)
{
	struct vg_protection protection = { .prefix = *prefix, .given = { VG_NO_SERVICE, VG_NO_SERVICE } };
	int r = reserve(&snapshot->protections, snapshot->n_protections, &snapshot->protections_size, sizeof(protection));

	if (r == 0)
		r = vg_prefix_map_add(&snapshot->protection_of, prefix, (uint32_t)snapshot->n_protections);
	if (r < 0)
		return r;
	*ret_protection = &snapshot->protections[snapshot->n_protections++];
	**ret_protection = protection;
	return 0;
}

int vg_snapshot_protect(struct vg_snapshot *snapshot, const struct vg_prefix *prefix, enum vg_reason reason, enum vg_origin origin)
{
	struct vg_protection *protection;
	uint32_t i;
	int r;

	if (vg_prefix_map_get(&snapshot->protection_of, prefix, &i)) {
		protection = &snapshot->protections[i];
	} else {
		r = new_protection(snapshot, prefix, &protection);
		if (r < 0)
			return r;
	}
	if (protection->given[origin] == VG_NO_SERVICE)
		protection->given[origin] = reason;
	show_reason(protection);
	return 0;
}

static void remove_protection(struct vg_snapshot *snapshot, uint32_t i)
{
	const struct vg_protection *last = &snapshot->protections[--snapshot->n_protections];

	vg_prefix_map_remove(&snapshot->protection_of, &snapshot->protections[i].prefix);
	if (i == snapshot->n_protections)
		return;
	snapshot->protections[i] = *last;
	vg_prefix_map_replace(&snapshot->protection_of, &last->prefix, i);
}

void vg_snapshot_unprotect(struct vg_snapshot *snapshot, const struct vg_prefix *prefix, enum vg_origin origin)
{
	struct vg_protection *protection;
	uint32_t i;

	if (!vg_prefix_map_get(&snapshot->protection_of, prefix, &i))
		return;
	protection = &snapshot->protections[i];
	protection->given[origin] = VG_NO_SERVICE;
	show_reason(protection);
	if (protection->reason == VG_NO_SERVICE)
		remove_protection(snapshot, i);
}

int vg_snapshot_copy(struct vg_snapshot *snapshot, const struct vg_snapshot *from)
{
	int r = 0;

	for (size_t i = 0; i < from->n_assignments && r == 0; i++)
		r = vg_snapshot_add(snapshot, &from->assignments[i], NULL);
	for (size_t i = 0; i < from->n_protections && r == 0; i++)
		r = vg_snapshot_protect(snapshot, &from->protections[i].prefix, from->protections[i].given[VG_ORIGIN_CONFIG], VG_ORIGIN_CONFIG);
	return r;
}

static bool same_nodes(const struct vg_assignment *a, const struct vg_assignment *b)
{
	if (a->n_nodes != b->n_nodes)
		return false;
	for (size_t i = 0; i < a->n_nodes; i++) {
		if (strcmp(a->nodes[i], b->nodes[i]))
			return false;
	}
	return true;
}

void vg_snapshot_inherit(struct vg_snapshot *snapshot, const struct vg_snapshot *before, uint64_t now_ns)
{
	for (size_t i = 0; i < snapshot->n_assignments; i++) {
		struct vg_assignment *assignment = &snapshot->assignments[i];
		const struct vg_assignment *old;
		uint32_t at;

		if (!vg_prefix_map_get(&before->assignment_of, &assignment->prefix, &at))
			continue;
		old = &before->assignments[at];
		assignment->changed_ns = same_nodes(assignment, old) ? old->changed_ns : now_ns;
	}
}

const char *vg_snapshot_node(const struct vg_snapshot *snapshot)
{
	return snapshot->node;
}

const char *vg_snapshot_source(const struct vg_snapshot *snapshot)
{
	return snapshot->source;
}

const struct vg_assignment *vg_snapshot_find(const struct vg_snapshot *snapshot, const struct vg_addr *addr)
{
	uint32_t i;

	return vg_prefix_map_match(&snapshot->assignment_of, addr, &i) ? &snapshot->assignments[i] : NULL;
}

const struct vg_protection *vg_snapshot_protected(const struct vg_snapshot *snapshot, const struct vg_addr *addr)
{
	uint32_t i;

	return vg_prefix_map_match(&snapshot->protection_of, addr, &i) ? &snapshot->protections[i] : NULL;
}

const struct vg_assignment *vg_snapshot_at(const struct vg_snapshot *snapshot, const struct vg_prefix *prefix)
{
	uint32_t i;

	return vg_prefix_map_get(&snapshot->assignment_of, prefix, &i) ? &snapshot->assignments[i] : NULL;
}

const struct vg_assignment *vg_snapshot_assignment(const struct vg_snapshot *snapshot, size_t i)
{
	return i < snapshot->n_assignments ? &snapshot->assignments[i] : NULL;
}

const struct vg_protection *vg_snapshot_protection(const struct vg_snapshot *snapshot, size_t i)
{
	return i < snapshot->n_protections ? &snapshot->protections[i] : NULL;
}

size_t vg_snapshot_size(const struct vg_snapshot *snapshot)
{
	return snapshot->n_assignments;
}

bool vg_assignment_names(const struct vg_assignment *assignment, const char *node)
{
	size_t low = 0, high = assignment->n_nodes;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = strcmp(node, assignment->nodes[middle]);

		if (!c)
			return true;
		if (c < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}
