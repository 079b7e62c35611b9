/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/reduce_parts.h"

#include <string.h>

#include "base/time.h"
#include "conf/text.h"

#define MEMBER_MAX 32
#define ADDRESS_MAX 64 /* longer text is no address, range or prefix part */

const json_t *vg_json_at(const json_t *json, const char *path)
{
	char member[MEMBER_MAX];

	while (json && *path) {
		size_t n = strcspn(path, ".");

		if (n >= sizeof(member))
			return NULL;
		memcpy(member, path, n);
		member[n] = '\0';
		json = json_object_get(json, member);
		path += n + (path[n] == '.');
	}
	return json;
}

const char *vg_json_text_of(const json_t *json)
{
	const char *text = json_string_value(json);

	return text ? text : "";
}

const char *vg_json_text_at(const json_t *json, const char *path)
{
	return vg_json_text_of(vg_json_at(json, path));
}

const char *vg_json_member(const json_t *json, const char *key)
{
	return vg_json_text_of(json_object_get(json, key));
}

uint64_t vg_json_time_at(const json_t *json, const char *path)
{
	uint64_t ns;

	return vg_time_parse_rfc3339(vg_json_text_at(json, path), &ns) == 0 ? ns : 0;
}

bool vg_json_is_absent(const json_t *json)
{
	return !json || json_is_null(json);
}

void *vg_reducer_alloc(struct vg_reducer *reducer, size_t size)
{
	void *memory = vg_arena_alloc(&reducer->arena, size);

	reducer->taken += size;
	if (memory)
		memset(memory, 0, size);
	else
		reducer->no_memory = true;
	return memory;
}

char *vg_reducer_text(struct vg_reducer *reducer, const char *text, size_t n)
{
	static char nothing[1];
	char *copy = vg_reducer_alloc(reducer, n + 1);

	return copy ? memcpy(copy, text, n) : nothing;
}

char *vg_reducer_join(struct vg_reducer *reducer, const char *namespace, const char *name)
{
	size_t head = strlen(namespace), tail = strlen(name);
	char *key;

	if (!head)
		return vg_reducer_text(reducer, name, tail);
	key = vg_reducer_alloc(reducer, head + 1 + tail + 1);
	if (!key)
		return vg_reducer_text(reducer, "", 0);
	memcpy(key, namespace, head);
	key[head] = '/';
	memcpy(key + head + 1, name, tail);
	return key;
}

/* The room of a list of n items is the next power of two. */
void *vg_reducer_grow(struct vg_reducer *reducer, const void *list, uint32_t n, size_t item)
{
	void *bigger;

	if (n & (n - 1))
		return (void *)list;
	bigger = vg_reducer_alloc(reducer, (n ? (size_t)n * 2 : 1) * item);
	if (bigger && n)
		memcpy(bigger, list, n * item);
	return bigger;
}

void vg_add_text(struct vg_reducer *reducer, struct vg_texts *texts, const char *text)
{
	const char **list = vg_reducer_grow(reducer, texts->list, texts->n, sizeof(*list));

	if (!list)
		return;
	list[texts->n++] = text;
	texts->list = list;
}

bool vg_addr_is_unspecified(const struct vg_addr *addr)
{
	struct vg_addr none = vg_addr_from_ipv4(0);

	return vg_addr_is_zero(addr) || !vg_addr_cmp(addr, &none);
}

void vg_add_addr(struct vg_reducer *reducer, struct vg_addrs *addrs, const struct vg_addr *addr)
{
	struct vg_addr *list;

	if (vg_addr_is_unspecified(addr))
		return;
	for (uint32_t i = 0; i < addrs->n; i++) {
		if (!vg_addr_cmp(&addrs->list[i], addr))
			return;
	}
	list = vg_reducer_grow(reducer, addrs->list, addrs->n, sizeof(*list));
	if (!list)
		return;
	list[addrs->n++] = *addr;
	addrs->list = list;
}

bool vg_add_addr_text(struct vg_reducer *reducer, struct vg_addrs *addrs, const char *text)
{
	struct vg_addr addr;

	if (vg_addr_parse(text, &addr) < 0)
		return false;
	vg_add_addr(reducer, addrs, &addr);
	return true;
}

void vg_add_addrs_of(struct vg_reducer *reducer, struct vg_addrs *addrs, const json_t *json, uint32_t *odd, uint32_t odd_flag)
{
	const json_t *item;
	size_t i;

	if (json_is_string(json)) {
		if (*json_string_value(json) && !vg_add_addr_text(reducer, addrs, json_string_value(json)))
			*odd |= odd_flag;
		return;
	}
	if (!vg_json_is_absent(json) && !json_is_array(json))
		*odd |= odd_flag;
	json_array_foreach((json_t *)json, i, item)
	{
		if (!vg_add_addr_text(reducer, addrs, vg_json_text_of(item)))
			*odd |= odd_flag;
	}
}

static void set_host_bits(struct vg_addr *addr, unsigned len)
{
	for (unsigned bit = len; bit < 128; bit++)
		addr->bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
}

static bool read_length(const char *text, unsigned max, unsigned *ret_len)
{
	size_t n = strlen(text);

	*ret_len = 0;
	if (!n || n > 3 || strspn(text, "0123456789") != n || (n > 1 && text[0] == '0'))
		return false;
	while (*text)
		*ret_len = *ret_len * 10 + (unsigned)(*text++ - '0');
	return *ret_len <= max;
}

/* "address/length", cut at the slash. */
static bool read_cidr(char *text, char *slash, struct vg_range *ret_range)
{
	struct vg_prefix prefix;
	unsigned len, mapped;

	*slash = '\0';
	if (vg_addr_parse(text, &ret_range->first) < 0 || !read_length(slash + 1, 128, &len))
		return false;
	/* a mapped address counts the bits of what was written, as Go's net package does */
	mapped = strchr(text, ':') && vg_addr_is_ipv4(&ret_range->first) ? 96 : 0;
	if (len < mapped || len - mapped > vg_addr_bits(&ret_range->first))
		return false;
	if (vg_prefix_make(&ret_range->first, (uint8_t)(len - mapped), &prefix) < 0)
		return false;
	ret_range->first = ret_range->last = prefix.addr;
	set_host_bits(&ret_range->last, prefix.len);
	return true;
}

static bool read_ends(struct vg_reducer *reducer, const char *first, const char *last, struct vg_range *ret_range)
{
	const char *a = vg_next_part(reducer, &first, ""), *b = vg_next_part(reducer, &last, "");

	if (!a || !b || vg_addr_parse(a, &ret_range->first) < 0 || vg_addr_parse(b, &ret_range->last) < 0)
		return false;
	return vg_addr_is_ipv4(&ret_range->first) == vg_addr_is_ipv4(&ret_range->last) && vg_addr_cmp(&ret_range->first, &ret_range->last) <= 0;
}

static bool read_range(struct vg_reducer *reducer, const char *text, bool alone, struct vg_range *ret_range)
{
	size_t n = strnlen(text, 2 * ADDRESS_MAX);
	char *copy = vg_reducer_text(reducer, text, n), *mark;

	if (!*copy || n == 2 * ADDRESS_MAX)
		return false;
	mark = strchr(copy, '-');
	if (mark) {
		*mark = '\0';
		return read_ends(reducer, copy, mark + 1, ret_range);
	}
	mark = strchr(copy, '/');
	if (mark)
		return read_cidr(copy, mark, ret_range);
	return alone && read_ends(reducer, copy, copy, ret_range);
}

bool vg_add_range(struct vg_reducer *reducer, struct vg_ranges *ranges, const char *text, bool alone)
{
	struct vg_range range, *list;

	if (!read_range(reducer, text, alone, &range))
		return false;
	list = vg_reducer_grow(reducer, ranges->list, ranges->n, sizeof(*list));
	if (!list)
		return true;
	list[ranges->n++] = range;
	ranges->list = list;
	return true;
}

void vg_add_ranges_of(struct vg_reducer *reducer, struct vg_ranges *ranges, const json_t *list, bool alone, uint32_t *odd)
{
	const json_t *item;
	size_t i;

	if (!vg_json_is_absent(list) && !json_is_array(list))
		*odd |= VG_CLAIMS_ODD;
	json_array_foreach((json_t *)list, i, item)
	{
		if (!vg_add_range(reducer, ranges, vg_json_text_of(item), alone))
			*odd |= VG_CLAIMS_ODD;
	}
}

bool vg_add_endpoint(struct vg_reducer *reducer, struct vg_addrs *addrs, struct vg_texts *hosts, const char *text)
{
	if (vg_add_addr_text(reducer, addrs, text))
		return true;
	/* a name whose last label is a number is a broken address (RFC 1123 section 2.1) */
	if (!vg_text_is_node_name(text) || strspn(text, "0123456789.") == strlen(text))
		return false;
	vg_add_text(reducer, hosts, vg_reducer_text(reducer, text, strlen(text)));
	return true;
}

bool vg_add_server(struct vg_reducer *reducer, struct vg_addrs *addrs, struct vg_texts *hosts, const char *text)
{
	const char *scheme = strstr(text, "://"), *host = scheme ? scheme + 3 : text, *colon;
	size_t n = strcspn(host, "/?#");

	if (host[0] == '[') {
		host++;
		n = strcspn(host, "]");
	} else {
		/* one colon is that of a port, several are an address without one */
		colon = memchr(host, ':', n);
		if (colon && !memchr(colon + 1, ':', (size_t)(host + n - colon - 1)))
			n = (size_t)(colon - host);
	}
	return vg_add_endpoint(reducer, addrs, hosts, vg_reducer_text(reducer, host, n));
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

char *vg_next_part(struct vg_reducer *reducer, const char **at, const char *separators)
{
	while (**at) {
		const char *text = *at;
		size_t n = strcspn(text, separators);

		*at += n + (text[n] != '\0');
		for (; n && is_blank(*text); n--)
			text++;
		while (n && is_blank(text[n - 1]))
			n--;
		if (n)
			return vg_reducer_text(reducer, text, n);
	}
	return NULL;
}
