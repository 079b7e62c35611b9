/* SPDX-License-Identifier: Apache-2.0 */
/* Binds that are no address: one fact for each that comes and goes, whoever told of it. The kernel's lists are made up here. */
#include "unit.h"

#include <errno.h>

#include "core/verdict.h"
#include "kern/answer.h"
#include "kern/answers.h"

#define KINDS 3 /* route, proxy, anycast */

static struct {
	struct vg_rt_answer list[KINDS][VG_ANSWERS_MAX + 1];
	size_t n[KINDS];
	int error[KINDS]; /* instead of the list */
	unsigned int asked[KINDS];
} kernel;

static size_t place(enum vg_how as)
{
	return as == VG_HOW_ROUTE ? 0 : as == VG_HOW_PROXY ? 1 : 2;
}

/* In the place of kern/answer.c. */
int vg_answer_list(struct vg_rtnl *rtnl, enum vg_how as, struct vg_rt_answer **ret_answers, size_t *ret_n)
{
	size_t i = place(as);

	kernel.asked[i]++;
	if (kernel.error[i])
		return kernel.error[i];
	*ret_answers = calloc(kernel.n[i] + 1, sizeof(**ret_answers));
	assert_non_null(*ret_answers);
	memcpy(*ret_answers, kernel.list[i], kernel.n[i] * sizeof(**ret_answers));
	*ret_n = kernel.n[i];
	return 0;
}

struct world {
	struct vg_stats stats;
	struct vg_maps maps;
	struct vg_links *links;
	struct vg_answers *answers;
	struct vg_fact facts[8]; /* the last ones */
	size_t n_facts;
	unsigned int drained;
};

static void on_fact(void *ctx, const struct vg_fact *fact)
{
	struct world *world = ctx;

	world->facts[world->n_facts++ % ARRAY_SIZE(world->facts)] = *fact;
}

static void on_drain(void *ctx)
{
	((struct world *)ctx)->drained++;
}

static void world_up(struct world *world)
{
	struct vg_answers_config config = { .maps = &world->maps, .netns = 7, .ctx = world, .fact = on_fact, .drain = on_drain };
	const struct vg_rt_link eth0 = { .ifindex = 2, .name = "eth0" };

	memset(world, 0, sizeof(*world));
	memset(&kernel, 0, sizeof(kernel));
	world->maps.stats = &world->stats;
	assert_int_equal(vg_links_new(&world->links), 0);
	assert_int_equal(vg_links_put(world->links, &eth0), 0);
	config.links = world->links;
	assert_int_equal(vg_answers_new(&config, &world->answers), 0);
}

static void world_down(struct world *world)
{
	vg_answers_free(world->answers);
	vg_links_free(world->links);
}

static void put(enum vg_how as, const char *addr, uint32_t metric)
{
	size_t i = place(as);

	kernel.list[i][kernel.n[i]++] = (struct vg_rt_answer){ .addr = addr_of(addr), .ifindex = 2, .metric = metric };
}

static void take_last(enum vg_how as)
{
	kernel.n[place(as)]--;
}

static void tell(struct world *world, const char *addr, bool gone)
{
	const struct vg_rt_msg msg = { .kind = VG_RT_ROUTE, .gone = gone, .answer = { .addr = addr_of(addr), .ifindex = 2 } };

	vg_answers_route(world->answers, &msg);
}

static const struct vg_fact *last(const struct world *world)
{
	return &world->facts[(world->n_facts - 1) % ARRAY_SIZE(world->facts)];
}

static void assert_last(const struct world *world, size_t n, enum vg_fact_kind kind, enum vg_how as, enum vg_how how, const char *addr)
{
	const struct vg_addr wanted = addr_of(addr);

	assert_int_equal(world->n_facts, n);
	assert_int_equal(last(world)->kind, kind);
	assert_int_equal(last(world)->as, as);
	assert_int_equal(last(world)->how, how);
	assert_int_equal(vg_addr_cmp(&last(world)->addr, &wanted), 0);
	assert_int_equal(last(world)->prefix, vg_addr_bits(&wanted));
	assert_string_equal(last(world)->ifname, "eth0");
	assert_int_equal(last(world)->netns, 7);
}

static void test_comes_and_goes(void **state)
{
	struct world world;

	world_up(&world);
	tell(&world, "192.0.2.240", false);
	assert_int_equal(world.n_facts, 0); /* it will be listed */
	put(VG_HOW_PROXY, "192.0.2.240", 0);
	vg_answers_start(world.answers);
	assert_last(&world, 1, VG_FACT_BIND, VG_HOW_PROXY, VG_HOW_PREEXISTING, "192.0.2.240");
	vg_answers_look(world.answers, true);
	assert_int_equal(world.n_facts, 1);
	put(VG_HOW_ANYCAST, "2001:db8::240", 0);
	vg_answers_look(world.answers, false);
	assert_last(&world, 2, VG_FACT_BIND, VG_HOW_ANYCAST, VG_HOW_ANYCAST, "2001:db8::240");
	take_last(VG_HOW_PROXY);
	vg_answers_look(world.answers, false);
	assert_last(&world, 3, VG_FACT_UNBIND, VG_HOW_PROXY, VG_HOW_PROXY, "192.0.2.240");
	assert_true(world.drained >= kernel.asked[0] + kernel.asked[1] + kernel.asked[2]);
	world_down(&world);
}

/* Two routes to one address by one link are one bind. */
static void test_routes_of_one_address(void **state)
{
	struct world world;

	world_up(&world);
	vg_answers_start(world.answers);
	put(VG_HOW_ROUTE, "192.0.2.240", 1);
	tell(&world, "192.0.2.240", false);
	assert_last(&world, 1, VG_FACT_BIND, VG_HOW_ROUTE, VG_HOW_ROUTE, "192.0.2.240");
	put(VG_HOW_ROUTE, "192.0.2.240", 2);
	tell(&world, "192.0.2.240", false);
	take_last(VG_HOW_ROUTE);
	tell(&world, "192.0.2.240", true);
	assert_int_equal(world.n_facts, 1);
	take_last(VG_HOW_ROUTE);
	tell(&world, "192.0.2.240", true);
	assert_last(&world, 2, VG_FACT_UNBIND, VG_HOW_ROUTE, VG_HOW_ROUTE, "192.0.2.240");
	tell(&world, "192.0.2.240", true);
	assert_int_equal(world.n_facts, 2);
	world_down(&world);
}

/* What a hook told of is no second fact when it is there, and is put down to who asked. */
static void test_expected(void **state)
{
	struct vg_fact asked = { .kind = VG_FACT_BIND, .as = VG_HOW_ROUTE, .addr = addr_of("192.0.2.240"), .ifindex = 2, .who = { .pid = 42 } };
	const struct vg_judgement judgement = vg_judgement_of(VG_OWNER_NEVER_BINDS);
	struct world world;

	world_up(&world);
	vg_answers_start(world.answers);
	vg_answers_expect(world.answers, &asked);
	assert_false(vg_answers_note(world.answers, &asked, &judgement));
	put(VG_HOW_ROUTE, "192.0.2.240", 0);
	tell(&world, "192.0.2.240", false);
	assert_int_equal(world.n_facts, 0);
	assert_true(vg_answers_note(world.answers, &asked, &judgement));
	/* ours was taken away; another one is a fact of its own */
	vg_answers_removed(world.answers, &asked);
	tell(&world, "192.0.2.240", false);
	assert_last(&world, 1, VG_FACT_BIND, VG_HOW_ROUTE, VG_HOW_ROUTE, "192.0.2.240");
	assert_int_equal(last(&world)->who.pid, 0);
	world_down(&world);
}

struct each {
	unsigned int n, said;
	uint32_t pid;
};

static void on_each(void *ctx, const struct vg_fact *fact, const struct vg_judgement *said)
{
	struct each *each = ctx;

	assert_int_equal(fact->how, VG_HOW_PREEXISTING);
	each->n++;
	each->said += said && said->reason == VG_OWNER_NEVER_BINDS;
	each->pid = fact->who.pid;
}

static void test_for_each(void **state)
{
	struct vg_fact asked = { .kind = VG_FACT_BIND, .as = VG_HOW_PROXY, .addr = addr_of("192.0.2.240"), .ifindex = 2, .who = { .pid = 42 } };
	const struct vg_judgement judgement = vg_judgement_of(VG_OWNER_NEVER_BINDS);
	struct each each = { .n = 0 };
	struct world world;

	world_up(&world);
	vg_answers_start(world.answers);
	vg_answers_expect(world.answers, &asked);
	assert_false(vg_answers_note(world.answers, &asked, &judgement));
	put(VG_HOW_PROXY, "192.0.2.240", 0);
	vg_answers_look(world.answers, false);
	vg_answers_for_each(world.answers, on_each, &each);
	assert_int_equal(each.n, 1);
	assert_int_equal(each.said, 1);
	assert_int_equal(each.pid, 42);
	vg_answers_removed(world.answers, &asked);
	vg_answers_for_each(world.answers, on_each, &each);
	assert_int_equal(each.n, 1);
	world_down(&world);
}

/* Routes are listed when something was lost; if that fails, again until it does not. The others are listed each time anyway. */
static void test_failed_list(void **state)
{
	struct world world;

	world_up(&world);
	vg_answers_start(world.answers);
	put(VG_HOW_ROUTE, "192.0.2.240", 0);
	put(VG_HOW_PROXY, "192.0.2.241", 0);
	kernel.error[0] = kernel.error[1] = -ENOMEM;
	vg_answers_look(world.answers, true); /* after an overrun */
	assert_int_equal(world.n_facts, 0);
	vg_answers_look(world.answers, false);
	assert_int_equal(world.n_facts, 0);
	kernel.error[0] = kernel.error[1] = 0;
	vg_answers_look(world.answers, false);
	assert_last(&world, 2, VG_FACT_BIND, VG_HOW_ROUTE, VG_HOW_ROUTE, "192.0.2.240");
	assert_int_equal(kernel.asked[0], 4);
	vg_answers_look(world.answers, false);
	assert_int_equal(kernel.asked[0], 4);
	/* one that is told to be gone, but may be there once more */
	kernel.error[0] = -ENOMEM;
	take_last(VG_HOW_ROUTE);
	tell(&world, "192.0.2.240", true);
	assert_int_equal(world.n_facts, 2);
	kernel.error[0] = 0;
	vg_answers_look(world.answers, false);
	assert_last(&world, 3, VG_FACT_UNBIND, VG_HOW_ROUTE, VG_HOW_ROUTE, "192.0.2.240");
	world_down(&world);
}

/* At the start too. What is found later is not called preexisting any more. */
static void test_failed_start(void **state)
{
	struct world world;

	world_up(&world);
	put(VG_HOW_ROUTE, "192.0.2.240", 0);
	kernel.error[0] = -ETIMEDOUT;
	vg_answers_start(world.answers);
	assert_int_equal(world.n_facts, 0);
	kernel.error[0] = 0;
	vg_answers_look(world.answers, false);
	assert_last(&world, 1, VG_FACT_BIND, VG_HOW_ROUTE, VG_HOW_ROUTE, "192.0.2.240");
	world_down(&world);
}

static void test_limit(void **state)
{
	struct world world;
	char text[VG_TEXT_MAX];

	world_up(&world);
	for (unsigned int i = 0; i <= VG_ANSWERS_MAX; i++) {
		snprintf(text, sizeof(text), "198.51.%u.%u", i >> 8, i & 255);
		put(VG_HOW_PROXY, text, 0);
	}
	vg_answers_start(world.answers);
	assert_int_equal(world.n_facts, VG_ANSWERS_MAX);
	assert_int_equal(world.stats.lost_binds, 1);
	world_down(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes_and_goes), cmocka_unit_test(test_routes_of_one_address), cmocka_unit_test(test_expected),
		cmocka_unit_test(test_for_each),       cmocka_unit_test(test_failed_list),	     cmocka_unit_test(test_failed_start),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
