/* SPDX-License-Identifier: Apache-2.0 */
/* What is bound here, what was said of it, and what the guard before this one left. */
#include <string.h>

#include "base/time.h"
#include "kern/kern_state.h"
#include "kern/notes.h"
#include "kern/sync.h"

/* before: what was said of it last, VG_REASON_MAX if nothing was. A bind that there is no room for is counted once. */
static void write_bind(struct vg_kern *kern, const struct vg_fact *fact, const struct vg_judgement *judgement, enum vg_reason before)
{
	if (judgement->reason != VG_SERVICE_DUMMY) {
		if (vg_note_bind(&kern->maps, fact, judgement) < 0 && before == VG_REASON_MAX)
			vg_stats_add(&kern->maps.stats->lost_binds, 1);
	} else if (before != VG_REASON_MAX && before != VG_SERVICE_DUMMY) {
		vg_kern_forget_bind(kern, fact);
	}
}

void vg_kern_note_bind(struct vg_kern *kern, const struct vg_fact *fact, const struct vg_judgement *judgement)
{
	const struct vg_bind_key key = vg_bind_key_of(fact);
	enum vg_reason before;
	struct vg_bound *bound;

	/* what was let pass a moment ago may not be there yet, or never */
	if (fact->as && !vg_answers_note(kern->answers, fact, judgement))
		return;
	bound = fact->as ? NULL : vg_bounds_find(vg_sense_bounds(kern->sense), &key, NULL);
	before = bound && bound->said ? bound->judgement.reason : VG_REASON_MAX;
	if (bound) {
		bound->said = true;
		bound->judgement = *judgement;
	}
	write_bind(kern, fact, judgement, before);
}

void vg_kern_forget_bind(struct vg_kern *kern, const struct vg_fact *fact)
{
	const struct vg_bind_key key = vg_bind_key_of(fact);

	(void)vg_maps_delete(&kern->maps, VG_MAP_BINDS, &key);
}

bool vg_kern_find_binder(const struct vg_kern *kern, const struct vg_addr *addr, struct vg_who *ret_who)
{
	const struct vg_bounds *bounds = vg_sense_bounds(kern->sense);
	const struct vg_who *who = NULL;
	const struct vg_bound *bound;

	for (size_t i = vg_bounds_place(bounds, addr); (bound = vg_bounds_at(bounds, i)); i++) {
		const struct vg_who *one = &bound->fact.who;

		if (vg_addr_cmp(&bound->key.addr, addr) != 0)
			break;
		if (!one->pid || (who && (who->pid != one->pid || who->start_ns != one->start_ns)))
			return false;
		who = one;
	}
	if (who)
		*ret_who = *who;
	return who;
}

struct each_bind {
	const struct vg_kern *kern;
	void (*fn)(void *ctx, const struct vg_fact *fact, const struct vg_judgement *said);
	void *ctx;
};

static void each_answer(void *ctx, const struct vg_fact *fact, const struct vg_judgement *said)
{
	const struct each_bind *each = ctx;
	struct vg_fact known = *fact;

	known.real_link = vg_kern_is_real_link(each->kern, fact);
	each->fn(each->ctx, &known, said);
}

void vg_kern_for_each_bind(const struct vg_kern *kern, void (*fn)(void *ctx, const struct vg_fact *fact, const struct vg_judgement *said), void *ctx)
{
	const struct vg_bounds *bounds = vg_sense_bounds(kern->sense);
	struct each_bind each = { .kern = kern, .fn = fn, .ctx = ctx };
	const struct vg_bound *bound;

	for (size_t i = 0; (bound = vg_bounds_at(bounds, i)); i++) {
		struct vg_fact fact = bound->fact;

		fact.how = VG_HOW_PREEXISTING;
		fact.real_link = vg_kern_is_real_link(kern, &fact);
		fn(ctx, &fact, bound->said ? &bound->judgement : NULL);
	}
	vg_answers_for_each(kern->answers, each_answer, &each);
}

int vg_kern_for_each_kept(const struct vg_kern *kern, int (*fn)(void *ctx, const struct vg_prefix *prefix, enum vg_reason reason), void *ctx)
{
	return vg_maps_ready(&kern->maps) ? vg_sync_for_each_protection(&kern->maps, fn, ctx) : 0;
}

/* Its guard kept the picture fresh as long as it moved the deadline, unless it had it from one before. */
uint64_t vg_kern_earlier_since(const struct vg_kern *kern)
{
	const struct vg_config *shared = kern->maps.config;
	uint64_t now_ns = vg_time_boot_ns();

	if (!kern->maps.adopted || now_ns >= shared->deadline_ns || shared->netns != kern->wanted.netns ||
	    memcmp(shared->node, kern->wanted.node, sizeof(shared->node)) != 0)
		return 0;
	return shared->earlier_since_ns ? shared->earlier_since_ns : now_ns;
}

void vg_kern_keep_earlier(struct vg_kern *kern, uint64_t since_ns)
{
	struct vg_config *shared = kern->maps.config;

	kern->wanted.earlier_since_ns = since_ns;
	if (kern->attached)
		shared->earlier_since_ns = since_ns;
}

int vg_kern_sync_protections(struct vg_kern *kern, const struct vg_snapshot *snapshot)
{
	return vg_sync_protections(&kern->maps, snapshot);
}

bool vg_kern_find_earlier(const struct vg_kern *kern, const struct vg_addr *addr, struct vg_judgement *ret_bind, struct vg_judgement *ret_announce)
{
	const struct vg_lpm_key key = { .prefixlen = 128, .addr = *addr };
	struct vg_vip vip;

	if (vg_maps_get(&kern->maps, VG_MAP_VIPS, addr, &vip) < 0 && vg_maps_get(&kern->maps, VG_MAP_RANGES, &key, &vip) < 0)
		return false;
	*ret_bind = vip.bind;
	*ret_announce = vip.announce;
	return true;
}
