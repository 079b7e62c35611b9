/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netbench: what binds, removals and packets cost here, in ns. Prints one number a line; bench.sh puts them side by side.
 *
 *   netbench add     --link L --address A --count N   RTM_NEWADDR to its ack (the delete after it is not timed): p50
 *   netbench del     --link L --address A --count N   RTM_DELADDR to its ack: p50
 *   netbench gone    --link L --address A --count N   from the ack of RTM_NEWADDR until somebody else's removal is told: p50
 *   netbench getlink --link L --count N               RTM_GETLINK of L to its answer, a message that is no bind: p50
 *   with --cpu: the CPU time of this thread instead of the wall's
 *   netbench packets --link L --address A --count N   one UDP datagram to A: mean of the best fifth of 1 % slices
 */
#include "../tools/addrmsg.h"

#include <getopt.h>
#include <poll.h>

#define GONE_LIMIT_MS 5000

struct bench {
	int ifindex;
	struct tool_addr address;
	unsigned long count;
	uint64_t *samples;
	int fd; /* requests */
	int monitor; /* notifications */
	clockid_t clock;
};

/* clock: CLOCK_MONOTONIC, or the CPU time of this thread, which leaves out what others do meanwhile on the same CPU. */
static uint64_t read_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t p50(struct bench *bench)
{
	qsort(bench->samples, bench->count, sizeof(*bench->samples), by_value);
	return bench->samples[bench->count / 2];
}

static int request(struct bench *bench, unsigned short type, unsigned short flags)
{
	struct addrmsg message = {
		.addr = &bench->address,
		.ifindex = bench->ifindex,
		.prefix = bench->address.family == AF_INET ? 32 : 128,
		.flags = bench->address.family == AF_INET ? 0 : IFA_F_NODAD,
	};
	struct addrmsg_buffer buffer;
	int r;

	addrmsg_fill(&message, type, NLM_F_REQUEST | NLM_F_ACK | flags, &buffer);
	r = addrmsg_send(bench->fd, &buffer.header);
	return r < 0 ? r : addrmsg_read_ack(bench->fd);
}

static void must(int r, const char *what)
{
	if (r < 0)
		tool_die(1, "%s: %s", what, strerror(-r));
}

/* Which of the two is timed. */
static void bench_pairs(struct bench *bench, bool time_add)
{
	for (unsigned long i = 0; i < bench->count; i++) {
		uint64_t began = read_ns(bench->clock);

		must(request(bench, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL), "add");
		if (time_add)
			bench->samples[i] = read_ns(bench->clock) - began;
		began = read_ns(bench->clock);
		must(request(bench, RTM_DELADDR, 0), "delete");
		if (!time_add)
			bench->samples[i] = read_ns(bench->clock) - began;
	}
	printf("%lu\n", (unsigned long)p50(bench));
}

static void get_link(const struct bench *bench)
{
	const struct {
		struct nlmsghdr header;
		struct ifinfomsg message;
	} request = {
		.header = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST },
		.message = { .ifi_index = bench->ifindex },
	};
	union {
		struct nlmsghdr header;
		char bytes[16384];
	} answer;

	must(addrmsg_send(bench->fd, &request.header), "getlink");
	if (recv(bench->fd, &answer, sizeof(answer), 0) < 0 || answer.header.nlmsg_type != RTM_NEWLINK)
		tool_die(1, "getlink: %s", strerror(errno));
}

static void bench_getlink(struct bench *bench)
{
	for (unsigned long i = 0; i < bench->count; i++) {
		uint64_t began = read_ns(bench->clock);

		get_link(bench);
		bench->samples[i] = read_ns(bench->clock) - began;
	}
	printf("%lu\n", (unsigned long)p50(bench));
}

static void open_monitor(struct bench *bench)
{
	struct sockaddr_nl local = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR };

	bench->monitor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (bench->monitor < 0 || bind(bench->monitor, (const void *)&local, sizeof(local)) < 0)
		tool_die(1, "monitor: %s", strerror(errno));
}

/* Reads notifications until one says that the address went. */
static void await_gone(struct bench *bench)
{
	union {
		struct nlmsghdr header;
		char bytes[8192];
	} message;
	struct pollfd ready = { .fd = bench->monitor, .events = POLLIN };

	do {
		if (poll(&ready, 1, GONE_LIMIT_MS) != 1 || recv(bench->monitor, &message, sizeof(message), 0) < 0)
			tool_die(1, "nobody removed %s", bench->address.text);
	} while (message.header.nlmsg_type != RTM_DELADDR);
}

static void bench_gone(struct bench *bench)
{
	open_monitor(bench);
	for (unsigned long i = 0; i < bench->count; i++) {
		uint64_t began;

		must(request(bench, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL), "add");
		began = read_ns(bench->clock);
		await_gone(bench);
		bench->samples[i] = read_ns(bench->clock) - began;
	}
	printf("%lu\n", (unsigned long)p50(bench));
}

/*
 * Slices, and only the best of them: an emulated machine is taken away from us now and then, which says nothing about the packet. By a UDP
 * socket, as nearly all traffic leaves.
 */
static void bench_packets(struct bench *bench)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	unsigned long slices = 100, each = bench->count / slices;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const char payload[18] = "a shortest frame";
	uint64_t sum = 0;

	memcpy(&to.sin_addr, bench->address.bytes, sizeof(to.sin_addr));
	if (fd < 0 || connect(fd, (const void *)&to, sizeof(to)) < 0)
		tool_die(1, "%s: %s", bench->address.text, strerror(errno));
	for (unsigned long s = 0; s < slices; s++) {
		uint64_t began = read_ns(bench->clock);

		for (unsigned long i = 0; i < each; i++)
			if (send(fd, payload, sizeof(payload), 0) < 0)
				tool_die(1, "send: %s", strerror(errno));
		bench->samples[s] = read_ns(bench->clock) - began;
	}
	qsort(bench->samples, slices, sizeof(*bench->samples), by_value);
	for (unsigned long s = 0; s < slices / 5; s++)
		sum += bench->samples[s];
	printf("%.1f\n", (double)sum / (double)(slices / 5) / (double)each);
	close(fd);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "link", 1, NULL, 'l' }, { "address", 1, NULL, 'a' }, { "count", 1, NULL, 'n' }, { "cpu", 0, NULL, 'c' }, { 0 }
	};
	struct bench bench = { .count = 1000, .fd = addrmsg_open(), .clock = CLOCK_MONOTONIC };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 'l')
			bench.ifindex = (int)if_nametoindex(optarg);
		else if (c == 'a')
			bench.address = tool_addr_arg("--address", optarg);
		else if (c == 'n')
			bench.count = strtoul(optarg, NULL, 10);
		else if (c == 'c')
			bench.clock = CLOCK_THREAD_CPUTIME_ID;
		else
			return 2;
	}
	bench.samples = calloc(bench.count > 100 ? bench.count : 100, sizeof(*bench.samples));
	if (optind + 1 != argc || !bench.samples || !bench.ifindex || bench.fd < 0)
		tool_die(2, "usage: netbench add|del|gone|getlink|packets --link L [--address A] [--count N]");
	if (!strcmp(argv[optind], "packets"))
		bench_packets(&bench);
	else if (!strcmp(argv[optind], "gone"))
		bench_gone(&bench);
	else if (!strcmp(argv[optind], "getlink"))
		bench_getlink(&bench);
	else
		bench_pairs(&bench, !strcmp(argv[optind], "add"));
	free(bench.samples);
	close(bench.fd);
	return 0;
}
