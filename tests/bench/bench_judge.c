/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long one judgement takes with 100 assignments and with 100,000, most of them single addresses, and how long a file of 100,000 takes
 * to read. Exit 1 if something is over its limit.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "conf/assignments.h"
#include "core/judge.h"
#include "figures.h"

#define FEW 100
#define MANY 100000
#define JUDGEMENTS 1000000
#define FACTS 65536
#define FEW_NS_MAX 1000.0
#define MANY_NS_MAX 2000.0
#define READ_MS_MAX 2000.0

/* 2001:db8::/32 with the number spread over its last bytes, or, every 8th, an address of 198.18.0.0/15 */
static struct vg_addr addr_of(uint32_t number)
{
	struct vg_addr addr = { { 0x20, 0x01, 0x0d, 0xb8 } };

	if (number % 8 == 0)
		return vg_addr_from_ipv4(htobe32(0xc6120000U + number / 8 % 0x20000));
	for (int i = 15; number; number >>= 8)
		addr.bytes[i--] = (uint8_t)number;
	return addr;
}

/* Hosts mostly, and now and then a network, of several lengths. */
static void add(struct vg_snapshot *snapshot, uint32_t i)
{
	static const char *const nodes[] = { "worker1", "worker2", "worker3", "worker4" };
	static const uint8_t lens[] = { 64, 96, 112, 120, 124 };
	struct vg_assignment one = { .service = "default/web", .nodes = &nodes[i % 4], .n_nodes = 1, .bind = i % 2 };
	struct vg_addr addr = addr_of(i);
	uint8_t bits = vg_addr_bits(&addr);

	if (vg_prefix_make(&addr, i % 100 == 1 ? lens[i / 100 % 5] : bits, &one.prefix) < 0)
		abort();
	/* The network may be there already with another node: one is enough. */
	vg_snapshot_add(snapshot, &one, NULL);
}

static double judge_ns(uint32_t n)
{
	static struct vg_addr facts[FACTS];
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = NULL;
	struct vg_circumstances circumstances = { .now_ns = 1, .grace_ns = VG_GRACE_NS_DEFAULT };
	double best = 1e9;
	uint64_t sum = 0;

	if (vg_snapshot_new("worker1", "bench", &snapshot) < 0)
		abort();
	for (uint32_t i = 0; vg_snapshot_size(snapshot) < n; i++)
		add(snapshot, i);
	/* Half of the facts hit an entry, half miss; in no order, so that caches get no help. */
	for (uint32_t i = 0; i < FACTS; i++)
		facts[i] = addr_of(i * 2654435761U % (2 * n));
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = vg_time_boot_ns();

		for (uint32_t i = 0; i < JUDGEMENTS; i++) {
			struct vg_answer answer = vg_judge(snapshot, &facts[i % FACTS], "eth0", &circumstances);

			sum += answer.bind.reason;
		}
		best = best_of(best, each_ns(start, JUDGEMENTS));
	}
	/* Shows that work was done, and keeps the compiler from leaving it out. */
	if (!sum)
		abort();
	return best;
}

static char *make_file(uint32_t n, size_t *ret_size)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, ret_size);

	if (!file)
		abort();
	fputs("version: 1\nassignments:\n", file);
	for (uint32_t i = 0; i < n; i++)
		fprintf(file, "  - address: 2001:db8::%x:%x\n    service: default/web-%u\n    nodes: [worker%u, worker%u]\n    bind: nobody\n",
			i >> 16, i & 0xffff, i, i % 50, i % 49);
	if (fclose(file) != 0)
		abort();
	return text;
}

static double read_ms(uint32_t n)
{
	size_t size;
	_cleanup_free_ char *text = make_file(n, &size);
	double best = 1e9;

	for (int round = 0; round < ROUNDS; round++) {
		VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = NULL;
		uint64_t start = vg_time_boot_ns();
		struct vg_error error;

		if (vg_assignments_parse(text, size, "bench.yaml", "worker1", &error, &snapshot) < 0 || vg_snapshot_size(snapshot) != n) {
			fprintf(stderr, "%s\n", error.text);
			abort();
		}
		best = best_of(best, each_ns(start, VG_NS_PER_MS));
	}
	return best;
}

int main(void)
{
	double few = judge_ns(FEW), many = judge_ns(MANY);

	figure("judging one fact among 100 VIPs, ns", few, FEW_NS_MAX);
	figure("judging one fact among 100,000 VIPs, ns", many, MANY_NS_MAX);
	figure("reading a file of 100,000 assignments, ms", read_ms(MANY), READ_MS_MAX);
	return figures_over;
}
