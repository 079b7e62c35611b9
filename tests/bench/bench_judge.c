/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long one judgement takes with 100 assignments and with 100,000, and how long a file of 100,000 takes to read. Fails beyond
 * 1 us, 2 us and 2 s; prints the ratio, which says more than the numbers where the machine is busy: the best of several rounds counts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/time.h"
#include "conf/assignments.h"
#include "core/judge.h"

#define ROUNDS 5
#define JUDGEMENTS 1000000
#define FACTS 65536
#define SMALL_NS_MAX 1000.0
#define LARGE_NS_MAX 2000.0
#define READ_MS_MAX 2000.0

/* 2001:db8::/32 with the number spread over its last bytes, or, every 8th, an address of 192.0.2.0/24 */
static struct vg_addr addr_of(uint32_t number)
{
	struct vg_addr addr = { { 0x20, 0x01, 0x0d, 0xb8 } };

	if (number % 8 == 0) {
		static const uint8_t net[] = { [10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2 };

		memcpy(addr.bytes, net, sizeof(net));
		addr.bytes[15] = (uint8_t)(number / 8);
		return addr;
	}
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
	for (uint32_t i = 0; i < n; i++)
		add(snapshot, i);
	/* Half of the facts hit an entry, half miss; in no order, so that caches get no help. */
	for (uint32_t i = 0; i < FACTS; i++)
		facts[i] = addr_of(i * 2654435761U % (2 * n));
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = vg_time_boot_ns();
		double ns;

		for (uint32_t i = 0; i < JUDGEMENTS; i++) {
			struct vg_answer answer = vg_judge(snapshot, &facts[i % FACTS], "eth0", &circumstances);

			sum += answer.bind.reason;
		}
		ns = (double)(vg_time_boot_ns() - start) / JUDGEMENTS;
		best = ns < best ? ns : best;
	}
	/* Shows that work was done, and keeps the compiler from leaving it out. */
	if (!sum)
		abort();
	return best;
}

static double read_ms(uint32_t n)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = NULL;
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	struct vg_error error;
	uint64_t start;

	if (!file)
		abort();
	fputs("version: 1\nassignments:\n", file);
	for (uint32_t i = 0; i < n; i++)
		fprintf(file, "  - address: 2001:db8::%x:%x\n    service: default/web-%u\n    nodes: [worker%u, worker%u]\n    bind: nobody\n",
			i >> 16, i & 0xffff, i, i % 50, i % 49);
	fclose(file);
	start = vg_time_boot_ns();
	if (vg_assignments_parse(text, size, "bench.yaml", "worker1", &error, &snapshot) < 0 || vg_snapshot_size(snapshot) != n) {
		fprintf(stderr, "%s\n", error.text);
		abort();
	}
	return (double)(vg_time_boot_ns() - start) / VG_NS_PER_MS;
}

int main(void)
{
	double small = judge_ns(100), large = judge_ns(100000), ms = read_ms(100000);
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	printf("judge, 100 assignments:      %7.1f ns (at most %.0f)\n", small, SMALL_NS_MAX);
	printf("judge, 100,000 assignments:  %7.1f ns (at most %.0f)\n", large, LARGE_NS_MAX);
	printf("ratio:                       %7.2f\n", large / small);
	printf("read a file of 100,000:      %7.1f ms (at most %.0f), peak memory of it all %ld KiB\n", ms, READ_MS_MAX, usage.ru_maxrss);
	return small > SMALL_NS_MAX || large > LARGE_NS_MAX || ms > READ_MS_MAX;
}
