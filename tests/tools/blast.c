/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blast: sends many announcements of one form, fast, from a packet socket.
 *
 * Plain untagged ARP leaves by SOCK_DGRAM, where the kernel writes the Ethernet header; everything else by SOCK_RAW, where each byte is
 * ours. A frame that tc dropped is an error of the send (ENOBUFS), so SENT counts what the kernel took, not what reached the wire.
 */
#include "addrioctl.h"
#include "frame.h"

#include <fcntl.h>
#include <getopt.h>
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <pthread.h>

enum blast_form { FORM_ARP_REQUEST, FORM_ARP_REPLY, FORM_ARP_GRATUITOUS, FORM_NA, FORM_RA, FORM_MAX };

static const char *const blast_forms[] = {
	[FORM_ARP_REQUEST] = "arp-request",
	[FORM_ARP_REPLY] = "arp-reply",
	[FORM_ARP_GRATUITOUS] = "arp-gratuitous",
	[FORM_NA] = "na",
	[FORM_RA] = "ra",
};
_Static_assert(sizeof(blast_forms) / sizeof(blast_forms[0]) == FORM_MAX, "every form has a name");

struct blast {
	const char *link, *comm;
	int ifindex, fd;
	struct tool_addr vip, target;
	enum blast_form form;
	unsigned long count, gap_us;
	unsigned int tags[2], tag_count; /* outer first */
	unsigned int false_protocol; /* 0: the truth */
	unsigned int ext_headers, htype, hlen;
	long truncate; /* bytes kept behind the Ethernet header and tags; -1: all */
	bool has_vip, has_target, has_mac, has_form, raw, bypass, in_thread, junk, llc, fragment, tap;
	uint64_t seed;
	unsigned char mac[TOOL_MAC_LEN];
	unsigned long sent, failed;
	int first_error;
};

/* --- one frame --- */

static void blast_put_arp(const struct blast *blast, struct frame *frame)
{
	bool reply = blast->form == FORM_ARP_REPLY;

	frame_put_arp(frame, &(struct frame_arp){
				     .htype = blast->htype,
				     .hlen = blast->hlen,
				     .op = reply ? ARPOP_REPLY : ARPOP_REQUEST,
				     .sha = blast->mac,
				     .tha = reply ? blast->mac : frame_mac_broadcast,
				     .spa = blast->vip.bytes,
				     .tpa = blast->form == FORM_ARP_REQUEST ? blast->target.bytes : blast->vip.bytes,
			     });
}

static void blast_put_na(const struct blast *blast, struct frame *frame)
{
	unsigned char source[16];

	frame_link_local(blast->mac, source);
	frame_put_na(frame, &(struct frame_na){
				    .source = source,
				    .dest = frame_ip6_all_nodes,
				    .target = blast->vip.bytes,
				    .flags = 0x20,
				    .mac = blast->mac,
				    .ext_headers = blast->ext_headers,
				    .fragment = blast->fragment,
			    });
}

static void blast_put_ra(const struct blast *blast, struct frame *frame)
{
	unsigned char source[16];

	frame_link_local(blast->mac, source);
	frame_put_ra(frame, source, blast->vip.bytes);
}

static void blast_put_payload(const struct blast *blast, struct frame *frame)
{
	size_t before = frame->len;

	if (blast->form == FORM_NA)
		blast_put_na(blast, frame);
	else if (blast->form == FORM_RA)
		blast_put_ra(blast, frame);
	else
		blast_put_arp(blast, frame);
	if (blast->truncate >= 0 && (size_t)blast->truncate < frame->len - before)
		frame->len = before + (size_t)blast->truncate;
}

static const unsigned char *blast_dest(const struct blast *blast)
{
	return blast->vip.family == AF_INET6 ? frame_mac_all_nodes : frame_mac_broadcast;
}

/* RFC 1042: a length, LLC, organisation 0, and only then the type. */
static void blast_put_llc(const struct blast *blast, struct frame *frame)
{
	static const unsigned char snap[] = { 0xaa, 0xaa, 3, 0, 0, 0 };
	struct frame payload = { .len = 0 };

	blast_put_payload(blast, &payload);
	frame_put16(frame, (unsigned int)(sizeof(snap) + 2 + payload.len));
	frame_put(frame, snap, sizeof(snap));
}

/* Two tags: 802.1ad outside (0x88a8), 802.1Q inside; one tag: 802.1Q. */
static void blast_build(const struct blast *blast, struct frame *frame)
{
	frame->len = 0;
	if (blast->raw) {
		frame_put_ethernet(frame, blast_dest(blast), blast->mac);
		for (unsigned int i = 0; i < blast->tag_count; i++) {
			frame_put16(frame, i + 1 < blast->tag_count ? ETH_P_8021AD : ETH_P_8021Q);
			frame_put16(frame, blast->tags[i]);
		}
		if (blast->llc)
			blast_put_llc(blast, frame);
		frame_put16(frame, blast->vip.family == AF_INET6 ? ETH_P_IPV6 : ETH_P_ARP);
	}
	blast_put_payload(blast, frame);
}

/* --- junk --- */

/* xorshift64: the same seed gives the same frames everywhere. */
static uint64_t blast_random(struct blast *blast)
{
	blast->seed ^= blast->seed << 13;
	blast->seed ^= blast->seed >> 7;
	blast->seed ^= blast->seed << 17;
	return blast->seed;
}

static void blast_junk_noise(struct blast *blast, struct frame *frame)
{
	static const unsigned int types[] = { ETH_P_ARP, ETH_P_IPV6, ETH_P_8021Q, ETH_P_8021AD, ETH_P_IP };
	size_t len = blast_random(blast) % 200;
	unsigned char *at;

	frame->len = 0;
	frame_put_ethernet(frame, frame_mac_broadcast, blast->mac);
	for (unsigned int i = 0, tags = blast_random(blast) % 4; i <= tags; i++)
		frame_put16(frame, types[blast_random(blast) % (sizeof(types) / sizeof(types[0]))]);
	at = frame_space(frame, len);
	for (size_t i = 0; i < len; i++)
		at[i] = (unsigned char)blast_random(blast);
}

/* A proper frame of any form with a few bytes changed behind the MAC addresses and, half the time, its end cut off. */
static void blast_junk_mutant(struct blast *blast, struct frame *frame)
{
	size_t head = 2 * TOOL_MAC_LEN + 2;

	blast->form = blast->vip.family == AF_INET6 ? FORM_NA : (enum blast_form)(blast_random(blast) % FORM_NA);
	blast->ext_headers = blast_random(blast) % 12;
	blast->tag_count = blast_random(blast) % 3;
	blast_build(blast, frame);
	for (unsigned int i = 0, changes = blast_random(blast) % 8; i < changes; i++)
		frame->bytes[2 * TOOL_MAC_LEN + blast_random(blast) % (frame->len - 2 * TOOL_MAC_LEN)] = (unsigned char)blast_random(blast);
	if (frame->len > head && blast_random(blast) & 1)
		frame->len = head + blast_random(blast) % (frame->len - head);
}

static void blast_junk_build(struct blast *blast, struct frame *frame)
{
	if (blast_random(blast) & 1)
		blast_junk_noise(blast, frame);
	else
		blast_junk_mutant(blast, frame);
}

/* --- sending --- */

static unsigned int blast_protocol(const struct blast *blast, const struct frame *frame)
{
	if (blast->false_protocol)
		return blast->false_protocol;
	if (blast->raw)
		return (unsigned int)frame->bytes[12] << 8 | frame->bytes[13];
	return ETH_P_ARP;
}

static void blast_send(struct blast *blast, const struct frame *frame)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons((uint16_t)blast_protocol(blast, frame)),
		.sll_ifindex = blast->ifindex,
		.sll_halen = TOOL_MAC_LEN,
	};

	ssize_t n;

	memcpy(to.sll_addr, blast_dest(blast), TOOL_MAC_LEN);
	if (blast->tap)
		n = write(blast->fd, frame->bytes, frame->len);
	else
		n = sendto(blast->fd, frame->bytes, frame->len, 0, (const void *)&to, sizeof(to));
	if (n >= 0) {
		blast->sent++;
		return;
	}
	blast->failed++;
	if (!blast->first_error)
		blast->first_error = -errno;
}

/*
 * As a virtual machine: what is written comes in by the tap. A bridge hears of its carrier later, all at once under the lock of all links;
 * setting flags waits for that.
 */
static void blast_open_tap(struct blast *blast)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", blast->link);
	blast->fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (blast->fd < 0 || ioctl(blast->fd, TUNSETIFF, &ifr) < 0)
		tool_die(1, "tap %s: %s", blast->link, strerror(errno));
	do {
		if (addrioctl_call(AF_INET, SIOCGIFFLAGS, &ifr) || addrioctl_call(AF_INET, SIOCSIFFLAGS, &ifr))
			tool_die(1, "tap %s: %s", blast->link, strerror(errno));
	} while (!(ifr.ifr_flags & IFF_RUNNING));
}

/* Protocol 0: the socket receives nothing. It may also be made in the sending thread: the kernel records who made it. */
static void blast_open(struct blast *blast)
{
	const int on = 1;

	if (blast->tap) {
		blast_open_tap(blast);
		return;
	}
	blast->fd = socket(AF_PACKET, (blast->raw ? SOCK_RAW : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	if (blast->fd < 0)
		tool_die(1, "packet socket: %s", strerror(errno));
	if (blast->bypass && setsockopt(blast->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) < 0)
		tool_die(1, "PACKET_QDISC_BYPASS: %s", strerror(errno));
}

static struct timespec blast_later(struct timespec time, unsigned long gap_us)
{
	time.tv_nsec += (long)gap_us * 1000;
	time.tv_sec += time.tv_nsec / 1000000000;
	time.tv_nsec %= 1000000000;
	return time;
}

/* What is late is not made up for: on a machine too slow for the pace it would never sleep again. */
static void blast_wait(struct timespec *next, unsigned long gap_us)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	*next = blast_later(*next, gap_us);
	if (next->tv_sec < now.tv_sec || (next->tv_sec == now.tv_sec && next->tv_nsec < now.tv_nsec))
		*next = blast_later(now, gap_us);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL) == EINTR)
		;
}

static void *blast_run(void *argument)
{
	struct blast *blast = argument;
	struct frame frame;
	struct timespec next;

	blast_open(blast);
	blast_build(blast, &frame);
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (unsigned long i = 0; i < blast->count; i++) {
		if (blast->junk)
			blast_junk_build(blast, &frame);
		blast_send(blast, &frame);
		if (blast->gap_us)
			blast_wait(&next, blast->gap_us);
	}
	close(blast->fd);
	return NULL;
}

/* --- arguments --- */

static void blast_usage(void)
{
	puts("usage: blast --link LINK --vip ADDRESS --form FORM [options]\n"
	     "  --form FORM           arp-request (asks for --target), arp-reply (for the VIP itself), arp-gratuitous (request for itself), na,\n"
	     "                        ra (of a router, with the /64 of the VIP to make addresses in)\n"
	     "  --count N             frames to send (1)\n"
	     "  --gap-us N            microseconds from one frame to the next (0)\n"
	     "  --target ADDRESS      whom arp-request asks for (the VIP with its last bit turned)\n"
	     "  --mac MAC             source MAC (the link's)\n"
	     "  --vlan ID             one 802.1Q tag\n"
	     "  --qinq OUTER,INNER    an 802.1ad tag around an 802.1Q tag\n"
	     "  --raw                 whole Ethernet frames even for plain ARP\n"
	     "  --false-protocol N    tell the kernel another protocol than the frame has\n"
	     "  --qdisc-bypass        PACKET_QDISC_BYPASS\n"
	     "  --llc                 LLC/SNAP in front of the type\n"
	     "  --tap                 by the tap of that name, as a virtual machine does\n"
	     "  --fragment            na: a fragment header, of the only fragment\n"
	     "  --ext-headers N       na: so many IPv6 extension headers before ICMPv6\n"
	     "  --htype N, --hlen N   ARP: hardware type, hardware address length\n"
	     "  --truncate N          keep N bytes behind the Ethernet header and tags\n"
	     "  --junk SEED           random and damaged frames instead; needs no --form\n"
	     "  --thread              send from a second thread\n"
	     "  --comm NAME           name of the process\n"
	     "prints: SENT n ERR m");
}

enum blast_option {
	OPT_LINK = 1,
	OPT_VIP,
	OPT_TARGET,
	OPT_COUNT,
	OPT_FORM,
	OPT_VLAN,
	OPT_QINQ,
	OPT_RAW,
	OPT_FALSE_PROTOCOL,
	OPT_BYPASS,
	OPT_MAC,
	OPT_GAP,
	OPT_LLC,
	OPT_TAP,
	OPT_FRAGMENT,
	OPT_EXT_HEADERS,
	OPT_HTYPE,
	OPT_HLEN,
	OPT_TRUNCATE,
	OPT_JUNK,
	OPT_THREAD,
	OPT_COMM,
	OPT_HELP,
};

static const struct option blast_options[] = {
	{ "link", required_argument, NULL, OPT_LINK },
	{ "vip", required_argument, NULL, OPT_VIP },
	{ "target", required_argument, NULL, OPT_TARGET },
	{ "count", required_argument, NULL, OPT_COUNT },
	{ "form", required_argument, NULL, OPT_FORM },
	{ "vlan", required_argument, NULL, OPT_VLAN },
	{ "qinq", required_argument, NULL, OPT_QINQ },
	{ "raw", no_argument, NULL, OPT_RAW },
	{ "false-protocol", required_argument, NULL, OPT_FALSE_PROTOCOL },
	{ "qdisc-bypass", no_argument, NULL, OPT_BYPASS },
	{ "mac", required_argument, NULL, OPT_MAC },
	{ "gap-us", required_argument, NULL, OPT_GAP },
	{ "llc", no_argument, NULL, OPT_LLC },
	{ "tap", no_argument, NULL, OPT_TAP },
	{ "fragment", no_argument, NULL, OPT_FRAGMENT },
	{ "ext-headers", required_argument, NULL, OPT_EXT_HEADERS },
	{ "htype", required_argument, NULL, OPT_HTYPE },
	{ "hlen", required_argument, NULL, OPT_HLEN },
	{ "truncate", required_argument, NULL, OPT_TRUNCATE },
	{ "junk", required_argument, NULL, OPT_JUNK },
	{ "thread", no_argument, NULL, OPT_THREAD },
	{ "comm", required_argument, NULL, OPT_COMM },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static enum blast_form blast_form_arg(const char *text)
{
	for (int form = 0; form < FORM_MAX; form++)
		if (!strcmp(blast_forms[form], text))
			return (enum blast_form)form;
	tool_die(2, "--form %s: expected arp-request, arp-reply, arp-gratuitous, na or ra", text);
}

static void blast_tags_arg(struct blast *blast, char *text, unsigned int count)
{
	char *inner = count == 2 ? strchr(text, ',') : NULL;

	if (count == 2 && !inner)
		tool_die(2, "--qinq %s: expected OUTER,INNER", text);
	if (inner)
		*inner++ = '\0';
	blast->tags[0] = (unsigned int)tool_number_arg("vlan", text, 0, 4095);
	blast->tags[1] = inner ? (unsigned int)tool_number_arg("qinq", inner, 0, 4095) : 0;
	blast->tag_count = count;
	blast->raw = true;
}

static void blast_set(struct blast *blast, int option, char *value)
{
	switch (option) {
	case OPT_LINK: blast->link = value; break;
	case OPT_VIP:
		blast->vip = tool_addr_arg("vip", value);
		blast->has_vip = true;
		break;
	case OPT_TARGET:
		blast->target = tool_addr_arg("target", value);
		blast->has_target = true;
		break;
	case OPT_COUNT: blast->count = tool_number_arg("count", value, 1, 100000000); break;
	case OPT_FORM:
		blast->form = blast_form_arg(value);
		blast->has_form = true;
		break;
	case OPT_VLAN: blast_tags_arg(blast, value, 1); break;
	case OPT_QINQ: blast_tags_arg(blast, value, 2); break;
	case OPT_RAW: blast->raw = true; break;
	case OPT_FALSE_PROTOCOL:
		blast->false_protocol = (unsigned int)tool_number_arg("false-protocol", value, 1, 0xffff);
		blast->raw = true; /* on SOCK_DGRAM the kernel would write it into the frame, which then were no announcement */
		break;
	case OPT_BYPASS: blast->bypass = true; break;
	case OPT_MAC:
		tool_mac_arg("mac", value, blast->mac);
		blast->has_mac = true;
		break;
	case OPT_GAP: blast->gap_us = tool_number_arg("gap-us", value, 0, 10000000); break;
	case OPT_LLC: blast->llc = blast->raw = true; break;
	case OPT_TAP: blast->tap = blast->raw = true; break;
	case OPT_FRAGMENT: blast->fragment = true; break;
	case OPT_EXT_HEADERS: blast->ext_headers = (unsigned int)tool_number_arg("ext-headers", value, 0, 150); break;
	case OPT_HTYPE: blast->htype = (unsigned int)tool_number_arg("htype", value, 0, 0xffff); break;
	case OPT_HLEN: blast->hlen = (unsigned int)tool_number_arg("hlen", value, 0, 255); break;
	case OPT_TRUNCATE: blast->truncate = (long)tool_number_arg("truncate", value, 0, FRAME_MAX); break;
	case OPT_JUNK:
		blast->seed = tool_number_arg("junk", value, 1, UINT32_MAX);
		blast->junk = blast->raw = true;
		break;
	case OPT_THREAD: blast->in_thread = true; break;
	case OPT_COMM: blast->comm = value; break;
	case OPT_HELP: blast_usage(); exit(0);
	default: exit(2);
	}
}

static void blast_check(struct blast *blast)
{
	if (!blast->has_vip || (!blast->has_form && !blast->junk))
		tool_die(2, "--vip and --form are required");
	if (blast->junk && blast->vip.family == AF_INET6)
		blast->form = FORM_NA;
	if ((blast->form >= FORM_NA) != (blast->vip.family == AF_INET6))
		tool_die(2, "--form %s does not go with --vip %s", blast_forms[blast->form], blast->vip.text);
	if (blast->has_target && blast->target.family != AF_INET)
		tool_die(2, "--target %s: expected an IPv4 address", blast->target.text);
	if (!blast->has_target) {
		blast->target = blast->vip;
		blast->target.bytes[3] ^= 1;
	}
	blast->raw = blast->raw || blast->form >= FORM_NA;
	if (blast->has_mac && !blast->raw)
		blast->raw = true; /* the kernel would write the link's own into the Ethernet header */
}

int main(int argc, char **argv)
{
	struct blast blast = { .count = 1, .truncate = -1, .htype = ARPHRD_ETHER, .hlen = TOOL_MAC_LEN };
	pthread_t thread;
	int option;

	while ((option = getopt_long(argc, argv, "", blast_options, NULL)) != -1)
		blast_set(&blast, option, optarg);
	if (optind < argc)
		tool_die(2, "%s: unexpected", argv[optind]);
	blast.ifindex = tool_link_index(blast.link);
	blast_check(&blast);
	if (!blast.has_mac && tool_link_mac(blast.link, blast.mac) < 0)
		tool_die(1, "link %s has no MAC", blast.link);
	tool_comm_set(blast.comm);
	if (!blast.in_thread)
		blast_run(&blast);
	else if (pthread_create(&thread, NULL, blast_run, &blast) || pthread_join(thread, NULL))
		tool_die(1, "cannot start a thread");
	printf("SENT %lu ERR %lu\n", blast.sent, blast.failed);
	if (blast.first_error)
		fprintf(stderr, "blast: first error %s\n", tool_result(blast.first_error));
	return 0;
}
