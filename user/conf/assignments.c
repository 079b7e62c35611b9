/* SPDX-License-Identifier: Apache-2.0 */
/* Read in one pass: an entry goes into the snapshot when its mapping ends, so that memory holds the snapshot and one entry. */
#include "conf/assignments.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "conf/file.h"
#include "conf/names.h"
#include "conf/prefixes.h"
#include "conf/text.h"
#include "conf/yaml.h"

#define VG_NODE_ADDRS_MAX 8 /* of one node: a kubelet reports two */

/* One entry of `assignments`. */
struct entry {
	unsigned line; /* of `address` */
	char address[VG_QUOTE_MAX];
	struct vg_prefix prefixes[VG_RANGE_PREFIXES_MAX];
	size_t n_prefixes;
	enum vg_bind_policy bind;
	char service[VG_SERVICE_MAX]; /* "": none */
	struct vg_names nodes;
};

/* One entry of `nodes`. */
struct node {
	char name[VG_NODE_MAX]; /* "": not read yet */
	struct vg_addr addrs[VG_NODE_ADDRS_MAX];
	size_t n;
};

struct reader {
	struct vg_yaml yaml;
	struct vg_snapshot *snapshot;
	struct entry entry;
	struct node node;
	size_t n_hosts;
	size_t n_ranges;
	size_t n_protected;
};

/* Reads the value of a key, which is the current event. */
struct key {
	const char *name;
	int (*read)(struct reader *reader);
	const char *required; /* what to expect where it is missing; NULL: it may be */
};

static int unknown_key(struct reader *reader, const struct key *keys, size_t n)
{
	char quote[VG_QUOTE_MAX], expected[VG_ERROR_MAX] = "";
	size_t used = 0;

	vg_text_quote(reader->yaml.key, quote);
	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(expected + used, sizeof(expected) - used, "%s%s", i ? ", " : "", keys[i].name);
	return vg_yaml_fail(&reader->yaml, -EINVAL, reader->yaml.key_line, "unknown key %s; expected one of %s", quote, expected);
}

static int read_key(struct reader *reader, const struct key *keys, size_t n, unsigned *seen)
{
	struct vg_yaml *yaml = &reader->yaml;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(yaml->key, keys[i].name))
			continue;
		if (*seen & 1U << i)
			return vg_yaml_fail(yaml, -EINVAL, yaml->key_line, "%s: found twice in one mapping; expected once", keys[i].name);
		*seen |= 1U << i;
		return keys[i].read(reader);
	}
	return unknown_key(reader, keys, n);
}

/* A mapping that has begun, to its end. line: where it stands, for what is missing. */
static int read_mapping(struct reader *reader, const struct key *keys, size_t n, unsigned line)
{
	unsigned seen = 0;
	bool more;
	int r;

	for (;;) {
		r = vg_yaml_next_key(&reader->yaml, &more);
		if (r < 0)
			return r;
		if (!more)
			break;
		r = read_key(reader, keys, n, &seen);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < n; i++) {
		if (keys[i].required && !(seen & 1U << i))
			return vg_yaml_fail(&reader->yaml, -EINVAL, line, "%s: found nothing; expected %s", keys[i].name, keys[i].required);
	}
	return 0;
}

static int read_address(struct reader *reader)
{
	struct entry *entry = &reader->entry;
	struct vg_error why;
	const char *text;
	int r;

	r = vg_yaml_expect_scalar(&reader->yaml, "an IP address, CIDR or range", &text);
	if (r < 0)
		return r;
	entry->line = vg_yaml_line(&reader->yaml);
	vg_text_quote(text, entry->address);
	r = vg_prefixes_parse_vip(text, &why, entry->prefixes, &entry->n_prefixes);
	return r < 0 ? vg_yaml_fail(&reader->yaml, r, entry->line, "address: %s", why.text) : 0;
}

static int read_service(struct reader *reader)
{
	static const char expected[] = "namespace/name or a name, at most 317 characters";
	char quote[VG_QUOTE_MAX];
	const char *text;
	int r;

	r = vg_yaml_expect_scalar(&reader->yaml, expected, &text);
	if (r < 0)
		return r;
	if (!vg_text_is_service(text)) {
		vg_text_quote(text, quote);
		return vg_yaml_fail(&reader->yaml, -EINVAL, vg_yaml_line(&reader->yaml), "service: found %s; expected %s", quote, expected);
	}
	strcpy(reader->entry.service, text);
	return 0;
}

static int expect_node_name(struct reader *reader, const char *key, const char **ret_name)
{
	static const char expected[] = "the name of a node (RFC 1123: a-z, 0-9, - and ., at most 253 characters)";
	char quote[VG_QUOTE_MAX];
	int r = vg_yaml_expect_scalar(&reader->yaml, expected, ret_name);

	if (r < 0 || vg_text_is_node_name(*ret_name))
		return r;
	vg_text_quote(*ret_name, quote);
	return vg_yaml_fail(&reader->yaml, -EINVAL, vg_yaml_line(&reader->yaml), "%s: found %s; expected %s", key, quote, expected);
}

static int read_node(struct reader *reader)
{
	const char *text;
	int r = expect_node_name(reader, "nodes", &text);

	if (r < 0)
		return r;
	r = vg_names_add(&reader->entry.nodes, text);
	return r < 0 ? vg_yaml_fail(&reader->yaml, r, vg_yaml_line(&reader->yaml), "nodes: %s", strerror(-r)) : 0;
}

static int read_list(struct reader *reader, const char *key, const char *expected, int (*read_item)(struct reader *reader))
{
	bool more;
	int r;

	r = vg_yaml_expect_list(&reader->yaml, expected);
	if (r < 0)
		return r;
	for (;;) {
		r = vg_yaml_next_item(&reader->yaml, key, &more);
		if (r < 0 || !more)
			return r;
		r = read_item(reader);
		if (r < 0)
			return r;
	}
}

static int read_nodes(struct reader *reader)
{
	return read_list(reader, "nodes", "a list of node names, [] for nobody", read_node);
}

static int read_bind(struct reader *reader)
{
	static const char expected[] = "holder or nobody";
	char quote[VG_QUOTE_MAX];
	const char *text;
	int r;

	r = vg_yaml_expect_scalar(&reader->yaml, expected, &text);
	if (r < 0)
		return r;
	if (strcmp(text, "holder") && strcmp(text, "nobody")) {
		vg_text_quote(text, quote);
		return vg_yaml_fail(&reader->yaml, -EINVAL, vg_yaml_line(&reader->yaml), "bind: found %s; expected %s", quote, expected);
	}
	reader->entry.bind = strcmp(text, "holder") ? VG_BIND_NOBODY : VG_BIND_HOLDER;
	return 0;
}

static const struct key entry_keys[] = {
	{ "address", read_address, "an IP address, CIDR or range" },
	{ "service", read_service, NULL },
	{ "nodes", read_nodes, "a list of node names, [] for nobody" },
	{ "bind", read_bind, NULL },
};

static const char *what_differs(const struct vg_assignment *a, const struct vg_assignment *b)
{
	if (a->bind != b->bind)
		return "bind";
	return !a->service != !b->service || (a->service && strcmp(a->service, b->service)) ? "service" : "nodes";
}

static int add_failed(struct reader *reader, int r, const struct vg_assignment *add, const struct vg_assignment *other)
{
	const struct entry *entry = &reader->entry;
	char prefix[VG_TEXT_MAX];

	if (r != -EEXIST)
		return vg_yaml_fail(&reader->yaml, r, entry->line, "address: %s: %s", entry->address, strerror(-r));
	vg_prefix_to_str(&add->prefix, prefix);
	return vg_yaml_fail(&reader->yaml, -EINVAL, entry->line,
			    "address: %s: %s has other %s than on line %u; expected entries of the same prefix to agree", entry->address, prefix,
			    what_differs(add, other), other->line);
}

/* The kernel's maps are of bounded size: better to refuse here than to guard a part. */
static int count_prefix(struct reader *reader, const struct vg_prefix *prefix)
{
	bool host = vg_prefix_is_host(prefix);
	size_t *n = host ? &reader->n_hosts : &reader->n_ranges;
	size_t max = host ? VG_MAX_VIPS : VG_MAX_RANGES;

	if (++*n <= max)
		return 0;
	return vg_yaml_fail(&reader->yaml, -EINVAL, reader->entry.line, "address: %s: found more than %zu %s; expected at most that",
			    reader->entry.address, max, host ? "addresses" : "prefixes (a range counts as several)");
}

static int add_entry(struct reader *reader)
{
	struct entry *entry = &reader->entry;
	bool ranged = entry->n_prefixes > 1;
	struct vg_assignment add = {
		.bind = entry->bind,
		.service = entry->service[0] ? entry->service : NULL,
		.nodes = vg_names_list(&entry->nodes),
		.n_nodes = entry->nodes.n,
		.line = entry->line,
	};

	if (entry->nodes.n && !add.nodes)
		return add_failed(reader, -ENOMEM, &add, NULL);
	for (size_t i = 0; i < entry->n_prefixes; i++) {
		const struct vg_assignment *other = NULL;
		size_t before = vg_snapshot_size(reader->snapshot);
		int r;

		add.prefix = entry->prefixes[i];
		add.ranged = ranged || !vg_prefix_is_host(&add.prefix);
		r = vg_snapshot_add(reader->snapshot, &add, &other);
		if (r < 0)
			return add_failed(reader, r, &add, other);
		if (vg_snapshot_size(reader->snapshot) == before)
			continue;
		r = count_prefix(reader, &add.prefix);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_entry(struct reader *reader)
{
	struct entry *entry = &reader->entry;
	int r;

	r = vg_yaml_expect_mapping(&reader->yaml, "a mapping with address and nodes");
	if (r < 0)
		return r;
	entry->bind = VG_BIND_HOLDER;
	entry->service[0] = '\0';
	vg_names_clear(&entry->nodes);
	r = read_mapping(reader, entry_keys, ARRAY_SIZE(entry_keys), vg_yaml_line(&reader->yaml));
	return r < 0 ? r : add_entry(reader);
}

static int read_assignments(struct reader *reader)
{
	return read_list(reader, "assignments", "a list of mappings with address and nodes", read_entry);
}

static int read_protected(struct reader *reader)
{
	struct vg_prefix *prefixes = reader->entry.prefixes;
	unsigned line = vg_yaml_line(&reader->yaml);
	struct vg_error why;
	const char *text;
	size_t n;
	int r;

	r = vg_yaml_expect_scalar(&reader->yaml, "an IP address, CIDR or range", &text);
	if (r < 0)
		return r;
	r = vg_prefixes_parse(text, &why, prefixes, &n);
	if (r < 0)
		return vg_yaml_fail(&reader->yaml, r, line, "protect: %s", why.text);
	reader->n_protected += n;
	if (reader->n_protected > VG_MAX_PROTECT)
		return vg_yaml_fail(&reader->yaml, -EINVAL, line,
				    "protect: found more than %d prefixes (a range counts as several); expected at most that", VG_MAX_PROTECT);
	for (size_t i = 0; i < n; i++) {
		r = vg_snapshot_protect(reader->snapshot, &prefixes[i], VG_PROTECT_LIST, VG_ORIGIN_CONFIG);
		if (r < 0)
			return vg_yaml_fail(&reader->yaml, r, line, "protect: %s", strerror(-r));
	}
	return 0;
}

static int read_protect(struct reader *reader)
{
	return read_list(reader, "protect", "a list of IP addresses, CIDRs or ranges", read_protected);
}

static int read_name(struct reader *reader)
{
	const char *text;
	int r = expect_node_name(reader, "name", &text);

	if (r == 0)
		snprintf(reader->node.name, sizeof(reader->node.name), "%s", text);
	return r;
}

static int read_node_address(struct reader *reader)
{
	static const char expected[] = "an IP address";
	unsigned line = vg_yaml_line(&reader->yaml);
	struct node *node = &reader->node;
	char quote[VG_QUOTE_MAX];
	const char *text;
	int r;

	r = vg_yaml_expect_scalar(&reader->yaml, expected, &text);
	if (r < 0)
		return r;
	if (node->n == VG_NODE_ADDRS_MAX)
		return vg_yaml_fail(&reader->yaml, -EINVAL, line, "addresses: found more than %d; expected at most that", VG_NODE_ADDRS_MAX);
	if (vg_addr_parse(text, &node->addrs[node->n++]) == 0)
		return 0;
	vg_text_quote(text, quote);
	return vg_yaml_fail(&reader->yaml, -EINVAL, line, "addresses: found %s; expected %s", quote, expected);
}

static int read_node_addresses(struct reader *reader)
{
	return read_list(reader, "addresses", "a list of IP addresses", read_node_address);
}

static const struct key node_keys[] = {
	{ "name", read_name, "the name of a node" },
	{ "addresses", read_node_addresses, "a list of IP addresses" },
};

static int read_place(struct reader *reader)
{
	struct node *node = &reader->node;
	unsigned line = vg_yaml_line(&reader->yaml);
	int r;

	r = vg_yaml_expect_mapping(&reader->yaml, "a mapping with name and addresses");
	if (r < 0)
		return r;
	node->n = 0;
	r = read_mapping(reader, node_keys, ARRAY_SIZE(node_keys), line);
	for (size_t i = 0; r == 0 && i < node->n; i++) {
		r = vg_snapshot_place(reader->snapshot, node->name, &node->addrs[i]);
		if (r < 0)
			return vg_yaml_fail(&reader->yaml, r, line, "nodes: found more than %d addresses, or no memory for them", VG_PLACES_MAX);
	}
	return r;
}

static int read_places(struct reader *reader)
{
	return read_list(reader, "nodes", "a list of mappings with name and addresses", read_place);
}

static int read_version(struct reader *reader)
{
	char quote[VG_QUOTE_MAX];
	const char *text;
	int r;

	r = vg_yaml_expect_scalar(&reader->yaml, "the number 1", &text);
	if (r < 0)
		return r;
	if (vg_yaml_is_plain(&reader->yaml) && !strcmp(text, "1"))
		return 0;
	vg_text_quote(text, quote);
	if (!vg_yaml_is_plain(&reader->yaml))
		return vg_yaml_fail(&reader->yaml, -EINVAL, vg_yaml_line(&reader->yaml), "version: found the text %s; expected the number 1", quote);
	/* Without its quotation marks, as it was written. */
	return vg_yaml_fail(&reader->yaml, -EINVAL, vg_yaml_line(&reader->yaml), "version: %.*s is not known; expected 1", (int)strlen(quote) - 2,
			    quote + 1);
}

static const struct key top_keys[] = {
	{ "version", read_version, "the number 1" },
	{ "assignments", read_assignments, NULL },
	{ "protect", read_protect, NULL },
	{ "nodes", read_places, NULL },
};

static int read_all(struct reader *reader)
{
	int r;

	r = vg_yaml_enter_root(&reader->yaml, "a mapping with version");
	if (r < 0)
		return r;
	r = read_mapping(reader, top_keys, ARRAY_SIZE(top_keys), vg_yaml_line(&reader->yaml));
	return r < 0 ? r : vg_yaml_leave_root(&reader->yaml);
}

static void reader_free(struct reader *reader)
{
	vg_names_deinit(&reader->entry.nodes);
	vg_snapshot_free(reader->snapshot);
	vg_yaml_deinit(&reader->yaml);
	free(reader);
}

VG_DEFINE_CLEANUP(struct reader *, reader_free)

int vg_assignments_parse(const char *text, size_t size, const char *name, const char *node, struct vg_error *ret_error,
			 struct vg_snapshot **ret_snapshot)
{
	VG_CLEANUP(reader_freep) struct reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (!reader)
		return vg_error_set(ret_error, -ENOMEM, "%s: %s", name, strerror(ENOMEM));
	if (size > VG_FILE_BYTES_MAX)
		return vg_error_set(ret_error, -EFBIG, "%s: has more than %d MiB; expected less", name, VG_FILE_BYTES_MAX / 1024 / 1024);
	r = vg_yaml_init(&reader->yaml, text, size, name, ret_error);
	if (r < 0)
		return r;
	r = vg_snapshot_new(node, "assignments", &reader->snapshot);
	if (r < 0)
		return vg_error_set(ret_error, r, "%s: %s", name, strerror(-r));
	r = read_all(reader);
	if (r < 0)
		return r;
	*ret_snapshot = TAKE_PTR(reader->snapshot);
	return 0;
}

int vg_assignments_read(const char *path, const char *node, struct vg_error *ret_error, struct vg_snapshot **ret_snapshot)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	r = vg_file_read(path, ret_error, &text, &size);
	if (r < 0)
		return r;
	return vg_assignments_parse(text, size, path, node, ret_error, ret_snapshot);
}
