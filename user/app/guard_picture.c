/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The picture: what the file says, what the cluster says, what is protected, put together and carried into the kernel's maps.
 * While the file is the only source, the picture is the file's own snapshot; with a cluster it is built from both and then kept up to
 * date entry by entry.
 */
#include <errno.h>
#include <string.h>

#include "app/guard_state.h"
#include "base/log.h"
#include "base/time.h"
#include "core/own.h"
#include "core/verdict.h"

#define MOVING_MAX 65536 /* beyond that the end of a grace loads all entries */

/* ---- the node's own addresses */

/*
 * An address that went is still the node's when it comes back (a DHCP client, a restart of the network), unless the new picture
 * names it by itself: then it became a VIP.
 */
static bool is_given_away(const struct vg_guard *guard, const struct vg_snapshot *snapshot, size_t own)
{
	const struct vg_assignment *assignment = vg_snapshot_find(snapshot, &guard->own.list[own].prefix.addr);

	return guard->own.gone[own] && assignment && vg_prefix_is_host(&assignment->prefix) && !assignment->ranged;
}

void vg_guard_note_own(struct vg_guard *guard, const struct vg_fact *fact)
{
	for (size_t i = 0; i < guard->own.n; i++)
		if (vg_prefix_contains(&guard->own.list[i].prefix, &fact->addr))
			guard->own.gone[i] = fact->kind == VG_FACT_UNBIND;
}

struct found {
	struct vg_fact *facts; /* NULL: only counting */
	size_t n;
};

static void collect_found(void *ctx, const struct vg_fact *fact, const struct vg_judgement *said)
{
	struct found *found = ctx;

	(void)said;
	if (fact->as) /* what a route or a proxy answers for is no address of this node's */
		return;
	if (found->facts)
		found->facts[found->n] = *fact;
	found->n++;
}

static void own_deinit(struct vg_guard_own *own)
{
	free(own->list);
	free(own->gone);
	*own = (struct vg_guard_own){ .n = 0 };
}

static void warn_named(const struct vg_guard_own *own)
{
	char text[VG_TEXT_MAX];

	for (size_t i = 0; i < own->n; i++) {
		vg_prefix_to_str(&own->list[i].prefix, text);
		if (own->list[i].named)
			vg_log(VG_LOG_WARNING, "%s is assigned to other nodes, and is all that its link has: protected as this node's own", text);
	}
}

/* Until the cluster is known, only what the file speaks of needs protection: nothing else is judged yet, and a VIP may be among it. */
static void keep_covered(const struct vg_snapshot *snapshot, struct vg_guard_own *own)
{
	size_t kept = 0;

	for (size_t i = 0; i < own->n; i++)
		if (vg_snapshot_find(snapshot, &own->list[i].prefix.addr))
			own->list[kept++] = own->list[i];
	own->n = kept;
}

/* What is on the links before anything of `snapshot` is judged: the node's own addresses, protected from then on. */
static int find_own(struct vg_guard *guard, const struct vg_snapshot *snapshot)
{
	VG_CLEANUP(own_deinit) struct vg_guard_own own = { .n = 0 };
	struct found found = { .facts = NULL };
	_cleanup_free_ struct vg_fact *facts = NULL;

	vg_kern_for_each_bind(guard->kern, collect_found, &found);
	facts = calloc(found.n + 1, sizeof(*facts));
	own.list = calloc(found.n + 1, sizeof(*own.list));
	own.gone = calloc(found.n + 1, sizeof(*own.gone));
	if (!facts || !own.list || !own.gone)
		return -ENOMEM;
	found = (struct found){ .facts = facts };
	vg_kern_for_each_bind(guard->kern, collect_found, &found);
	own.n = vg_own_collect(snapshot, facts, found.n, own.list);
	if (guard->kube && !guard->complete)
		keep_covered(snapshot, &own);
	warn_named(&own);
	own_deinit(&guard->own);
	guard->own = own;
	own = (struct vg_guard_own){ .n = 0 };
	return 0;
}

/* A picture with a protection missing must never be used: it could take away what is right. */
static int protect_configured(const struct vg_guard *guard, struct vg_snapshot *snapshot)
{
	const struct vg_config_options *options = guard->options;
	int r = 0;

	for (size_t i = 0; i < options->n_protect && r == 0; i++)
		r = vg_snapshot_protect(snapshot, &options->protect[i], VG_PROTECT_LIST, VG_ORIGIN_CONFIG);
	for (size_t i = 0; i < guard->n_servers && r == 0; i++)
		r = vg_snapshot_protect(snapshot, &guard->servers[i], VG_CONTROL_PLANE_VIP, VG_ORIGIN_CONFIG);
	for (size_t i = 0; i < guard->own.n && r == 0; i++)
		if (!is_given_away(guard, snapshot, i))
			r = vg_snapshot_protect(snapshot, &guard->own.list[i].prefix, VG_NODE_ADDRESS, VG_ORIGIN_CONFIG);
	return r;
}

/* ---- answers that change by time alone */

static void set_moving(struct vg_guard *guard, const struct vg_prefix *prefix)
{
	size_t size = guard->moving_size ? guard->moving_size * 2 : 64;
	struct vg_prefix *bigger;

	if (guard->n_moving == guard->moving_size) {
		bigger = size <= MOVING_MAX ? reallocarray(guard->moving, size, sizeof(*bigger)) : NULL;
		if (!bigger) {
			guard->maps_failed = true;
			return;
		}
		guard->moving = bigger;
		guard->moving_size = size;
	}
	guard->moving[guard->n_moving++] = *prefix;
}

/* The timer goes off at the first of them. */
static void note_moving(struct vg_guard *guard, const struct vg_assignment *assignment, const struct vg_circumstances *now)
{
	uint64_t at = assignment ? vg_judge_assignment(assignment, now).changes_ns : 0, armed = vg_timer_deadline(guard->grace);

	if (!at)
		return;
	set_moving(guard, &assignment->prefix);
	if (!armed || at < armed)
		vg_timer_arm(guard->grace, at);
}

static void note_all_moving(struct vg_guard *guard, const struct vg_circumstances *now)
{
	const struct vg_assignment *assignment;

	vg_timer_disarm(guard->grace);
	guard->n_moving = 0;
	for (size_t i = 0; (assignment = vg_snapshot_assignment(guard->snapshot, i)); i++)
		note_moving(guard, assignment, now);
}

/* ---- into the kernel */

/* What does not fit, or cannot be written: the kernel then acts on less, and what is left is to remove after the fact. */
static void say_maps(struct vg_guard *guard, int r)
{
	if (r < 0 && !guard->maps_failed)
		vg_reporter_event(guard->reporter, "degraded", json_pack("{s:s, s:s}", "what", "maps", "why", strerror(-r)));
	else if (r == 0 && guard->maps_failed)
		vg_reporter_event(guard->reporter, "recovered", json_pack("{s:s}", "what", "maps"));
	guard->maps_failed = r < 0;
}

bool vg_guard_keeps_earlier(const struct vg_guard *guard)
{
	return guard->earlier_until_ns && !guard->complete && vg_time_boot_ns() < guard->earlier_until_ns;
}

/* Which links hold service addresses the cluster has not said yet: what was known before goes on, and where nothing was, one may be any of them. */
static void keep_dummies(const struct vg_guard *guard, struct vg_snapshot *snapshot)
{
	struct vg_dummies dummies = *(guard->snapshot ? vg_snapshot_dummies(guard->snapshot) : vg_kern_earlier_dummies(guard->kern));

	dummies.open = !vg_guard_keeps_earlier(guard);
	vg_snapshot_set_dummies(snapshot, &dummies);
}

static void end_earlier(struct vg_guard *guard)
{
	guard->earlier_until_ns = 0;
	vg_kern_keep_earlier(guard->kern, 0);
}

static int load_maps(struct vg_guard *guard)
{
	struct vg_circumstances now = vg_guard_circumstances(guard);
	int r;

	if (vg_guard_keeps_earlier(guard))
		r = vg_kern_sync_protections(guard->kern, guard->snapshot);
	else
		r = vg_kern_sync(guard->kern, guard->snapshot, &now);
	say_maps(guard, r);
	if (r < 0)
		return vg_log_errno(r, "cannot load the maps");
	note_all_moving(guard, &now);
	return 0;
}

static void load_entries(struct vg_guard *guard, struct vg_prefix *changed, size_t n)
{
	struct vg_circumstances now = vg_guard_circumstances(guard);

	if (guard->maps_failed || vg_guard_keeps_earlier(guard) || vg_kern_sync_entries(guard->kern, guard->snapshot, changed, n, &now) < 0) {
		load_maps(guard);
		return;
	}
	for (size_t i = 0; i < n; i++)
		note_moving(guard, vg_snapshot_at(guard->snapshot, &changed[i]), &now);
}

static void on_grace_over(void *ctx)
{
	struct vg_guard *guard = ctx;
	_cleanup_free_ struct vg_prefix *moved = TAKE_PTR(guard->moving);
	size_t n = guard->n_moving;

	guard->n_moving = guard->moving_size = 0;
	vg_guard_look_begin(guard);
	load_entries(guard, moved, n);
	vg_guard_look_end(guard, false);
}

/* ---- put together */

static bool is_kept(enum vg_reason given, bool complete, bool blind)
{
	return complete ? blind && given == VG_CONTROL_PLANE_VIP : given != VG_NO_SERVICE;
}

/*
 * What the cluster protects, taken over from the picture before: in force until the cluster is assessed. The control plane's address also
 * after that, where a right is missing to read it: that is no word that there is none.
 */
static int copy_cluster_protections(const struct vg_guard *guard, struct vg_snapshot *snapshot)
{
	bool blind = vg_kube_source_may_not_read(guard->kube, VG_KIND_CONFIG_MAP) || vg_kube_source_may_not_read(guard->kube, VG_KIND_INFRASTRUCTURE);
	const struct vg_protection *protection;
	int r = 0;

	for (size_t i = 0; r == 0 && (protection = vg_snapshot_protection(guard->snapshot, i)); i++)
		if (is_kept(protection->given[VG_ORIGIN_CLUSTER], guard->complete, blind))
			r = vg_snapshot_protect(snapshot, &protection->prefix, protection->given[VG_ORIGIN_CLUSTER], VG_ORIGIN_CLUSTER);
	return r;
}

static int assess_all(struct vg_guard *guard, struct vg_snapshot *snapshot)
{
	VG_CLEANUP(vg_changes_deinit) struct vg_changes changes = { .n = 0 };
	struct vg_assess_config config = vg_guard_assess_config(guard);
	struct vg_moment now = vg_guard_moment();
	int r;

	vg_kern_busy(guard->kern);
	r = vg_assess(guard->cluster, snapshot, &config, &now, true, &changes);
	vg_guard_arm_assess(guard, changes.next_ns);
	return r;
}

/* A whole picture from file and cluster. */
static int compose(struct vg_guard *guard, struct vg_snapshot **ret_snapshot)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = NULL;
	int r = vg_snapshot_new(guard->options->node, "kubernetes", &snapshot);

	if (r == 0 && guard->file)
		r = vg_snapshot_copy(snapshot, guard->file);
	if (r == 0 && guard->snapshot)
		r = copy_cluster_protections(guard, snapshot);
	if (r == 0 && guard->complete)
		r = assess_all(guard, snapshot);
	else if (r == 0)
		keep_dummies(guard, snapshot);
	if (r == 0 && guard->snapshot)
		vg_snapshot_inherit(snapshot, guard->snapshot, vg_time_boot_ns());
	if (r == 0)
		*ret_snapshot = TAKE_PTR(snapshot);
	return r;
}

static void take(struct vg_guard *guard, struct vg_snapshot *snapshot)
{
	vg_snapshot_free(guard->snapshot);
	guard->snapshot = snapshot;
	guard->snapshot_ns = vg_time_boot_ns();
	vg_guard_take_freshness(guard);
}

/* What the picture in force borrowed from the cluster went with the assessment of the one that could not be finished. */
static void forget_cluster(struct vg_snapshot *snapshot)
{
	for (size_t i = vg_snapshot_size(snapshot); i-- > 0;) {
		const struct vg_assignment *entry = vg_snapshot_assignment(snapshot, i);
		const struct vg_prefix prefix = entry->prefix;

		if (!entry->durable)
			vg_snapshot_unset(snapshot, &prefix);
	}
}

static void fall_behind(struct vg_guard *guard)
{
	guard->behind = true;
	forget_cluster(guard->snapshot);
	vg_guard_take_freshness(guard);
	vg_guard_arm_assess(guard, vg_time_boot_ns() + VG_NS_PER_SEC);
}

int vg_guard_take_file(struct vg_guard *guard, struct vg_snapshot *fresh)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *file = fresh, *snapshot = NULL, *before = NULL;
	int r = 0;

	if (guard->cluster) {
		before = TAKE_PTR(guard->file);
		guard->file = TAKE_PTR(file);
		r = compose(guard, &snapshot);
	} else {
		vg_snapshot_inherit(file, guard->snapshot, vg_time_boot_ns());
		snapshot = TAKE_PTR(file);
	}
	if (r == 0)
		r = protect_configured(guard, snapshot);
	if (r == 0)
		take(guard, TAKE_PTR(snapshot));
	if (r < 0 && guard->cluster) {
		file = guard->file;
		guard->file = TAKE_PTR(before);
	}
	if (r < 0 && guard->complete)
		fall_behind(guard);
	return r;
}

/* The first time that the cluster is known as a whole: now it can be told which of the addresses here are the node's own. */
static int take_whole_cluster(struct vg_guard *guard)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = NULL;
	int r = compose(guard, &snapshot);

	if (r == 0 && !guard->own_found)
		r = find_own(guard, snapshot);
	if (r == 0)
		r = protect_configured(guard, snapshot);
	if (r < 0)
		return r;
	guard->own_found = true;
	take(guard, TAKE_PTR(snapshot));
	end_earlier(guard);
	return 0;
}

static int take_changes(struct vg_guard *guard)
{
	VG_CLEANUP(vg_changes_deinit) struct vg_changes changes = { .n = 0 };
	struct vg_assess_config config = vg_guard_assess_config(guard);
	struct vg_moment now = vg_guard_moment();
	int r = vg_assess(guard->cluster, guard->snapshot, &config, &now, false, &changes);

	if (r < 0)
		return r;
	vg_guard_arm_assess(guard, changes.next_ns);
	if (!changes.n && !changes.all && !changes.protections)
		return 0;
	guard->snapshot_ns = now.boot_ns;
	vg_guard_look_begin(guard);
	if (changes.all || changes.protections)
		load_maps(guard);
	else
		load_entries(guard, changes.prefixes, changes.n);
	vg_guard_look_end(guard, false);
	return 0;
}

int vg_guard_take_cluster(struct vg_guard *guard)
{
	int r = guard->own_found && !guard->behind ? take_changes(guard) : -EAGAIN;

	/* what failed half-way is done anew as a whole */
	if (r < 0)
		r = take_whole_cluster(guard);
	if (r < 0)
		fall_behind(guard);
	return r;
}

void vg_guard_take_freshness(struct vg_guard *guard)
{
	vg_guard_look_begin(guard);
	load_maps(guard);
	vg_guard_look_end(guard, false);
}

/* Static Pods name no links. */
static int assess_manifests(const struct vg_guard *guard, struct vg_snapshot *snapshot, bool all, struct vg_changes *ret_changes)
{
	const struct vg_dummies dummies = *vg_snapshot_dummies(snapshot);
	struct vg_assess_config config = vg_guard_assess_config(guard);
	struct vg_moment now = vg_guard_moment();
	int r = vg_assess(guard->manifests, snapshot, &config, &now, all, ret_changes);

	vg_snapshot_set_dummies(snapshot, &dummies);
	return r;
}

int vg_guard_take_manifests(struct vg_guard *guard)
{
	VG_CLEANUP(vg_changes_deinit) struct vg_changes changes = { .n = 0 };
	int r = assess_manifests(guard, guard->snapshot, false, &changes);

	if (r == 0 && changes.protections)
		vg_guard_take_freshness(guard);
	return r;
}

/* ---- the first one */

static int keep_protection(void *ctx, const struct vg_prefix *prefix, enum vg_reason reason)
{
	/* the operator's own list is what it is now */
	if (reason != VG_CONTROL_PLANE_VIP && reason != VG_NODE_ADDRESS)
		return 0;
	return vg_snapshot_protect(ctx, prefix, reason, VG_ORIGIN_CLUSTER);
}

/* What the guard before this one knew of the cluster, and the static Pods of this host: all there is until the API answers. */
static int protect_kept(struct vg_guard *guard, struct vg_snapshot *snapshot)
{
	VG_CLEANUP(vg_changes_deinit) struct vg_changes changes = { .n = 0 };
	int r = assess_manifests(guard, snapshot, true, &changes);

	return r < 0 ? r : vg_kern_for_each_kept(guard->kern, keep_protection, snapshot);
}

/* The API did not answer in time: stale, as after any silence of that length. */
static void on_earlier_over(void *ctx)
{
	struct vg_guard *guard = ctx;

	end_earlier(guard);
	if (guard->complete)
		return;
	keep_dummies(guard, guard->snapshot);
	vg_guard_take_freshness(guard);
}

/* A cluster takes its time to be listed. Without this a restart would let everything pass meanwhile. */
static int keep_earlier(struct vg_guard *guard)
{
	uint64_t since_ns = guard->cluster ? vg_kern_earlier_since(guard->kern) : 0;
	int r;

	/* a guard that is restarted again and again does not make it younger */
	if (!since_ns || since_ns + guard->options->max_age_ns <= vg_time_boot_ns())
		return 0;
	guard->earlier_until_ns = since_ns + guard->options->max_age_ns;
	vg_kern_keep_earlier(guard->kern, since_ns);
	r = vg_timer_new(guard->loop, on_earlier_over, guard, &guard->earlier);
	return r < 0 ? r : vg_timer_arm(guard->earlier, guard->earlier_until_ns);
}

int vg_guard_first_picture(struct vg_guard *guard)
{
	int r = vg_timer_new(guard->loop, on_grace_over, guard, &guard->grace);

	if (r == 0)
		r = keep_earlier(guard);
	if (r == 0 && guard->cluster)
		r = compose(guard, &guard->snapshot);
	if (r == 0 && guard->cluster)
		r = protect_kept(guard, guard->snapshot);
	if (r == 0)
		r = find_own(guard, guard->snapshot);
	if (r == 0)
		r = protect_configured(guard, guard->snapshot);
	return r < 0 ? r : load_maps(guard);
}

void vg_guard_picture_deinit(struct vg_guard *guard)
{
	vg_timer_free(guard->grace);
	vg_timer_free(guard->earlier);
	vg_snapshot_free(guard->snapshot);
	own_deinit(&guard->own);
	free(guard->moving);
}
