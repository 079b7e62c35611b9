/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Under RTNL the kernel inserts, notifies, and runs the hook, in that order, so what a notification tells of is in the ring
 * buffer a moment later at the most, and before the next change of the same address.
 */
#include "kern/sense.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "core/judge.h"
#include "kern/facts.h"
#include "kern/notes.h"
#include "kern/sense_state.h"

#define WAIT_NS (50 * VG_NS_PER_MS) /* for the event behind a notification; a busy CPU may be preempted in between */

static void hand_out(struct vg_sense *sense, const struct vg_fact *fact)
{
	sense->config.fact(sense->config.ctx, fact);
}

static struct vg_bound *remember(struct vg_sense *sense, const struct vg_fact *fact, const struct vg_addr *peer)
{
	struct vg_bound *bound;
	int r;

	r = vg_bounds_add(sense->bounds, fact, peer, &bound);
	if (r < 0) {
		vg_stats_add(&sense->config.maps->stats->lost_binds, 1);
		return NULL;
	}
	bound->present = true;
	bound->reported = !sense->starting;
	if (vg_addr_is_global(&fact->addr))
		sense->links_dirty |= vg_links_set_global(sense->links, fact->ifindex, true);
	return bound;
}

/* ---- from the hooks ---- */

void vg_sense_bind(struct vg_sense *sense, const struct vg_event *event)
{
	const struct vg_fact fact = vg_fact_from_event(event);
	const struct vg_bind_key key = vg_bind_key_of(&fact);
	struct vg_pending pending;
	struct vg_bound *bound;

	if (vg_pendings_take(&sense->pendings, &key, NULL, &pending)) {
		remember(sense, &fact, &pending.peer);
		hand_out(sense, &fact);
		return;
	}
	bound = vg_bounds_find(sense->bounds, &key, NULL);
	if (bound) {
		bound->fact = fact;
		bound->present = true;
	} else {
		bound = remember(sense, &fact, NULL);
	}
	if (bound) {
		bound->reported = true;
		bound->ahead++;
	}
	hand_out(sense, &fact);
}

/* ---- from rtnetlink: addresses ---- */

static struct vg_fact fact_of_addr(const struct vg_sense *sense, const struct vg_link_addr *addr)
{
	return vg_fact_from_addr(addr, vg_links_name(sense->links, addr->ifindex), sense->config.netns);
}

/* Seen by rtnetlink alone. */
static void tell_bind(struct vg_sense *sense, const struct vg_fact *fact, const struct vg_addr *peer)
{
	vg_stats_add(&sense->config.maps->stats->bind_seen, 1);
	remember(sense, fact, peer);
	hand_out(sense, fact);
}

static void arm(struct vg_sense *sense)
{
	uint64_t next = vg_pendings_next_ns(&sense->pendings);
	int r;

	if (!next || vg_timer_deadline(sense->timer))
		return;
	r = vg_timer_arm(sense->timer, next);
	if (r < 0)
		vg_log_errno(r, "cannot set the timer of pending binds");
}

static void on_timer(void *ctx)
{
	struct vg_sense *sense = ctx;
	struct vg_pending pending;

	sense->config.drain(sense->config.ctx);
	while (vg_pendings_expire(&sense->pendings, vg_time_boot_ns(), &pending))
		tell_bind(sense, &pending.fact, &pending.peer);
	arm(sense);
}

static void wait_for_event(struct vg_sense *sense, const struct vg_fact *fact, const struct vg_addr *peer)
{
	const struct vg_pending pending = { .fact = *fact, .peer = *peer, .deadline_ns = fact->time_ns + WAIT_NS };

	if (!vg_pendings_add(&sense->pendings, &pending))
		tell_bind(sense, fact, peer);
	arm(sense);
}

static void refresh(struct vg_bound *bound, const struct vg_link_addr *addr)
{
	if (bound->ahead > 0)
		bound->ahead--;
	bound->fact.ifa_flags = addr->flags;
	bound->present = true;
}

/* Bound once more with another peer: the event, which tells no peer, was taken for the entry that is there. */
static bool take_other_peer(struct vg_sense *sense, const struct vg_bind_key *key, const struct vg_addr *peer)
{
	struct vg_bound *bound = vg_bounds_find_ahead(sense->bounds, key);
	struct vg_fact fact;

	if (!bound)
		return false;
	bound->ahead--;
	fact = bound->fact;
	remember(sense, &fact, peer);
	return true;
}

static void on_new_addr(struct vg_sense *sense, const struct vg_link_addr *addr, uint32_t portid)
{
	struct vg_fact fact = fact_of_addr(sense, addr);
	const struct vg_bind_key key = vg_bind_key_of(&fact);
	struct vg_bound *bound = vg_bounds_find(sense->bounds, &key, &addr->peer);

	if (!bound && sense->hooked) {
		sense->config.drain(sense->config.ctx);
		bound = vg_bounds_find(sense->bounds, &key, &addr->peer);
	}
	if (bound) {
		refresh(bound, addr);
		return;
	}
	if (sense->hooked && !take_other_peer(sense, &key, &addr->peer))
		wait_for_event(sense, &fact, &addr->peer);
	if (sense->hooked)
		return;
	vg_fact_name_asker(&fact, portid);
	tell_bind(sense, &fact, &addr->peer);
}

static void forget(struct vg_sense *sense, struct vg_bound *bound)
{
	const struct vg_bind_key key = bound->key;

	vg_bounds_remove(sense->bounds, bound);
	if (vg_addr_is_global(&key.addr))
		sense->links_dirty |= vg_links_set_global(sense->links, key.ifindex, vg_bounds_has_global(sense->bounds, key.ifindex));
}

static void tell_unbind(struct vg_sense *sense, struct vg_bound *bound)
{
	struct vg_fact fact = vg_fact_unbind_of(&bound->fact);
	bool reported = bound->reported;

	/* a newer bind of it is known already, whose notification is still to come */
	if (bound->ahead == 0)
		forget(sense, bound);
	if (reported)
		hand_out(sense, &fact);
}

static void on_lost_addr(struct vg_sense *sense, const struct vg_link_addr *addr)
{
	const struct vg_bind_key key = { .addr = addr->addr, .ifindex = addr->ifindex, .prefix = addr->prefix };
	struct vg_pending pending;
	struct vg_bound *bound;

	/* its event, if there is one, is in the ring by now */
	if (sense->hooked && sense->pendings.n > 0)
		sense->config.drain(sense->config.ctx);
	if (vg_pendings_take(&sense->pendings, &key, &addr->peer, &pending))
		tell_bind(sense, &pending.fact, &pending.peer);
	bound = vg_bounds_find(sense->bounds, &key, &addr->peer);
	if (bound)
		tell_unbind(sense, bound);
}

/* ---- from rtnetlink: links ---- */

/* Its addresses are judged by its name: again, where that makes a difference. */
static void on_renamed(struct vg_sense *sense, const char *before, const struct vg_rt_link *rt)
{
	bool differs = vg_links_is_dummy(sense->links, before, rt->kind) != vg_links_is_dummy(sense->links, rt->name, rt->kind);
	struct vg_bound *bound;

	/* what the hooks saw before has the old name */
	sense->config.drain(sense->config.ctx);
	vg_bounds_rename(sense->bounds, rt->ifindex, rt->name);
	for (size_t i = 0; differs && !sense->starting && (bound = vg_bounds_at(sense->bounds, i)); i++) {
		struct vg_fact fact = bound->fact;

		fact.how = VG_HOW_PREEXISTING;
		if (bound->key.ifindex == rt->ifindex)
			hand_out(sense, &fact);
	}
}

static void on_new_link(struct vg_sense *sense, const struct vg_rt_link *rt)
{
	const struct vg_link *before = vg_links_find(sense->links, rt->ifindex);
	bool same = before && memcmp(&before->rt, rt, sizeof(*rt)) == 0;
	int r;

	if (same)
		return;
	if (before && strcmp(before->rt.name, rt->name) != 0)
		on_renamed(sense, before->rt.name, rt);
	r = vg_links_put(sense->links, rt);
	if (r < 0) {
		vg_log_errno(r, "cannot follow link %s", rt->name);
		return;
	}
	if (!before)
		vg_links_set_global(sense->links, rt->ifindex, vg_bounds_has_global(sense->bounds, rt->ifindex));
	if (sense->chosen)
		vg_note_link(sense->config.maps, vg_links_find(sense->links, rt->ifindex));
	sense->links_dirty = true;
}

static void on_lost_link(struct vg_sense *sense, uint32_t ifindex)
{
	size_t i = 0;
	struct vg_bound *bound;

	/* the kernel has told of its addresses before, but for those that an overrun swallowed */
	while ((bound = vg_bounds_at(sense->bounds, i))) {
		if (bound->key.ifindex != ifindex) {
			i++;
			continue;
		}
		bound->ahead = 0;
		tell_unbind(sense, bound);
	}
	vg_links_remove(sense->links, ifindex);
	(void)vg_maps_delete(sense->config.maps, VG_MAP_LINKS, &ifindex);
	sense->links_dirty = true;
}

static void on_message(void *ctx, const struct vg_rt_msg *msg)
{
	struct vg_sense *sense = ctx;

	switch (msg->kind) {
	case VG_RT_ADDR:
		if (msg->gone)
			on_lost_addr(sense, &msg->addr);
		else
			on_new_addr(sense, &msg->addr, msg->portid);
		break;
	case VG_RT_LINK:
		if (msg->gone)
			on_lost_link(sense, msg->link.ifindex);
		else
			on_new_link(sense, &msg->link);
		break;
	case VG_RT_ROUTE: sense->config.route(sense->config.ctx, msg); break;
	case VG_RT_TC: sense->config.filters_changed(sense->config.ctx, msg->ifindex); break;
	default: break;
	}
}

static void on_settled(void *ctx)
{
	struct vg_sense *sense = ctx;

	if (sense->links_dirty)
		vg_sense_choose(sense);
	sense->config.settled(sense->config.ctx);
}

/* ---- looking at everything ---- */

static int look_at_links(struct vg_sense *sense)
{
	_cleanup_free_ struct vg_rt_link *list = NULL;
	struct vg_link *link;
	size_t n, i = 0;
	int r;

	r = vg_rtnl_list_links(sense->rtnl, &list, &n);
	if (r < 0)
		return r;
	for (size_t j = 0; j < n; j++)
		on_new_link(sense, &list[j]);
	while ((link = vg_links_at(sense->links, i))) {
		if (vg_links_is_listed(list, n, link->rt.ifindex))
			i++;
		else
			on_lost_link(sense, link->rt.ifindex);
	}
	return 0;
}

static void take_listed(struct vg_sense *sense, const struct vg_link_addr *addr)
{
	struct vg_fact fact = fact_of_addr(sense, addr);
	const struct vg_bind_key key = vg_bind_key_of(&fact);
	struct vg_bound *bound = vg_bounds_find(sense->bounds, &key, &addr->peer);

	if (bound) {
		bound->present = true;
		bound->fact.ifa_flags = addr->flags;
		return;
	}
	if (!sense->starting) {
		tell_bind(sense, &fact, &addr->peer);
		return;
	}
	fact.how = VG_HOW_PREEXISTING;
	remember(sense, &fact, &addr->peer);
}

static void drop_unlisted(struct vg_sense *sense)
{
	struct vg_bound *bound;
	size_t i = 0;

	while ((bound = vg_bounds_at(sense->bounds, i))) {
		if (bound->present) {
			i++;
			continue;
		}
		bound->ahead = 0;
		tell_unbind(sense, bound);
	}
}

/* The ring is drained before the list and after it: what it holds then is known, and no second fact is made of it. */
static int look_at_addrs(struct vg_sense *sense)
{
	_cleanup_free_ struct vg_link_addr *list = NULL;
	size_t n;
	int r;

	sense->config.drain(sense->config.ctx);
	vg_bounds_mark_absent(sense->bounds);
	r = vg_rtnl_list_addrs(sense->rtnl, 0, &list, &n);
	if (r < 0)
		return r;
	sense->config.drain(sense->config.ctx);
	for (size_t i = 0; i < n; i++)
		take_listed(sense, &list[i]);
	drop_unlisted(sense);
	return 0;
}

static int look(struct vg_sense *sense)
{
	int r;

	sense->pendings.n = 0;
	r = look_at_links(sense);
	return r < 0 ? r : look_at_addrs(sense);
}

/* The notifications that are queued are older than the lists, and would contradict them; those of what is in the ring are among them. */
static int look_anew(struct vg_sense *sense)
{
	vg_rtnl_discard(sense->rtnl);
	sense->config.drain(sense->config.ctx);
	vg_bounds_forget_ahead(sense->bounds);
	return look(sense);
}

static void find_truth(struct vg_sense *sense)
{
	int r = look_anew(sense);

	sense->lost = r < 0;
	if (r < 0)
		vg_log_errno(r, "cannot list links and addresses after an rtnetlink overrun");
}

static void on_overrun(void *ctx)
{
	struct vg_sense *sense = ctx;

	vg_stats_add(&sense->config.maps->stats->lost_netlink, 1);
	find_truth(sense);
	sense->config.overrun(sense->config.ctx);
}

void vg_sense_watch(struct vg_sense *sense)
{
	if (!sense->lost)
		return;
	find_truth(sense);
	on_settled(sense);
}

int vg_sense_new(struct vg_loop *loop, const struct vg_sense_config *config, struct vg_sense **ret_sense)
{
	VG_CLEANUP(vg_sense_freep) struct vg_sense *sense = calloc(1, sizeof(*sense));
	struct vg_rtnl_handler handler = { .message = on_message, .overrun = on_overrun, .settled = on_settled };
	int r;

	if (!sense)
		return -ENOMEM;
	sense->config = *config;
	sense->starting = true;
	r = vg_links_new(&sense->links);
	if (r == 0) {
		(void)vg_links_set_dummies(sense->links, config->dummies);
		r = vg_bounds_new(&sense->bounds);
	}
	if (r == 0)
		r = vg_timer_new(loop, on_timer, sense, &sense->timer);
	if (r < 0)
		return r;
	handler.ctx = sense;
	r = vg_rtnl_new(loop, &handler, &sense->rtnl);
	if (r == 0)
		r = look(sense);
	if (r < 0)
		return r;
	vg_sense_choose_first(sense);
	*ret_sense = TAKE_PTR(sense);
	return 0;
}

void vg_sense_free(struct vg_sense *sense)
{
	if (!sense)
		return;
	vg_rtnl_free(sense->rtnl);
	vg_timer_free(sense->timer);
	vg_bounds_free(sense->bounds);
	vg_links_free(sense->links);
	free(sense);
}

void vg_sense_set_hooked(struct vg_sense *sense, bool hooked)
{
	sense->hooked = hooked;
}

int vg_sense_dump(struct vg_sense *sense)
{
	struct vg_bound *bound;
	int r;

	r = look_anew(sense);
	if (r < 0)
		return r;
	sense->starting = false;
	for (size_t i = 0; (bound = vg_bounds_at(sense->bounds, i)); i++) {
		struct vg_fact fact = bound->fact;

		if (bound->reported)
			continue;
		bound->reported = true;
		hand_out(sense, &fact);
	}
	on_settled(sense);
	return 0;
}

struct vg_links *vg_sense_links(const struct vg_sense *sense)
{
	return sense->links;
}

struct vg_bounds *vg_sense_bounds(const struct vg_sense *sense)
{
	return sense->bounds;
}

struct vg_rtnl *vg_sense_rtnl(const struct vg_sense *sense)
{
	return sense->rtnl;
}
