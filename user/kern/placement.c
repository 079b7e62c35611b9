/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/placement.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "kern/clsact.h"
#include "kern/pins.h"
#include "kern/tcx.h"

#define TROUBLE_MAX 160 /* as in struct vg_capability */
#define QUIET_NS (10 * VG_NS_PER_SEC) /* nobody touched it for that long: the struggle is over */
#define MOVES_MAX 100 /* then the others have it until QUIET_NS have passed: a struggle must not cost a CPU */

/* A link that is to be guarded. */
struct attachment {
	uint32_t ifindex;
	char name[VG_IFNAME_MAX];
	bool attached;
	bool wanted;
	int error; /* why it is not attached to: -errno */
	int link_fd; /* tcx; else -1 */
	bool twin; /* tcx: it is the twin that stands there */
	struct vg_clsact_spot spot;
	uint64_t moved_ns; /* when it was put back last */
	unsigned int moves; /* since it was left in peace for QUIET_NS */
	bool behind; /* and stays there for now */
	bool unswept; /* ours could not be attached: an earlier guard's is left to go on */
	int earlier_fd; /* its pinned link of tcx; else -1 */
};

struct vg_placement {
	struct vg_placement_config config;
	struct attachment *items;
	size_t n;
	bool swept;
	bool left;
	char gap[TROUBLE_MAX]; /* what the choice of links leaves open; "" for nothing */
	char trouble[TROUBLE_MAX]; /* of VG_FEATURE_LINKS: the one that was said; "" for none */
	char struggle[TROUBLE_MAX]; /* of VG_FEATURE_ORDER */
};

int vg_placement_new(const struct vg_placement_config *config, struct vg_placement **ret_placement)
{
	struct vg_placement *placement = calloc(1, sizeof(*placement));

	if (!placement)
		return -ENOMEM;
	placement->config = *config;
	*ret_placement = placement;
	return 0;
}

static int program(const struct vg_placement *placement, bool twin)
{
	return placement->config.program(placement->config.ctx, twin);
}

static struct vg_pins *pins_of(const struct vg_placement *placement)
{
	return placement->config.maps->pins;
}

static void pin_name(const struct attachment *attachment, char name[VG_PINS_NAME_MAX])
{
	snprintf(name, VG_PINS_NAME_MAX, VG_PINS_LINKS "/tcx_%u", attachment->ifindex);
}

static void pin(const struct vg_placement *placement, const struct attachment *attachment)
{
	char name[VG_PINS_NAME_MAX];

	pin_name(attachment, name);
	(void)vg_pins_put(pins_of(placement), name, attachment->link_fd);
}

/* The qdisc may be one that an earlier guard made. */
static void note_qdisc(const struct vg_placement *placement, struct attachment *attachment)
{
	if (attachment->spot.made_qdisc)
		vg_pins_mark_qdisc(pins_of(placement), attachment->ifindex);
	attachment->spot.made_qdisc |= vg_pins_has_qdisc(pins_of(placement), attachment->ifindex);
}

static void drop_pin(const struct vg_placement *placement, const struct attachment *attachment)
{
	char name[VG_PINS_NAME_MAX];

	pin_name(attachment, name);
	vg_pins_drop(pins_of(placement), name);
}

static void forget_link(const struct vg_placement *placement, struct attachment *attachment)
{
	if (attachment->attached)
		drop_pin(placement, attachment);
	vg_closep(&attachment->link_fd);
	attachment->link_fd = -1;
	attachment->attached = false;
}

static void keep_earlier(const struct vg_placement *placement, struct attachment *attachment)
{
	char name[VG_PINS_NAME_MAX];

	pin_name(attachment, name);
	attachment->unswept = true;
	if (vg_pins_get(pins_of(placement), name, &attachment->earlier_fd) == 0)
		vg_pins_adopt(pins_of(placement), name, attachment->earlier_fd);
}

static void sweep_link(const struct vg_placement *placement, uint32_t ifindex, const struct attachment *attachment)
{
	const bool tcx = attachment && attachment->attached && placement->config.tcx;
	const bool clsact = attachment && attachment->attached && !placement->config.tcx;

	(void)vg_tcx_sweep(ifindex, tcx ? program(placement, attachment->twin) : -1);
	(void)vg_clsact_sweep(ifindex, clsact ? &attachment->spot : NULL);
}

/* Once ours stands, or is not wanted any more. */
static void end_earlier(const struct vg_placement *placement, struct attachment *attachment)
{
	if (!attachment->unswept)
		return;
	attachment->unswept = false;
	/* ours has its place already */
	if (attachment->earlier_fd >= 0 && !(attachment->attached && placement->config.tcx))
		drop_pin(placement, attachment);
	vg_closep(&attachment->earlier_fd);
	attachment->earlier_fd = -1;
	sweep_link(placement, attachment->ifindex, attachment);
}

static void detach(const struct vg_placement *placement, struct attachment *attachment)
{
	if (attachment->attached && !placement->config.tcx && !placement->left) {
		vg_clsact_detach(attachment->ifindex, program(placement, false), &attachment->spot);
		vg_pins_unmark_qdisc(pins_of(placement), attachment->ifindex);
	}
	forget_link(placement, attachment);
	if (!placement->left)
		end_earlier(placement, attachment);
	vg_closep(&attachment->earlier_fd);
}

void vg_placement_leave(struct vg_placement *placement)
{
	placement->left = true;
}

void vg_placement_free(struct vg_placement *placement)
{
	if (!placement)
		return;
	for (size_t i = 0; i < placement->n; i++)
		detach(placement, &placement->items[i]);
	free(placement->items);
	free(placement);
}

static struct attachment *find(const struct vg_placement *placement, uint32_t ifindex)
{
	for (size_t i = 0; i < placement->n; i++) {
		if (placement->items[i].ifindex == ifindex)
			return &placement->items[i];
	}
	return NULL;
}

/* ---- saying it */

static void tell(const struct vg_placement *placement, enum vg_feature feature, bool ok, const char *why)
{
	placement->config.changed(placement->config.changed_ctx, feature, ok, why);
}

/* A state that lasts is said when it becomes another one. */
static void tell_state(const struct vg_placement *placement, enum vg_feature feature, char said[TROUBLE_MAX], const char now[TROUBLE_MAX])
{
	if (strcmp(said, now) == 0)
		return;
	snprintf(said, TROUBLE_MAX, "%s", now);
	tell(placement, feature, !now[0], now);
}

static void describe_trouble(const struct attachment *attachment, char out[TROUBLE_MAX])
{
	if (attachment->error == -EEXIST)
		snprintf(out, TROUBLE_MAX, "%s has an ingress qdisc in the place of clsact: tc qdisc del dev %s ingress", attachment->name,
			 attachment->name);
	else if (attachment->error == -EBUSY)
		snprintf(out, TROUBLE_MAX, "%s: the filter is taken off again and again", attachment->name);
	else if (attachment->error)
		snprintf(out, TROUBLE_MAX, "cannot attach to %s: %s", attachment->name, strerror(-attachment->error));
}

static void describe_struggle(const struct attachment *attachment, char out[TROUBLE_MAX])
{
	if (attachment->behind)
		snprintf(out, TROUBLE_MAX, "%s: another program is in front of ours and cannot be passed", attachment->name);
	else if (attachment->moves > 1)
		snprintf(out, TROUBLE_MAX, "%s: others take its program off or go in front of it again and again", attachment->name);
}

/* One line for the first link that each is true of. */
static void tell_states(struct vg_placement *placement)
{
	char trouble[TROUBLE_MAX], struggle[TROUBLE_MAX] = "";

	memcpy(trouble, placement->gap, sizeof(trouble));
	for (size_t i = 0; i < placement->n; i++) {
		if (!trouble[0])
			describe_trouble(&placement->items[i], trouble);
		if (!struggle[0])
			describe_struggle(&placement->items[i], struggle);
	}
	tell_state(placement, VG_FEATURE_LINKS, placement->trouble, trouble);
	tell_state(placement, VG_FEATURE_ORDER, placement->struggle, struggle);
}

/* ---- putting it there */

static enum vg_place look(const struct vg_placement *placement, const struct attachment *attachment)
{
	enum vg_place place;

	if (!attachment->attached)
		return VG_PLACE_NONE;
	if (placement->config.tcx)
		place = vg_tcx_look(attachment->ifindex, attachment->link_fd, program(placement, attachment->twin));
	else
		place = vg_clsact_look(attachment->ifindex, program(placement, false), &attachment->spot);
	return place == VG_PLACE_BEHIND && !placement->config.orders ? VG_PLACE_FIRST : place;
}

static void attach(const struct vg_placement *placement, struct attachment *attachment)
{
	int r;

	forget_link(placement, attachment);
	if (placement->config.tcx)
		r = vg_tcx_attach(attachment->ifindex, program(placement, attachment->twin), &attachment->link_fd);
	else
		r = vg_clsact_attach(attachment->ifindex, program(placement, false), &attachment->spot);
	attachment->attached = r == 0;
	if (attachment->attached && placement->config.tcx)
		pin(placement, attachment);
	else if (attachment->attached)
		note_qdisc(placement, attachment);
	if (attachment->attached)
		end_earlier(placement, attachment);
	/* it, or its qdisc, went while we were at it: that is told by rtnetlink */
	attachment->error = r == -ENODEV || r == -EAGAIN ? 0 : r;
}

/* The twin is in front before the old one goes: taking off waits for a grace period, in which frames would pass. */
static int pass_tcx(const struct vg_placement *placement, struct attachment *attachment)
{
	int prog_fd = program(placement, !attachment->twin), fd, r;

	if (prog_fd < 0)
		return prog_fd;
	r = vg_tcx_attach(attachment->ifindex, prog_fd, &fd);
	if (r < 0)
		return r;
	vg_closep(&attachment->link_fd);
	attachment->link_fd = fd;
	attachment->twin = !attachment->twin;
	pin(placement, attachment);
	return 0;
}

static void pass(const struct vg_placement *placement, struct attachment *attachment)
{
	int r;

	if (placement->config.tcx)
		r = pass_tcx(placement, attachment);
	else
		r = vg_clsact_pass(attachment->ifindex, program(placement, false), &attachment->spot);
	attachment->behind = look(placement, attachment) == VG_PLACE_BEHIND;
	if (attachment->behind)
		vg_log_errno(r, "cannot be first on %s", attachment->name);
}

/* ---- keeping it there */

/* False: enough for now. */
static bool may_move(struct attachment *attachment)
{
	uint64_t now = vg_time_boot_ns();

	if (now - attachment->moved_ns >= QUIET_NS)
		attachment->moves = 0;
	/* what cannot be passed is tried again after a while */
	if (attachment->moves >= MOVES_MAX || (attachment->behind && attachment->moves > 0))
		return false;
	attachment->moves++;
	attachment->moved_ns = now;
	return true;
}

static void put_back(const struct vg_placement *placement, struct attachment *attachment, enum vg_place place)
{
	enum vg_feature way = placement->config.tcx ? VG_FEATURE_TCX : VG_FEATURE_CLSACT;
	enum vg_feature feature = place == VG_PLACE_NONE ? way : VG_FEATURE_ORDER;
	char why[TROUBLE_MAX];

	vg_stats_add(&placement->config.maps->stats->displaced, 1);
	snprintf(why, sizeof(why), place == VG_PLACE_NONE ? "the filter was taken off %s" : "another program was put in front of ours on %s",
		 attachment->name);
	/* the first time only: a struggle is a state, and said as one */
	if (attachment->moves == 1)
		tell(placement, feature, false, why);
	if (place == VG_PLACE_NONE)
		attach(placement, attachment);
	if (look(placement, attachment) == VG_PLACE_BEHIND)
		pass(placement, attachment);
	if (attachment->moves == 1)
		tell(placement, feature, true, "");
}

static void check(const struct vg_placement *placement, struct attachment *attachment)
{
	enum vg_place place = look(placement, attachment);

	if (place == VG_PLACE_FIRST) {
		attachment->behind = false;
		if (attachment->moves && vg_time_boot_ns() - attachment->moved_ns >= QUIET_NS)
			attachment->moves = 0;
		return;
	}
	if (!attachment->attached && attachment->error != -EBUSY) {
		attach(placement, attachment);
		return;
	}
	if (may_move(attachment)) {
		put_back(placement, attachment, place);
	} else if (place == VG_PLACE_NONE) {
		forget_link(placement, attachment);
		attachment->error = -EBUSY;
	} else {
		attachment->behind = true;
	}
}

void vg_placement_repair(struct vg_placement *placement, uint32_t ifindex)
{
	struct attachment *attachment = find(placement, ifindex);

	if (!attachment)
		return;
	check(placement, attachment);
	tell_states(placement);
}

void vg_placement_watch(struct vg_placement *placement)
{
	for (size_t i = 0; i < placement->n; i++) {
		struct attachment *attachment = &placement->items[i];

		/* of clsact rtnetlink tells; only what was left undone is to be looked at */
		if (placement->config.tcx || attachment->moves || attachment->error || attachment->behind)
			check(placement, attachment);
	}
	tell_states(placement);
}

/* ---- following the links */

static struct attachment *add(struct vg_placement *placement, uint32_t ifindex)
{
	struct attachment *items = reallocarray(placement->items, placement->n + 1, sizeof(*items));

	if (!items)
		return NULL;
	placement->items = items;
	items[placement->n] = (struct attachment){ .ifindex = ifindex, .link_fd = -1, .earlier_fd = -1 };
	return &items[placement->n++];
}

/* A link may have gone and come back, or another one has its index, within one reading of rtnetlink: no tampering, so nothing is said. */
static void want(struct vg_placement *placement, const struct vg_link *link)
{
	struct attachment *attachment = find(placement, link->rt.ifindex);

	if (!attachment)
		attachment = add(placement, link->rt.ifindex);
	if (!attachment) {
		vg_log_errno(-ENOMEM, "cannot guard %s", link->rt.name);
		return;
	}
	attachment->wanted = true;
	memcpy(attachment->name, link->rt.name, sizeof(attachment->name));
	if (look(placement, attachment) == VG_PLACE_NONE && attachment->error != -EBUSY)
		attach(placement, attachment);
	if (look(placement, attachment) == VG_PLACE_BEHIND && !attachment->behind)
		pass(placement, attachment);
}

/* An earlier guard that was killed may have used the other way, or other links. Ours stands by now, so nothing is open meanwhile. */
static void sweep(struct vg_placement *placement, const struct vg_links *links)
{
	const struct vg_link *link;

	placement->swept = true;
	for (size_t i = 0; (link = vg_links_at(links, i)); i++) {
		struct attachment *attachment = find(placement, link->rt.ifindex);

		if (attachment && attachment->error)
			keep_earlier(placement, attachment);
		else
			sweep_link(placement, link->rt.ifindex, attachment);
	}
}

void vg_placement_follow(struct vg_placement *placement, const struct vg_links *links)
{
	const struct vg_link *link;
	size_t kept = 0;

	for (size_t i = 0; i < placement->n; i++)
		placement->items[i].wanted = false;
	for (size_t i = 0; (link = vg_links_at(links, i)); i++) {
		if (link->guarded && placement->config.judges)
			want(placement, link);
	}
	for (size_t i = 0; i < placement->n; i++) {
		if (placement->items[i].wanted)
			placement->items[kept++] = placement->items[i];
		else
			detach(placement, &placement->items[i]);
	}
	placement->n = kept;
	if (!vg_links_describe_gap(links, placement->gap, sizeof(placement->gap)))
		placement->gap[0] = '\0';
	if (!placement->swept)
		sweep(placement, links);
	tell_states(placement);
}

const char *vg_placement_how(const struct vg_placement *placement, uint32_t ifindex)
{
	const struct attachment *attachment = find(placement, ifindex);

	if (!attachment || !attachment->attached)
		return NULL;
	return placement->config.tcx ? "tcx" : "clsact";
}
