/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rogue: a stand-in for kube-vip, on the wire and in its system calls.
 *
 * Binds every VIP with the request kube-vip sends, looks every period whether it is still there, binds it again if not, and announces
 * it whether that bind was allowed or not. The one design choice: it never gives up on a refusal, because kube-vip does not, and
 * that is what makes a guard that only refuses binds worse than none.
 */
#include "addrioctl.h"
#include "addrmsg.h"
#include "frame.h"
#include "workers.h"

#include <getopt.h>
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sys/timerfd.h>

struct rogue_vip {
	struct tool_addr addr;
	char label[IFNAMSIZ];
	bool nodad;
	int ndp_fd; /* kept open, as kube-vip does; -1: not open yet */
	unsigned char ndp_mac[TOOL_MAC_LEN]; /* the link's when ndp_fd was opened */
};

struct rogue {
	const char *link, *comm;
	int ifindex;
	struct rogue_vip vips[TOOL_VIPS_MAX];
	unsigned int vip_count;
	unsigned int prefix; /* ROGUE_PREFIX_HOST: 32 or 128 */
	unsigned long rate_ms, rounds;
	bool no_bind, no_announce, bind_once, announce_now, no_deprecated, nodad, same_thread, by_ioctl, clean;
	bool next_is_request; /* one toggle for all VIPs: the first frame is a reply */
	struct workers workers;
};

/* One action on one VIP, as handed to a thread. */
struct rogue_task {
	struct rogue *rogue;
	struct rogue_vip *vip;
	bool skip_announce;
};

#define ROGUE_PREFIX_HOST 0xffffU

static void rogue_run(struct rogue *rogue, workers_job_t job, struct rogue_task *task)
{
	if (rogue->same_thread)
		job(task);
	else
		workers_run(&rogue->workers, job, task);
}

/* --- binding --- */

static struct addrmsg rogue_message(const struct rogue *rogue, const struct rogue_vip *vip)
{
	unsigned int host = vip->addr.family == AF_INET ? 32 : 128;

	return (struct addrmsg){
		.addr = &vip->addr,
		.ifindex = rogue->ifindex,
		.prefix = rogue->prefix == ROGUE_PREFIX_HOST ? host : rogue->prefix,
		.flags = vip->nodad && vip->addr.family == AF_INET6 ? IFA_F_NODAD : 0,
		.has_lifetime = !rogue->no_deprecated,
	};
}

static int rogue_add(const struct rogue *rogue, const struct rogue_vip *vip, const struct addrmsg *message)
{
	if (!rogue->by_ioctl)
		return addrmsg_add(message);
	if (vip->addr.family == AF_INET)
		return addrioctl_add4(vip->label, &vip->addr, message->prefix);
	return addrioctl_change6(SIOCSIFADDR, rogue->ifindex, &vip->addr, message->prefix);
}

static int rogue_delete(const struct rogue *rogue, const struct rogue_vip *vip, const struct addrmsg *message)
{
	if (!rogue->by_ioctl)
		return addrmsg_delete(message);
	if (vip->addr.family == AF_INET)
		return addrioctl_delete4(vip->label);
	return addrioctl_change6(SIOCDIFADDR, rogue->ifindex, &vip->addr, message->prefix);
}

static void rogue_bind(const struct rogue *rogue, const struct rogue_vip *vip, const struct addrmsg *message)
{
	int r = rogue_add(rogue, vip, message);

	printf("BIND %s %s\n", vip->addr.text, tool_result(r));
	if (r)
		fprintf(stderr, "WARN could not add ip to device: \"%s\": %s\n", rogue->link, strerror(-r));
}

static void rogue_unbind(const struct rogue *rogue, const struct rogue_vip *vip, const struct addrmsg *message)
{
	printf("UNBIND %s %s\n", vip->addr.text, tool_result(rogue_delete(rogue, vip, message)));
}

/* Says so when it cannot look; the caller then binds, as for an address that is gone. */
static struct addrmsg_state rogue_look(const struct rogue_vip *vip, const struct addrmsg *message)
{
	struct addrmsg_state state = { 0 };
	int r = addrmsg_look(message, &state);

	if (r)
		printf("LOOK %s %s\n", vip->addr.text, tool_result(r));
	return state;
}

/* The start: what is left from an earlier life is deleted first, microseconds before the bind. */
static void rogue_first_bind(void *context)
{
	struct rogue_task *task = context;
	struct addrmsg message = rogue_message(task->rogue, task->vip);

	if (rogue_look(task->vip, &message).present)
		rogue_unbind(task->rogue, task->vip, &message);
	rogue_bind(task->rogue, task->vip, &message);
}

/* A tick: bind again if gone. An address that failed duplicate detection is replaced without it, and not announced this time. */
static void rogue_rebind(void *context)
{
	struct rogue_task *task = context;
	struct addrmsg message = rogue_message(task->rogue, task->vip);
	struct addrmsg_state state = rogue_look(task->vip, &message);

	if (state.present && !state.dad_failed)
		return;
	if (state.dad_failed) {
		rogue_unbind(task->rogue, task->vip, &message);
		task->vip->nodad = true;
		task->skip_announce = true;
		message = rogue_message(task->rogue, task->vip);
	}
	rogue_bind(task->rogue, task->vip, &message);
}

static void rogue_clean_up(void *context)
{
	struct rogue_task *task = context;
	struct addrmsg message = rogue_message(task->rogue, task->vip);

	if (rogue_look(task->vip, &message).present)
		rogue_unbind(task->rogue, task->vip, &message);
}

/* --- announcing --- */

static int rogue_send_arp(const struct rogue *rogue, const struct frame *arp)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ARP),
		.sll_ifindex = rogue->ifindex,
		.sll_hatype = ARPHRD_ETHER,
		.sll_halen = TOOL_MAC_LEN,
	};
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ARP)), r = 0;

	if (fd < 0)
		return -errno;
	memcpy(to.sll_addr, frame_mac_broadcast, TOOL_MAC_LEN);
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, rogue->link, (socklen_t)strlen(rogue->link)) < 0 ||
	    sendto(fd, arp->bytes, arp->len, 0, (const void *)&to, sizeof(to)) < 0)
		r = -errno;
	close(fd);
	return r;
}

static int rogue_announce_arp(const struct rogue *rogue, const struct rogue_vip *vip, bool request)
{
	unsigned char mac[TOOL_MAC_LEN];
	struct frame frame = { .len = 0 };
	int r = tool_link_mac(rogue->link, mac);

	if (r)
		return r;
	frame_put_arp(&frame, &(struct frame_arp){
				      .htype = ARPHRD_ETHER,
				      .hlen = TOOL_MAC_LEN,
				      .op = request ? ARPOP_REQUEST : ARPOP_REPLY,
				      .sha = mac,
				      .tha = request ? frame_mac_broadcast : mac,
				      .spa = vip->addr.bytes,
				      .tpa = vip->addr.bytes,
			      });
	return rogue_send_arp(rogue, &frame);
}

/* Without a link-local address there is nothing to bind to: tried again at every announcement. */
static int rogue_open_ndp(const struct rogue *rogue, struct rogue_vip *vip)
{
	struct sockaddr_in6 local = { .sin6_family = AF_INET6, .sin6_scope_id = (uint32_t)rogue->ifindex };
	const int hops = 255;
	int fd, r = tool_link_local(rogue->link, &local.sin6_addr);

	if (!r)
		r = tool_link_mac(rogue->link, vip->ndp_mac);
	if (r)
		return r;
	fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6);
	if (fd < 0)
		return -errno;
	if (bind(fd, (const void *)&local, sizeof(local)) < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	vip->ndp_fd = fd;
	return 0;
}

static void rogue_put_cmsg(struct cmsghdr *header, int type, const void *payload, size_t len)
{
	header->cmsg_level = IPPROTO_IPV6;
	header->cmsg_type = type;
	header->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(header), payload, len);
}

/* kube-vip gives hop limit and outgoing link as ancillary data (RFC 3542 6). */
static int rogue_send_na(const struct rogue *rogue, const struct rogue_vip *vip, struct frame *na)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_scope_id = (uint32_t)rogue->ifindex };
	const struct in6_pktinfo out = { .ipi6_ifindex = (unsigned int)rogue->ifindex };
	const int hops = 255;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(hops)) + CMSG_SPACE(sizeof(out))];
	} control = { .bytes = { 0 } };
	struct iovec part = { .iov_base = na->bytes, .iov_len = na->len };
	struct msghdr message = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	memcpy(&to.sin6_addr, frame_ip6_all_nodes, sizeof(to.sin6_addr));
	rogue_put_cmsg(header, IPV6_HOPLIMIT, &hops, sizeof(hops));
	rogue_put_cmsg(CMSG_NXTHDR(&message, header), IPV6_PKTINFO, &out, sizeof(out));
	return sendmsg(vip->ndp_fd, &message, 0) < 0 ? -errno : 0;
}

static int rogue_announce_na(const struct rogue *rogue, struct rogue_vip *vip)
{
	struct frame frame = { .len = 0 };
	int r = vip->ndp_fd < 0 ? rogue_open_ndp(rogue, vip) : 0;

	if (r)
		return r;
	frame_put_na_message(&frame, &(struct frame_na){ .target = vip->addr.bytes, .flags = 0x20, .mac = vip->ndp_mac });
	return rogue_send_na(rogue, vip, &frame);
}

static void rogue_announce(void *context)
{
	struct rogue_task *task = context;
	struct rogue *rogue = task->rogue;
	bool request = rogue->next_is_request;

	if (task->vip->addr.family == AF_INET6) {
		printf("ANNOUNCE %s na %s\n", task->vip->addr.text, tool_result(rogue_announce_na(rogue, task->vip)));
		return;
	}
	rogue->next_is_request = !request;
	printf("ANNOUNCE %s arp-%s %s\n", task->vip->addr.text, request ? "request" : "reply",
	       tool_result(rogue_announce_arp(rogue, task->vip, request)));
}

/* --- the loop --- */

/* `bind` NULL: announce only. */
static void rogue_round(struct rogue *rogue, workers_job_t bind, bool announce)
{
	for (unsigned int i = 0; i < rogue->vip_count; i++) {
		struct rogue_task task = { .rogue = rogue, .vip = &rogue->vips[i] };

		if (bind)
			rogue_run(rogue, bind, &task);
		if (announce && !task.skip_announce)
			rogue_run(rogue, rogue_announce, &task);
	}
}

static int rogue_timer(unsigned long period_ms)
{
	const struct timespec period = { .tv_sec = (time_t)(period_ms / 1000), .tv_nsec = (long)(period_ms % 1000) * 1000000 };
	const struct itimerspec timer = { .it_interval = period, .it_value = period };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || timerfd_settime(fd, 0, &timer, NULL) < 0)
		tool_die(1, "timer: %s", strerror(errno));
	return fd;
}

/* Until told to stop, or for --rounds ticks. Ticks that were missed are not made up for. */
static void rogue_loop(struct rogue *rogue, int stop_fd)
{
	struct pollfd waits[] = { { .fd = stop_fd, .events = POLLIN }, { .fd = rogue_timer(rogue->rate_ms), .events = POLLIN } };
	workers_job_t rebind = rogue->no_bind || rogue->bind_once ? NULL : rogue_rebind;
	uint64_t expirations;

	for (unsigned long done = 0; !rogue->rounds || done < rogue->rounds;) {
		if (poll(waits, 2, -1) < 0 && errno != EINTR)
			tool_die(1, "poll: %s", strerror(errno));
		if (waits[0].revents)
			break;
		if (read(waits[1].fd, &expirations, sizeof(expirations)) != sizeof(expirations))
			continue;
		rogue_round(rogue, rebind, !rogue->no_announce);
		workers_skip(&rogue->workers);
		done++;
	}
	close(waits[1].fd);
}

static void rogue_usage(void)
{
	puts("usage: rogue --link LINK --vip ADDRESS [--vip ADDRESS...] [options]\n"
	     "  --rate MS         period of look, bind if gone, announce (3000)\n"
	     "  --rounds N        exit after N periods (0: never)\n"
	     "  --announce-now    a first round at once, as releases before 0.9 did, not after one period\n"
	     "  --comm NAME       name of the process (kube-vip)\n"
	     "  --same-thread     make all calls from the main thread\n"
	     "  --prefix N        prefix length instead of 32 and 128\n"
	     "  --no-deprecated   no preferred lifetime 0, as release 0.8.10\n"
	     "  --nodad           IPv6: bind without duplicate address detection\n"
	     "  --how HOW         netlink (default) or ioctl\n"
	     "  --no-bind, --bind-once, --no-announce\n"
	     "  --leave, --clean  at exit leave the addresses (default) or delete them");
}

enum rogue_option {
	OPT_LINK = 1,
	OPT_VIP,
	OPT_RATE,
	OPT_ROUNDS,
	OPT_ANNOUNCE_NOW,
	OPT_COMM,
	OPT_SAME_THREAD,
	OPT_PREFIX,
	OPT_NO_DEPRECATED,
	OPT_NODAD,
	OPT_HOW,
	OPT_NO_BIND,
	OPT_BIND_ONCE,
	OPT_NO_ANNOUNCE,
	OPT_LEAVE,
	OPT_CLEAN,
	OPT_HELP,
};

static const struct option rogue_options[] = {
	{ "link", required_argument, NULL, OPT_LINK },
	{ "vip", required_argument, NULL, OPT_VIP },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "rounds", required_argument, NULL, OPT_ROUNDS },
	{ "announce-now", no_argument, NULL, OPT_ANNOUNCE_NOW },
	{ "comm", required_argument, NULL, OPT_COMM },
	{ "same-thread", no_argument, NULL, OPT_SAME_THREAD },
	{ "prefix", required_argument, NULL, OPT_PREFIX },
	{ "no-deprecated", no_argument, NULL, OPT_NO_DEPRECATED },
	{ "nodad", no_argument, NULL, OPT_NODAD },
	{ "how", required_argument, NULL, OPT_HOW },
	{ "no-bind", no_argument, NULL, OPT_NO_BIND },
	{ "bind-once", no_argument, NULL, OPT_BIND_ONCE },
	{ "no-announce", no_argument, NULL, OPT_NO_ANNOUNCE },
	{ "leave", no_argument, NULL, OPT_LEAVE },
	{ "clean", no_argument, NULL, OPT_CLEAN },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static bool rogue_how(const char *how)
{
	if (strcmp(how, "netlink") && strcmp(how, "ioctl"))
		tool_die(2, "--how %s: expected netlink or ioctl", how);
	return !strcmp(how, "ioctl");
}

static void rogue_set(struct rogue *rogue, struct tool_vips *vips, int option, const char *value)
{
	switch (option) {
	case OPT_LINK: rogue->link = value; break;
	case OPT_VIP: tool_vips_add(vips, value); break;
	case OPT_RATE: rogue->rate_ms = tool_number_arg("rate", value, 1, 3600000); break;
	case OPT_ROUNDS: rogue->rounds = tool_number_arg("rounds", value, 0, UINT32_MAX); break;
	case OPT_ANNOUNCE_NOW: rogue->announce_now = true; break;
	case OPT_COMM: rogue->comm = value; break;
	case OPT_SAME_THREAD: rogue->same_thread = true; break;
	case OPT_PREFIX: rogue->prefix = (unsigned int)tool_number_arg("prefix", value, 0, 128); break;
	case OPT_NO_DEPRECATED: rogue->no_deprecated = true; break;
	case OPT_NODAD: rogue->nodad = true; break;
	case OPT_HOW: rogue->by_ioctl = rogue_how(value); break;
	case OPT_NO_BIND: rogue->no_bind = true; break;
	case OPT_BIND_ONCE: rogue->bind_once = true; break;
	case OPT_NO_ANNOUNCE: rogue->no_announce = true; break;
	case OPT_LEAVE: rogue->clean = false; break;
	case OPT_CLEAN: rogue->clean = true; break;
	case OPT_HELP: rogue_usage(); exit(0);
	default: exit(2);
	}
}

/* Every alias needs a label of its own: eth0:vg, eth0:vg1, ... */
static void rogue_set_vip(struct rogue *rogue, unsigned int i, const struct tool_addr *addr)
{
	struct rogue_vip *vip = &rogue->vips[i];
	char number[12] = "";

	if (i)
		snprintf(number, sizeof(number), "%u", i);
	*vip = (struct rogue_vip){ .addr = *addr, .nodad = rogue->nodad, .ndp_fd = -1 };
	if ((size_t)snprintf(vip->label, sizeof(vip->label), "%s:vg%s", rogue->link, number) >= sizeof(vip->label) && rogue->by_ioctl)
		tool_die(2, "--how ioctl: the name of link %s leaves no room for a label", rogue->link);
	if (rogue->prefix != ROGUE_PREFIX_HOST && rogue->prefix > tool_addr_len(addr) * 8)
		tool_die(2, "--prefix %u: too long for %s", rogue->prefix, addr->text);
}

static void rogue_parse(struct rogue *rogue, int argc, char **argv)
{
	struct tool_vips vips = { .count = 0 };
	int option;

	while ((option = getopt_long(argc, argv, "", rogue_options, NULL)) != -1)
		rogue_set(rogue, &vips, option, optarg);
	if (optind < argc)
		tool_die(2, "%s: unexpected", argv[optind]);
	if (!vips.count)
		tool_die(2, "--vip is required");
	rogue->ifindex = tool_link_index(rogue->link);
	for (unsigned int i = 0; i < vips.count; i++)
		rogue_set_vip(rogue, i, &vips.at[i]);
	rogue->vip_count = vips.count;
}

static void rogue_say_ready(const struct rogue *rogue)
{
	if (rogue->same_thread)
		printf("READY pid=%d tids=%d comm=%s\n", getpid(), getpid(), rogue->comm);
	else
		printf("READY pid=%d tids=%d,%d comm=%s\n", getpid(), rogue->workers.tids[0], rogue->workers.tids[1], rogue->comm);
}

int main(int argc, char **argv)
{
	static struct rogue rogue = {
		.workers = WORKERS_INIT,
		.comm = "kube-vip",
		.rate_ms = 3000,
		.prefix = ROGUE_PREFIX_HOST,
	};
	int stop_fd;

	rogue_parse(&rogue, argc, argv);
	tool_stdout_lines();
	tool_comm_set(rogue.comm);
	stop_fd = tool_stop_fd();
	if (!rogue.same_thread)
		workers_start(&rogue.workers);
	rogue_say_ready(&rogue);
	if (!rogue.no_bind)
		rogue_round(&rogue, rogue_first_bind, false);
	if (rogue.announce_now)
		rogue_round(&rogue, NULL, !rogue.no_announce);
	rogue_loop(&rogue, stop_fd);
	if (rogue.clean && !rogue.no_bind)
		rogue_round(&rogue, rogue_clean_up, false);
	return 0;
}
