/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vg_announce on the wire, as root, in a namespace of its own: attached to the egress of one end of a veth pair (clsact, and tcx where the
 * kernel has it), judged by what arrives at the other end; and the companions that name the sender.
 *
 * `announce_test nosender` leaves out what needs tracing programs.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* unshare() */
#endif
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "frames.h"
#include "harness.h"

#include "announce.skel.h"

#define TX "vgt0"
#define RX "vgt1"
#define ATTACH_TCX_EGRESS 47 /* BPF_TCX_EGRESS, linux 6.6; not in the headers of Debian 12 */

static struct announce_bpf *announce;
static struct harness_events events;
static int stats_fd;

static void load_announce(bool sender)
{
	struct bpf_program *program;

	announce = announce_bpf__open();
	if (!announce)
		harness_die("announce");
	bpf_object__for_each_program(program, announce->obj) bpf_program__set_autoload(program, sender || program == announce->progs.vg_announce);
	if (announce_bpf__load(announce))
		harness_die("announce does not load");
	bpf_object__for_each_program(program, announce->obj) if (sender && program != announce->progs.vg_announce && !bpf_program__attach(program))
		harness_die(bpf_program__name(program));
	stats_fd = bpf_map__fd(announce->maps.vg_stats);
	harness_events_open(&events, bpf_map__fd(announce->maps.vg_events));
}

static void put_vip(const char *text, enum vg_verdict verdict)
{
	const struct vg_lpm_key key = harness_key(text);
	const struct vg_vip vip = harness_vip(text, VG_UNRELATED, verdict);

	harness_put(bpf_map__fd(announce->maps.vg_vips), &key, &vip);
}

static void configure(enum vg_mode mode)
{
	struct vg_config config = harness_config(mode);

	config.period_ns = 1; /* an event for every frame */
	harness_configure(bpf_map__fd(announce->maps.vg_config), &config);
}

static void attach_clsact(const char *link)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(link), .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = bpf_program__fd(announce->progs.vg_announce));

	if (bpf_tc_hook_create(&hook) || bpf_tc_attach(&hook, &opts))
		harness_die("clsact");
}

/* By hand: libbpf 1.1 does not know it. The link's descriptor, or -1 where the kernel does not either. */
static int attach_tcx(const char *link)
{
	struct {
		__u32 prog_fd, target_ifindex, attach_type, flags, relative_fd, pad;
		__u64 expected_revision;
	} attr = {
		.prog_fd = (__u32)bpf_program__fd(announce->progs.vg_announce),
		.target_ifindex = if_nametoindex(link),
		.attach_type = ATTACH_TCX_EGRESS,
	};

	return (int)syscall(__NR_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
}

static int open_packet(const char *link, int type, uint16_t protocol)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = (int)if_nametoindex(link) };
	int fd = socket(AF_PACKET, type | SOCK_CLOEXEC, htons(protocol));

	if (fd < 0 || bind(fd, (void *)&at, sizeof(at)) < 0)
		harness_die(link);
	return fd;
}

/* Sends with a lie in sll_protocol. A frame that is dropped on the way out is ENOBUFS to its sender: net_xmit_errno(NET_XMIT_DROP). */
static void send_packet(const struct frames_frame *frame)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = (int)if_nametoindex(TX) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 || (sendto(fd, frame->bytes, frame->len, 0, (void *)&to, sizeof(to)) != (ssize_t)frame->len && errno != ENOBUFS))
		harness_die("send");
	close(fd);
}

static void send_raw6(const char *target)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_scope_id = if_nametoindex(TX) };
	struct nd_neighbor_advert na = { .nd_na_type = ND_NEIGHBOR_ADVERT };
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);

	inet_pton(AF_INET6, "ff02::1", &to.sin6_addr);
	inet_pton(AF_INET6, target, &na.nd_na_target);
	if (fd < 0 || (sendto(fd, &na, sizeof(na), 0, (void *)&to, sizeof(to)) != sizeof(na) && errno != ENOBUFS))
		harness_die("raw IPv6");
	close(fd);
}

/* Whether this frame arrives. A last frame that always passes ends the wait: frames keep their order on a veth. */
static bool arrives(int fd, const struct frames_frame *frame)
{
	struct frames_frame end = { .len = 60 };
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	bool found = false;
	uint8_t got[FRAMES_MAX];

	memset(end.bytes, 0xff, 6);
	memset(end.bytes + 6, 0x02, 6); /* a bridge takes no frame from nowhere */
	memcpy(end.bytes + 12, "\x88\xb5vipguard-end", 14);
	send_packet(frame);
	send_packet(&end);
	while (poll(&ready, 1, HARNESS_WAIT_MS) == 1) {
		ssize_t len = recv(fd, got, sizeof(got), 0);

		if (len >= 26 && !memcmp(got + 12, end.bytes + 12, 14))
			return found;
		found |= len >= 0 && (size_t)len >= frame->len && !memcmp(got, frame->bytes, frame->len);
	}
	harness_die("the last frame never arrived");
	return false;
}

static __u32 own_netns(void)
{
	struct stat st;

	if (stat("/proc/self/ns/net", &st) < 0)
		harness_die("netns");
	return (__u32)st.st_ino;
}

static bool sender_is_me(const struct vg_event *event)
{
	return event && event->who.pid == (__u32)getpid() && event->sender_netns == own_netns() && !strcmp(event->who.comm, "announce_test") &&
	       event->who.start_ns && event->who.cgroup_id;
}

/* Untagged only: a tag at the start of the payload is taken out by the receiver, so the bytes would differ. */
static void test_wire(const char *how, bool sender)
{
	const struct frames_spec specs[] = {
		{ .name = "ARP request", FRAMES_FOUND_ARP(1, VG_HOW_ARP_REQUEST) },
		{ .name = "ARP reply", FRAMES_REPLY },
		{ .name = "NA", FRAMES_NA },
		{ .name = "ARP, SNAP", FRAMES_REPLY, .snap = true },
	};
	int fd = open_packet(RX, SOCK_RAW, ETH_P_ALL);
	char what[128];

	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		const char *addr = specs[i].body == FRAMES_IP6 ? FRAMES_V6 : FRAMES_V4;
		const struct vg_event *event;
		struct frames_frame frame;

		frames_build(&specs[i], &frame);
		configure(VG_AUDIT);
		snprintf(what, sizeof(what), "%s: audit: %s arrives", how, specs[i].name);
		harness_check(arrives(fd, &frame), what);
		configure(VG_ENFORCE);
		harness_forget_events(&events);
		snprintf(what, sizeof(what), "%s: enforce: %s does not", how, specs[i].name);
		harness_check(!arrives(fd, &frame), what);
		event = harness_wait_event(&events, VG_EVENT_ANNOUNCE, addr);
		snprintf(what, sizeof(what), "%s: and is reported%s", how, sender ? " with its sender" : "");
		harness_check(event && event->dropped && event->how == specs[i].how && event->ifindex == if_nametoindex(TX) &&
				      event->family == AF_PACKET && (sender ? sender_is_me(event) : !event->who.pid && !event->sender_netns),
			      what);
		snprintf(what, sizeof(what), "%s: and its event brings the frame along", how);
		harness_check(event && harness_brought(&events, event, frame.bytes, frame.len), what);
	}
	close(fd);
}

/* Hardware fills a short frame up: what is left of the address, and zeros, is claimed. */
static void test_cut_arp(void)
{
	int fd = open_packet(RX, SOCK_RAW, ETH_P_ALL);
	struct frames_frame frame;

	put_vip("192.0.2.0", VG_VIOLATION);
	put_vip("192.0.0.0", VG_VIOLATION);
	frames_build(&(struct frames_spec){ FRAMES_REPLY }, &frame);
	configure(VG_ENFORCE);
	frame.len = 14 + 8 + 6 + 3;
	harness_check(!arrives(fd, &frame), "an ARP frame cut in the last byte of its address is dropped");
	frame.len -= 2;
	harness_check(!arrives(fd, &frame), "and in the second");
	configure(VG_AUDIT);
	harness_check(arrives(fd, &frame), "which else arrives");
	close(fd);
}

#define RING_BYTES 4096

static struct tpacket_hdr *open_ring(int *ret_fd)
{
	struct tpacket_req req = { .tp_block_size = RING_BYTES, .tp_block_nr = 1, .tp_frame_size = RING_BYTES, .tp_frame_nr = 1 };
	int fd = open_packet(TX, SOCK_RAW, 0);
	void *ring;

	if (setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &req, sizeof(req)) < 0)
		harness_die("PACKET_TX_RING");
	ring = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		harness_die("ring");
	*ret_fd = fd;
	return ring;
}

/* A filter behind ours that drops what is not in the kernel's own buffer as a whole. */
static void attach_no_pages(void)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 2, .src_reg = 1, .off = offsetof(struct __sk_buff, len) },
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 3, .src_reg = 1, .off = offsetof(struct __sk_buff, data) },
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 4, .src_reg = 1, .off = offsetof(struct __sk_buff, data_end) },
		{ .code = BPF_ALU64 | BPF_SUB | BPF_X, .dst_reg = 4, .src_reg = 3 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 2 /* TC_ACT_SHOT */ },
		{ .code = BPF_JMP | BPF_JGT | BPF_X, .dst_reg = 2, .src_reg = 4, .off = 1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = -1 /* TC_ACT_UNSPEC */ },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(TX), .attach_point = BPF_TC_EGRESS);
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "no_pages", "GPL", code, sizeof(code) / sizeof(code[0]), NULL);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = fd, .priority = 60000);

	if (fd < 0 || bpf_tc_attach(&hook, &opts))
		harness_die("no_pages");
	close(fd);
}

static void detach_no_pages(void)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(TX), .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 60000);

	if (bpf_tc_detach(&hook, &opts))
		harness_die("no_pages");
}

static void send_ring(struct tpacket_hdr *header, int fd, const struct frames_frame *frame)
{
	memcpy((uint8_t *)header + TPACKET_HDRLEN - sizeof(struct sockaddr_ll), frame->bytes, frame->len);
	header->tp_len = (unsigned int)frame->len;
	header->tp_status = TP_STATUS_SEND_REQUEST;
	if (send(fd, NULL, 0, MSG_DONTWAIT) < 0 && errno != ENOBUFS)
		harness_die("ring send");
}

/* The pages of a transmit ring stay the sender's while the frame is under way: what was judged must not be what it can still change. */
static void test_ring(void)
{
	int rx = open_packet(RX, SOCK_RAW, ETH_P_ARP), fd;
	struct tpacket_hdr *header = open_ring(&fd);
	struct pollfd ready = { .fd = rx, .events = POLLIN };
	struct frames_frame frame, bad;
	uint8_t got[FRAMES_MAX];

	configure(VG_ENFORCE);
	attach_no_pages();
	frames_build(&(struct frames_spec){ FRAMES_REPLY }, &bad);
	frames_build(&(struct frames_spec){ .body = FRAMES_ARP, .op = 2, .hln = 6, .spa = "203.0.113.77" }, &frame);
	send_ring(header, fd, &bad);
	send_ring(header, fd, &frame);
	harness_check(poll(&ready, 1, HARNESS_WAIT_MS) == 1 && recv(rx, got, sizeof(got), 0) == (ssize_t)frame.len &&
			      !memcmp(got, frame.bytes, frame.len),
		      "transmit ring: a violation is dropped, and what passes is no longer the sender's memory");
	detach_no_pages();
	munmap(header, RING_BYTES);
	close(fd);
	close(rx);
}

static void test_raw6(bool sender)
{
	const struct vg_event *event;

	configure(VG_ENFORCE);
	harness_forget_events(&events);
	send_raw6(FRAMES_V6);
	event = harness_wait_event(&events, VG_EVENT_ANNOUNCE, FRAMES_V6);
	harness_check(event && event->dropped && event->how == VG_HOW_NA, "raw IPv6: an advertisement is dropped");
	harness_check(event && (sender ? sender_is_me(event) : !event->who.pid), "raw IPv6: its sender");
}

/* A change of the hardware address makes the kernel announce what is bound. Nobody is blamed, not even who sends at that time. */
static void test_kernel_made(bool sender)
{
	const __u32 netns = sender ? own_netns() : 0;
	const struct vg_event *event;

	configure(VG_AUDIT);
	put_vip("192.0.2.20", VG_VIOLATION);
	put_vip("2001:db8::20", VG_VIOLATION);
	harness_run("echo 1 >/proc/sys/net/ipv4/conf/" TX "/arp_notify; echo 1 >/proc/sys/net/ipv6/conf/" TX "/ndisc_notify;"
		    "ip addr add 192.0.2.20/32 dev " TX "; ip addr add 2001:db8::20/128 dev " TX " nodad");
	harness_forget_events(&events);
	harness_run("ip link set " TX " address 02:00:00:00:00:20");
	event = harness_wait_event(&events, VG_EVENT_ANNOUNCE, "192.0.2.20");
	harness_check(event && !event->who.pid && !event->in_ifindex && !event->dropped && !event->family,
		      "the kernel's own ARP is seen, and nobody named");
	harness_check(event && event->sender_netns == netns, "but the network namespace");
	event = harness_wait_event(&events, VG_EVENT_ANNOUNCE, "2001:db8::20");
	harness_check(event && !event->who.pid && !event->in_ifindex && event->how == VG_HOW_NA && event->family == AF_INET6,
		      "the kernel's own NA is seen, and nobody named");
	harness_check(event && event->sender_netns == netns, "but the network namespace");
}

/* The same frame raises one event on each link that it leaves by. */
static const struct vg_event *find_event_on(const char *link)
{
	for (unsigned int i = 0; i < events.count; i++) {
		if (events.all[i].type == VG_EVENT_ANNOUNCE && events.all[i].ifindex == if_nametoindex(link))
			return &events.all[i];
	}
	return NULL;
}

static void put_link(const char *name, bool outer_port, bool below_port)
{
	const struct vg_link_value value = { .outer_port = outer_port, .below_port = below_port };
	const __u32 ifindex = if_nametoindex(name);

	harness_put(bpf_map__fd(announce->maps.vg_links), &ifindex, &value);
}

/* What other hosts sent, and this node passes on as a switch, is theirs. Frames of another port are judged as ever. */
static void test_passed_on(const struct frames_frame *frame)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(TX), .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	int fd = open_packet("vgp1", SOCK_RAW, ETH_P_ALL);
	struct vg_stats before;

	/* here it is vgp0 that judges */
	if (bpf_tc_hook_destroy(&hook))
		harness_die(TX);
	configure(VG_ENFORCE);
	harness_check(!arrives(fd, frame), "a violation from a port of the bridge is dropped at another one");
	put_link(RX, false, true);
	put_link("vgp0", true, true);
	harness_check(!arrives(fd, frame), "also if this other one is an outer port");
	put_link(RX, true, true);
	put_link("vgp0", false, false);
	harness_check(!arrives(fd, frame), "and if it came in on an outer port, but leaves by no port");
	put_link("vgp0", true, true);
	before = harness_stats(stats_fd);
	harness_check(arrives(fd, frame), "from an outer port to another port it passes");
	harness_check(harness_stats(stats_fd).announce_forwarded == before.announce_forwarded + 1 &&
			      harness_stats(stats_fd).announce_judged == before.announce_judged,
		      "and is counted, not judged");
	close(fd);
}

/* Through a bridge: no socket any more, but the port it came in on. */
static void test_forwarded(void)
{
	const struct vg_event *event = NULL;
	struct frames_frame frame;

	harness_run("ip link add vgbr type bridge; ip link add vgp0 type veth peer name vgp1; ip link set " RX " master vgbr;"
		    "ip link set vgp0 master vgbr; for i in vgbr vgp0 vgp1; do ip link set $i up; done");
	attach_clsact("vgp0");
	configure(VG_AUDIT);
	put_vip("192.0.2.21", VG_VIOLATION);
	harness_forget_events(&events);
	frames_build(&(struct frames_spec){ .body = FRAMES_ARP, .op = 2, .hln = 6, .spa = "192.0.2.21" }, &frame);
	for (int tries = 0; tries < 50 && !event; tries++) {
		send_packet(&frame); /* again until the port forwards */
		ring_buffer__poll(events.ring, 100);
		event = find_event_on("vgp0");
	}
	harness_check(event && event->in_ifindex == if_nametoindex(RX) && !event->who.pid && !event->sender_netns,
		      "a forwarded frame: the port it came in on, no sender");
	test_passed_on(&frame);
	harness_run("ip link del vgbr; ip link del vgp0");
}

static bool kernel_has_tcx(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		harness_die("uname");
	return major > 6 || (major == 6 && minor >= 6);
}

static void test_tcx(bool sender)
{
	int fd = attach_tcx(TX);

	printf("# tcx: %s\n", fd < 0 ? strerror(errno) : "yes");
	harness_check((fd >= 0) == kernel_has_tcx(), "tcx is there from 6.6 on, and only there");
	if (fd < 0)
		return;
	test_wire("tcx", sender);
	close(fd);
}

int main(int argc, char **argv)
{
	const bool sender = argc < 2 || strcmp(argv[1], "nosender") != 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	if (unshare(CLONE_NEWNET) < 0)
		harness_die("unshare");
	harness_run("ip link set lo up; ip link add " TX " type veth peer name " RX "; ip link set " TX " up; ip link set " RX " up;"
		    "ip addr add fe80::1/64 dev " TX " nodad");
	load_announce(sender);
	put_vip(FRAMES_V4, VG_VIOLATION);
	put_vip(FRAMES_V6, VG_VIOLATION);
	test_tcx(sender);
	attach_clsact(TX);
	test_wire("clsact", sender);
	test_cut_arp();
	test_ring();
	test_raw6(sender);
	test_kernel_made(sender);
	test_forwarded();
	harness_check(!harness_stats(stats_fd).lost_ring_announce && !harness_stats(stats_fd).lost_seen, "nothing was lost");
	announce_bpf__destroy(announce);
	return harness_end();
}
