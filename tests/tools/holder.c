/* SPDX-License-Identifier: Apache-2.0 */
/*
 * holder: the rightful node's stand-in for MetalLB in layer 2 mode.
 *
 * Answers ARP requests and neighbour solicitations for its VIPs with the link's MAC and announces them at the start, all from a packet
 * socket. It never binds an address: how the node makes the VIP reachable (on lo, by a redirect) is the test's business.
 */
#include "frame.h"

#include <getopt.h>
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <poll.h>

struct holder {
	const char *link;
	int ifindex, fd;
	struct tool_vips vips;
	unsigned char mac[TOOL_MAC_LEN];
	unsigned char source[16]; /* of its advertisements: the link's own fe80:: address if it has one */
	bool quiet_start;
};

static int holder_send(const struct holder *holder, const struct frame *frame)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = holder->ifindex, .sll_halen = TOOL_MAC_LEN };

	to.sll_protocol = htons((uint16_t)(frame->bytes[12] << 8 | frame->bytes[13]));
	memcpy(to.sll_addr, frame->bytes, TOOL_MAC_LEN);
	return sendto(holder->fd, frame->bytes, frame->len, 0, (const void *)&to, sizeof(to)) < 0 ? -errno : 0;
}

/* `tpa` is whom it is told to, or the VIP itself. MetalLB pads to the 60 bytes of a shortest frame in user space. */
static int holder_send_arp(const struct holder *holder, unsigned int op, const unsigned char *dest, const unsigned char *spa,
			   const unsigned char *tpa)
{
	struct frame frame = { .len = 0 };

	frame_put_ethernet(&frame, dest, holder->mac);
	frame_put16(&frame, ETH_P_ARP);
	frame_put_arp(&frame, &(struct frame_arp){
				      .htype = ARPHRD_ETHER,
				      .hlen = TOOL_MAC_LEN,
				      .op = op,
				      .sha = holder->mac,
				      .tha = dest,
				      .spa = spa,
				      .tpa = tpa,
			      });
	frame_space(&frame, ETH_ZLEN - frame.len);
	return holder_send(holder, &frame);
}

static int holder_send_na(const struct holder *holder, unsigned char flags, const unsigned char *mac, const unsigned char *dest,
			  const unsigned char *vip)
{
	struct frame frame = { .len = 0 };

	frame_put_ethernet(&frame, mac, holder->mac);
	frame_put16(&frame, ETH_P_IPV6);
	frame_put_na(&frame, &(struct frame_na){ .source = holder->source, .dest = dest, .target = vip, .flags = flags, .mac = holder->mac });
	return holder_send(holder, &frame);
}

/* One round: a gratuitous request and a gratuitous reply, or an unsolicited NA. */
static void holder_announce(const struct holder *holder)
{
	for (unsigned int i = 0; i < holder->vips.count; i++) {
		const struct tool_addr *vip = &holder->vips.at[i];
		int r;

		if (vip->family == AF_INET6) {
			r = holder_send_na(holder, 0x20, frame_mac_all_nodes, frame_ip6_all_nodes, vip->bytes);
		} else {
			r = holder_send_arp(holder, ARPOP_REQUEST, frame_mac_broadcast, vip->bytes, vip->bytes);
			if (!r)
				r = holder_send_arp(holder, ARPOP_REPLY, frame_mac_broadcast, vip->bytes, vip->bytes);
		}
		printf("ANNOUNCE %s %s\n", vip->text, tool_result(r));
	}
}

static const struct tool_addr *holder_find(const struct holder *holder, int family, const unsigned char *bytes)
{
	for (unsigned int i = 0; i < holder->vips.count; i++)
		if (tool_addr_is(&holder->vips.at[i], family, bytes))
			return &holder->vips.at[i];
	return NULL;
}

/* Any request for a VIP, also a gratuitous one by somebody else: MetalLB answers those as well. */
static void holder_take_arp(const struct holder *holder, const unsigned char *frame, size_t len)
{
	static const unsigned char head[] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	const unsigned char *arp = frame + ETH_HLEN;
	const struct tool_addr *vip;

	if (len < ETH_HLEN + 28 || memcmp(arp, head, sizeof(head)))
		return;
	vip = holder_find(holder, AF_INET, arp + 24);
	if (vip)
		printf("ANSWER %s arp %s\n", vip->text, tool_result(holder_send_arp(holder, ARPOP_REPLY, arp + 8, vip->bytes, arp + 14)));
}

/*
 * A solicitation with its source link-layer address as first option, as every kernel sends it. A duplicate-address probe has none
 * (RFC 4861 4.3) and gets no answer, as from MetalLB.
 */
static void holder_take_ns(const struct holder *holder, const unsigned char *frame, size_t len)
{
	const unsigned char *ip6 = frame + ETH_HLEN, *ns = ip6 + FRAME_IP6_LEN;
	const struct tool_addr *vip;

	if (len < ETH_HLEN + FRAME_IP6_LEN + 32 || ip6[6] != IPPROTO_ICMPV6 || ip6[7] != 255 || ns[0] != 135 || ns[24] != 1 || ns[25] != 1)
		return;
	vip = holder_find(holder, AF_INET6, ns + 8);
	if (vip)
		printf("ANSWER %s na %s\n", vip->text, tool_result(holder_send_na(holder, 0x60, ns + 26, ip6 + 8, vip->bytes)));
}

/* One frame, if one is waiting. Only those addressed to this node or to a group are requests to it. */
static bool holder_take(const struct holder *holder)
{
	unsigned char frame[FRAME_MAX];
	struct sockaddr_ll from;
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(holder->fd, frame, sizeof(frame), MSG_DONTWAIT, (void *)&from, &from_len);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (len < 0 && errno != ENETDOWN)
		tool_die(1, "reading frames: %s", strerror(errno));
	if (len < ETH_HLEN || from.sll_pkttype == PACKET_OUTGOING || from.sll_pkttype == PACKET_OTHERHOST)
		return true;
	if (ntohs(from.sll_protocol) == ETH_P_ARP)
		holder_take_arp(holder, frame, (size_t)len);
	else if (ntohs(from.sll_protocol) == ETH_P_IPV6)
		holder_take_ns(holder, frame, (size_t)len);
	return true;
}

static void holder_open(struct holder *holder)
{
	struct sockaddr_ll local = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = holder->ifindex };
	const int on = 1;

	holder->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (holder->fd < 0)
		tool_die(1, "packet socket: %s", strerror(errno));
	if (setsockopt(holder->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0 ||
	    bind(holder->fd, (const void *)&local, sizeof(local)) < 0)
		tool_die(1, "link %s: %s", holder->link, strerror(errno));
}

/* Solicited-node groups (RFC 4291 2.7.1), so that link and switch let solicitations through. The socket stays open for them. */
static void holder_join(const struct holder *holder)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (unsigned int i = 0; fd >= 0 && i < holder->vips.count; i++) {
		const unsigned char *vip = holder->vips.at[i].bytes;
		struct ipv6_mreq group = {
			.ipv6mr_multiaddr = { { { 0xff, 0x02, [11] = 1, [12] = 0xff, [13] = vip[13], [14] = vip[14], [15] = vip[15] } } },
			.ipv6mr_interface = (unsigned int)holder->ifindex,
		};

		if (holder->vips.at[i].family != AF_INET6)
			continue;
		if (setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof(group)) < 0 && errno != EADDRINUSE)
			tool_die(1, "joining the group of %s: %s", holder->vips.at[i].text, strerror(errno));
	}
}

static void holder_loop(const struct holder *holder, int stop_fd, int again_fd)
{
	struct pollfd waits[] = {
		{ .fd = stop_fd, .events = POLLIN },
		{ .fd = again_fd, .events = POLLIN },
		{ .fd = holder->fd, .events = POLLIN },
	};
	struct signalfd_siginfo ignored;

	while (!waits[0].revents) {
		if (poll(waits, 3, -1) < 0 && errno != EINTR)
			tool_die(1, "poll: %s", strerror(errno));
		if (read(again_fd, &ignored, sizeof(ignored)) == sizeof(ignored))
			holder_announce(holder);
		while (holder_take(holder))
			;
	}
}

static int holder_again_fd(void)
{
	sigset_t again;
	int fd;

	sigemptyset(&again);
	sigaddset(&again, SIGUSR1);
	if (sigprocmask(SIG_BLOCK, &again, NULL) < 0)
		tool_die(1, "sigprocmask: %s", strerror(errno));
	fd = signalfd(-1, &again, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		tool_die(1, "signalfd: %s", strerror(errno));
	return fd;
}

static void holder_parse(struct holder *holder, int argc, char **argv)
{
	static const struct option options[] = {
		{ "link", required_argument, NULL, 'l' },
		{ "vip", required_argument, NULL, 'v' },
		{ "quiet-start", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'l': holder->link = optarg; break;
		case 'v': tool_vips_add(&holder->vips, optarg); break;
		case 'q': holder->quiet_start = true; break;
		case 'h':
			puts("usage: holder --link LINK --vip ADDRESS [--vip ADDRESS...] [--quiet-start]\n"
			     "SIGUSR1: announce again. SIGTERM: end.");
			exit(0);
		default: exit(2);
		}
	}
	if (optind < argc)
		tool_die(2, "%s: unexpected", argv[optind]);
	if (!holder->vips.count)
		tool_die(2, "--vip is required");
	holder->ifindex = tool_link_index(holder->link);
}

int main(int argc, char **argv)
{
	static struct holder holder;
	struct in6_addr own = { 0 };
	int stop_fd, again_fd;

	holder_parse(&holder, argc, argv);
	if (tool_link_mac(holder.link, holder.mac) < 0)
		tool_die(1, "link %s has no MAC", holder.link);
	frame_link_local(holder.mac, holder.source);
	if (!tool_link_local(holder.link, &own))
		memcpy(holder.source, &own, sizeof(own));
	tool_stdout_lines();
	stop_fd = tool_stop_fd();
	again_fd = holder_again_fd();
	holder_open(&holder);
	holder_join(&holder);
	printf("READY pid=%d\n", getpid());
	if (!holder.quiet_start)
		holder_announce(&holder);
	holder_loop(&holder, stop_fd, again_fd);
	return 0;
}
