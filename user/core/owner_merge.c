/* SPDX-License-Identifier: Apache-2.0 */
/* In doubt the harmless answer wins: of two reasons the one that allows or does not know stands before the one that forbids. */
#include <string.h>

#include "core/owner.h"

struct vg_opinion vg_opinion_unproven(const struct vg_service *service)
{
	return (struct vg_opinion){ .bind = VG_OWNER_UNPROVEN, .announce = VG_OWNER_UNPROVEN, .service = service };
}

struct vg_opinion vg_opinion_claimed(const struct vg_service *service, const char *owner)
{
	return (struct vg_opinion){
		.stance = VG_STANCE_CLAIMED, .bind = VG_HOLDER_UNKNOWN, .announce = VG_HOLDER_UNKNOWN, .owner = owner, .service = service
	};
}

struct vg_opinion vg_opinion_unseen(const struct vg_service *service, const char *owner)
{
	struct vg_opinion opinion = vg_opinion_unproven(service);

	opinion.stance = VG_STANCE_CLAIMED;
	opinion.owner = owner;
	return opinion;
}

struct vg_opinion vg_opinion_conflict(const struct vg_service *service)
{
	return (struct vg_opinion){ .stance = VG_STANCE_PROVEN, .bind = VG_OWNER_CONFLICT, .announce = VG_OWNER_CONFLICT, .service = service };
}

static bool same_owner(const struct vg_opinion *a, const struct vg_opinion *b)
{
	return a->owner && b->owner && !strcmp(a->owner, b->owner);
}

/* How much a reason forbids; between two, the lower one stands. */
static int severity(enum vg_reason reason)
{
	switch (reason) {
	case VG_OWNER_CONFLICT: return 0;
	case VG_OWNER_EVERYWHERE: return 1;
	case VG_HOLDER_UNKNOWN: return 2;
	case VG_ASSIGNED_ELSEWHERE: return 3; /* the holders may */
	default: return 4; /* VG_OWNER_NEVER_BINDS, VG_NOT_ANNOUNCED */
	}
}

static enum vg_reason milder(enum vg_reason a, enum vg_reason b)
{
	return severity(b) < severity(a) ? b : a;
}

static struct vg_opinion join(const struct vg_opinion *a, const struct vg_opinion *b)
{
	struct vg_opinion both = *a;

	both.bind = milder(a->bind, b->bind);
	both.announce = milder(a->announce, b->announce);
	if (!both.source)
		both.source = b->source;
	return both;
}

struct vg_opinion vg_opinion_merge(const struct vg_opinion *a, const struct vg_opinion *b)
{
	const struct vg_opinion *high = a->stance >= b->stance ? a : b, *low = high == a ? b : a;

	if (low->stance >= VG_STANCE_CLAIMED && !same_owner(high, low))
		return vg_opinion_conflict(high->service);
	if (high->stance == VG_STANCE_PROVEN && low->stance == VG_STANCE_PROVEN)
		return join(high, low);
	return *high;
}

/* The owner may be the same, but whether it holds this Service, too, is open. */
static bool is_unseen(const struct vg_opinion *opinion)
{
	return opinion->stance == VG_STANCE_CLAIMED && opinion->bind == VG_OWNER_UNPROVEN;
}

/* Who allocates for one of them and leaves the announcing to somebody else, leaves it to somebody whom we do not know. */
struct vg_opinion vg_opinion_unite(const struct vg_opinion *a, const struct vg_opinion *b)
{
	const struct vg_opinion *high = a->stance >= b->stance ? a : b, *low = high == a ? b : a;

	if (low->stance == VG_STANCE_IPAM && high->stance != VG_STANCE_IPAM)
		return high->bind == VG_OWNER_CONFLICT ? *high : *low;
	if (is_unseen(low) && same_owner(high, low))
		return *low;
	return vg_opinion_merge(a, b);
}
