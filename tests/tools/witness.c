/* SPDX-License-Identifier: Apache-2.0 */
/*
 * witness: says which frames that came in on a link claim a VIP, for whom, how and how often.
 *
 * Stands at the far end of the wire, so what it counts has really left the other node. When told to stop it reads on until the link
 * has been silent for a moment (--settle): a frame sent before the stop may still be in a softirq's queue.
 */
#include "claim.h"

#include <getopt.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>

#define WITNESS_ROWS_MAX 1024
#define WITNESS_BUFFER (32 << 20)
#define WITNESS_SETTLE_LIMIT_MS 2000

struct witness_row {
	struct claim claim;
	const struct tool_addr *vip;
	unsigned long count;
};

struct witness {
	const char *link;
	int ifindex, fd;
	struct tool_vips vips;
	unsigned char mac[TOOL_MAC_LEN];
	bool has_mac, mac_not, until_stdin, with_ns;
	int64_t for_ms, within_ms; /* -1: no limit */
	unsigned long expect; /* 0: nothing to wait for */
	unsigned long settle_ms;
	struct witness_row rows[WITNESS_ROWS_MAX];
	unsigned int row_count;
	unsigned long frames, claimed;
	unsigned long unlisted; /* claimed, but no row was left to say how */
};

/* --- counting --- */

static const struct tool_addr *witness_vip(const struct witness *witness, const struct claim *claim)
{
	for (unsigned int i = 0; i < witness->vips.count; i++)
		if (tool_addr_is(&witness->vips.at[i], claim->family, claim->addr))
			return &witness->vips.at[i];
	return NULL;
}

/* A claim that names no hardware address is not one for --mac, so it is one for --mac-not. */
static bool witness_wants(const struct witness *witness, const struct claim *claim)
{
	bool same = claim->hw_len == TOOL_MAC_LEN && !memcmp(claim->hw, witness->mac, TOOL_MAC_LEN);

	if (claim->kind == CLAIM_NS && !witness->with_ns)
		return false;
	return !witness->has_mac || same != witness->mac_not;
}

/* Claims are zeroed before they are read, so that equal ones are equal bytes. */
static void witness_count(struct witness *witness, const struct claim *claim)
{
	const struct tool_addr *vip = witness_vip(witness, claim);
	unsigned int i = 0;

	if (!vip || !witness_wants(witness, claim))
		return;
	witness->claimed++;
	while (i < witness->row_count && memcmp(&witness->rows[i].claim, claim, sizeof(*claim)))
		i++;
	if (i == WITNESS_ROWS_MAX) {
		witness->unlisted++;
		return;
	}
	if (i == witness->row_count)
		witness->rows[witness->row_count++] = (struct witness_row){ .claim = *claim, .vip = vip };
	witness->rows[i].count++;
}

/* --- capturing --- */

/* The kernel takes the outer tag out of a frame it receives and hands it over beside it. */
static void witness_take_tag(struct msghdr *message, struct claim *claim)
{
	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
		struct tpacket_auxdata aux;

		if (at->cmsg_level != SOL_PACKET || at->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(at), sizeof(aux));
		if (aux.tp_status & TP_STATUS_VLAN_VALID)
			claim->tags[claim->tag_count++] = aux.tp_vlan_tci & 0xfff;
	}
}

/* One frame. False when none is waiting. */
static bool witness_read(struct witness *witness)
{
	static unsigned char frame[65536];
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct sockaddr_ll from;
	struct iovec part = { .iov_base = frame, .iov_len = sizeof(frame) };
	struct msghdr message = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct claim claim;
	ssize_t len = recvmsg(witness->fd, &message, MSG_DONTWAIT);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (len < 0 && errno != ENETDOWN)
		tool_die(1, "reading frames: %s", strerror(errno));
	if (len < 0 || from.sll_pkttype == PACKET_OUTGOING)
		return true;
	witness->frames++;
	memset(&claim, 0, sizeof(claim));
	witness_take_tag(&message, &claim);
	if (claim_read(frame, (size_t)len, &claim))
		witness_count(witness, &claim);
	return true;
}

static void witness_option(int fd, int level, int name, const void *value, socklen_t len, const char *what)
{
	if (setsockopt(fd, level, name, value, len) < 0)
		tool_die(1, "%s: %s", what, strerror(errno));
}

/* Bound to its link only when everything is set: protocol 0 receives nothing before that, on any link. */
static void witness_open(struct witness *witness)
{
	const int on = 1, space = WITNESS_BUFFER;
	const struct packet_mreq promisc = { .mr_ifindex = witness->ifindex, .mr_type = PACKET_MR_PROMISC };
	const struct sockaddr_ll local = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = witness->ifindex };

	witness->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (witness->fd < 0)
		tool_die(1, "packet socket: %s", strerror(errno));
	witness_option(witness->fd, SOL_SOCKET, SO_RCVBUFFORCE, &space, sizeof(space), "SO_RCVBUFFORCE");
	witness_option(witness->fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on), "PACKET_AUXDATA");
	witness_option(witness->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on), "PACKET_IGNORE_OUTGOING");
	witness_option(witness->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promisc, sizeof(promisc), "PACKET_MR_PROMISC");
	if (bind(witness->fd, (const void *)&local, sizeof(local)) < 0)
		tool_die(1, "link %s: %s", witness->link, strerror(errno));
}

/* --- the run --- */

static bool witness_is_satisfied(const struct witness *witness)
{
	return witness->expect && witness->claimed >= witness->expect;
}

/* What was typed is of no interest, only the end of it. */
static bool witness_stdin_ended(void)
{
	char ignored[4096];
	ssize_t len = read(STDIN_FILENO, ignored, sizeof(ignored));

	return !len || (len < 0 && errno != EINTR && errno != EAGAIN);
}

/* Until the time is up, the claims have come, stdin has ended or a signal says so. */
static void witness_watch(struct witness *witness, int stop_fd)
{
	struct pollfd waits[] = {
		{ .fd = witness->fd, .events = POLLIN },
		{ .fd = stop_fd, .events = POLLIN },
		{ .fd = witness->until_stdin ? STDIN_FILENO : -1, .events = POLLIN },
	};
	int64_t limit = witness->expect ? witness->within_ms : witness->for_ms, end = tool_now_ms() + limit;

	while (!witness_is_satisfied(witness)) {
		int64_t left = limit < 0 ? -1 : end - tool_now_ms();

		if (limit >= 0 && left <= 0)
			return;
		if (poll(waits, 3, (int)left) < 0 && errno != EINTR)
			tool_die(1, "poll: %s", strerror(errno));
		if (waits[1].revents || (waits[2].revents && witness_stdin_ended()))
			return;
		while (!witness_is_satisfied(witness) && (limit < 0 || tool_now_ms() < end) && witness_read(witness))
			;
	}
}

static void witness_settle(struct witness *witness)
{
	struct pollfd wait = { .fd = witness->fd, .events = POLLIN };
	int64_t end = tool_now_ms() + WITNESS_SETTLE_LIMIT_MS;

	do {
		while (witness_read(witness) && tool_now_ms() < end)
			;
	} while (tool_now_ms() < end && poll(&wait, 1, (int)witness->settle_ms) > 0);
}

/* --- the report --- */

static void witness_print_row(const struct witness_row *row, const char *before)
{
	const struct claim *claim = &row->claim;

	printf("%s{\"vip\":\"%s\",\"kind\":\"%s\",\"vlan\":[", before, row->vip->text, claim_kinds[claim->kind]);
	for (unsigned int i = 0; i < claim->tag_count; i++)
		printf("%s%u", i ? "," : "", claim->tags[i]);
	printf("],\"mac\":\"");
	for (unsigned int i = 0; i < claim->hw_len; i++)
		printf("%s%02x", i ? ":" : "", claim->hw[i]);
	printf("\",\"count\":%lu}", row->count);
}

static void witness_report(const struct witness *witness)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);

	if (getsockopt(witness->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) < 0)
		tool_die(1, "PACKET_STATISTICS: %s", strerror(errno));
	printf("{\"frames\":%lu,\"claimed\":%lu,\"claims\":[", witness->frames, witness->claimed);
	for (unsigned int i = 0; i < witness->row_count; i++)
		witness_print_row(&witness->rows[i], i ? "," : "");
	printf("],\"unlisted\":%lu,\"kernel_drops\":%u}\n", witness->unlisted, stats.tp_drops);
}

/* --- arguments --- */

static void witness_usage(void)
{
	puts("usage: witness --link LINK --vip ADDRESS [--vip ADDRESS...] [options]\n"
	     "  --mac MAC           count only claims for this hardware address\n"
	     "  --mac-not MAC       count only claims for any other\n"
	     "  --for MS            stop after so long\n"
	     "  --until-stdin-eof   stop when standard input ends\n"
	     "  --expect N          stop when N claims have come, exit 1 if they do not in time\n"
	     "  --within MS         the time for --expect (10000)\n"
	     "  --settle MS         at the end, read on until nothing came for so long (50)\n"
	     "  --ns                count neighbour solicitations that come from a VIP, too\n"
	     "SIGTERM stops it as well. Prints WITNESS READY, and one JSON line at the end.");
}

enum witness_opt {
	OPT_LINK = 1,
	OPT_VIP,
	OPT_MAC,
	OPT_MAC_NOT,
	OPT_FOR,
	OPT_STDIN,
	OPT_EXPECT,
	OPT_WITHIN,
	OPT_SETTLE,
	OPT_NS,
	OPT_HELP,
};

static const struct option witness_options[] = {
	{ "link", required_argument, NULL, OPT_LINK },	   { "vip", required_argument, NULL, OPT_VIP },
	{ "mac", required_argument, NULL, OPT_MAC },	   { "mac-not", required_argument, NULL, OPT_MAC_NOT },
	{ "for", required_argument, NULL, OPT_FOR },	   { "until-stdin-eof", no_argument, NULL, OPT_STDIN },
	{ "expect", required_argument, NULL, OPT_EXPECT }, { "within", required_argument, NULL, OPT_WITHIN },
	{ "settle", required_argument, NULL, OPT_SETTLE }, { "ns", no_argument, NULL, OPT_NS },
	{ "help", no_argument, NULL, OPT_HELP },	   { NULL, 0, NULL, 0 },
};

static void witness_set_mac(struct witness *witness, const char *option, const char *text)
{
	if (witness->has_mac)
		tool_die(2, "--%s %s: only one of --mac and --mac-not is taken, once", option, text);
	tool_mac_arg(option, text, witness->mac);
	witness->has_mac = true;
	witness->mac_not = !strcmp(option, "mac-not");
}

static void witness_set(struct witness *witness, int option, const char *value)
{
	switch (option) {
	case OPT_LINK: witness->link = value; break;
	case OPT_VIP: tool_vips_add(&witness->vips, value); break;
	case OPT_MAC: witness_set_mac(witness, "mac", value); break;
	case OPT_MAC_NOT: witness_set_mac(witness, "mac-not", value); break;
	case OPT_FOR: witness->for_ms = (int64_t)tool_number_arg("for", value, 1, 3600000); break;
	case OPT_STDIN: witness->until_stdin = true; break;
	case OPT_EXPECT: witness->expect = tool_number_arg("expect", value, 1, UINT32_MAX); break;
	case OPT_WITHIN: witness->within_ms = (int64_t)tool_number_arg("within", value, 1, 3600000); break;
	case OPT_SETTLE: witness->settle_ms = tool_number_arg("settle", value, 0, WITNESS_SETTLE_LIMIT_MS); break;
	case OPT_NS: witness->with_ns = true; break;
	case OPT_HELP: witness_usage(); exit(0);
	default: exit(2);
	}
}

int main(int argc, char **argv)
{
	static struct witness witness = { .for_ms = -1, .within_ms = 10000, .settle_ms = 50 };
	int option, stop_fd;

	while ((option = getopt_long(argc, argv, "", witness_options, NULL)) != -1)
		witness_set(&witness, option, optarg);
	if (optind < argc)
		tool_die(2, "%s: unexpected", argv[optind]);
	if (!witness.vips.count)
		tool_die(2, "--vip is required");
	witness.ifindex = tool_link_index(witness.link);
	tool_stdout_lines();
	stop_fd = tool_stop_fd();
	witness_open(&witness);
	puts("WITNESS READY");
	witness_watch(&witness, stop_fd);
	if (!witness.expect)
		witness_settle(&witness);
	witness_report(&witness);
	return witness.expect && !witness_is_satisfied(&witness);
}
