/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/look.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/loop.h"
#include "kern/clsact.h"
#include "kern/links.h"
#include "kern/rtnl.h"
#include "kern/tclist.h"

#define IPVS "kube-ipvs0"

struct room {
	struct vg_rtnl *rtnl;
	struct vg_links *links;
	struct vg_link_addr *addrs;
	size_t n_addrs;
	struct vg_rt_link *rt;
	size_t n_rt;
};

static void on_message(void *ctx, const struct vg_rt_msg *msg)
{
	(void)ctx;
	(void)msg;
}

static void on_nothing(void *ctx)
{
	(void)ctx;
}

/* One look, so changes are not followed: the loop never runs. */
static const struct vg_rtnl_handler handler = { .message = on_message, .overrun = on_nothing, .settled = on_nothing };

/* -1: it cannot be read. */
static int read_setting(const char *family, const char *link, const char *name)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[128];
	int value;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, link, name);
	file = fopen(path, "re");
	return file && fscanf(file, "%d", &value) == 1 ? value : -1;
}

/* IN_DEV_MAXCONF() and, for what is 0 or 1, IN_DEV_ORCONF() of include/linux/inetdevice.h. */
static int in_effect(const char *family, const char *link, const char *name)
{
	int all = read_setting(family, "all", name), own = read_setting(family, link, name);

	return all > own ? all : own;
}

static void read_settings(struct vg_link_settings *link)
{
	link->arp_ignore = in_effect("ipv4", link->name, "arp_ignore");
	link->arp_announce = in_effect("ipv4", link->name, "arp_announce");
	link->promote_secondaries = in_effect("ipv4", link->name, "promote_secondaries");
	link->proxy_arp = in_effect("ipv4", link->name, "proxy_arp");
	link->arp_notify = in_effect("ipv4", link->name, "arp_notify");
	link->ndisc_notify = in_effect("ipv6", link->name, "ndisc_notify");
}

static void count_filter(void *ctx, const struct vg_tc_filter *filter)
{
	struct vg_link_settings *link = ctx;

	/* what the guard leaves behind is known by its handle */
	if (filter->handle != VG_TC_HANDLE && filter->handle != VG_TC_HANDLE_TWIN)
		link->filters++;
}

static void read_tc(struct vg_link_settings *link, uint32_t ifindex)
{
	char kind[VG_TC_KIND_MAX];

	if (vg_tc_find_qdisc(ifindex, kind) < 0) {
		link->filters = -1;
		return;
	}
	link->ingress = !strcmp(kind, "ingress");
	if (!strcmp(kind, "clsact") && vg_tc_for_each_filter(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS), count_filter, link) < 0)
		link->filters = -1;
}

static bool has_secondary(const struct room *room, uint32_t ifindex)
{
	for (size_t i = 0; i < room->n_addrs; i++) {
		const struct vg_link_addr *addr = &room->addrs[i];

		if (addr->ifindex == ifindex && vg_addr_is_ipv4(&addr->addr) && (addr->flags & IFA_F_SECONDARY))
			return true;
	}
	return false;
}

static bool has_global(const struct room *room, uint32_t ifindex)
{
	for (size_t i = 0; i < room->n_addrs; i++) {
		if (room->addrs[i].ifindex == ifindex && vg_addr_is_global(&room->addrs[i].addr))
			return true;
	}
	return false;
}

static void describe(const struct room *room, const struct vg_rt_link *rt, struct vg_link_settings *link)
{
	const struct vg_link *known = vg_links_find(room->links, rt->ifindex);

	*link = (struct vg_link_settings){ .filters = 0 };
	memcpy(link->name, rt->name, sizeof(link->name));
	link->dummy = vg_links_is_dummy(room->links, rt->name, rt->kind);
	link->ipvs = link->dummy && !strcmp(rt->name, IPVS);
	link->outward = known && known->guarded && known->has_global;
	link->secondary = has_secondary(room, rt->ifindex);
	read_settings(link);
	if (link->outward)
		read_tc(link, rt->ifindex);
}

static int fill_links(struct room *room)
{
	int r = vg_links_new(&room->links);

	for (size_t i = 0; i < room->n_rt && r == 0; i++) {
		r = vg_links_put(room->links, &room->rt[i]);
		if (r == -ENOSPC)
			return 0;
		vg_links_set_global(room->links, room->rt[i].ifindex, has_global(room, room->rt[i].ifindex));
	}
	if (r == 0)
		vg_links_choose(room->links, NULL, 0);
	return r;
}

static int look(struct room *room, struct vg_link_settings **ret_links, size_t *ret_n)
{
	struct vg_link_settings *links;
	size_t n = 0;
	int r = vg_rtnl_list_links(room->rtnl, &room->rt, &room->n_rt);

	if (r == 0)
		r = vg_rtnl_list_addrs(room->rtnl, 0, &room->addrs, &room->n_addrs);
	if (r == 0)
		r = fill_links(room);
	if (r < 0)
		return r;
	links = calloc(room->n_rt + 1, sizeof(*links));
	if (!links)
		return -ENOMEM;
	for (size_t i = 0; i < room->n_rt; i++) {
		if (!(room->rt[i].flags & IFF_LOOPBACK))
			describe(room, &room->rt[i], &links[n++]);
	}
	*ret_links = links;
	*ret_n = n;
	return 0;
}

int vg_look_at_links(struct vg_error *ret_error, struct vg_link_settings **ret_links, size_t *ret_n)
{
	VG_CLEANUP(vg_loop_freep) struct vg_loop *loop = NULL;
	VG_CLEANUP(vg_rtnl_freep) struct vg_rtnl *rtnl = NULL;
	struct room room = { .rtnl = NULL };
	int r = vg_loop_new(&loop);

	if (r == 0)
		r = vg_rtnl_new(loop, &handler, &rtnl);
	room.rtnl = rtnl;
	if (r == 0)
		r = look(&room, ret_links, ret_n);
	vg_links_free(room.links);
	free(room.addrs);
	free(room.rt);
	return r < 0 ? vg_error_set(ret_error, r, "cannot list the links of this network namespace: %s", strerror(-r)) : 0;
}
