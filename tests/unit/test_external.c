/* SPDX-License-Identifier: Apache-2.0 */
/*
 * externalIPs of a Service that is no LoadBalancer, from the bytes of one watch to the verdict: whatever becomes of the Service, its address
 * is not taken for one that nobody carries while somebody does, and is taken for one as soon as nobody does.
 */
#include "cluster_world.h"

#include <jansson.h>

#include "kube/intake.h"
#include "kube/reduce.h"

#define CLUSTER_IP "\"type\":\"ClusterIP\""
#define NODE_PORT "\"type\":\"NodePort\""
#define LOAD_BALANCER "\"type\":\"LoadBalancer\""
#define EXTERNAL ",\"externalIPs\":[\"" VIP "\"]"
#define STATUS "{\"loadBalancer\":{\"ingress\":[{\"ip\":\"" VIP "\"}]}}"

struct watched {
	struct world world;
	struct vg_reducer *reducer;
	struct vg_intake *intake;
	unsigned version;
};

static void on_trouble(void *ctx, enum vg_kube_trouble_kind kind, const char *key, const char *text)
{
	fail_msg("%s: %s", key, text);
}

static void feed(struct watched *watched, const char *bytes)
{
	struct vg_error error = { 0 };

	assert_int_equal(vg_intake_feed(watched->intake, bytes, strlen(bytes), &watched->world.now, &error), 0);
}

static void begin(struct watched *watched)
{
	struct vg_intake_config config = { .kind = VG_KIND_SERVICE, .trouble = on_trouble };
	struct vg_error error = { 0 };

	*watched = (struct watched){ .version = 10 };
	world_begin(&watched->world);
	put_metallb(&watched->world);
	put_advertisement(&watched->world, VG_KIND_L2_ADVERTISEMENT, "metallb-system/all", NULL, NULL, NULL, 0);
	assert_int_equal(vg_reducer_new(&watched->reducer), 0);
	config.cluster = watched->world.cluster;
	config.reducer = watched->reducer;
	assert_int_equal(vg_intake_new(&config, &watched->intake), 0);
	vg_intake_list_begin(watched->intake);
	vg_intake_open(watched->intake, VG_INTAKE_PAGE);
	feed(watched, "{\"items\":[{\"metadata\":{\"name\":\"plain\",\"namespace\":\"d\",\"resourceVersion\":\"3\"},\"spec\":{" CLUSTER_IP "}}],"
		      "\"metadata\":{\"resourceVersion\":\"10\"}}");
	assert_int_equal(vg_intake_end(watched->intake, &watched->world.now, &error), 0);
	vg_intake_open(watched->intake, VG_INTAKE_WATCH);
	assess(&watched->world);
}

static void end(struct watched *watched)
{
	vg_intake_free(watched->intake);
	vg_reducer_free(watched->reducer);
	world_end(&watched->world);
}

static void event(struct watched *watched, const char *type, const char *name, const char *spec, const char *status)
{
	char line[1024];

	snprintf(line, sizeof(line),
		 "{\"type\":\"%s\",\"object\":{\"metadata\":{\"name\":\"%s\",\"namespace\":\"d\",\"resourceVersion\":\"%u\",\"annotations\":"
		 "{\"metallb.io/ip-allocated-from-pool\":\"public\"}},\"spec\":{%s},\"status\":%s}}\n",
		 type, name, ++watched->version, spec, status);
	feed(watched, line);
	assess(&watched->world);
}

static void assert_kept(const struct watched *watched, size_t n)
{
	assert_int_equal(vg_cluster_count(watched->world.cluster, VG_KIND_SERVICE), n);
}

static void test_comes_and_goes(void **state)
{
	struct watched watched;

	(void)state;
	begin(&watched);
	assert_says(&watched.world, VIP, VG_POOL_RESERVED, VG_POOL_RESERVED);
	event(&watched, "ADDED", "web", CLUSTER_IP EXTERNAL, "{}");
	assert_says(&watched.world, VIP, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN);
	event(&watched, "MODIFIED", "web", NODE_PORT EXTERNAL, "{}");
	assert_says(&watched.world, VIP, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN);
	event(&watched, "MODIFIED", "web", NODE_PORT, "{}");
	assert_says(&watched.world, VIP, VG_POOL_RESERVED, VG_POOL_RESERVED);
	event(&watched, "MODIFIED", "web", CLUSTER_IP EXTERNAL, "{}");
	event(&watched, "DELETED", "web", CLUSTER_IP EXTERNAL, "{}");
	assert_says(&watched.world, VIP, VG_POOL_RESERVED, VG_POOL_RESERVED);
	end(&watched);
}

/* Either way, with nothing in between where nobody carries it. MetalLB's mark outlives the type, and proves nothing then. */
static void test_the_type_changes(void **state)
{
	struct watched watched;

	(void)state;
	begin(&watched);
	event(&watched, "ADDED", "web", LOAD_BALANCER, STATUS);
	assert_says(&watched.world, VIP, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN);
	event(&watched, "MODIFIED", "web", CLUSTER_IP EXTERNAL, "{}");
	assert_says(&watched.world, VIP, VG_OWNER_UNPROVEN, VG_OWNER_UNPROVEN);
	event(&watched, "MODIFIED", "web", LOAD_BALANCER, STATUS);
	assert_says(&watched.world, VIP, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN);
	event(&watched, "MODIFIED", "web", CLUSTER_IP, "{}");
	assert_says(&watched.world, VIP, VG_POOL_RESERVED, VG_POOL_RESERVED);
	end(&watched);
}

/* Most Services of a cluster carry nothing. */
static void test_what_carries_nothing_is_not_kept(void **state)
{
	struct watched watched;
	char name[32];

	(void)state;
	begin(&watched);
	assert_kept(&watched, 0);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "plain-%u", i);
		event(&watched, "ADDED", name, i % 2 ? CLUSTER_IP : NODE_PORT, "{}");
	}
	assert_kept(&watched, 0);
	event(&watched, "ADDED", "web", CLUSTER_IP EXTERNAL, "{}");
	assert_kept(&watched, 1);
	event(&watched, "MODIFIED", "web", CLUSTER_IP, "{}");
	assert_kept(&watched, 0);
	end(&watched);
}

/* Who may write externalIPs takes nothing from whom the address is proven to be. */
static void test_beside_a_proven_owner(void **state)
{
	struct watched watched;

	(void)state;
	begin(&watched);
	event(&watched, "ADDED", "web", LOAD_BALANCER, STATUS);
	event(&watched, "ADDED", "another", CLUSTER_IP EXTERNAL, "{}");
	assert_kept(&watched, 2);
	assert_says(&watched.world, VIP, VG_OWNER_NEVER_BINDS, VG_HOLDER_UNKNOWN);
	end(&watched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes_and_goes),
		cmocka_unit_test(test_the_type_changes),
		cmocka_unit_test(test_what_carries_nothing_is_not_kept),
		cmocka_unit_test(test_beside_a_proven_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
