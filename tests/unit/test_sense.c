/* SPDX-License-Identifier: Apache-2.0 */
/* After a loss everything is listed anew, and again if that fails. The kernel's lists are made up here. */
#include "unit.h"

#include <errno.h>

#include <net/if_arp.h>

#include "kern/notes.h"
#include "kern/sense.h"

static struct {
	struct vg_rtnl_handler handler;
	struct vg_link_addr addrs[4];
	size_t n;
	int error; /* instead of the addresses */
	unsigned int asked;
} kernel;

/* In the place of kern/rtnl.c, maps.c and notes.c. */
int vg_rtnl_new(struct vg_loop *loop, const struct vg_rtnl_handler *handler, struct vg_rtnl **ret_rtnl)
{
	kernel.handler = *handler;
	*ret_rtnl = NULL;
	return 0;
}

void vg_rtnl_free(struct vg_rtnl *rtnl)
{
}

void vg_rtnl_discard(struct vg_rtnl *rtnl)
{
}

int vg_rtnl_list_links(struct vg_rtnl *rtnl, struct vg_rt_link **ret_links, size_t *ret_n)
{
	*ret_links = calloc(1, sizeof(**ret_links));
	assert_non_null(*ret_links);
	**ret_links = (struct vg_rt_link){ .ifindex = 2, .type = ARPHRD_ETHER, .name = "eth0" };
	*ret_n = 1;
	return 0;
}

int vg_rtnl_list_addrs(struct vg_rtnl *rtnl, uint32_t ifindex, struct vg_link_addr **ret_addrs, size_t *ret_n)
{
	kernel.asked++;
	if (kernel.error)
		return kernel.error;
	*ret_addrs = calloc(kernel.n + 1, sizeof(**ret_addrs));
	assert_non_null(*ret_addrs);
	memcpy(*ret_addrs, kernel.addrs, kernel.n * sizeof(**ret_addrs));
	*ret_n = kernel.n;
	return 0;
}

int vg_maps_delete(const struct vg_maps *maps, enum vg_map map, const void *key)
{
	return 0;
}

void vg_note_link(const struct vg_maps *maps, const struct vg_link *link)
{
}

void vg_note_no_other_links(const struct vg_maps *maps, const struct vg_links *links)
{
}

struct world {
	struct vg_loop *loop;
	struct vg_stats stats;
	struct vg_maps maps;
	struct vg_sense *sense;
	struct vg_fact last;
	size_t n_facts;
	unsigned int overruns;
};

static void on_fact(void *ctx, const struct vg_fact *fact)
{
	struct world *world = ctx;

	world->last = *fact;
	world->n_facts++;
}

static void on_overrun(void *ctx)
{
	((struct world *)ctx)->overruns++;
}

static void on_nothing(void *ctx)
{
}

static void put(const char *addr)
{
	const struct vg_addr value = addr_of(addr);

	kernel.addrs[kernel.n++] = (struct vg_link_addr){ .ifindex = 2, .addr = value, .peer = value, .prefix = 24 };
}

static void world_up(struct world *world)
{
	const struct vg_dummies none = { .n = 0 };
	struct vg_sense_config config = { .maps = &world->maps,
					  .dummies = &none,
					  .ctx = world,
					  .fact = on_fact,
					  .drain = on_nothing,
					  .guarded_changed = on_nothing,
					  .overrun = on_overrun,
					  .settled = on_nothing };

	memset(world, 0, sizeof(*world));
	memset(&kernel, 0, sizeof(kernel));
	world->maps.stats = &world->stats;
	put("192.0.2.11");
	assert_int_equal(vg_loop_new(&world->loop), 0);
	assert_int_equal(vg_sense_new(world->loop, &config, &world->sense), 0);
	assert_int_equal(world->n_facts, 0);
	assert_int_equal(vg_sense_dump(world->sense), 0);
	assert_int_equal(world->n_facts, 1);
	assert_int_equal(world->last.how, VG_HOW_PREEXISTING);
}

static void world_down(struct world *world)
{
	vg_sense_free(world->sense);
	vg_loop_free(world->loop);
}

static void assert_last(const struct world *world, size_t n, enum vg_fact_kind kind, const char *addr)
{
	const struct vg_addr wanted = addr_of(addr);

	assert_int_equal(world->n_facts, n);
	assert_int_equal(world->last.kind, kind);
	assert_int_equal(vg_addr_cmp(&world->last.addr, &wanted), 0);
}

static void test_lists_anew(void **state)
{
	struct world world;

	world_up(&world);
	put("192.0.2.240");
	kernel.handler.overrun(kernel.handler.ctx);
	assert_last(&world, 2, VG_FACT_BIND, "192.0.2.240");
	assert_int_equal(world.stats.lost_netlink, 1);
	assert_int_equal(world.overruns, 1);
	kernel.n--;
	kernel.handler.overrun(kernel.handler.ctx);
	assert_last(&world, 3, VG_FACT_UNBIND, "192.0.2.240");
	world_down(&world);
}

/* What came and what went is found at the next look; nothing is taken for gone because it could not be listed. */
static void test_failed_list(void **state)
{
	struct world world;
	unsigned int asked;

	world_up(&world);
	put("192.0.2.240");
	kernel.error = -ETIMEDOUT;
	kernel.handler.overrun(kernel.handler.ctx);
	vg_sense_watch(world.sense);
	assert_int_equal(world.n_facts, 1);
	kernel.error = 0;
	asked = kernel.asked;
	vg_sense_watch(world.sense);
	assert_last(&world, 2, VG_FACT_BIND, "192.0.2.240");
	vg_sense_watch(world.sense);
	assert_int_equal(kernel.asked, asked + 1); /* once it has succeeded it is not tried again */
	kernel.error = -ENOMEM;
	kernel.n--;
	kernel.handler.overrun(kernel.handler.ctx);
	assert_int_equal(world.n_facts, 2);
	kernel.error = 0;
	vg_sense_watch(world.sense);
	assert_last(&world, 3, VG_FACT_UNBIND, "192.0.2.240");
	assert_int_equal(world.stats.lost_netlink, 2);
	world_down(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists_anew),
		cmocka_unit_test(test_failed_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
