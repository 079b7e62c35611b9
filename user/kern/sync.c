/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries change one at a time while the kernel reads them, so the order is what keeps a protected or allowed address from
 * being a violation for a moment: protections are there first and go last; when adding, the longest prefix comes first, when
 * deleting it goes last.
 */
#include "kern/sync.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"

#define BEAT 256 /* entries between two moves of the dead-man's deadline */

struct wanted {
	const struct vg_snapshot *snapshot;
	const struct vg_assignment **ranges; /* those of more than one address: by length, the longest first, then by address */
	size_t n_ranges;
	const struct vg_protection **protections; /* likewise, all of them */
	size_t n_protections;
};

typedef bool (*takes_fn)(const void *wanted, const void *key);

static void free_wanted(struct wanted *wanted)
{
	free(wanted->ranges);
	free(wanted->protections);
}

static int compare_prefixes(const struct vg_prefix *a, const struct vg_prefix *b)
{
	if (a->len != b->len)
		return a->len > b->len ? -1 : 1;
	return vg_addr_cmp(&a->addr, &b->addr);
}

static int compare_assignments(const void *a, const void *b)
{
	const struct vg_assignment *const *x = a;
	const struct vg_assignment *const *y = b;

	return compare_prefixes(&(*x)->prefix, &(*y)->prefix);
}

static int compare_protections(const void *a, const void *b)
{
	const struct vg_protection *const *x = a;
	const struct vg_protection *const *y = b;

	return compare_prefixes(&(*x)->prefix, &(*y)->prefix);
}

static size_t count_protections(const struct vg_snapshot *snapshot)
{
	size_t n = 0;

	while (vg_snapshot_protection(snapshot, n))
		n++;
	return n;
}

static size_t count_ranges(const struct vg_snapshot *snapshot)
{
	const struct vg_assignment *assignment;
	size_t n = 0;

	for (size_t i = 0; (assignment = vg_snapshot_assignment(snapshot, i)); i++)
		n += !vg_prefix_is_host(&assignment->prefix);
	return n;
}

static int gather(const struct vg_snapshot *snapshot, struct wanted *wanted)
{
	size_t n_ranges = count_ranges(snapshot);
	const struct vg_assignment *assignment;

	wanted->snapshot = snapshot;
	wanted->n_protections = count_protections(snapshot);
	wanted->ranges = calloc(n_ranges + 1, sizeof(const void *));
	wanted->protections = calloc(wanted->n_protections + 1, sizeof(const void *));
	if (!wanted->ranges || !wanted->protections)
		return -ENOMEM;
	for (size_t i = 0; (assignment = vg_snapshot_assignment(snapshot, i)); i++)
		if (!vg_prefix_is_host(&assignment->prefix))
			wanted->ranges[wanted->n_ranges++] = assignment;
	for (size_t i = 0; i < wanted->n_protections; i++)
		wanted->protections[i] = vg_snapshot_protection(snapshot, i);
	qsort(wanted->ranges, wanted->n_ranges, sizeof(const void *), compare_assignments);
	qsort(wanted->protections, wanted->n_protections, sizeof(const void *), compare_protections);
	return 0;
}

static struct vg_lpm_key lpm_key(const struct vg_prefix *prefix)
{
	return (struct vg_lpm_key){ .prefixlen = prefix->len, .addr = prefix->addr };
}

static struct vg_prefix lpm_prefix(const struct vg_lpm_key *key)
{
	return (struct vg_prefix){ .addr = key->addr, .len = (uint8_t)key->prefixlen };
}

/* ---- what of a map is not wanted: keys of it, as takes_fn */

static bool is_surplus_vip(const void *wanted, const void *key)
{
	const struct vg_prefix prefix = { .addr = *(const struct vg_addr *)key, .len = 128 };

	return !vg_snapshot_at(((const struct wanted *)wanted)->snapshot, &prefix);
}

static bool is_surplus_range(const void *wanted, const void *key)
{
	const struct vg_prefix prefix = lpm_prefix(key);

	return !vg_snapshot_at(((const struct wanted *)wanted)->snapshot, &prefix);
}

static bool is_surplus_protection(const void *ctx, const void *key)
{
	const struct wanted *wanted = ctx;
	const struct vg_protection like = { .prefix = lpm_prefix(key) };
	const struct vg_protection *one = &like;

	return !bsearch(&one, wanted->protections, wanted->n_protections, sizeof(const void *), compare_protections);
}

static bool is_any(const void *wanted, const void *key)
{
	(void)wanted;
	(void)key;
	return true;
}

/* ---- setting */

static int too_big(int r)
{
	/* a full hash map says E2BIG, a full LPM trie ENOSPC */
	return r == -ENOSPC ? -E2BIG : r;
}

static int set_protections(const struct vg_maps *maps, const struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->n_protections; i++) {
		const struct vg_protection *protection = wanted->protections[i];
		struct vg_protected value, there;
		struct vg_lpm_key key = lpm_key(&protection->prefix);
		int r;

		memset(&value, 0, sizeof(value));
		vg_prefix_to_str(&protection->prefix, value.address);
		value.reason = protection->reason;
		/* the longest match may be another, wider prefix: then the texts differ */
		if (vg_maps_get(maps, VG_MAP_PROTECT, &key, &there) == 0 && memcmp(&there, &value, sizeof(value)) == 0)
			continue;
		r = vg_maps_set(maps, VG_MAP_PROTECT, &key, &value);
		if (r < 0)
			return vg_log_errno(too_big(r), "nothing is denied or dropped: vg_protect takes %zu of %zu entries", i,
					    wanted->n_protections);
	}
	return 0;
}

static bool judged_alike(const struct vg_judgement *a, const struct vg_judgement *b)
{
	return a->verdict == b->verdict && a->reason == b->reason;
}

/* Hits that the kernel adds between the reading and the writing of a changed entry are lost; unchanged ones are not written. */
static int set_vip(const struct vg_maps *maps, const struct vg_assignment *assignment, const struct vg_answer *answer)
{
	bool host = vg_prefix_is_host(&assignment->prefix);
	struct vg_lpm_key lpm = lpm_key(&assignment->prefix);
	const void *key = host ? (const void *)&lpm.addr : (const void *)&lpm;
	enum vg_map map = host ? VG_MAP_VIPS : VG_MAP_RANGES;
	struct vg_vip value, there;

	memset(&value, 0, sizeof(value));
	vg_prefix_to_str(&assignment->prefix, value.address);
	value.bind = answer->bind;
	value.announce = answer->announce;
	if (vg_maps_get(maps, map, key, &there) == 0 && strncmp(there.address, value.address, sizeof(value.address)) == 0) {
		if (judged_alike(&there.bind, &value.bind) && judged_alike(&there.announce, &value.announce))
			return 0;
		value.bind_hits = there.bind_hits;
		value.announce_hits = there.announce_hits;
	}
	return vg_maps_set(maps, map, key, &value);
}

struct setting {
	const struct vg_maps *maps;
	const struct vg_circumstances *circumstances;
	struct vg_deadman *deadman;
	size_t n;
	size_t left_out;
	int first; /* error */
};

static void set_one(struct setting *setting, const struct vg_assignment *assignment)
{
	struct vg_answer answer = vg_judge_assignment(assignment, setting->circumstances);
	int r = set_vip(setting->maps, assignment, &answer);

	if (setting->n++ % BEAT == 0)
		vg_deadman_move(setting->deadman);
	if (r == 0)
		return;
	setting->left_out++;
	setting->first = setting->first ? setting->first : too_big(r);
}

/* Single addresses are the longest prefixes: they come first, in any order. */
static int set_vips(const struct vg_maps *maps, const struct wanted *wanted, const struct vg_circumstances *circumstances, struct vg_deadman *deadman)
{
	struct setting setting = { .maps = maps, .circumstances = circumstances, .deadman = deadman };
	const struct vg_assignment *assignment;

	for (size_t i = 0; (assignment = vg_snapshot_assignment(wanted->snapshot, i)); i++)
		if (vg_prefix_is_host(&assignment->prefix))
			set_one(&setting, assignment);
	for (size_t i = 0; i < wanted->n_ranges; i++)
		set_one(&setting, wanted->ranges[i]);
	if (setting.left_out > 0)
		vg_log_errno(setting.first, "%zu of %zu assignments are not in the kernel", setting.left_out, setting.n);
	return setting.first;
}

/* ---- deleting */

static int compare_lpm_keys(const void *a, const void *b)
{
	const struct vg_prefix x = lpm_prefix(a), y = lpm_prefix(b);

	return compare_prefixes(&x, &y);
}

/* From the shortest to the longest prefix. */
static int delete_ranges(const struct vg_maps *maps, enum vg_map map, takes_fn takes, const struct wanted *wanted)
{
	_cleanup_free_ struct vg_lpm_key *keys = NULL;
	size_t n;
	int r;

	r = vg_maps_list_some_keys(maps, map, takes, wanted, (void **)&keys, &n);
	if (r < 0 || n == 0)
		return r;
	qsort(keys, n, sizeof(*keys), compare_lpm_keys);
	while (n > 0) {
		r = vg_maps_delete(maps, map, &keys[--n]);
		if (r < 0 && r != -ENOENT)
			return r;
	}
	return 0;
}

static int delete_vips(const struct vg_maps *maps, const struct wanted *wanted, struct vg_deadman *deadman)
{
	_cleanup_free_ struct vg_addr *keys = NULL;
	size_t n;
	int r;

	r = vg_maps_list_some_keys(maps, VG_MAP_VIPS, is_surplus_vip, wanted, (void **)&keys, &n);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (i % BEAT == 0)
			vg_deadman_move(deadman);
		r = vg_maps_delete(maps, VG_MAP_VIPS, &keys[i]);
		if (r == -ENOENT)
			r = 0;
	}
	return r;
}

/* With a protection missing or a picture that is out of date the kernel must act on nothing. */
static void disarm(const struct vg_maps *maps)
{
	(void)delete_ranges(maps, VG_MAP_RANGES, is_any, NULL);
	vg_maps_clear(maps, VG_MAP_VIPS);
}

int vg_sync_maps(const struct vg_maps *maps, const struct vg_snapshot *snapshot, const struct vg_circumstances *circumstances,
		 struct vg_deadman *deadman)
{
	VG_CLEANUP(free_wanted) struct wanted wanted = { 0 };
	int r, full;

	if (!vg_maps_ready(maps))
		return 0;
	vg_deadman_move(deadman);
	r = gather(snapshot, &wanted);
	if (r < 0)
		return r;
	r = set_protections(maps, &wanted);
	if (r < 0) {
		disarm(maps);
		return r;
	}
	vg_deadman_move(deadman);
	/* stale entries go even when new ones do not fit */
	full = set_vips(maps, &wanted, circumstances, deadman);
	r = delete_ranges(maps, VG_MAP_RANGES, is_surplus_range, &wanted);
	if (r == 0)
		r = delete_vips(maps, &wanted, deadman);
	if (r == 0)
		r = delete_ranges(maps, VG_MAP_PROTECT, is_surplus_protection, &wanted);
	if (r < 0)
		disarm(maps);
	return r < 0 ? r : full;
}

int vg_sync_protections(const struct vg_maps *maps, const struct vg_snapshot *snapshot)
{
	VG_CLEANUP(free_wanted) struct wanted wanted = { 0 };
	int r;

	if (!vg_maps_ready(maps))
		return 0;
	r = gather(snapshot, &wanted);
	if (r == 0)
		r = set_protections(maps, &wanted);
	if (r < 0)
		disarm(maps);
	return r;
}

static int compare_changed(const void *a, const void *b)
{
	return compare_prefixes(a, b);
}

static int unset_vip(const struct vg_maps *maps, const struct vg_prefix *prefix)
{
	struct vg_lpm_key lpm = lpm_key(prefix);
	int r;

	if (vg_prefix_is_host(prefix))
		r = vg_maps_delete(maps, VG_MAP_VIPS, &lpm.addr);
	else
		r = vg_maps_delete(maps, VG_MAP_RANGES, &lpm);
	return r == -ENOENT ? 0 : r;
}

int vg_sync_entries(const struct vg_maps *maps, const struct vg_snapshot *snapshot, struct vg_prefix *changed, size_t n,
		    const struct vg_circumstances *circumstances)
{
	int r, first = 0;

	if (!vg_maps_ready(maps))
		return 0;
	qsort(changed, n, sizeof(*changed), compare_changed);
	for (size_t i = 0; i < n; i++) {
		const struct vg_assignment *assignment = vg_snapshot_at(snapshot, &changed[i]);
		struct vg_answer answer;

		if (!assignment)
			continue;
		answer = vg_judge_assignment(assignment, circumstances);
		r = too_big(set_vip(maps, assignment, &answer));
		first = first ? first : r;
	}
	while (n-- > 0) {
		r = vg_snapshot_at(snapshot, &changed[n]) ? 0 : unset_vip(maps, &changed[n]);
		first = first ? first : r;
	}
	return first;
}

int vg_sync_for_each_protection(const struct vg_maps *maps, int (*fn)(void *ctx, const struct vg_prefix *prefix, enum vg_reason reason), void *ctx)
{
	_cleanup_free_ struct vg_lpm_key *keys = NULL;
	size_t n = 0;
	int r = vg_maps_list_keys(maps, VG_MAP_PROTECT, (void **)&keys, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct vg_prefix prefix = lpm_prefix(&keys[i]);
		struct vg_protected value;

		if (vg_maps_get(maps, VG_MAP_PROTECT, &keys[i], &value) == 0)
			r = fn(ctx, &prefix, value.reason);
	}
	return r;
}
