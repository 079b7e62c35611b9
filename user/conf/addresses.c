/* SPDX-License-Identifier: Apache-2.0 */
/* iproute2 leaves out flags that are not set, prints {} for what a filter took away, and a peer as "address". */
#include "conf/addresses.h"

#include <errno.h>
#include <string.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "conf/file.h"

#define FOR_EVER 0xffffffffU /* INFINITY_LIFE_TIME */

/* ip/ipaddress.c, ifa_flag_names[]; "dynamic" is the absence of IFA_F_PERMANENT. */
static const struct {
	const char *name;
	uint32_t flag;
} flags[] = {
	{ "secondary", IFA_F_SECONDARY },	  { "temporary", IFA_F_TEMPORARY }, { "nodad", IFA_F_NODAD },
	{ "optimistic", IFA_F_OPTIMISTIC },	  { "dadfailed", IFA_F_DADFAILED }, { "home", IFA_F_HOMEADDRESS },
	{ "deprecated", IFA_F_DEPRECATED },	  { "tentative", IFA_F_TENTATIVE }, { "mngtmpaddr", IFA_F_MANAGETEMPADDR },
	{ "noprefixroute", IFA_F_NOPREFIXROUTE }, { "autojoin", IFA_F_MCAUTOJOIN }, { "stable-privacy", IFA_F_STABLE_PRIVACY },
};

static const struct {
	const char *name;
	uint8_t scope;
} scopes[] = {
	{ "global", RT_SCOPE_UNIVERSE }, { "site", RT_SCOPE_SITE },	  { "link", RT_SCOPE_LINK },
	{ "host", RT_SCOPE_HOST },	 { "nowhere", RT_SCOPE_NOWHERE },
};

struct list {
	struct vg_listed_addr *addrs;
	size_t n;
	size_t size;
};

static uint32_t read_flags(const json_t *info)
{
	uint32_t set = json_is_true(json_object_get(info, "dynamic")) ? 0 : IFA_F_PERMANENT;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (json_is_true(json_object_get(info, flags[i].name)))
			set |= flags[i].flag;
	}
	return set;
}

static uint8_t read_scope(const json_t *info)
{
	const char *name = json_string_value(json_object_get(info, "scope"));

	for (size_t i = 0; name && i < ARRAY_SIZE(scopes); i++) {
		if (!strcmp(name, scopes[i].name))
			return scopes[i].scope;
	}
	return RT_SCOPE_UNIVERSE;
}

static uint32_t read_lifetime(const json_t *info, const char *key)
{
	const json_t *value = json_object_get(info, key);
	json_int_t seconds = json_integer_value(value);

	return json_is_integer(value) && seconds >= 0 && seconds < FOR_EVER ? (uint32_t)seconds : FOR_EVER;
}

static void read_name(const json_t *object, const char *key, char *out)
{
	const char *name = json_string_value(json_object_get(object, key));

	snprintf(out, VG_IFNAME_MAX, "%s", name && strlen(name) < VG_IFNAME_MAX ? name : "");
}

static bool read_addr(const json_t *info, const char *key, struct vg_addr *ret_addr)
{
	const char *text = json_string_value(json_object_get(info, key));

	return text && vg_addr_parse(text, ret_addr) == 0;
}

/* False: it is odd, skip it. */
static bool read_info(const json_t *info, struct vg_link_addr *ret_bound)
{
	const json_t *prefix = json_object_get(info, "prefixlen");
	const char *family = json_string_value(json_object_get(info, "family"));
	struct vg_link_addr bound = { 0 };

	if (!read_addr(info, "local", &bound.addr) || !json_is_integer(prefix) || json_integer_value(prefix) < 0 ||
	    json_integer_value(prefix) > vg_addr_bits(&bound.addr))
		return false;
	if (family && strcmp(family, vg_addr_is_ipv4(&bound.addr) ? "inet" : "inet6"))
		return false;
	bound.prefix = (uint8_t)json_integer_value(prefix);
	if (!read_addr(info, "address", &bound.peer))
		bound.peer = bound.addr;
	bound.flags = read_flags(info);
	bound.scope = read_scope(info);
	bound.preferred_lft = read_lifetime(info, "preferred_life_time");
	bound.valid_lft = read_lifetime(info, "valid_life_time");
	read_name(info, "label", bound.label);
	*ret_bound = bound;
	return true;
}

static int append(struct list *list, const struct vg_listed_addr *addr)
{
	if (list->n == list->size) {
		size_t size = list->size ? list->size * 2 : 64;
		struct vg_listed_addr *bigger = reallocarray(list->addrs, size, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		list->addrs = bigger;
		list->size = size;
	}
	list->addrs[list->n++] = *addr;
	return 0;
}

static int read_link(const json_t *link, struct list *list)
{
	const json_t *index = json_object_get(link, "ifindex"), *infos = json_object_get(link, "addr_info");
	struct vg_listed_addr addr = { 0 };
	const json_t *info;
	size_t i;
	int r;

	read_name(link, "ifname", addr.ifname);
	if (!addr.ifname[0])
		return 0;
	json_array_foreach(infos, i, info)
	{
		if (!read_info(info, &addr.bound))
			continue;
		addr.bound.ifindex = (uint32_t)json_integer_value(index);
		r = append(list, &addr);
		if (r < 0)
			return r;
	}
	return 0;
}

int vg_addresses_parse(const char *text, size_t size, const char *name, struct vg_error *ret_error, struct vg_listed_addr **ret_addrs, size_t *ret_n)
{
	VG_CLEANUP(json_decrefp) json_t *root = NULL;
	struct list list = { 0 };
	json_error_t error;
	const json_t *link;
	size_t i;
	int r;

	root = json_loadb(text, size, 0, &error);
	if (!root)
		return vg_error_set(ret_error, -EINVAL, "%s:%d: is no JSON: %s; expected what `ip -json address show` prints", name,
				    error.line > 0 ? error.line : 1, error.text);
	if (!json_is_array(root))
		return vg_error_set(ret_error, -EINVAL, "%s:1: found no list; expected what `ip -json address show` prints", name);
	json_array_foreach(root, i, link)
	{
		r = json_is_object(link) ? read_link(link, &list) : -EINVAL;
		if (r == 0)
			continue;
		free(list.addrs);
		return r == -EINVAL ? vg_error_set(ret_error, r, "%s: item %zu is no link; expected what `ip -json address show` prints", name, i + 1)
				    : vg_error_set(ret_error, r, "%s: %s", name, strerror(-r));
	}
	*ret_addrs = list.addrs;
	*ret_n = list.n;
	return 0;
}

int vg_addresses_read(const char *path, struct vg_error *ret_error, struct vg_listed_addr **ret_addrs, size_t *ret_n)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	r = vg_file_read(path, ret_error, &text, &size);
	if (r < 0)
		return r;
	return vg_addresses_parse(text, size, path, ret_error, ret_addrs, ret_n);
}
