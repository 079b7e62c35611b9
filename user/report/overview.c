/* SPDX-License-Identifier: Apache-2.0 */
#include "report/overview.h"

#include <errno.h>
#include <string.h>

#include "base/time.h"
#include "core/addr.h"
#include "report/json.h"

/* A row of one guard's report. */
struct claim {
	struct vg_addr addr;
	const char *node; /* the report's */
	const json_t *row; /* likewise */
	double age; /* of the report, in seconds */
	bool stale; /* its source was */
};

struct vg_overview {
	uint64_t now_ns;
	json_t *guards;
	json_t *reports; /* keeps what claims point at */
	struct claim *claims;
	size_t n, size;
	size_t read, unread;
};

/* ---- what comes in */

static const json_t *find_guard(const struct vg_overview *view, const char *node)
{
	const json_t *guard;
	size_t i;

	json_array_foreach(view->guards, i, guard) if (!strcmp(vg_json_get_text(guard, "node"), node) &&
						       !strcmp(vg_json_get_text(guard, "state"), "read")) return guard;
	return NULL;
}

static int add_guard(struct vg_overview *view, const char *from, const char *node, json_t *guard /* stolen */)
{
	json_auto_t *owned = guard;
	int r = 0;

	if (json_array_size(view->guards) >= VG_OVERVIEW_GUARDS_MAX)
		return -E2BIG;
	r |= vg_json_set_text(owned, "from", from);
	r |= vg_json_set_text(owned, "node", node);
	return r < 0 || json_array_append(view->guards, owned) < 0 ? -ENOMEM : 0;
}

int vg_overview_fail(struct vg_overview *view, const char *from, const char *node, const char *why)
{
	json_t *guard = json_pack("{s:s}", "state", "unread");

	vg_json_set_text(guard, "why", why);
	view->unread++;
	return add_guard(view, from, node, guard);
}

/* 0, or -EINVAL: error says what is wrong, and where. */
static int check_row(size_t i, const json_t *row, struct vg_addr *ret_addr, struct vg_error *ret_error)
{
	static const char *const lists[] = { "bound", "assigned_nodes", NULL };
	const char *address = vg_json_get_text(row, "address");

	if (vg_addr_parse(address, ret_addr) < 0)
		return vg_error_set(ret_error, -EINVAL, "vips[%zu].address: found \"%.60s\", expected an IP address", i, address);
	for (const char *const *list = lists; *list; list++)
		if (json_object_get(row, *list) && !json_is_array(json_object_get(row, *list)))
			return vg_error_set(ret_error, -EINVAL, "vips[%zu].%s: expected a list", i, *list);
	if (json_object_get(row, "announced") && !json_is_object(json_object_get(row, "announced")))
		return vg_error_set(ret_error, -EINVAL, "vips[%zu].announced: expected an object", i);
	return 0;
}

static int check_report(const struct vg_overview *view, const json_t *report, struct vg_error *ret_error)
{
	const char *node = vg_json_get_text(report, "node");
	const json_t *vips = json_object_get(report, "vips"), *row, *before;
	struct vg_addr addr;
	uint64_t time_ns;
	size_t i;

	if (!json_is_object(report))
		return vg_error_set(ret_error, -EINVAL, "expected an object, as `vipguard status -o json` prints it");
	if (!*node)
		return vg_error_set(ret_error, -EINVAL, "node: found nothing, expected the node's name");
	if (!json_is_array(vips))
		return vg_error_set(ret_error, -EINVAL, "vips: found none, expected the list that `vipguard status -o json` has");
	if (vg_time_parse_rfc3339(vg_json_get_text(report, "time"), &time_ns) < 0)
		return vg_error_set(ret_error, -EINVAL, "time: found \"%.60s\", expected a time such as 2026-11-22T10:00:00Z",
				    vg_json_get_text(report, "time"));
	before = find_guard(view, node);
	if (before)
		return vg_error_set(ret_error, -EEXIST, "node %s was told of already, by %s", node, vg_json_get_text(before, "from"));
	json_array_foreach(vips, i, row) if (check_row(i, row, &addr, ret_error) < 0) return -EINVAL;
	return 0;
}

static int add_claims(struct vg_overview *view, const json_t *report, double age)
{
	const json_t *vips = json_object_get(report, "vips"), *row;
	size_t i, want = view->n + json_array_size(vips);
	struct claim *grown;

	if (want > view->size) {
		grown = realloc(view->claims, 2 * want * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		view->claims = grown;
		view->size = 2 * want;
	}
	json_array_foreach(vips, i, row)
	{
		struct claim *claim = &view->claims[view->n++];

		*claim = (struct claim){
			.node = vg_json_get_text(report, "node"), .row = row, .age = age, .stale = json_is_true(json_object_get(report, "stale"))
		};
		(void)vg_addr_parse(vg_json_get_text(row, "address"), &claim->addr);
	}
	return 0;
}

int vg_overview_add(struct vg_overview *view, const char *from, const json_t *report)
{
	static const char *const kept[] = { "version", "abi", "mode", "stale", "vips_left_out" };
	json_t *guard = json_pack("{s:s}", "state", "read");
	struct vg_error error;
	uint64_t time_ns = 0;
	double age;

	if (check_report(view, report, &error) < 0) {
		json_decref(guard);
		return vg_overview_fail(view, from, json_is_object(report) ? vg_json_get_text(report, "node") : "", error.text);
	}
	(void)vg_time_parse_rfc3339(vg_json_get_text(report, "time"), &time_ns);
	age = time_ns < view->now_ns ? (double)(view->now_ns - time_ns) / (double)VG_NS_PER_SEC : 0;
	vg_json_set(guard, "age_seconds", json_real(age));
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (json_object_get(report, kept[i]))
			json_object_set(guard, kept[i], json_object_get(report, kept[i]));
	/* `status` has an object of it, with its end */
	if (json_is_object(json_object_get(report, "paused")) || json_is_true(json_object_get(report, "paused")))
		vg_json_set(guard, "paused", json_true());
	view->read++;
	if (json_array_append(view->reports, (json_t *)report) < 0 || add_claims(view, report, age) < 0) {
		json_decref(guard);
		return -ENOMEM;
	}
	return add_guard(view, from, vg_json_get_text(report, "node"), guard);
}

/* ---- what does not agree */

static bool has(const json_t *one, const char *key, const char *value)
{
	return strcmp(vg_json_get_text(one, key), value) == 0;
}

static void disagree(json_t *vip, const char *kind, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void disagree(json_t *vip, const char *kind, const char *format, ...)
{
	json_t *list = json_object_get(vip, "disagreements");
	struct vg_error text;
	va_list args;

	va_start(args, format);
	vsnprintf(text.text, sizeof(text.text), format, args);
	va_end(args);
	json_array_append_new(list, json_pack("{s:s, s:o}", "kind", kind, "text", vg_json_text(text.text)));
}

static const char *by(const json_t *one)
{
	const char *comm = vg_json_get_text(one, "comm");

	return *comm ? comm : "a process that is not known";
}

/* A violation is told once for each; of the others two at a time are one too many, unless the source or the owner wants them there. */
static void weigh_bound(json_t *vip)
{
	const json_t *one, *first = NULL;
	bool wanted = true;
	size_t i, n = 0;

	json_array_foreach(json_object_get(vip, "bound"), i, one)
	{
		if (has(one, "verdict", "violation")) {
			disagree(vip, "bound-wrongly", "%s has it on %s (%s): %s", vg_json_get_text(one, "node"), vg_json_get_text(one, "interface"),
				 by(one), vg_json_get_text(one, "reason"));
			continue;
		}
		wanted &= has(one, "reason", "assigned-here") || has(one, "reason", "owner-everywhere");
		if (!first || strcmp(vg_json_get_text(first, "node"), vg_json_get_text(one, "node")))
			n++;
		if (n >= 2 && !wanted) {
			disagree(vip, "bound-twice", "%s and %s both have it", vg_json_get_text(first, "node"), vg_json_get_text(one, "node"));
			return;
		}
		first = first ? first : one;
	}
}

static double number(const json_t *one, const char *key)
{
	return json_number_value(json_object_get(one, key));
}

static bool at_once(const json_t *a, const json_t *b)
{
	return number(a, "last_seconds") <= VG_OVERVIEW_AT_ONCE_SECONDS && number(b, "last_seconds") <= VG_OVERVIEW_AT_ONCE_SECONDS &&
	       number(a, "first_seconds") >= number(b, "last_seconds") && number(b, "first_seconds") >= number(a, "last_seconds");
}

static bool is_wanted(const json_t *one)
{
	return has(one, "reason", "assigned-here") || has(one, "reason", "owner-everywhere");
}

static void weigh_announced(json_t *vip)
{
	const json_t *list = json_object_get(vip, "announced"), *one, *other;
	size_t i, j;

	json_array_foreach(list, i, one)
	{
		if (number(one, "passed") < 1)
			continue;
		if (has(one, "verdict", "violation")) {
			disagree(vip, "announced-wrongly", "%s announced it on %s %.0f s ago (%s), and frames left: %s",
				 vg_json_get_text(one, "node"), vg_json_get_text(one, "interface"), number(one, "last_seconds"), by(one),
				 vg_json_get_text(one, "reason"));
			continue;
		}
		for (j = 0; j < i; j++) {
			other = json_array_get(list, j);
			if (number(other, "passed") < 1 || has(other, "verdict", "violation") || (is_wanted(one) && is_wanted(other)) ||
			    !at_once(one, other))
				continue;
			disagree(vip, "announced-twice", "%s and %s both announce it", vg_json_get_text(other, "node"),
				 vg_json_get_text(one, "node"));
			return;
		}
	}
}

static void weigh_assigned(json_t *vip, const struct claim *claims, size_t n)
{
	const struct claim *first = NULL;

	for (size_t i = 0; i < n; i++) {
		const json_t *nodes = json_object_get(claims[i].row, "assigned_nodes");
		const json_t *before = first ? json_object_get(first->row, "assigned_nodes") : NULL;

		if (claims[i].stale || !nodes)
			continue;
		if (first && !json_equal(nodes, before)) {
			_cleanup_free_ char *a = json_dumps(before, JSON_COMPACT), *b = json_dumps(nodes, JSON_COMPACT);

			disagree(vip, "assigned-differs", "%s knows %s as holders, %s knows %s", first->node, a ? a : "", claims[i].node, b ? b : "");
			return;
		}
		first = first ? first : &claims[i];
	}
}

/* ---- putting together */

static int by_addr_and_node(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order = vg_addr_cmp(&x->addr, &y->addr);

	return order ? order : strcmp(x->node, y->node);
}

static void add_of_node(json_t *list, const struct claim *claim, const json_t *one)
{
	json_t *copy = json_copy((json_t *)one);

	vg_json_set_text(copy, "node", claim->node);
	if (json_object_get(copy, "last_seconds")) { /* of now, not of the report */
		vg_json_set(copy, "first_seconds", json_real(number(one, "first_seconds") + claim->age));
		vg_json_set(copy, "last_seconds", json_real(number(one, "last_seconds") + claim->age));
	}
	json_array_append_new(list, copy);
}

static void add_claim(json_t *vip, const struct claim *claim)
{
	static const char *const told[] = { "service", "owner", "source", "assigned_nodes" };
	const json_t *announced = json_object_get(claim->row, "announced"), *one;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(told); i++)
		if (json_object_get(claim->row, told[i]) && !json_object_get(vip, told[i]))
			json_object_set(vip, told[i], json_object_get(claim->row, told[i]));
	json_array_foreach(json_object_get(claim->row, "bound"), i, one) add_of_node(json_object_get(vip, "bound"), claim, one);
	if (announced)
		add_of_node(json_object_get(vip, "announced"), claim, announced);
}

static json_t *vip_of(const struct claim *claims, size_t n)
{
	char text[VG_TEXT_MAX];
	json_t *vip;

	vg_addr_to_str(&claims[0].addr, text);
	vip = json_pack("{s:s, s:[], s:[], s:[]}", "address", text, "bound", "announced", "disagreements");
	for (size_t i = 0; i < n; i++)
		add_claim(vip, &claims[i]);
	weigh_assigned(vip, claims, n);
	weigh_bound(vip);
	weigh_announced(vip);
	return vip;
}

static json_t *versions_of(const struct vg_overview *view)
{
	json_t *versions = json_array();
	const json_t *guard, *one;
	size_t i, j;

	json_array_foreach(view->guards, i, guard)
	{
		const char *version = vg_json_get_text(guard, "version");
		json_int_t abi = json_integer_value(json_object_get(guard, "abi"));
		bool known = !*version;

		json_array_foreach(versions, j, one) known |= has(one, "version", version) && json_integer_value(json_object_get(one, "abi")) == abi;
		if (!known)
			json_array_append_new(versions, json_pack("{s:s, s:I}", "version", version, "abi", abi));
	}
	return versions;
}

json_t *vg_overview_to_json(struct vg_overview *view)
{
	json_auto_t *vips = json_array(), *rest = json_array();
	size_t disagreements = 0, end;
	json_t *json;

	if (view->n)
		qsort(view->claims, view->n, sizeof(*view->claims), by_addr_and_node);
	for (size_t i = 0; i < view->n; i = end) {
		json_auto_t *vip = NULL;
		size_t n;

		for (end = i; end < view->n && vg_addr_cmp(&view->claims[i].addr, &view->claims[end].addr) == 0;)
			end++;
		vip = vip_of(view->claims + i, end - i);
		n = json_array_size(json_object_get(vip, "disagreements"));
		disagreements += n;
		json_array_append(n ? vips : rest, vip);
	}
	json_array_extend(vips, rest);
	json = json_pack("{s:O, s:O, s:I, s:I, s:I, s:o}", "guards", view->guards, "vips", vips, "read", (json_int_t)view->read, "unread",
			 (json_int_t)view->unread, "disagreements", (json_int_t)disagreements, "versions", versions_of(view));
	return json;
}

int vg_overview_new(uint64_t now_real_ns, struct vg_overview **ret_view)
{
	VG_CLEANUP(vg_overview_freep) struct vg_overview *view = calloc(1, sizeof(*view));

	if (!view)
		return -ENOMEM;
	view->now_ns = now_real_ns;
	view->guards = json_array();
	view->reports = json_array();
	if (!view->guards || !view->reports)
		return -ENOMEM;
	*ret_view = TAKE_PTR(view);
	return 0;
}

void vg_overview_free(struct vg_overview *view)
{
	if (!view)
		return;
	json_decref(view->guards);
	json_decref(view->reports);
	free(view->claims);
	free(view);
}
