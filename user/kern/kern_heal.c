/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling neighbours whose an address is. The hardware address comes from this kernel's own neighbour table alone, of the very link, and only for
 * an address that is on the link's own network: beyond a router, or behind a proxy, it would be another's.
 */
#include <errno.h>
#include <string.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/socket.h>

#include <linux/if_addr.h>
#include <linux/if_packet.h>

#include "core/heal_frame.h"
#include "kern/kern_state.h"
#include "kern/neigh.h"

#define TOWER_MAX 4 /* a port, its bond, its bridge, and one to spare */
#define TRUE_NS (10 * VG_NS_PER_SEC) /* longer than all rounds take */

static bool is_segment(const struct vg_link *link)
{
	return link->rt.type == ARPHRD_ETHER && !(link->rt.flags & (IFF_LOOPBACK | IFF_NOARP));
}

/* A port has no addresses of its own, and so no neighbours. */
static const struct vg_link *find_top(const struct vg_links *links, uint32_t ifindex)
{
	const struct vg_link *link = vg_links_find(links, ifindex);

	for (int i = 0; i < TOWER_MAX && link && link->rt.master && !link->has_global; i++)
		link = vg_links_find(links, link->rt.master);
	return link;
}

size_t vg_kern_segments(const struct vg_kern *kern, uint32_t ifindex, uint32_t *ret_ifindexes, size_t max)
{
	const struct vg_links *links = vg_sense_links(kern->sense);
	const struct vg_link *link = find_top(links, ifindex);
	size_t n = 0;

	if (link && is_segment(link)) {
		ret_ifindexes[0] = link->rt.ifindex;
		return 1;
	}
	for (size_t i = 0; n < max && (link = vg_links_at(links, i)); i++) {
		if (link->guarded && link->has_global && is_segment(link))
			ret_ifindexes[n++] = link->rt.ifindex;
	}
	return n;
}

bool vg_kern_drops_on(const struct vg_kern *kern, uint32_t ifindex)
{
	const struct vg_link *link = vg_links_find(vg_sense_links(kern->sense), ifindex);
	bool judges = kern->features.of[VG_FEATURE_TCX].ok || kern->features.of[VG_FEATURE_CLSACT].ok;

	return judges && kern->wanted.mode == VG_ENFORCE && kern->wanted.drop && !vg_kern_paused_until(kern) && link && link->guarded;
}

/* ---- what is known of the link and of the node */

struct place {
	const struct vg_link *link;
	struct vg_link_addr *addrs; /* on the link */
	size_t n;
};

static void place_deinit(struct place *place)
{
	free(place->addrs);
}

static int look_at(const struct vg_kern *kern, uint32_t ifindex, struct place *ret_place, struct vg_error *ret_why)
{
	const struct vg_link *link = vg_links_find(vg_sense_links(kern->sense), ifindex);
	int r;

	if (!link || !is_segment(link) || !(link->rt.flags & IFF_UP))
		return vg_error_set(ret_why, -ENODEV, "%s is no Ethernet link that is up", link ? link->rt.name : "the link");
	r = vg_rtnl_list_addrs(vg_sense_rtnl(kern->sense), ifindex, &ret_place->addrs, &ret_place->n);
	if (r < 0)
		return vg_error_set(ret_why, r, "cannot list the addresses of %s: %s", link->rt.name, strerror(-r));
	ret_place->link = link;
	return 0;
}

static bool is_on_link(const struct place *place, const struct vg_addr *node)
{
	for (size_t i = 0; i < place->n; i++) {
		const struct vg_link_addr *own = &place->addrs[i];
		struct vg_prefix network;

		/* a host prefix is no network; of a peer's it is the peer's */
		if (own->prefix < vg_addr_bits(&own->peer) && !vg_prefix_make(&own->peer, own->prefix, &network) &&
		    vg_prefix_contains(&network, node))
			return true;
	}
	return false;
}

static bool is_own_mac(const struct vg_links *links, const uint8_t *mac)
{
	const struct vg_link *link;

	for (size_t i = 0; (link = vg_links_at(links, i)); i++) {
		if (!memcmp(link->rt.mac, mac, sizeof(link->rt.mac)))
			return true;
	}
	return false;
}

/* -EAGAIN: it is on the link, and the kernel has no hardware address for it; *ret_asked. -ENETUNREACH: none is on the link. */
static int find_mac(const struct vg_kern *kern, const struct vg_kern_news *news, const struct place *place, uint8_t ret_mac[VG_MAC_LEN],
		    struct vg_addr *ret_asked)
{
	int result = -ENETUNREACH;

	for (size_t i = 0; i < news->n_nodes; i++) {
		const struct vg_addr *node = &news->nodes[i];
		struct vg_rt_neigh neigh;

		if (!is_on_link(place, node))
			continue;
		if (!vg_neigh_find(vg_sense_rtnl(kern->sense), news->ifindex, node, &neigh) && vg_neigh_is_usable(&neigh)) {
			memcpy(ret_mac, neigh.mac, VG_MAC_LEN);
			return is_own_mac(vg_sense_links(kern->sense), neigh.mac) ? -EADDRINUSE : 0;
		}
		if (result != -EAGAIN)
			*ret_asked = *node;
		result = -EAGAIN;
	}
	return result;
}

static void on_neighbour(void *ctx, const struct vg_addr *addr, uint32_t ifindex)
{
	struct vg_kern *kern = ctx;

	if (kern->sink.neighbour)
		kern->sink.neighbour(kern->sink.ctx, addr, ifindex);
}

/* Looked up once more after it was asked for: an answer that came before we listened is told by nobody. */
static int ask_for_mac(struct vg_kern *kern, const struct vg_kern_news *news, const struct place *place, uint8_t ret_mac[VG_MAC_LEN],
		       struct vg_addr *ret_asked)
{
	int r = kern->asking ? 0 : vg_neigh_watch_new(kern->loop, on_neighbour, kern, &kern->asking);

	if (r == 0)
		r = vg_neigh_ask(vg_sense_rtnl(kern->sense), news->ifindex, ret_asked);
	return r < 0 ? r : find_mac(kern, news, place, ret_mac, ret_asked);
}

static int say_no_mac(int r, const struct place *place, struct vg_error *ret_why)
{
	if (r == -EAGAIN)
		return vg_error_set(ret_why, r, "no answer on %s to who has the node's address", place->link->rt.name);
	if (r == -ENETUNREACH)
		return vg_error_set(ret_why, r, "no address of the node is on the network of %s", place->link->rt.name);
	if (r == -EADDRINUSE)
		return vg_error_set(ret_why, r, "the neighbour table of %s has a hardware address of this node for it", place->link->rt.name);
	return vg_error_set(ret_why, r, "cannot ask the neighbour table of %s: %s", place->link->rt.name, strerror(-r));
}

/* ---- the frames */

/* RFC 4861 4.4: an address of the interface; the link-local one if there is one. Never the VIP itself. */
static int find_source(const struct place *place, const struct vg_addr *vip, struct vg_addr *ret_source)
{
	int r = -EADDRNOTAVAIL;

	for (size_t i = 0; i < place->n; i++) {
		const struct vg_link_addr *own = &place->addrs[i];
		bool local = own->addr.bytes[0] == 0xfe && (own->addr.bytes[1] & 0xc0) == 0x80;

		if (vg_addr_is_ipv4(&own->addr) || (own->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) || !vg_addr_cmp(&own->addr, vip))
			continue;
		if (r == 0 && !local)
			continue;
		*ret_source = own->addr;
		r = 0;
	}
	return r;
}

/* Protocol 0: it receives nothing. */
static int open_wire(struct vg_kern *kern)
{
	if (kern->wire_fd < 0)
		kern->wire_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return kern->wire_fd < 0 ? -errno : 0;
}

static int send_frame(const struct vg_kern *kern, uint32_t ifindex, const uint8_t *frame, size_t len)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)ifindex, .sll_halen = VG_MAC_LEN };

	memcpy(&to.sll_protocol, frame + 2 * VG_MAC_LEN, sizeof(to.sll_protocol));
	memcpy(to.sll_addr, frame, VG_MAC_LEN);
	return sendto(kern->wire_fd, frame, len, 0, (const void *)&to, sizeof(to)) < 0 ? -errno : 0;
}

static int send_round(struct vg_kern *kern, uint32_t ifindex, const struct vg_heal_news *news)
{
	uint8_t frame[VG_HEAL_FRAME_MAX];
	int r = open_wire(kern);
	size_t len;

	for (unsigned i = 0; r == 0 && (len = vg_heal_frame(news, i, frame)) > 0; i++)
		r = send_frame(kern, ifindex, frame, len);
	return r;
}

/* What our programs let pass from now on: this address with this hardware address. */
static int allow(const struct vg_kern *kern, const struct vg_heal_news *news)
{
	struct vg_heal_value value;

	memset(&value, 0, sizeof(value));
	vg_addr_to_str(&news->addr, value.address);
	memcpy(value.mac, news->mac, sizeof(value.mac));
	value.until_ns = vg_time_boot_ns() + TRUE_NS;
	return vg_maps_set(&kern->maps, VG_MAP_HEAL, &news->addr, &value);
}

int vg_kern_tell(struct vg_kern *kern, const struct vg_kern_news *news, uint8_t ret_mac[6], struct vg_addr *ret_asked, struct vg_error *ret_why)
{
	VG_CLEANUP(place_deinit) struct place place = { .link = NULL };
	struct vg_heal_news frames = { .addr = news->addr };
	int r = look_at(kern, news->ifindex, &place, ret_why);

	if (r < 0)
		return r;
	r = find_mac(kern, news, &place, frames.mac, ret_asked);
	if (r == -EAGAIN)
		r = ask_for_mac(kern, news, &place, frames.mac, ret_asked);
	if (r < 0)
		return say_no_mac(r, &place, ret_why);
	memcpy(frames.own_mac, place.link->rt.mac, sizeof(frames.own_mac));
	if (!vg_addr_is_ipv4(&news->addr) && find_source(&place, &news->addr, &frames.source) < 0)
		return vg_error_set(ret_why, -EADDRNOTAVAIL, "%s has no IPv6 address to send from", place.link->rt.name);
	r = allow(kern, &frames);
	if (r == 0)
		r = send_round(kern, news->ifindex, &frames);
	if (r < 0)
		return vg_error_set(ret_why, r == -EAGAIN ? -ENOBUFS : r, "cannot send on %s: %s", place.link->rt.name, strerror(-r));
	vg_stats_add(&kern->maps.stats->heal_told, 1);
	memcpy(ret_mac, frames.mac, sizeof(frames.mac));
	return 0;
}

void vg_kern_told(struct vg_kern *kern, const struct vg_addr *addr)
{
	(void)vg_maps_delete(&kern->maps, VG_MAP_HEAL, addr);
}

void vg_kern_stop_asking(struct vg_kern *kern)
{
	vg_neigh_watch_free(kern->asking);
	kern->asking = NULL;
}

void vg_kern_count_heal(struct vg_kern *kern, uint64_t failed, uint64_t delayed, uint64_t lost)
{
	struct vg_stats *stats = kern->maps.stats;

	vg_stats_add(&stats->heal_failed, failed);
	vg_stats_add(&stats->heal_delayed, delayed);
	vg_stats_add(&stats->lost_heal, lost);
}

/* Whoever comes next begins with none; the frames of a dead guard's last round are on the wire. */
void vg_kern_heal_deinit(struct vg_kern *kern)
{
	vg_kern_stop_asking(kern);
	vg_closep(&kern->wire_fd);
	if (kern->attached)
		vg_maps_clear(&kern->maps, VG_MAP_HEAL);
}
