/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `vipguard cluster` puts together from all nodes: the VIPs that this node binds, has announced lately, or should hold. So each VIP is told of by
 * those that have to do with it, and not by every node.
 */
#include <errno.h>
#include <string.h>

#include "app/guard_state.h"
#include "base/time.h"
#include "base/version.h"
#include "core/announced.h"
#include "core/verdict.h"
#include "report/json.h"

#define VIPS_MAX 4096 /* of one answer; the rest is counted */
#define ANSWER_NS (200 * VG_NS_PER_MS) /* who asks more often gets the same again */

struct row {
	struct vg_addr addr;
	json_t *bound; /* NULL: it is not; the row's */
};

struct rows {
	struct row list[VIPS_MAX];
	size_t n;
	uint64_t left_out;
};

static int by_addr(const void *a, const void *b)
{
	return vg_addr_cmp(&((const struct row *)a)->addr, &((const struct row *)b)->addr);
}

static void add_row(struct rows *rows, const struct vg_addr *addr)
{
	if (rows->n == VIPS_MAX)
		rows->left_out++;
	else
		rows->list[rows->n++].addr = *addr;
}

/* The node's own, and what IPVS binds on every node, is no VIP to be held by one. */
static bool is_vip(const struct vg_judgement *judgement)
{
	return judgement->verdict != VG_UNRELATED && judgement->reason != VG_NODE_ADDRESS && judgement->reason != VG_SERVICE_DUMMY;
}

static void add_bound(void *ctx, const struct vg_fact *fact, const struct vg_judgement *said)
{
	if (said && is_vip(said))
		add_row(ctx, &fact->addr);
}

static void add_assigned(const struct vg_guard *guard, struct rows *rows)
{
	const struct vg_assignment *assignment;

	for (size_t i = 0; (assignment = vg_snapshot_assignment(guard->snapshot, i)); i++)
		if (vg_prefix_is_host(&assignment->prefix) && assignment->announce_reason == VG_ASSIGNED_HERE)
			add_row(rows, &assignment->prefix.addr);
}

static void add_announced(const struct vg_guard *guard, struct rows *rows, uint64_t now_ns)
{
	const struct vg_announced_one *one;

	for (size_t i = 0; (one = vg_announced_at(guard->announced, i)); i++)
		if (is_vip(&one->judgement) && vg_announced_find(guard->announced, &one->addr, now_ns))
			add_row(rows, &one->addr);
}

static void sort_rows(struct rows *rows)
{
	size_t n = 0;

	qsort(rows->list, rows->n, sizeof(*rows->list), by_addr);
	for (size_t i = 0; i < rows->n; i++)
		if (!n || vg_addr_cmp(&rows->list[n - 1].addr, &rows->list[i].addr))
			rows->list[n++] = rows->list[i];
	rows->n = n;
}

static json_t *judgement_to_json(const struct vg_judgement *judgement)
{
	return json_pack("{s:s, s:s}", "verdict", vg_verdict_to_str(judgement->verdict), "reason", vg_reason_to_str(judgement->reason));
}

static void set_comm(json_t *json, const struct vg_who *who)
{
	char comm[VG_COMM_MAX + 1] = "";

	strncat(comm, who->comm, VG_COMM_MAX);
	if (who->pid)
		vg_json_set_text(json, "comm", comm);
}

static void put_bound(void *ctx, const struct vg_fact *fact, const struct vg_judgement *said)
{
	const struct row key = { .addr = fact->addr };
	struct rows *rows = ctx;
	struct row *row = said && is_vip(said) ? bsearch(&key, rows->list, rows->n, sizeof(key), by_addr) : NULL;
	json_t *one;

	if (!row)
		return;
	one = judgement_to_json(said);
	vg_json_set_text(one, "interface", fact->ifname);
	if (fact->as)
		vg_json_set_text(one, "as", vg_how_to_str(fact->as));
	set_comm(one, &fact->who);
	if (!row->bound)
		row->bound = json_array();
	json_array_append_new(row->bound, one);
}

static double seconds(uint64_t since_ns, uint64_t now_ns)
{
	return since_ns < now_ns ? (double)(now_ns - since_ns) / (double)VG_NS_PER_SEC : 0;
}

static json_t *announced_to_json(const struct vg_announced_one *one, uint64_t now_ns)
{
	json_t *json = judgement_to_json(&one->judgement);

	vg_json_set_text(json, "interface", one->ifname);
	set_comm(json, &one->who);
	vg_json_set(json, "passed", json_integer((json_int_t)one->passed));
	vg_json_set(json, "dropped", json_integer((json_int_t)one->dropped));
	vg_json_set(json, "first_seconds", json_real(seconds(one->first_ns, now_ns)));
	vg_json_set(json, "last_seconds", json_real(seconds(one->last_ns, now_ns)));
	return json;
}

static json_t *row_to_json(const struct vg_guard *guard, const struct row *row, uint64_t now_ns)
{
	struct vg_answer answer = vg_guard_judge(guard, &row->addr, NULL);
	const struct vg_announced_one *announced = vg_announced_find(guard->announced, &row->addr, now_ns);
	const struct vg_assignment *assignment = answer.assignment;
	char text[VG_TEXT_MAX];
	json_t *json;

	vg_addr_to_str(&row->addr, text);
	json = json_pack("{s:s, s:o, s:o}", "address", text, "bind", judgement_to_json(&answer.bind), "announce",
			 judgement_to_json(&answer.announce));
	if (assignment) {
		vg_json_set_text(json, "service", assignment->service);
		vg_json_set_text(json, "owner", assignment->owner);
		vg_json_set_text(json, "source", assignment->source);
	}
	if (assignment && vg_assignment_knows_nodes(assignment))
		vg_json_set(json, "assigned_nodes", vg_json_texts(assignment->nodes, assignment->n_nodes));
	if (row->bound)
		json_object_set(json, "bound", row->bound);
	if (announced)
		vg_json_set(json, "announced", announced_to_json(announced, now_ns));
	return json;
}

static json_t *rows_to_json(const struct vg_guard *guard, struct rows *rows)
{
	uint64_t now_ns = vg_time_boot_ns();
	json_t *list = json_array();

	vg_kern_for_each_bind(guard->kern, add_bound, rows);
	add_announced(guard, rows, now_ns);
	add_assigned(guard, rows);
	sort_rows(rows);
	vg_kern_for_each_bind(guard->kern, put_bound, rows);
	for (size_t i = 0; i < rows->n; i++) {
		json_array_append_new(list, row_to_json(guard, &rows->list[i], now_ns));
		json_decref(rows->list[i].bound);
	}
	return list;
}

int vg_guard_add_vips(const struct vg_guard *guard, json_t *json)
{
	_cleanup_free_ struct rows *rows = calloc(1, sizeof(*rows));
	char time[VG_RFC3339_MAX];
	int r = 0;

	if (!rows)
		return -ENOMEM;
	vg_time_rfc3339(vg_time_real_ns(), time);
	r |= vg_json_set_text(json, "time", time);
	r |= vg_json_set_text(json, "version", vg_version());
	r |= vg_json_set(json, "abi", json_integer(VG_ABI_VERSION));
	r |= vg_json_set(json, "stale", json_boolean(vg_guard_circumstances(guard).stale));
	r |= vg_json_set(json, "vips", rows_to_json(guard, rows));
	r |= vg_json_set_number(json, "vips_left_out", rows->left_out);
	return r;
}

/* Over TCP anybody may ask who can reach the address, so it is not made anew each time. */
const char *vg_guard_vips_text(void *ctx)
{
	struct vg_guard *guard = ctx;
	uint64_t now_ns = vg_time_boot_ns();
	json_auto_t *json = NULL;

	if (guard->vips_text && now_ns - guard->vips_ns < ANSWER_NS)
		return guard->vips_text;
	json = json_pack("{s:s, s:s, s:b}", "node", guard->options->node, "mode", vg_mode_to_str(vg_kern_mode(guard->kern)), "paused",
			 vg_kern_paused_until(guard->kern) != 0);
	free(TAKE_PTR(guard->vips_text));
	if (json && vg_guard_add_vips(guard, json) == 0)
		guard->vips_text = json_dumps(json, JSON_COMPACT);
	guard->vips_ns = now_ns;
	return guard->vips_text;
}
