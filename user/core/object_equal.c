/* SPDX-License-Identifier: Apache-2.0 */
/* Field by field along the shape's table: nothing that counts can be left out of a comparison by oversight. */
#include "core/object.h"

#include <string.h>

_Static_assert(sizeof(struct vg_range) == 2 * sizeof(struct vg_addr), "compared as bytes");
_Static_assert(sizeof(struct vg_carried) == sizeof(struct vg_addr) + sizeof(uint32_t), "compared as bytes");

static bool same_bytes(const void *a, uint32_t n_a, const void *b, uint32_t n_b, size_t item)
{
	return n_a == n_b && (!n_a || !memcmp(a, b, n_a * item));
}

static bool same_texts(const struct vg_texts *a, const struct vg_texts *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		if (strcmp(a->list[i], b->list[i]))
			return false;
	}
	return true;
}

static bool same_labels(const struct vg_labels *a, const struct vg_labels *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		if (strcmp(a->list[i].key, b->list[i].key) || strcmp(a->list[i].value, b->list[i].value))
			return false;
	}
	return true;
}

static bool same_selector(const struct vg_selector *a, const struct vg_selector *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		if (a->list[i].op != b->list[i].op || strcmp(a->list[i].key, b->list[i].key) || !same_texts(&a->list[i].values, &b->list[i].values))
			return false;
	}
	return true;
}

static bool same_selectors(const struct vg_selectors *a, const struct vg_selectors *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		if (!same_selector(&a->list[i], &b->list[i]))
			return false;
	}
	return true;
}

static bool same_helds(const struct vg_helds *a, const struct vg_helds *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		if (vg_addr_cmp(&a->list[i].addr, &b->list[i].addr) || strcmp(a->list[i].node, b->list[i].node))
			return false;
	}
	return true;
}

/* Lists of plain values: the pointer and the number lie alike in all of them. */
static bool same_values(enum vg_field_type type, const void *a, const void *b)
{
	const struct vg_addrs *addrs_a = a, *addrs_b = b;
	const struct vg_ranges *ranges_a = a, *ranges_b = b;
	const struct vg_carrieds *carried_a = a, *carried_b = b;

	if (type == VG_FIELD_ADDRS)
		return same_bytes(addrs_a->list, addrs_a->n, addrs_b->list, addrs_b->n, sizeof(*addrs_a->list));
	if (type == VG_FIELD_RANGES)
		return same_bytes(ranges_a->list, ranges_a->n, ranges_b->list, ranges_b->n, sizeof(*ranges_a->list));
	return same_bytes(carried_a->list, carried_a->n, carried_b->list, carried_b->n, sizeof(*carried_a->list));
}

static bool same_field(enum vg_field_type type, const void *a, const void *b)
{
	switch (type) {
	case VG_FIELD_TEXT: return !strcmp(*(const char *const *)a, *(const char *const *)b);
	case VG_FIELD_TEXTS: return same_texts(a, b);
	case VG_FIELD_LABELS: return same_labels(a, b);
	case VG_FIELD_SELECTORS: return same_selectors(a, b);
	case VG_FIELD_HELD: return same_helds(a, b);
	case VG_FIELD_ADDRS:
	case VG_FIELD_RANGES:
	case VG_FIELD_CARRIED: return same_values(type, a, b);
	case VG_FIELD_FLAGS:
	case VG_FIELD_COUNT: return *(const uint32_t *)a == *(const uint32_t *)b;
	case VG_FIELD_HASH:
	case VG_FIELD_TIME:
	case VG_FIELD_DURATION: return *(const uint64_t *)a == *(const uint64_t *)b;
	}
	return false;
}

bool vg_object_equal(const struct vg_object *a, const struct vg_object *b, bool heartbeats)
{
	const struct vg_shape *shape = vg_shape_of(a->kind);

	if (a->kind != b->kind || a->namespace_len != b->namespace_len || strcmp(a->key, b->key) || !same_labels(&a->labels, &b->labels))
		return false;
	for (size_t i = 0; i < shape->n; i++) {
		const struct vg_field *field = &shape->fields[i];

		if (field->heartbeat && !heartbeats)
			continue;
		if (!same_field(field->type, (const char *)a + field->offset, (const char *)b + field->offset))
			return false;
	}
	return true;
}
