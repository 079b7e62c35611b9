/* SPDX-License-Identifier: Apache-2.0 */
#include "core/snapshot.h"

#include <errno.h>
#include <string.h>

#include "core/arena.h"
#include "core/fact.h"
#include "core/node_sets.h"
#include "core/prefix_map.h"

struct place {
	struct place *next;
	const char *node;
	struct vg_addr addr;
};

struct vg_snapshot {
	struct vg_arena arena; /* all strings and node sets */
	struct vg_node_sets node_sets;
	const char *node;
	const char *source;
	const char *copied_source; /* of what was copied from another one, or NULL */
	struct vg_prefix_map assignments;
	struct vg_prefix_map protections;
	struct vg_dummies dummies;
	struct place *places; /* the arena's */
	struct place **places_end;
	size_t n_places;
};

int vg_snapshot_new(const char *node, const char *source, struct vg_snapshot **ret_snapshot)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (!snapshot)
		return -ENOMEM;
	snapshot->places_end = &snapshot->places;
	snapshot->assignments = VG_PREFIX_MAP(struct vg_assignment);
	snapshot->protections = VG_PREFIX_MAP(struct vg_protection);
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
	vg_prefix_map_deinit(&snapshot->protections);
	vg_prefix_map_deinit(&snapshot->assignments);
	vg_node_sets_deinit(&snapshot->node_sets);
	vg_arena_deinit(&snapshot->arena);
	free(snapshot);
}

static bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* The prefixes of one range come one after the other: they share the text of their service. */
static int copy_service(struct vg_snapshot *snapshot, const char *service, const char **ret_service)
{
	const struct vg_assignment *last = vg_snapshot_assignment(snapshot, vg_snapshot_size(snapshot) - 1);

	if (!service || (last && text_equal(service, last->service))) {
		*ret_service = service ? last->service : NULL;
		return 0;
	}
	service = vg_arena_copy(&snapshot->arena, service);
	if (!service)
		return -ENOMEM;
	*ret_service = service;
	return 0;
}

/* What a file says holds by itself: who is named may hold it, who is not may not. */
static void settle(const struct vg_snapshot *snapshot, struct vg_assignment *assignment)
{
	enum vg_reason reason = vg_assignment_names(assignment, snapshot->node) ? VG_ASSIGNED_HERE : VG_ASSIGNED_ELSEWHERE;

	assignment->announce_reason = (uint8_t)reason;
	assignment->bind_reason = (uint8_t)(assignment->bind == VG_BIND_NOBODY ? VG_OWNER_NEVER_BINDS : reason);
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
	struct vg_assignment *there = vg_prefix_map_get(&snapshot->assignments, &add->prefix);
	const struct vg_node_set *set;
	int r;

	r = vg_node_sets_intern(&snapshot->node_sets, &snapshot->arena, add->nodes, add->n_nodes, &set);
	if (r < 0)
		return r;
	if (there)
		return merge(there, add, set, ret_other);
	assignment.nodes = set->names;
	assignment.n_nodes = (uint32_t)set->n;
	assignment.source = source_of(snapshot, add->source);
	if (!assignment.source)
		return -ENOMEM;
	assignment.durable = true;
	settle(snapshot, &assignment);
	r = copy_service(snapshot, add->service, &assignment.service);
	return r < 0 ? r : vg_prefix_map_add(&snapshot->assignments, &assignment);
}

int vg_snapshot_set(struct vg_snapshot *snapshot, const struct vg_assignment *set)
{
	struct vg_assignment *there = vg_prefix_map_get(&snapshot->assignments, &set->prefix), assignment = *set;
	const struct vg_node_set *nodes;
	int r;

	r = vg_node_sets_intern(&snapshot->node_sets, &snapshot->arena, set->nodes, set->n_nodes, &nodes);
	if (r < 0)
		return r;
	assignment.nodes = nodes->names;
	assignment.n_nodes = (uint32_t)nodes->n;
	if (!there)
		return vg_prefix_map_add(&snapshot->assignments, &assignment);
	*there = assignment;
	return 0;
}

void vg_snapshot_unset(struct vg_snapshot *snapshot, const struct vg_prefix *prefix)
{
	vg_prefix_map_remove(&snapshot->assignments, prefix);
}

static void show_reason(struct vg_protection *protection)
{
	enum vg_reason cluster = protection->given[VG_ORIGIN_CLUSTER];

	protection->reason = cluster != VG_NO_SERVICE ? cluster : protection->given[VG_ORIGIN_CONFIG];
}

int vg_snapshot_protect(struct vg_snapshot *snapshot, const struct vg_prefix *prefix, enum vg_reason reason, enum vg_origin origin)
{
	struct vg_protection *there = vg_prefix_map_get(&snapshot->protections, prefix);
	struct vg_protection fresh = { .prefix = *prefix, .given = { VG_NO_SERVICE, VG_NO_SERVICE } };
	struct vg_protection *protection = there ? there : &fresh;

	if (protection->given[origin] == VG_NO_SERVICE)
		protection->given[origin] = reason;
	show_reason(protection);
	return there ? 0 : vg_prefix_map_add(&snapshot->protections, &fresh);
}

void vg_snapshot_unprotect(struct vg_snapshot *snapshot, const struct vg_prefix *prefix, enum vg_origin origin)
{
	struct vg_protection *protection = vg_prefix_map_get(&snapshot->protections, prefix);

	if (!protection)
		return;
	protection->given[origin] = VG_NO_SERVICE;
	show_reason(protection);
	if (protection->reason == VG_NO_SERVICE)
		vg_prefix_map_remove(&snapshot->protections, prefix);
}

int vg_snapshot_place(struct vg_snapshot *snapshot, const char *node, const struct vg_addr *addr)
{
	struct place *place;

	if (snapshot->n_places >= VG_PLACES_MAX)
		return -E2BIG;
	place = vg_arena_alloc(&snapshot->arena, sizeof(*place));
	if (!place)
		return -ENOMEM;
	place->node = vg_arena_copy(&snapshot->arena, node);
	if (!place->node)
		return -ENOMEM;
	place->addr = *addr;
	place->next = NULL;
	*snapshot->places_end = place;
	snapshot->places_end = &place->next;
	snapshot->n_places++;
	return 0;
}

size_t vg_snapshot_places(const struct vg_snapshot *snapshot, const char *node, struct vg_addr *ret_addrs, size_t max)
{
	size_t n = 0;

	for (const struct place *place = snapshot->places; place && n < max; place = place->next) {
		if (!strcmp(place->node, node))
			ret_addrs[n++] = place->addr;
	}
	return n;
}

int vg_snapshot_copy(struct vg_snapshot *snapshot, const struct vg_snapshot *from)
{
	const struct vg_assignment *assignment;
	const struct vg_protection *protection;
	int r = 0;

	for (size_t i = 0; r == 0 && (assignment = vg_snapshot_assignment(from, i)); i++)
		r = vg_snapshot_add(snapshot, assignment, NULL);
	for (size_t i = 0; r == 0 && (protection = vg_snapshot_protection(from, i)); i++)
		r = vg_snapshot_protect(snapshot, &protection->prefix, protection->given[VG_ORIGIN_CONFIG], VG_ORIGIN_CONFIG);
	for (const struct place *place = from->places; r == 0 && place; place = place->next)
		r = vg_snapshot_place(snapshot, place->node, &place->addr);
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
	struct vg_assignment *assignment;

	for (size_t i = 0; (assignment = vg_prefix_map_at(&snapshot->assignments, i)); i++) {
		const struct vg_assignment *old = vg_snapshot_at(before, &assignment->prefix);

		if (old)
			assignment->changed_ns = same_nodes(assignment, old) ? old->changed_ns : now_ns;
	}
}

void vg_snapshot_set_dummies(struct vg_snapshot *snapshot, const struct vg_dummies *dummies)
{
	snapshot->dummies = *dummies;
}

const struct vg_dummies *vg_snapshot_dummies(const struct vg_snapshot *snapshot)
{
	return &snapshot->dummies;
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
	return vg_prefix_map_match(&snapshot->assignments, addr);
}

const struct vg_protection *vg_snapshot_protected(const struct vg_snapshot *snapshot, const struct vg_addr *addr)
{
	return vg_prefix_map_match(&snapshot->protections, addr);
}

const struct vg_assignment *vg_snapshot_at(const struct vg_snapshot *snapshot, const struct vg_prefix *prefix)
{
	return vg_prefix_map_get(&snapshot->assignments, prefix);
}

const struct vg_assignment *vg_snapshot_assignment(const struct vg_snapshot *snapshot, size_t i)
{
	return vg_prefix_map_at(&snapshot->assignments, i);
}

const struct vg_protection *vg_snapshot_protection(const struct vg_snapshot *snapshot, size_t i)
{
	return vg_prefix_map_at(&snapshot->protections, i);
}

size_t vg_snapshot_size(const struct vg_snapshot *snapshot)
{
	return snapshot->assignments.n;
}

bool vg_assignment_knows_nodes(const struct vg_assignment *assignment)
{
	return assignment->n_nodes || assignment->durable;
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
