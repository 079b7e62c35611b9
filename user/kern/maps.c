/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps are made by libbpf from an object's own description, so that they carry BTF. A pinned set is used whole or not at all:
 * a mixture of two guards' maps would be neither's.
 */
#include "kern/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kern/pins.h"

struct map_text {
	const char *name;
	size_t key_size; /* of our side */
	size_t value_size; /* 0: a ring buffer */
	bool whole; /* a trie whose keys all have their whole length, which is put before them here */
};

static const struct map_text map_texts[] = {
	[VG_MAP_CONFIG] = { "vg_config", sizeof(__u32), sizeof(struct vg_config), false },
	[VG_MAP_VIPS] = { "vg_vips", sizeof(struct vg_addr), sizeof(struct vg_vip), true },
	[VG_MAP_RANGES] = { "vg_ranges", sizeof(struct vg_lpm_key), sizeof(struct vg_vip), false },
	[VG_MAP_PROTECT] = { "vg_protect", sizeof(struct vg_lpm_key), sizeof(struct vg_protected), false },
	[VG_MAP_HELD] = { "vg_held", sizeof(struct vg_addr), sizeof(struct vg_hold), true },
	[VG_MAP_HEAL] = { "vg_heal", sizeof(struct vg_addr), sizeof(struct vg_heal_value), true },
	[VG_MAP_BINDS] = { "vg_binds", sizeof(struct vg_bind_key), sizeof(struct vg_bind_value), true },
	[VG_MAP_STATS] = { "vg_stats", sizeof(__u32), sizeof(struct vg_stats), false },
	[VG_MAP_LINKS] = { "vg_links", sizeof(__u32), sizeof(struct vg_link_value), false },
	[VG_MAP_DUMMIES] = { "vg_dummies", sizeof(struct vg_name_key), sizeof(__u32), false },
	[VG_MAP_CALLS] = { "vg_calls", sizeof(__u64), sizeof(struct vg_call), false },
	[VG_MAP_SEEN] = { "vg_seen", sizeof(struct vg_seen_key), sizeof(struct vg_seen_value), false },
	[VG_MAP_EVENTS] = { "vg_events", 0, 0, false },
};

_Static_assert(ARRAY_SIZE(map_texts) == VG_MAP_MAX, "one line for each map");

/* A key as the kernel knows it. */
struct kernel_key {
	__u32 prefixlen; /* of a whole one */
	unsigned char bytes[sizeof(struct vg_seen_key)]; /* the longest */
};

static const void *to_kernel(enum vg_map map, const void *key, struct kernel_key *room)
{
	if (!map_texts[map].whole)
		return key;
	room->prefixlen = (__u32)(8 * map_texts[map].key_size);
	memcpy(room->bytes, key, map_texts[map].key_size);
	return room;
}

static size_t kernel_key_size(enum vg_map map)
{
	return map_texts[map].key_size + (map_texts[map].whole ? sizeof(__u32) : 0);
}

int vg_maps_init(struct vg_maps *maps)
{
	struct vg_config *config = calloc(1, sizeof(*config));
	struct vg_stats *stats = calloc(1, sizeof(*stats));

	if (!config || !stats) {
		free(config);
		free(stats);
		return -ENOMEM;
	}
	*maps = (struct vg_maps){ .config = config, .stats = stats };
	for (size_t i = 0; i < VG_MAP_MAX; i++)
		maps->fds[i] = -1;
	return 0;
}

static size_t mapped_size(size_t value_size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (value_size + page - 1) / page * page;
}

void vg_maps_deinit(struct vg_maps *maps)
{
	if (maps->mapped) {
		munmap(maps->config, mapped_size(sizeof(*maps->config)));
		munmap(maps->stats, mapped_size(sizeof(*maps->stats)));
	} else {
		free(maps->config);
		free(maps->stats);
	}
	maps->mapped = false;
	maps->config = NULL;
	maps->stats = NULL;
	for (size_t i = 0; i < VG_MAP_MAX; i++) {
		vg_closep(&maps->fds[i]);
		maps->fds[i] = -1;
	}
	vg_pins_free(maps->pins);
	maps->pins = NULL;
}

bool vg_maps_ready(const struct vg_maps *maps)
{
	return maps->mapped;
}

/* The ABI header and the BPF object may have been built from different trees. */
static int check_sizes(const struct bpf_map *map, enum vg_map which)
{
	if (map_texts[which].value_size == 0)
		return 0;
	return bpf_map__key_size(map) == kernel_key_size(which) && bpf_map__value_size(map) == map_texts[which].value_size ? 0 : -EPROTO;
}

int vg_maps_take(struct vg_maps *maps, struct bpf_object *object)
{
	for (size_t i = 0; i < VG_MAP_MAX; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, map_texts[i].name);
		int r;

		if (!map || maps->fds[i] >= 0)
			continue;
		r = check_sizes(map, (enum vg_map)i);
		if (r < 0)
			return r;
		maps->fds[i] = fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 3);
		if (maps->fds[i] < 0)
			return -errno;
	}
	return 0;
}

int vg_maps_lend(const struct vg_maps *maps, struct bpf_object *object)
{
	for (size_t i = 0; i < VG_MAP_MAX; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, map_texts[i].name);
		int r;

		if (!map)
			continue;
		/* pinning is done here, whatever the object's own attribute says */
		r = bpf_map__set_pin_path(map, NULL);
		if (r < 0)
			return r;
		if (maps->fds[i] < 0)
			continue;
		r = bpf_map__reuse_fd(map, maps->fds[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_same_kind(int a, int b)
{
	struct bpf_map_info x = { 0 }, y = { 0 };
	__u32 x_len = sizeof(x), y_len = sizeof(y);

	return bpf_obj_get_info_by_fd(a, &x, &x_len) == 0 && bpf_obj_get_info_by_fd(b, &y, &y_len) == 0 && x.type == y.type &&
	       x.key_size == y.key_size && x.value_size == y.value_size && x.max_entries == y.max_entries && x.map_flags == y.map_flags;
}

/* What a guard of another network namespace left there speaks of other links and other addresses. */
static bool is_of_our_kind(int config_fd, uint32_t netns)
{
	const __u32 key = 0;
	struct vg_config config;

	return bpf_map_lookup_elem(config_fd, &key, &config) == 0 && config.abi_version == VG_ABI_VERSION && config.netns == netns;
}

static void close_all(int fds[VG_MAP_MAX])
{
	for (size_t i = 0; i < VG_MAP_MAX; i++)
		vg_closep(&fds[i]);
}

/* True: ret_fds holds the whole pinned set, and it is of our kind. */
static bool open_pinned(const struct vg_maps *maps, uint32_t netns, int ret_fds[VG_MAP_MAX])
{
	bool ours = true;

	for (size_t i = 0; i < VG_MAP_MAX; i++)
		ret_fds[i] = -1;
	for (size_t i = 0; i < VG_MAP_MAX && ours; i++)
		ours = vg_pins_get(maps->pins, map_texts[i].name, &ret_fds[i]) == 0 && is_same_kind(ret_fds[i], maps->fds[i]);
	if (ours && is_of_our_kind(ret_fds[VG_MAP_CONFIG], netns))
		return true;
	close_all(ret_fds);
	return false;
}

static void adopt(struct vg_maps *maps, const int fds[VG_MAP_MAX])
{
	for (size_t i = 0; i < VG_MAP_MAX; i++) {
		vg_closep(&maps->fds[i]);
		maps->fds[i] = fds[i];
		vg_pins_adopt(maps->pins, map_texts[i].name, fds[i]);
	}
	maps->adopted = true;
}

/* Programs of an earlier guard go on with the old ones until ours are attached. */
static int replace_pins(struct vg_maps *maps, const char *dir, struct vg_error *ret_error)
{
	for (size_t i = 0; i < VG_MAP_MAX; i++) {
		int r = vg_pins_put(maps->pins, map_texts[i].name, maps->fds[i]);

		if (r < 0)
			return vg_error_set(ret_error, r, "cannot pin %s/%s: %s", dir, map_texts[i].name, strerror(-r));
	}
	return 0;
}

static void *map_value(int fd, size_t value_size)
{
	void *p = mmap(NULL, mapped_size(value_size), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static int map_values(struct vg_maps *maps, struct vg_error *ret_error)
{
	struct vg_config *config = map_value(maps->fds[VG_MAP_CONFIG], sizeof(*config));
	struct vg_stats *stats = config ? map_value(maps->fds[VG_MAP_STATS], sizeof(*stats)) : NULL;

	if (!stats) {
		int r = -errno;

		if (config)
			munmap(config, mapped_size(sizeof(*config)));
		return vg_error_set(ret_error, r, "cannot map vg_config and vg_stats: %s", strerror(-r));
	}
	free(maps->config);
	free(maps->stats);
	maps->config = config;
	maps->stats = stats;
	maps->mapped = true;
	return 0;
}

int vg_maps_pin(struct vg_maps *maps, const char *dir, uint32_t netns, struct vg_error *ret_error)
{
	int fds[VG_MAP_MAX];
	int r;

	for (size_t i = 0; i < VG_MAP_MAX; i++) {
		if (maps->fds[i] < 0)
			return vg_error_set(ret_error, -ENOENT, "no BPF object describes %s", map_texts[i].name);
	}
	r = vg_pins_new(dir, ret_error, &maps->pins);
	if (r < 0)
		return r;
	if (open_pinned(maps, netns, fds)) {
		adopt(maps, fds);
		return 0;
	}
	r = replace_pins(maps, dir, ret_error);
	if (r < 0) {
		vg_pins_free(maps->pins);
		maps->pins = NULL;
	}
	return r;
}

int vg_maps_open(struct vg_maps *maps, struct vg_error *ret_error)
{
	int r = map_values(maps, ret_error);

	if (r < 0)
		return r;
	maps->config->abi_version = VG_ABI_VERSION;
	return 0;
}

int vg_maps_get(const struct vg_maps *maps, enum vg_map map, const void *key, void *ret_value)
{
	struct kernel_key room;

	if (!maps->mapped)
		return -ENOENT;
	return bpf_map_lookup_elem(maps->fds[map], to_kernel(map, key, &room), ret_value) < 0 ? -errno : 0;
}

/*
 * Before 6.13 a full trie takes not even another value for an entry that it has. That entry is then out of it for a moment: what is a VIP passes
 * meanwhile; a protection stays as it is.
 */
static int set_in_full_trie(const struct vg_maps *maps, enum vg_map map, const void *key, const void *value)
{
	if (map == VG_MAP_PROTECT || bpf_map_delete_elem(maps->fds[map], key) < 0)
		return -ENOSPC;
	return bpf_map_update_elem(maps->fds[map], key, value, BPF_ANY) < 0 ? -errno : 0;
}

int vg_maps_set(const struct vg_maps *maps, enum vg_map map, const void *key, const void *value)
{
	struct kernel_key room;

	if (!maps->mapped)
		return 0;
	key = to_kernel(map, key, &room);
	if (bpf_map_update_elem(maps->fds[map], key, value, BPF_ANY) == 0)
		return 0;
	return errno == ENOSPC ? set_in_full_trie(maps, map, key, value) : -errno;
}

int vg_maps_delete(const struct vg_maps *maps, enum vg_map map, const void *key)
{
	struct kernel_key room;

	if (!maps->mapped)
		return -ENOENT;
	return bpf_map_delete_elem(maps->fds[map], to_kernel(map, key, &room)) < 0 ? -errno : 0;
}

int vg_maps_take_out(const struct vg_maps *maps, enum vg_map map, const void *key, void *ret_value)
{
	struct kernel_key room;
	int r;

	if (!maps->mapped)
		return -ENOENT;
	if (bpf_map_lookup_and_delete_elem(maps->fds[map], to_kernel(map, key, &room), ret_value) == 0)
		return 0;
	if (errno == ENOENT)
		return -ENOENT;
	r = vg_maps_get(maps, map, key, ret_value);
	return r < 0 ? r : vg_maps_delete(maps, map, key);
}

static int add_key(const void *key, size_t size, unsigned char **keys, size_t n, size_t *allocated)
{
	if (n == *allocated) {
		size_t wanted = n ? 2 * n : 64;
		unsigned char *bigger = reallocarray(*keys, wanted, size);

		if (!bigger)
			return -ENOMEM;
		*keys = bigger;
		*allocated = wanted;
	}
	memcpy(*keys + n * size, key, size);
	return 0;
}

/* A key that is deleted while it is the place of the walk sends the kernel back to the start: the limit ends that. */
int vg_maps_list_some_keys(const struct vg_maps *maps, enum vg_map map, bool (*takes)(const void *ctx, const void *key), const void *ctx,
			   void **ret_keys, size_t *ret_n)
{
	_cleanup_free_ unsigned char *keys = NULL;
	size_t size = map_texts[map].key_size, n = 0, allocated = 0;
	struct kernel_key place;
	/* without the length that the kernel has before it */
	const void *key = map_texts[map].whole ? place.bytes : (void *)&place;

	for (size_t walked = 0; maps->mapped && walked < 2 * VG_MAX_VIPS; walked++) {
		int r;

		if (bpf_map_get_next_key(maps->fds[map], walked ? &place : NULL, &place) < 0) {
			/* a trie takes memory for its walk; half a list must not pass for a whole one */
			if (errno != ENOENT)
				return -errno;
			break;
		}
		if (!takes(ctx, key))
			continue;
		r = add_key(key, size, &keys, n, &allocated);
		if (r < 0)
			return r;
		n++;
	}
	*ret_keys = TAKE_PTR(keys);
	*ret_n = n;
	return 0;
}

static bool takes_all(const void *ctx, const void *key)
{
	(void)ctx;
	(void)key;
	return true;
}

int vg_maps_list_keys(const struct vg_maps *maps, enum vg_map map, void **ret_keys, size_t *ret_n)
{
	return vg_maps_list_some_keys(maps, map, takes_all, NULL, ret_keys, ret_n);
}

void vg_maps_clear(const struct vg_maps *maps, enum vg_map map)
{
	_cleanup_free_ unsigned char *keys = NULL;
	size_t n;

	if (vg_maps_list_keys(maps, map, (void **)&keys, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		(void)vg_maps_delete(maps, map, keys + i * map_texts[map].key_size);
}
