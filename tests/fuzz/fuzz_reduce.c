/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: no object may crash the reducer, whatever kind it is taken for. What it gives is whole: every text is there, lists are
 * sorted and unique where that is promised, a copy is equal, and it can be printed. The first byte says the kind.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kube/reduce.h"
#include "report/objects.h"

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void check_labels(const struct vg_labels *labels)
{
	for (uint32_t i = 0; i < labels->n; i++) {
		must(labels->list[i].value && vg_labels_get(labels, labels->list[i].key) == labels->list[i].value);
		must(i == 0 || strcmp(labels->list[i - 1].key, labels->list[i].key) < 0);
	}
}

static void check_service(const struct vg_service *service)
{
	for (uint32_t i = 0; i < service->carried.n; i++) {
		must(service->carried.list[i].from <= VG_FROM_EXTERNAL);
		for (uint32_t j = 0; j < i; j++)
			must(vg_addr_cmp(&service->carried.list[i].addr, &service->carried.list[j].addr) != 0);
	}
}

static void check_advertisement(const struct vg_advertisement *advertisement)
{
	const struct vg_selectors *lists[] = { &advertisement->pool_selectors, &advertisement->node_selectors, &advertisement->service_selectors };
	const struct vg_labels none = { NULL, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		for (uint32_t j = 0; j < lists[i]->n; j++) {
			bool invalid = false;

			for (uint32_t k = 0; k < lists[i]->list[j].n; k++)
				invalid |= lists[i]->list[j].list[k].op == VG_OP_INVALID;
			/* one that cannot be read never matches, and is said to be odd */
			must(!invalid || (!vg_selector_matches(&lists[i]->list[j], &none) && (advertisement->flags & VG_CLAIMS_ODD)));
		}
	}
}

static void check_claims(const struct vg_claims *claims)
{
	for (uint32_t i = 0; i < claims->ranges.n; i++) {
		const struct vg_range *range = &claims->ranges.list[i];

		must(vg_addr_cmp(&range->first, &range->last) <= 0);
		must(vg_addr_is_ipv4(&range->first) == vg_addr_is_ipv4(&range->last) || !vg_addr_is_ipv4(&range->first));
	}
}

static void check_object(const struct vg_object *object)
{
	struct vg_object *copy = vg_object_copy(object);
	json_t *json;

	must(object->kind < VG_KIND_MAX && *object->key && *vg_object_name(object) && object->version);
	must(copy && vg_object_equal(copy, object, true) && vg_object_equal(object, copy, false));
	check_labels(&object->labels);
	if (object->kind == VG_KIND_SERVICE)
		check_service((const struct vg_service *)object);
	if (vg_shape_of(object->kind) == vg_shape_of(VG_KIND_L2_ADVERTISEMENT))
		check_advertisement((const struct vg_advertisement *)object);
	if (vg_shape_of(object->kind) == vg_shape_of(VG_KIND_POOL))
		check_claims((const struct vg_claims *)object);
	json = vg_object_to_json(copy, true);
	must(json);
	json_decref(json);
	free(copy);
}

static void reduce(struct vg_reducer *reducer, enum vg_kind kind, const json_t *json)
{
	const struct vg_object *object = NULL;
	struct vg_error error = { "" };
	int r = vg_reduce(reducer, kind, json, &error, &object);

	must(r >= 0 || error.text[0]);
	must(r < 0 || (object && object->key));
	if (r == 1)
		check_object(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vg_error error = { "" };
	struct vg_reducer *reducer;
	json_t *json, *plain;
	json_error_t ignored;

	if (size < 2 || vg_reducer_new(&reducer) < 0)
		return 0;
	json = vg_reduce_parse((const char *)data + 1, size - 1, &error);
	must(json || error.text[0]);
	/* what is valid without cutting is so with it */
	plain = json_loadb((const char *)data + 1, size - 1, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &ignored);
	must(!plain || json);
	json_decref(plain);
	if (json) {
		reduce(reducer, (enum vg_kind)(data[0] % VG_KIND_MAX), json);
		reduce(reducer, VG_KIND_MAX, json);
		reduce(reducer, VG_KIND_MAX, json_object_get(json, "object"));
	}
	json_decref(json);
	vg_reducer_free(reducer);
	return 0;
}
