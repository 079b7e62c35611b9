/* SPDX-License-Identifier: Apache-2.0 */
/* What vg_sync_*() does to the kernel's maps, and in which order: the maps are this file's. */
#include "unit.h"

#include <errno.h>

#include "kern/sync.h"

#define ENTRIES_MAX 32
#define STEPS_MAX 64

struct entry {
	struct vg_lpm_key key; /* of vg_vips: prefixlen 128 */
	union {
		struct vg_vip vip;
		struct vg_protected protected;
	} value;
};

static struct {
	struct entry entries[ENTRIES_MAX];
	size_t n, room;
} maps[VG_MAP_MAX];

static char steps[STEPS_MAX][VG_TEXT_MAX + 16]; /* "set vips 192.0.2.1" */
static size_t n_steps;
static const struct vg_maps handle;
static const struct vg_circumstances circumstances = { .now_ns = 1 };

/* ---- the maps */

static struct vg_lpm_key key_of(enum vg_map map, const void *key)
{
	struct vg_lpm_key lpm = { .prefixlen = 128 };

	if (map != VG_MAP_VIPS)
		return *(const struct vg_lpm_key *)key;
	memcpy(&lpm.addr, key, sizeof(lpm.addr));
	return lpm;
}

static void note(const char *what, enum vg_map map, const struct vg_lpm_key *key)
{
	const struct vg_prefix prefix = { .addr = key->addr, .len = (uint8_t)key->prefixlen };
	char text[VG_TEXT_MAX];

	assert_true(n_steps < STEPS_MAX);
	vg_prefix_to_str(&prefix, text);
	snprintf(steps[n_steps++], sizeof(steps[0]), "%s %s %s", what,
		 map == VG_MAP_VIPS	? "vips"
		 : map == VG_MAP_RANGES ? "ranges"
					: "protect",
		 text);
}

static struct entry *find(enum vg_map map, const struct vg_lpm_key *key)
{
	for (size_t i = 0; i < maps[map].n; i++) {
		if (!memcmp(&maps[map].entries[i].key, key, sizeof(*key)))
			return &maps[map].entries[i];
	}
	return NULL;
}

/* A trie gives the longest prefix that contains the key. */
static struct entry *find_longest(enum vg_map map, const struct vg_lpm_key *key)
{
	struct entry *best = NULL;

	for (size_t i = 0; i < maps[map].n; i++) {
		struct entry *entry = &maps[map].entries[i];
		const struct vg_prefix prefix = { .addr = entry->key.addr, .len = (uint8_t)entry->key.prefixlen };

		if (prefix.len <= key->prefixlen && vg_prefix_contains(&prefix, &key->addr) && (!best || best->key.prefixlen < entry->key.prefixlen))
			best = entry;
	}
	return best;
}

static size_t value_size(enum vg_map map)
{
	return map == VG_MAP_PROTECT ? sizeof(struct vg_protected) : sizeof(struct vg_vip);
}

bool vg_maps_ready(const struct vg_maps *unused)
{
	return true;
}

int vg_maps_get(const struct vg_maps *unused, enum vg_map map, const void *key, void *ret_value)
{
	struct vg_lpm_key lpm = key_of(map, key);
	const struct entry *entry = map == VG_MAP_VIPS ? find(map, &lpm) : find_longest(map, &lpm);

	if (!entry)
		return -ENOENT;
	memcpy(ret_value, &entry->value, value_size(map));
	return 0;
}

int vg_maps_set(const struct vg_maps *unused, enum vg_map map, const void *key, const void *value)
{
	struct vg_lpm_key lpm = key_of(map, key);
	struct entry *entry = find(map, &lpm);

	if (!entry && maps[map].n == maps[map].room)
		return map == VG_MAP_VIPS ? -E2BIG : -ENOSPC;
	if (!entry)
		entry = &maps[map].entries[maps[map].n++];
	entry->key = lpm;
	memcpy(&entry->value, value, value_size(map));
	note("set", map, &lpm);
	return 0;
}

int vg_maps_delete(const struct vg_maps *unused, enum vg_map map, const void *key)
{
	struct vg_lpm_key lpm = key_of(map, key);
	struct entry *entry = find(map, &lpm);

	if (!entry)
		return -ENOENT;
	*entry = maps[map].entries[--maps[map].n];
	note("delete", map, &lpm);
	return 0;
}

int vg_maps_list_some_keys(const struct vg_maps *unused, enum vg_map map, bool (*takes)(const void *ctx, const void *key), const void *ctx,
			   void **ret_keys, size_t *ret_n)
{
	size_t size = map == VG_MAP_VIPS ? sizeof(struct vg_addr) : sizeof(struct vg_lpm_key), n = 0;
	unsigned char *keys = calloc(ENTRIES_MAX, size);

	assert_non_null(keys);
	/* in no order that the caller could go by */
	for (size_t i = maps[map].n; i-- > 0;) {
		const struct vg_lpm_key *key = &maps[map].entries[i].key;
		const void *one = map == VG_MAP_VIPS ? (const void *)&key->addr : key;

		if (takes(ctx, one))
			memcpy(keys + n++ * size, one, size);
	}
	*ret_keys = keys;
	*ret_n = n;
	return 0;
}

static bool takes_all(const void *ctx, const void *key)
{
	return true;
}

int vg_maps_list_keys(const struct vg_maps *unused, enum vg_map map, void **ret_keys, size_t *ret_n)
{
	return vg_maps_list_some_keys(unused, map, takes_all, NULL, ret_keys, ret_n);
}

void vg_maps_clear(const struct vg_maps *unused, enum vg_map map)
{
	maps[map].n = 0;
}

/* ---- pictures */

static void begin(void)
{
	memset(maps, 0, sizeof(maps));
	for (size_t i = 0; i < VG_MAP_MAX; i++)
		maps[i].room = ENTRIES_MAX;
	n_steps = 0;
}

static struct vg_snapshot *snapshot_new(void)
{
	struct vg_snapshot *snapshot = NULL;

	assert_int_equal(vg_snapshot_new("cp1", "test", &snapshot), 0);
	return snapshot;
}

static void assign(struct vg_snapshot *snapshot, const char *prefix, const char *node)
{
	const struct vg_assignment one = { .prefix = prefix_of(prefix), .nodes = &node, .n_nodes = 1 };

	assert_int_equal(vg_snapshot_add(snapshot, &one, NULL), 0);
}

static void protect(struct vg_snapshot *snapshot, const char *text)
{
	struct vg_prefix prefix = prefix_of(text);

	assert_int_equal(vg_snapshot_protect(snapshot, &prefix, VG_PROTECT_LIST, VG_ORIGIN_CONFIG), 0);
}

static int sync_maps(const struct vg_snapshot *snapshot)
{
	n_steps = 0;
	return vg_sync_maps(&handle, snapshot, &circumstances, NULL);
}

/* These steps and no others, each after the one before. */
static void assert_steps(const char *const *wanted, size_t n)
{
	assert_int_equal(n_steps, n);
	for (size_t i = 0; i < n; i++)
		assert_case(wanted[i], !strcmp(steps[i], wanted[i]));
}

#define ASSERT_STEPS(...) assert_steps((const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

/* ---- tests */

/* Nothing is a violation, not for a moment, that a protection or a longer prefix says is none. */
static void the_longest_comes_first(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = snapshot_new();

	begin();
	assign(snapshot, "192.0.2.0/24", "cp1");
	assign(snapshot, "2001:db8::1", "cp1");
	assign(snapshot, "192.0.2.0/28", "worker1");
	assign(snapshot, "192.0.2.7", "worker2");
	protect(snapshot, "198.51.100.0/24");
	protect(snapshot, "192.0.2.11");
	assert_int_equal(sync_maps(snapshot), 0);
	ASSERT_STEPS("set protect 192.0.2.11", "set protect 198.51.100.0/24", "set vips 2001:db8::1", "set vips 192.0.2.7", "set ranges 192.0.2.0/28",
		     "set ranges 192.0.2.0/24");
	/* the same again writes nothing */
	assert_int_equal(sync_maps(snapshot), 0);
	assert_int_equal(n_steps, 0);
}

static void surplus_goes_last(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *before = snapshot_new(), *after = snapshot_new();

	begin();
	assign(before, "192.0.2.0/24", "cp1");
	assign(before, "192.0.2.0/28", "worker1");
	assign(before, "192.0.2.64/26", "worker1");
	assign(before, "192.0.2.7", "worker2");
	assign(before, "192.0.2.8", "worker2");
	protect(before, "192.0.2.11");
	protect(before, "192.0.2.12");
	assert_int_equal(sync_maps(before), 0);
	assign(after, "192.0.2.64/26", "worker1");
	assign(after, "192.0.2.8", "worker2");
	assign(after, "192.0.2.9", "worker2");
	protect(after, "192.0.2.12");
	assert_int_equal(sync_maps(after), 0);
	ASSERT_STEPS("set vips 192.0.2.9", "delete ranges 192.0.2.0/24", "delete ranges 192.0.2.0/28", "delete vips 192.0.2.7",
		     "delete protect 192.0.2.11");
	assert_int_equal(maps[VG_MAP_VIPS].n, 2);
	assert_int_equal(maps[VG_MAP_RANGES].n, 1);
	assert_int_equal(maps[VG_MAP_PROTECT].n, 1);
}

static void hits_are_kept(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *before = snapshot_new(), *after = snapshot_new();

	begin();
	assign(before, "192.0.2.7", "cp1");
	assert_int_equal(sync_maps(before), 0);
	maps[VG_MAP_VIPS].entries[0].value.vip.bind_hits = 3;
	maps[VG_MAP_VIPS].entries[0].value.vip.announce_hits = 4;
	assign(after, "192.0.2.7", "worker1");
	assert_int_equal(sync_maps(after), 0);
	ASSERT_STEPS("set vips 192.0.2.7");
	assert_int_equal(maps[VG_MAP_VIPS].entries[0].value.vip.bind.reason, VG_ASSIGNED_ELSEWHERE);
	assert_int_equal(maps[VG_MAP_VIPS].entries[0].value.vip.bind_hits, 3);
	assert_int_equal(maps[VG_MAP_VIPS].entries[0].value.vip.announce_hits, 4);
}

/* A protection that is missing: then the kernel acts on nothing. */
static void without_a_protection_all_goes(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = snapshot_new();

	begin();
	assign(snapshot, "192.0.2.0/24", "worker1");
	assign(snapshot, "192.0.2.0/28", "worker2");
	assign(snapshot, "192.0.2.7", "worker2");
	assert_int_equal(sync_maps(snapshot), 0);
	protect(snapshot, "192.0.2.11");
	maps[VG_MAP_PROTECT].room = 0;
	assert_int_equal(sync_maps(snapshot), -E2BIG);
	ASSERT_STEPS("delete ranges 192.0.2.0/24", "delete ranges 192.0.2.0/28");
	assert_int_equal(maps[VG_MAP_VIPS].n, 0);
}

/* What does not fit is left out; what is surplus goes all the same. */
static void a_full_map(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *before = snapshot_new(), *after = snapshot_new();

	begin();
	maps[VG_MAP_VIPS].room = 1;
	assign(before, "192.0.2.7", "worker1");
	assert_int_equal(sync_maps(before), 0);
	assign(after, "192.0.2.8", "worker1");
	assign(after, "192.0.2.0/28", "worker1");
	assert_int_equal(sync_maps(after), -E2BIG);
	ASSERT_STEPS("set ranges 192.0.2.0/28", "delete vips 192.0.2.7");
	assert_int_equal(sync_maps(after), 0);
	ASSERT_STEPS("set vips 192.0.2.8");
}

static void entries_alone(void **state)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = snapshot_new();
	struct vg_prefix changed[] = { prefix_of("192.0.2.0/28"), prefix_of("192.0.2.7"), prefix_of("192.0.2.9"), prefix_of("192.0.2.0/24") };

	begin();
	assign(snapshot, "192.0.2.0/28", "worker1");
	assign(snapshot, "192.0.2.7", "worker1");
	assign(snapshot, "192.0.2.8", "worker1");
	assert_int_equal(vg_sync_entries(&handle, snapshot, changed, ARRAY_SIZE(changed), &circumstances), 0);
	ASSERT_STEPS("set vips 192.0.2.7", "set ranges 192.0.2.0/28");
	vg_snapshot_unset(snapshot, &(struct vg_prefix){ addr_of("192.0.2.7"), 128 });
	n_steps = 0;
	assert_int_equal(vg_sync_entries(&handle, snapshot, changed, ARRAY_SIZE(changed), &circumstances), 0);
	ASSERT_STEPS("delete vips 192.0.2.7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_comes_first),	 cmocka_unit_test(surplus_goes_last), cmocka_unit_test(hits_are_kept),
		cmocka_unit_test(without_a_protection_all_goes), cmocka_unit_test(a_full_map),	      cmocka_unit_test(entries_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
