/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/notes.h"

#include <string.h>

#include "base/log.h"
#include "core/dummies.h"
#include "kern/bound.h"

void vg_note_link(const struct vg_maps *maps, const struct vg_link *link)
{
	struct vg_link_value value;
	int r;

	memset(&value, 0, sizeof(value));
	memcpy(value.name, link->rt.name, sizeof(value.name));
	value.deniable = !link->dummy;
	value.guarded = link->guarded;
	value.outer_port = link->outer_port;
	value.below_port = link->below_port;
	r = vg_maps_set(maps, VG_MAP_LINKS, &link->rt.ifindex, &value);
	if (r < 0)
		vg_log_errno(r, "cannot write %s to vg_links", link->rt.name);
}

void vg_note_no_other_links(const struct vg_maps *maps, const struct vg_links *links)
{
	_cleanup_free_ uint32_t *keys = NULL;
	size_t n = 0;
	int r = vg_maps_list_keys(maps, VG_MAP_LINKS, (void **)&keys, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (!vg_links_find(links, keys[i]))
			r = vg_maps_delete(maps, VG_MAP_LINKS, &keys[i]);
	}
	if (r < 0)
		vg_log_errno(r, "cannot take links that are gone out of vg_links");
}

static struct vg_name_key name_key(const char *name, bool begins)
{
	size_t len = strlen(name);
	struct vg_name_key key;

	memset(&key, 0, sizeof(key));
	memcpy(key.name, name, len);
	key.prefixlen = (__u32)(8 * (begins ? len : len + 1));
	return key;
}

static bool is_dummy_key(const struct vg_dummies *dummies, const struct vg_name_key *key)
{
	struct vg_name_key known;
	const char *name;
	bool begins;

	for (size_t i = 0; (name = vg_dummies_known(i, &begins)); i++) {
		known = name_key(name, begins);
		if (memcmp(&known, key, sizeof(known)) == 0)
			return true;
	}
	for (size_t i = 0; i < dummies->n; i++) {
		known = name_key(dummies->names[i], false);
		if (memcmp(&known, key, sizeof(known)) == 0)
			return true;
	}
	return false;
}

static int put_dummy(const struct vg_maps *maps, const char *name, bool begins)
{
	const struct vg_name_key key = name_key(name, begins);
	const __u32 one = 1;

	return vg_maps_set(maps, VG_MAP_DUMMIES, &key, &one);
}

/* The kernel gives a key of a trie back with what was put in: it can be compared. */
static int forget_other_dummies(const struct vg_maps *maps, const struct vg_dummies *dummies)
{
	_cleanup_free_ struct vg_name_key *keys = NULL;
	size_t n;
	int r;

	r = vg_maps_list_keys(maps, VG_MAP_DUMMIES, (void **)&keys, &n);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (!is_dummy_key(dummies, &keys[i]))
			r = vg_maps_delete(maps, VG_MAP_DUMMIES, &keys[i]);
	}
	return r;
}

int vg_note_dummies(const struct vg_maps *maps, const struct vg_dummies *dummies)
{
	const char *name;
	bool begins;
	int r = 0;

	for (size_t i = 0; r == 0 && (name = vg_dummies_known(i, &begins)); i++)
		r = put_dummy(maps, name, begins);
	for (size_t i = 0; r == 0 && i < dummies->n; i++)
		r = put_dummy(maps, dummies->names[i], false);
	return r < 0 ? r : forget_other_dummies(maps, dummies);
}

static bool is_whole_name(const struct vg_name_key *key)
{
	return memchr(key->name, '\0', sizeof(key->name)) && key->prefixlen == 8 * (strlen(key->name) + 1);
}

int vg_note_kept_dummies(const struct vg_maps *maps, struct vg_dummies *ret_dummies)
{
	const struct vg_dummies none = { .n = 0 };
	_cleanup_free_ struct vg_name_key *keys = NULL;
	size_t n = 0;
	int r = vg_maps_list_keys(maps, VG_MAP_DUMMIES, (void **)&keys, &n);

	*ret_dummies = none;
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (is_whole_name(&keys[i]) && !is_dummy_key(&none, &keys[i]))
			vg_dummies_add(ret_dummies, keys[i].name);
	}
	return r;
}

int vg_note_bind(const struct vg_maps *maps, const struct vg_fact *fact, const struct vg_judgement *judgement)
{
	const struct vg_bind_key key = vg_bind_key_of(fact);
	struct vg_bind_value value;
	char text[VG_TEXT_MAX];

	memset(&value, 0, sizeof(value));
	vg_addr_to_str(&fact->addr, text);
	snprintf(value.address, sizeof(value.address), "%.45s/%u", text, fact->prefix);
	memcpy(value.interface, fact->ifname, sizeof(value.interface));
	value.how = fact->how;
	value.judgement = *judgement;
	value.ifa_flags = fact->ifa_flags;
	value.since_ns = fact->time_ns;
	value.who = fact->who;
	return vg_maps_set(maps, VG_MAP_BINDS, &key, &value);
}
