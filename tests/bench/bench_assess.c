/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the cluster's picture costs: memory for one more LoadBalancer Service, 50,000 Services with 20 pools assessed from scratch, one
 * change among many against one among few, since it may touch no more than its own addresses, and a renewal that says nothing.
 * Exit 1 if something is over its limit.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "core/assess.h"
#include "core/judge.h"
#include "figures.h"

#define FEWEST 100
#define FEW 5000
#define MANY 25000
#define SERVICES 50000
#define POOLS 20
#define CHANGES 1000
#define BYTES_MAX 280.0
#define PICTURE_BYTES_MAX 400.0
#define ASSESS_MS_MAX 500.0
#define RATIO_MAX 4.0 /* caches; a scan would be 500 */
#define RENEWAL_NS_MAX 5000.0

struct bench {
	struct vg_cluster *cluster;
	struct vg_snapshot *snapshot;
	struct vg_assess_config config;
	struct vg_moment now;
};

static void check(bool fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "bench_assess: %s failed\n", what);
	exit(1);
}

static struct vg_addr address_of(uint32_t i)
{
	struct vg_addr addr = { { 0x20, 0x01, 0x0d, 0xb8, [13] = (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i } };

	return addr;
}

static struct vg_object head(enum vg_kind kind, const char *key)
{
	const char *slash = strchr(key, '/');

	return (struct vg_object){ .kind = (uint8_t)kind, .namespace_len = slash ? (uint8_t)(slash - key) : 0, .key = key, .version = "123456" };
}

static void put(struct bench *bench, const struct vg_object *object)
{
	check(vg_cluster_put(bench->cluster, 0, object, &bench->now) == 0, "vg_cluster_put");
}

static void put_service(struct bench *bench, uint32_t i, uint32_t address)
{
	static const struct vg_label labels[] = { { "app", "web" } };
	struct vg_carried carried = { address_of(address), VG_FROM_STATUS };
	struct vg_service service = { .class = "", .kube_vip_lease = "", .vip_host = "", .uid = i + 1, .flags = VG_SERVICE_LOAD_BALANCER };
	char key[64], pool[16];

	snprintf(key, sizeof(key), "tenant-%u/web-%u", i % 100, i);
	snprintf(pool, sizeof(pool), "pool-%u", address >> 13);
	service.object = head(VG_KIND_SERVICE, key);
	service.object.labels = (struct vg_labels){ labels, 1 };
	service.metallb_pool = pool;
	service.carried = (struct vg_carrieds){ &carried, 1 };
	put(bench, &service.object);
}

static void put_status(struct bench *bench, uint32_t i, const char *node)
{
	struct vg_placement status = { .node = node, .status_node = node };
	char key[64], service[64];

	snprintf(key, sizeof(key), "metallb-system/l2-%u", i);
	snprintf(service, sizeof(service), "tenant-%u/web-%u", i % 100, i);
	status.object = head(VG_KIND_L2_STATUS, key);
	status.service = service;
	put(bench, &status.object);
}

static void put_lease(struct bench *bench, uint64_t renewed_ns)
{
	struct vg_lease lease = { .object = head(VG_KIND_LEASE, "kube-node-lease/worker1"), .holder = "worker1", .renewed_ns = renewed_ns };

	lease.duration_ns = 40 * VG_NS_PER_SEC;
	put(bench, &lease.object);
}

static void put_pools(struct bench *bench)
{
	struct vg_advertisement all = { .object = head(VG_KIND_L2_ADVERTISEMENT, "metallb-system/all") };

	for (uint32_t i = 0; i < POOLS; i++) {
		struct vg_range range = { address_of(i << 13), address_of((i + 1) << 13) };
		struct vg_claims pool = { .ranges = { &range, 1 }, .link = "", .protocol = "" };
		char key[64];

		range.last = address_of(((i + 1) << 13) - 1);
		snprintf(key, sizeof(key), "metallb-system/pool-%u", i);
		pool.object = head(VG_KIND_POOL, key);
		put(bench, &pool.object);
	}
	put(bench, &all.object);
}

static void put_nodes(struct bench *bench)
{
	static const char *const names[] = { "cp1", "worker1", "worker2", "worker3" };
	struct vg_pod speaker = {
		.node = "worker1", .class = "", .lease = "", .lease_namespace = "", .balancer = "", .uid = "", .config_hash = "", .controller = ""
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct vg_node node = { .object = head(VG_KIND_NODE, names[i]), .hostname = names[i] };

		put(bench, &node.object);
	}
	speaker.object = head(VG_KIND_POD, "metallb-system/speaker-1");
	speaker.flags = VG_POD_LIVE | VG_POD_METALLB_SPEAKER;
	put(bench, &speaker.object);
}

static void begin(struct bench *bench)
{
	*bench = (struct bench){ .config = { .grace_ns = VG_GRACE_NS_DEFAULT }, .now = { 1000 * VG_NS_PER_SEC, 500 * VG_NS_PER_SEC } };
	check(vg_cluster_new("cp1", &bench->cluster) == 0 && vg_snapshot_new("cp1", "kubernetes", &bench->snapshot) == 0, "beginning");
	for (int kind = 0; kind < VG_KIND_MAX; kind++)
		vg_cluster_set_knowledge(bench->cluster, (enum vg_kind)kind, VG_KIND_LISTED);
	put_nodes(bench);
	put_pools(bench);
}

static void end(struct bench *bench)
{
	vg_cluster_free(bench->cluster);
	vg_snapshot_free(bench->snapshot);
}

/* Of 20 pools the Services use the first 7: 50,000 addresses. */
static void fill(struct bench *bench, uint32_t n, bool statuses)
{
	static const char *const nodes[] = { "worker1", "worker2", "worker3" };

	for (uint32_t i = 0; i < n; i++) {
		put_service(bench, i, i);
		if (statuses)
			put_status(bench, i, nodes[i % 3]);
	}
}

static void assess(struct bench *bench, bool all)
{
	VG_CLEANUP(vg_changes_deinit) struct vg_changes changes = { 0 };

	check(vg_assess(bench->cluster, bench->snapshot, &bench->config, &bench->now, all, &changes) == 0, "vg_assess");
}

static double allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return (double)(info.uordblks + info.hblkhd);
}

/* pictured: with their entries of the snapshot. */
static double bytes_for(uint32_t n, bool pictured)
{
	struct bench bench;
	double before, after;

	begin(&bench);
	before = allocated();
	fill(&bench, n, false);
	if (pictured)
		assess(&bench, true);
	after = allocated();
	end(&bench);
	return after - before;
}

static double bytes_more(uint32_t from, uint32_t to, bool pictured)
{
	return (bytes_for(to, pictured) - bytes_for(from, pictured)) / (to - from);
}

static double assess_ms(uint32_t n)
{
	double best = 1e9;

	for (int round = 0; round < ROUNDS; round++) {
		struct bench bench;
		uint64_t start;

		begin(&bench);
		fill(&bench, n, true);
		start = vg_time_boot_ns();
		assess(&bench, true);
		best = best_of(best, each_ns(start, VG_NS_PER_MS));
		check(vg_snapshot_size(bench.snapshot) == n + POOLS, "counting the entries");
		end(&bench);
	}
	return best;
}

/* A Service gets another address and back again. */
static double change_ns(struct bench *bench, uint32_t n)
{
	uint64_t start = vg_time_boot_ns();

	for (uint32_t i = 0; i < CHANGES; i++) {
		put_service(bench, i / 2 % FEWEST, i % 2 ? i / 2 % FEWEST : n + i / 2 % FEWEST);
		assess(bench, false);
	}
	return each_ns(start, CHANGES);
}

/* Rounds in turn, so that a slow moment of the machine meets both. */
static void compare_changes(void)
{
	const uint32_t sizes[] = { FEWEST, SERVICES };
	double best[] = { 1e9, 1e9 };
	struct bench benches[2];

	for (int i = 0; i < 2; i++) {
		begin(&benches[i]);
		fill(&benches[i], sizes[i], true);
		assess(&benches[i], true);
	}
	for (int round = 0; round < 4 * ROUNDS; round++)
		best[round % 2] = best_of(best[round % 2], change_ns(&benches[round % 2], sizes[round % 2]));
	for (int i = 0; i < 2; i++)
		end(&benches[i]);
	ratio("one change among 50,000 Services, in one among 100, ns", best[1], best[0], RATIO_MAX);
}

static double renewal_ns(void)
{
	uint64_t renewed = 1000 * VG_NS_PER_SEC;
	struct bench bench;
	double best = 1e9;

	begin(&bench);
	fill(&bench, FEW, false);
	put_lease(&bench, renewed);
	assess(&bench, true);
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = vg_time_boot_ns();

		for (uint32_t i = 0; i < CHANGES; i++)
			put_lease(&bench, ++renewed);
		best = best_of(best, each_ns(start, CHANGES));
	}
	check(!vg_cluster_is_dirty(bench.cluster), "renewing for nothing");
	end(&bench);
	return best;
}

int main(void)
{
	figure("memory for each Service from 5,000 to 25,000, bytes", bytes_more(FEW, MANY, false), BYTES_MAX);
	figure("  with its entry in the snapshot", bytes_more(FEW, MANY, true), PICTURE_BYTES_MAX);
	figure("  likewise, from 25,000 to 50,000", bytes_more(MANY, SERVICES, true), PICTURE_BYTES_MAX);
	figure("a snapshot of 50,000 Services and 20 pools from scratch, ms", assess_ms(SERVICES), ASSESS_MS_MAX);
	compare_changes();
	figure("one renewal of a Lease, ns", renewal_ns(), RENEWAL_NS_MAX);
	return figures_over;
}
