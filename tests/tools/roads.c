/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roads: socket options that must go on working beside a cgroup program, other people's cgroup and XDP programs, an AF_XDP sender.
 *
 * BPF programs are written out as instructions and loaded by the system call itself: there is neither a compiler nor a library in the guest.
 */
#include "frame.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <stddef.h>
#include <sys/syscall.h>

#define ROADS_SOURCES 1500 /* more than a page of them */
#define ROADS_FRAME 2048
#define ROADS_FRAMES 64 /* of the umem, and entries of its rings */

/* --- socket options --- */

static int roads_set(int fd, int level, int option, const void *value, size_t len)
{
	return setsockopt(fd, level, option, value, (socklen_t)len) < 0 ? -errno : 0;
}

static int roads_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		tool_die(1, "socket: %s", strerror(errno));
	return fd;
}

static void roads_say(const char *option, int r)
{
	printf("OPTION %s %s\n", option, tool_result(r));
}

/* What the option is afterwards. */
static void roads_say_int(const char *name, int fd, int level, int option, int r)
{
	int value = -1;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, level, option, &value, &len) < 0)
		tool_die(1, "getsockopt: %s", strerror(errno));
	printf("OPTION %s %s %d\n", name, tool_result(r), value);
}

/* Sources of a multicast group: what is beyond the first page must arrive too. */
static int roads_sources(int fd)
{
	static unsigned char set[IP_MSFILTER_SIZE(ROADS_SOURCES)], got[IP_MSFILTER_SIZE(ROADS_SOURCES)];
	struct ip_mreqn join = { .imr_multiaddr.s_addr = htonl(0xe9fc0001), .imr_ifindex = 1 };
	struct ip_msfilter *filter = (void *)set, *answer = (void *)got;
	socklen_t len = sizeof(got);
	int r = roads_set(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join));

	if (r)
		return r;
	filter->imsf_multiaddr = join.imr_multiaddr;
	filter->imsf_interface.s_addr = htonl(INADDR_LOOPBACK);
	filter->imsf_fmode = MCAST_EXCLUDE;
	filter->imsf_numsrc = ROADS_SOURCES;
	for (uint32_t i = 0; i < ROADS_SOURCES; i++)
		filter->imsf_slist[i].s_addr = htonl(0xc6336400 + i);
	r = roads_set(fd, IPPROTO_IP, IP_MSFILTER, set, sizeof(set));
	if (r)
		return r;
	memcpy(answer, filter, IP_MSFILTER_SIZE(0));
	if (getsockopt(fd, IPPROTO_IP, IP_MSFILTER, got, &len) < 0)
		return -errno;
	return memcmp(set + IP_MSFILTER_SIZE(0), got + IP_MSFILTER_SIZE(0), sizeof(set) - IP_MSFILTER_SIZE(0)) ? -EBADMSG : 0;
}

static void roads_usual_options(void)
{
	static unsigned char page_and_more[8192];
	const int size = 65536, priority = 3;
	struct sock_filter pass = BPF_STMT(BPF_RET | BPF_K, 0xffff);
	const struct sock_fprog filter = { .len = 1, .filter = &pass };
	int udp = roads_socket(AF_INET, SOCK_DGRAM), tcp = roads_socket(AF_INET, SOCK_STREAM);

	memcpy(page_and_more, &size, sizeof(size));
	roads_say("rcvbuf", roads_set(udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)));
	roads_say("rcvbuf-long", roads_set(udp, SOL_SOCKET, SO_RCVBUF, page_and_more, sizeof(page_and_more)));
	roads_say("filter", roads_set(udp, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)));
	roads_say("congestion", roads_set(tcp, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
	roads_say("nothing", roads_set(udp, SOL_SOCKET, SO_RCVBUF, NULL, sizeof(size)));
	roads_say("sources", roads_sources(udp));
	roads_say_int("priority", udp, SOL_SOCKET, SO_PRIORITY, roads_set(udp, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority)));
	close(udp);
	close(tcp);
}

static void roads_packet_options(void)
{
	const int on = 1, off = 0, version = TPACKET_V2;
	int fd = roads_socket(AF_PACKET, SOCK_RAW);

	roads_say("version", roads_set(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)));
	roads_say("bypass-short", roads_set(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, 1));
	roads_say_int("bypass", fd, SOL_PACKET, PACKET_QDISC_BYPASS, roads_set(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)));
	roads_say_int("bypass-off", fd, SOL_PACKET, PACKET_QDISC_BYPASS, roads_set(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &off, sizeof(off)));
	close(fd);
}

static int roads_options(char **arguments)
{
	(void)arguments;
	roads_usual_options();
	roads_packet_options();
	return 0;
}

/* --- programs --- */

static int roads_bpf(int command, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, command, attr, sizeof(*attr));

	if (r < 0)
		tool_die(1, "bpf(%d): %s", command, strerror(errno));
	return (int)r;
}

static int roads_load(enum bpf_prog_type type, enum bpf_attach_type attach, const struct bpf_insn *insns, unsigned int n)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.expected_attach_type = attach;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = n;
	attr.license = (uintptr_t) "GPL";
	return roads_bpf(BPF_PROG_LOAD, &attr);
}

#define ROADS_MOV(dst, value) \
	{ \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (dst), .imm = (value) \
	}
#define ROADS_LOAD(dst, offset) \
	{ \
		.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = (dst), .src_reg = BPF_REG_1, .off = (offset) \
	}
#define ROADS_CTX32(dst, offset) \
	{ \
		.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = (dst), .src_reg = BPF_REG_1, .off = (offset) \
	}
/* Of the frame, which register 2 points to: unless it is `value`, the program goes on `skip` instructions behind. */
#define ROADS_UNLESS(size, offset, value, skip) \
	{ .code = BPF_LDX | BPF_MEM | (size), .dst_reg = BPF_REG_5, .src_reg = BPF_REG_2, .off = (offset) }, \
	{ \
		.code = BPF_JMP32 | BPF_JNE | BPF_K, .dst_reg = BPF_REG_5, .off = (skip), .imm = (int32_t)(value) \
	}
#define ROADS_PUT(size, offset, value) \
	{ \
		.code = BPF_ST | BPF_MEM | (size), .dst_reg = BPF_REG_2, .off = (offset), .imm = (int32_t)(value) \
	}
#define ROADS_EXIT \
	{ \
		.code = BPF_JMP | BPF_EXIT \
	}

/* "deny": refuses every option; "seven": makes any int that is set a 7. On one cgroup, and for none below it but its own. */
static int roads_cgroup(char **arguments)
{
	static const struct bpf_insn deny[] = { ROADS_MOV(BPF_REG_0, 0), ROADS_EXIT };
	static const struct bpf_insn seven[] = {
		ROADS_LOAD(BPF_REG_2, 8), /* optval */
		ROADS_LOAD(BPF_REG_3, 16), /* optval_end */
		ROADS_MOV(BPF_REG_0, 1),
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_4, .src_reg = BPF_REG_2 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_4, .imm = 4 },
		{ .code = BPF_JMP | BPF_JGT | BPF_X, .dst_reg = BPF_REG_4, .src_reg = BPF_REG_3, .off = 1 },
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = BPF_REG_2, .imm = 7 },
		ROADS_EXIT,
	};
	bool denies = strcmp(arguments[1], "deny") == 0;
	union bpf_attr attr;
	int fd = open(arguments[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		tool_die(1, "%s: %s", arguments[0], strerror(errno));
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)fd;
	attr.attach_type = BPF_CGROUP_SETSOCKOPT;
	attr.attach_bpf_fd = (uint32_t)roads_load(BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT, denies ? deny : seven,
						  denies ? sizeof(deny) / sizeof(deny[0]) : sizeof(seven) / sizeof(seven[0]));
	roads_bpf(BPF_PROG_ATTACH, &attr);
	puts("ATTACHED");
	return 0;
}

static void roads_wait(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

/* For as long as standard input is open. */
static int roads_attach_xdp(const char *link, uint32_t flags, const struct bpf_insn *insns, unsigned int n)
{
	union bpf_attr attr;
	int program = roads_load(BPF_PROG_TYPE_XDP, 0, insns, n);

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (uint32_t)program;
	attr.link_create.target_ifindex = (uint32_t)tool_link_index(link);
	attr.link_create.attach_type = BPF_XDP;
	attr.link_create.flags = flags;
	roads_bpf(BPF_LINK_CREATE, &attr);
	puts("ATTACHED");
	roads_wait();
	return 0;
}

/* One that passes all. */
static int roads_xdp(char **arguments)
{
	static const struct bpf_insn pass[] = { ROADS_MOV(BPF_REG_0, XDP_PASS), ROADS_EXIT };

	return roads_attach_xdp(arguments[0], 0, pass, sizeof(pass) / sizeof(pass[0]));
}

/* One that answers ARP for an address where the question came in (XDP_TX), to all; in generic mode, which needs nothing of the other end. */
static int roads_xdp_tx(char **arguments)
{
	const struct tool_addr vip = tool_addr_arg("address", arguments[1]);
	unsigned char mac[TOOL_MAC_LEN] = { 0 };
	uint32_t address, mac4;
	uint16_t mac2;

	if (vip.family != AF_INET || tool_link_mac(arguments[0], mac) < 0)
		tool_die(2, "an IPv4 address and a link with a MAC are needed");
	memcpy(&address, vip.bytes, sizeof(address));
	memcpy(&mac4, mac, sizeof(mac4));
	memcpy(&mac2, mac + sizeof(mac4), sizeof(mac2));
	const struct bpf_insn answer[] = {
		ROADS_CTX32(BPF_REG_2, offsetof(struct xdp_md, data)),
		ROADS_CTX32(BPF_REG_3, offsetof(struct xdp_md, data_end)),
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_4, .src_reg = BPF_REG_2 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_4, .imm = 42 }, /* Ethernet and ARP */
		{ .code = BPF_JMP | BPF_JGT | BPF_X, .dst_reg = BPF_REG_4, .src_reg = BPF_REG_3, .off = 16 },
		ROADS_UNLESS(BPF_H, 12, htons(ETH_P_ARP), 14),
		ROADS_UNLESS(BPF_H, 20, htons(1), 12), /* a request */
		ROADS_UNLESS(BPF_W, 38, address, 10), /* for it */
		ROADS_PUT(BPF_W, 0, 0xffffffff),
		ROADS_PUT(BPF_H, 4, 0xffff),
		ROADS_PUT(BPF_W, 6, mac4),
		ROADS_PUT(BPF_H, 10, mac2),
		ROADS_PUT(BPF_H, 20, htons(2)), /* a reply */
		ROADS_PUT(BPF_W, 22, mac4),
		ROADS_PUT(BPF_H, 26, mac2),
		ROADS_PUT(BPF_W, 28, address),
		ROADS_MOV(BPF_REG_0, XDP_TX),
		ROADS_EXIT,
		ROADS_MOV(BPF_REG_0, XDP_PASS),
		ROADS_EXIT,
	};

	return roads_attach_xdp(arguments[0], XDP_FLAGS_SKB_MODE, answer, sizeof(answer) / sizeof(answer[0]));
}

/* --- AF_XDP --- */

struct roads_xsk {
	int fd;
	unsigned char *umem;
	uint32_t *producer;
	struct xdp_desc *descs;
};

static void roads_xsk_set(int fd, int option, const void *value, size_t len)
{
	if (setsockopt(fd, SOL_XDP, option, value, (socklen_t)len) < 0)
		tool_die(1, "AF_XDP option %d: %s", option, strerror(errno));
}

static void *roads_xsk_map(int fd, size_t len, off_t offset)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset);

	if (at == MAP_FAILED)
		tool_die(1, "mmap: %s", strerror(errno));
	return at;
}

/* Copy mode, which every driver has. */
static void roads_xsk_open(struct roads_xsk *xsk, const char *link)
{
	const struct sockaddr_xdp address = { .sxdp_family = AF_XDP, .sxdp_flags = XDP_COPY, .sxdp_ifindex = (uint32_t)tool_link_index(link) };
	struct xdp_umem_reg area = { .len = ROADS_FRAMES * ROADS_FRAME, .chunk_size = ROADS_FRAME };
	const int entries = ROADS_FRAMES;
	struct xdp_mmap_offsets offsets;
	socklen_t len = sizeof(offsets);
	unsigned char *ring;

	xsk->fd = roads_socket(AF_XDP, SOCK_RAW);
	xsk->umem = mmap(NULL, area.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (xsk->umem == MAP_FAILED)
		tool_die(1, "mmap: %s", strerror(errno));
	area.addr = (uintptr_t)xsk->umem;
	roads_xsk_set(xsk->fd, XDP_UMEM_REG, &area, sizeof(area));
	roads_xsk_set(xsk->fd, XDP_UMEM_FILL_RING, &entries, sizeof(entries));
	roads_xsk_set(xsk->fd, XDP_UMEM_COMPLETION_RING, &entries, sizeof(entries));
	roads_xsk_set(xsk->fd, XDP_TX_RING, &entries, sizeof(entries));
	if (getsockopt(xsk->fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &len) < 0)
		tool_die(1, "XDP_MMAP_OFFSETS: %s", strerror(errno));
	ring = roads_xsk_map(xsk->fd, offsets.tx.desc + ROADS_FRAMES * sizeof(struct xdp_desc), XDP_PGOFF_TX_RING);
	xsk->producer = (void *)(ring + offsets.tx.producer);
	xsk->descs = (void *)(ring + offsets.tx.desc);
	if (bind(xsk->fd, (const void *)&address, sizeof(address)) < 0)
		tool_die(1, "bind: %s", strerror(errno));
}

/* At most as many as the ring holds: what is done is not taken back. */
static int roads_xsk(char **arguments)
{
	const struct tool_addr vip = tool_addr_arg("address", arguments[1]);
	unsigned int count = (unsigned int)tool_number_arg("count", arguments[2], 0, ROADS_FRAMES);
	struct roads_xsk xsk;
	struct frame frame = { .len = 0 };
	unsigned char mac[TOOL_MAC_LEN];

	if (vip.family != AF_INET || tool_link_mac(arguments[0], mac) < 0)
		tool_die(2, "an IPv4 address and a link with a MAC are needed");
	frame_put_ethernet(&frame, frame_mac_broadcast, mac);
	frame_put16(&frame, ETH_P_ARP);
	frame_put_arp(&frame,
		      &(struct frame_arp){ .htype = 1, .hlen = TOOL_MAC_LEN, .op = 2, .sha = mac, .tha = mac, .spa = vip.bytes, .tpa = vip.bytes });
	roads_xsk_open(&xsk, arguments[0]);
	for (unsigned int i = 0; i < count; i++) {
		memcpy(xsk.umem + i * ROADS_FRAME, frame.bytes, frame.len);
		xsk.descs[i] = (struct xdp_desc){ .addr = (uint64_t)i * ROADS_FRAME, .len = (uint32_t)frame.len };
	}
	__atomic_store_n(xsk.producer, count, __ATOMIC_RELEASE);
	while (count > 0 && sendto(xsk.fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0)
		if (errno != EAGAIN && errno != EBUSY && errno != ENOBUFS)
			tool_die(1, "sendto: %s", strerror(errno));
	printf("SENT %u\n", count);
	roads_wait();
	return 0;
}

static const struct {
	const char *name, *usage;
	int arguments;
	int (*run)(char **arguments);
} roads_ways[] = {
	{ "options", "", 0, roads_options },
	{ "cgroup", " FOLDER deny|seven", 2, roads_cgroup },
	{ "xdp", " LINK", 1, roads_xdp },
	{ "xdp-tx", " LINK ADDRESS", 2, roads_xdp_tx },
	{ "xsk", " LINK ADDRESS COUNT", 3, roads_xsk },
};

int main(int argc, char **argv)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	tool_stdout_lines();
	(void)setrlimit(RLIMIT_MEMLOCK, &unlimited); /* programs are charged to it before 5.11 */
	for (size_t i = 0; argc > 1 && i < sizeof(roads_ways) / sizeof(roads_ways[0]); i++)
		if (!strcmp(argv[1], roads_ways[i].name) && argc == 2 + roads_ways[i].arguments)
			return roads_ways[i].run(argv + 2);
	for (size_t i = 0; i < sizeof(roads_ways) / sizeof(roads_ways[0]); i++)
		printf("usage: roads %s%s\n", roads_ways[i].name, roads_ways[i].usage);
	return argc == 2 && !strcmp(argv[1], "--help") ? 0 : 2;
}
