/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One block: the object itself, then its lists and strings. The same walk is done twice, first without a block to see how large it
 * must be; what is written then is written only in the second one.
 */
#include "core/object.h"

#include <stdlib.h>
#include <string.h>

struct packer {
	char *base; /* NULL: only measuring */
	size_t used;
};

static const char nothing[] = "";

/* NULL when measuring. */
static void *take(struct packer *packer, size_t size, size_t align)
{
	size_t start = (packer->used + align - 1) & ~(align - 1);

	packer->used = start + size;
	return packer->base ? packer->base + start : NULL;
}

static void *pack_bytes(struct packer *packer, const void *bytes, size_t size, size_t align)
{
	void *copy = take(packer, size, align);

	if (copy && size)
		memcpy(copy, bytes, size);
	return copy;
}

/* The empty text needs no memory. */
static const char *pack_text(struct packer *packer, const char *text)
{
	return *text ? pack_bytes(packer, text, strlen(text) + 1, 1) : nothing;
}

static const char *const *pack_texts(struct packer *packer, const struct vg_texts *texts)
{
	const char **list = take(packer, texts->n * sizeof(*list), _Alignof(char *));

	for (uint32_t i = 0; i < texts->n; i++) {
		const char *copy = pack_text(packer, texts->list[i]);

		if (list)
			list[i] = copy;
	}
	return list;
}

static const struct vg_label *pack_labels(struct packer *packer, const struct vg_labels *labels)
{
	struct vg_label *list = take(packer, labels->n * sizeof(*list), _Alignof(struct vg_label));

	for (uint32_t i = 0; i < labels->n; i++) {
		struct vg_label copy = { pack_text(packer, labels->list[i].key), pack_text(packer, labels->list[i].value) };

		if (list)
			list[i] = copy;
	}
	return list;
}

static const struct vg_requirement *pack_selector(struct packer *packer, const struct vg_selector *selector)
{
	struct vg_requirement *list = take(packer, selector->n * sizeof(*list), _Alignof(struct vg_requirement));

	for (uint32_t i = 0; i < selector->n; i++) {
		struct vg_requirement copy = selector->list[i];

		copy.key = pack_text(packer, copy.key);
		copy.values.list = pack_texts(packer, &copy.values);
		if (list)
			list[i] = copy;
	}
	return list;
}

static const struct vg_selector *pack_selectors(struct packer *packer, const struct vg_selectors *selectors)
{
	struct vg_selector *list = take(packer, selectors->n * sizeof(*list), _Alignof(struct vg_selector));

	for (uint32_t i = 0; i < selectors->n; i++) {
		struct vg_selector copy = { pack_selector(packer, &selectors->list[i]), selectors->list[i].n };

		if (list)
			list[i] = copy;
	}
	return list;
}

static const struct vg_held *pack_helds(struct packer *packer, const struct vg_helds *helds)
{
	struct vg_held *list = take(packer, helds->n * sizeof(*list), _Alignof(struct vg_held));

	for (uint32_t i = 0; i < helds->n; i++) {
		struct vg_held copy = { helds->list[i].addr, pack_text(packer, helds->list[i].node) };

		if (list)
			list[i] = copy;
	}
	return list;
}

static size_t value_size(enum vg_field_type type)
{
	return type == VG_FIELD_ADDRS ? sizeof(struct vg_addr) : type == VG_FIELD_RANGES ? sizeof(struct vg_range) : sizeof(struct vg_carried);
}

/* from: the field in the original. Returns what its pointer becomes. All lists have their pointer first and their number next. */
static const void *pack_pointer(struct packer *packer, enum vg_field_type type, const void *from)
{
	const struct vg_addrs *values = from;

	switch (type) {
	case VG_FIELD_TEXT: return pack_text(packer, *(const char *const *)from);
	case VG_FIELD_TEXTS: return pack_texts(packer, from);
	case VG_FIELD_LABELS: return pack_labels(packer, from);
	case VG_FIELD_SELECTORS: return pack_selectors(packer, from);
	case VG_FIELD_HELD: return pack_helds(packer, from);
	default: return pack_bytes(packer, values->list, values->n * value_size(type), _Alignof(uint32_t));
	}
}

_Static_assert(offsetof(struct vg_addrs, n) == offsetof(struct vg_ranges, n) && offsetof(struct vg_addrs, n) == offsetof(struct vg_carrieds, n),
	       "lists of plain values have one form");
_Static_assert(_Alignof(struct vg_carried) <= _Alignof(uint32_t) && _Alignof(struct vg_range) <= _Alignof(uint32_t), "aligned alike");

static bool has_pointer(enum vg_field_type type)
{
	return type < VG_FIELD_FLAGS;
}

static struct vg_object *pack(struct packer *packer, const struct vg_object *object)
{
	const struct vg_shape *shape = vg_shape_of(object->kind);
	struct vg_object *copy = pack_bytes(packer, object, shape->size, _Alignof(max_align_t));
	const char *key = pack_text(packer, object->key), *version = pack_text(packer, object->version);
	const struct vg_label *labels = pack_labels(packer, &object->labels);

	if (copy) {
		copy->key = key;
		copy->version = version;
		copy->labels.list = labels;
	}
	for (size_t i = 0; i < shape->n; i++) {
		const struct vg_field *field = &shape->fields[i];
		const void *pointer;

		if (!has_pointer(field->type))
			continue;
		pointer = pack_pointer(packer, field->type, (const char *)object + field->offset);
		if (copy)
			memcpy((char *)copy + field->offset, &pointer, sizeof(pointer));
	}
	return copy;
}

struct vg_object *vg_object_copy(const struct vg_object *object)
{
	struct packer packer = { 0 };

	pack(&packer, object);
	packer.base = malloc(packer.used);
	if (!packer.base)
		return NULL;
	packer.used = 0;
	return pack(&packer, object);
}
