/* SPDX-License-Identifier: Apache-2.0 */
/* The owner table of a small cluster, as text. */
#ifndef UNIT_INVENTORY_WORLD_H
#define UNIT_INVENTORY_WORLD_H

#include "cluster_world.h"

#include <stdarg.h>

#include "core/inventory.h"

#define TEXT_MAX 16384

/* The table as text: "kind address owner=… nodes=… services=… proof=… bind/announce !conflict" a line; echoes with "~". */
struct page {
	char text[TEXT_MAX];
	size_t len;
	size_t rows;
	size_t conflicts;
};

static inline void print_to(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline void print_to(struct page *page, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(page->text + page->len, sizeof(page->text) - page->len, format, arguments);
	va_end(arguments);
	page->len += (size_t)n;
	assert_true(page->len < sizeof(page->text));
}

static inline int print_row(void *ctx, const struct vg_row *row)
{
	char text[VG_RANGE_TEXT_MAX];
	struct page *page = ctx;

	vg_range_to_str(&row->first, &row->last, text);
	print_to(page, "%s %s", vg_row_kind_to_str(row->kind), text);
	if (row->owner)
		print_to(page, " owner=%s", row->owner);
	for (uint32_t i = 0; row->assignment && i < row->assignment->n_nodes; i++)
		print_to(page, " on=%s", row->assignment->nodes[i]);
	for (size_t i = 0; i < row->n_services; i++)
		print_to(page, " of=%s", row->services[i]->object.key);
	for (size_t i = 0; i < row->n_proof; i++)
		print_to(page, " by=%s", row->proof[i].object ? row->proof[i].object->key : vg_kind_to_str(row->proof[i].kind));
	if (row->judged)
		print_to(page, " %s/%s", vg_reason_to_str(row->answer.bind.reason), vg_reason_to_str(row->answer.announce.reason));
	for (size_t i = 0; i < row->n_conflicts; i++)
		print_to(page, " %c%s", row->conflicts[i].echo ? '~' : '!', vg_conflict_kind_to_str(row->conflicts[i].kind));
	print_to(page, "\n");
	page->rows++;
	return 0;
}

static inline struct vg_inventory *inventory_of(const struct world *world)
{
	struct vg_inventory_ground ground = { .snapshot = world->snapshot, .cluster = world->cluster, .now = world->now };
	struct vg_inventory *inventory;

	ground.circumstances = (struct vg_circumstances){ .now_ns = world->now.boot_ns, .grace_ns = world->config.grace_ns };
	assert_int_equal(vg_inventory_new(&ground, &inventory), 0);
	return inventory;
}

static inline void print_world(struct world *world, struct page *page)
{
	VG_CLEANUP(vg_inventory_freep) struct vg_inventory *inventory = NULL;

	assess(world);
	inventory = inventory_of(world);
	*page = (struct page){ .len = 0 };
	assert_int_equal(vg_inventory_walk(inventory, print_row, page), 0);
	assert_int_equal(page->rows, vg_inventory_size(inventory));
}

static inline void advertise(struct world *world)
{
	put_advertisement(world, VG_KIND_L2_ADVERTISEMENT, "metallb-system/all", NULL, NULL, NULL, 0);
}

static inline void usual(struct world *world)
{
	put_metallb(world);
	advertise(world);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public" });
	put_status(world, VG_KIND_L2_STATUS, "metallb-system/s1", "default/web", "worker1");
}

static inline void balancers(struct world *world)
{
	put_claims(world, VG_KIND_OPENELB_EIP, "eip", "2001:db8::1", "2001:db8::4", 0);
	put_claims(world, VG_KIND_PURELB_GROUP, "purelb/group", "198.51.100.64", "198.51.100.127", 0);
	put_claims(world, VG_KIND_CILIUM_POOL, "blue", "198.51.100.8", "198.51.100.8", 0);
	put_claims(world, VG_KIND_CONFIG_MAP, "kube-system/kubevip", "192.0.2.100", "192.0.2.110", VG_CLAIMS_KUBE_VIP_POOL);
	put_claims(world, VG_KIND_CONFIG_MAP, "kube-system/other", "192.0.2.150", "192.0.2.160", 0);
	put_service(world, &(struct svc){ .key = "default/low", .address = "192.0.2.101" });
	put_service(world, &(struct svc){ .key = "default/six", .address = "2001:db8::2" });
}

#endif
