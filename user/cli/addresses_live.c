/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/addresses_live.h"

#include <errno.h>
#include <string.h>

#include "kern/rtnl.h"

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

static void name_link(struct vg_listed_addr *listed, const struct vg_rt_link *links, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (links[i].ifindex == listed->bound.ifindex)
			memcpy(listed->ifname, links[i].name, sizeof(listed->ifname));
	}
}

static int list(struct vg_rtnl *rtnl, struct vg_listed_addr **ret_addrs, size_t *ret_n)
{
	_cleanup_free_ struct vg_rt_link *links = NULL;
	_cleanup_free_ struct vg_link_addr *bound = NULL;
	_cleanup_free_ struct vg_listed_addr *listed = NULL;
	size_t n_links, n;
	int r;

	r = vg_rtnl_list_links(rtnl, &links, &n_links);
	if (r == 0)
		r = vg_rtnl_list_addrs(rtnl, 0, &bound, &n);
	if (r < 0)
		return r;
	listed = calloc(n + 1, sizeof(*listed));
	if (!listed)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		listed[i].bound = bound[i];
		name_link(&listed[i], links, n_links);
	}
	*ret_addrs = TAKE_PTR(listed);
	*ret_n = n;
	return 0;
}

int vg_addresses_live(struct vg_error *ret_error, struct vg_listed_addr **ret_addrs, size_t *ret_n)
{
	VG_CLEANUP(vg_loop_freep) struct vg_loop *loop = NULL;
	VG_CLEANUP(vg_rtnl_freep) struct vg_rtnl *rtnl = NULL;
	int r;

	r = vg_loop_new(&loop);
	if (r == 0)
		r = vg_rtnl_new(loop, &handler, &rtnl);
	if (r == 0)
		r = list(rtnl, ret_addrs, ret_n);
	return r < 0 ? vg_error_set(ret_error, r, "cannot list the addresses of this network namespace: %s", strerror(-r)) : 0;
}
