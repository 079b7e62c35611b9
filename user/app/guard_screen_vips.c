/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VIPs that a person sees: first those of which anything was seen here (bound now, or in the lines of late), then as many of the others as
 * there is room for, by address. What is bound is asked of the kernel's side, what was tried of the reporter's lines: nothing is kept for it.
 */
#include <errno.h>
#include <string.h>

#include "app/guard_screen.h"
#include "app/guard_state.h"
#include "base/time.h"
#include "core/verdict.h"
#include "report/bundle.h"
#include "report/json.h"
#include "report/screen.h"

struct row {
	struct vg_prefix prefix; /* a single address, or the range of an assignment */
	const struct vg_assignment *assignment; /* NULL: none */
	enum vg_screen_state state;
	struct vg_judgement judgement; /* of that state; VG_SCREEN_ABSENT: none */
	bool announced; /* frames of late that were not dropped */
	json_t *bound; /* NULL: nowhere */
	json_t *lines; /* in order of time; NULL: none */
};

struct rows {
	struct vg_guard *guard;
	struct row *list; /* while they are collected: as they come, some twice; then sorted by prefix; at last by state */
	size_t n, size;
	struct row *others; /* of which nothing was seen: the first ones by address */
	size_t n_others;
	uint64_t others_left_out;
	uint64_t now_ns; /* wall clock */
	uint64_t changes_ns; /* likewise; 0: never */
	int r; /* what went wrong first */
};

static void rows_deinit(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		json_decref(rows->list[i].bound);
		json_decref(rows->list[i].lines);
	}
	free(rows->list);
	free(rows->others);
}

/* ---- of which something was seen */

static void add(struct rows *rows, const struct vg_addr *addr)
{
	size_t size = rows->size ? rows->size * 2 : 64;
	struct row *grown;

	if (rows->n == rows->size) {
		grown = reallocarray(rows->list, size, sizeof(*grown));
		if (!grown) {
			rows->r = -ENOMEM;
			return;
		}
		rows->list = grown;
		rows->size = size;
	}
	rows->list[rows->n] = (struct row){ .state = VG_SCREEN_ABSENT, .judgement = { VG_UNRELATED, VG_NO_SERVICE } };
	rows->r = rows->r ?: vg_prefix_make(addr, vg_addr_bits(addr), &rows->list[rows->n].prefix);
	rows->n++;
}

/* Not the node's own addresses, and not those of service dummies: with IPVS that is every service address there is. */
static bool is_of_interest(const struct vg_judgement *said)
{
	return said && said->verdict != VG_UNRELATED && said->reason != VG_NODE_ADDRESS && said->reason != VG_SERVICE_DUMMY;
}

static void collect_bind(void *ctx, const struct vg_fact *fact, const struct vg_judgement *said)
{
	if (is_of_interest(said))
		add(ctx, &fact->addr);
}

static int collect_line(void *ctx, const struct vg_addr *addr, const void *data, size_t size)
{
	struct rows *rows = ctx;

	(void)data;
	(void)size;
	if (!vg_addr_is_zero(addr))
		add(rows, addr);
	return rows->r;
}

static void collect_protected(struct rows *rows)
{
	const struct vg_protection *protection;

	for (size_t i = 0; (protection = vg_snapshot_protection(rows->guard->snapshot, i)); i++) {
		if (protection->reason == VG_CONTROL_PLANE_VIP && vg_prefix_is_host(&protection->prefix))
			add(rows, &protection->prefix.addr);
	}
}

static int by_prefix(const void *a, const void *b)
{
	return vg_prefix_cmp(&((const struct row *)a)->prefix, &((const struct row *)b)->prefix);
}

static void sort_and_merge(struct rows *rows)
{
	size_t n = 0;

	if (rows->n)
		qsort(rows->list, rows->n, sizeof(*rows->list), by_prefix);
	for (size_t i = 0; i < rows->n; i++) {
		if (n == 0 || by_prefix(&rows->list[i], &rows->list[n - 1]) != 0)
			rows->list[n++] = rows->list[i];
	}
	rows->n = n;
	for (size_t i = 0; i < n; i++)
		rows->list[i].assignment = vg_snapshot_find(rows->guard->snapshot, &rows->list[i].prefix.addr);
}

static struct row *find(const struct rows *rows, const struct vg_addr *addr)
{
	struct row key;

	if (!rows->n || vg_prefix_make(addr, vg_addr_bits(addr), &key.prefix) < 0)
		return NULL;
	return bsearch(&key, rows->list, rows->n, sizeof(key), by_prefix);
}

/* ---- what is bound, and what was said */

static enum vg_screen_state state_of(enum vg_verdict verdict)
{
	static const enum vg_screen_state states[VG_VERDICT_MAX] = {
		[VG_VIOLATION] = VG_SCREEN_WRONG, [VG_ALLOWED] = VG_SCREEN_ALLOWED,  [VG_PROTECTED] = VG_SCREEN_PROTECTED,
		[VG_UNKNOWN] = VG_SCREEN_UNKNOWN, [VG_UNRELATED] = VG_SCREEN_ABSENT,
	};

	return states[verdict];
}

static void worsen(struct row *row, enum vg_screen_state state, struct vg_judgement judgement)
{
	if (state >= row->state)
		return;
	row->state = state;
	row->judgement = judgement;
}

static void attach_bind(void *ctx, const struct vg_fact *fact, const struct vg_judgement *said)
{
	struct rows *rows = ctx;
	struct row *row = find(rows, &fact->addr);
	json_auto_t *bound = NULL;

	if (!row || !said || said->verdict == VG_UNRELATED)
		return;
	worsen(row, state_of(said->verdict), *said);
	row->bound = row->bound ?: json_array();
	if (json_array_size(row->bound) >= VG_SCREEN_LINKS_MAX)
		return;
	bound = json_object();
	rows->r = rows->r ?: vg_json_set_text(bound, "interface", fact->ifname);
	rows->r = rows->r ?: vg_json_set_text(bound, "verdict", vg_verdict_to_str(said->verdict));
	rows->r = rows->r ?: vg_json_set_text(bound, "reason", vg_reason_to_str(said->reason));
	if (!row->bound || json_array_append(row->bound, bound) < 0)
		rows->r = -ENOMEM;
}

/* Of the keys of an event those that a person asks for first. */
static json_t *shorten(const json_t *event)
{
	static const char *const keys[] = { "time", "event", "verdict", "reason", "action", "interface", "ifindex",
					    "how",  "pid",   "comm",	"pod",	  "count",  "why" };
	json_auto_t *shorter = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		json_t *value = json_object_get(event, keys[i]);

		if (value && json_object_set(shorter, keys[i], value) < 0)
			return NULL;
	}
	return TAKE_PTR(shorter);
}

static int attach_line(void *ctx, const struct vg_addr *addr, const void *data, size_t size)
{
	struct rows *rows = ctx;
	struct row *row = vg_addr_is_zero(addr) ? NULL : find(rows, addr);
	json_auto_t *event = row ? json_loadb(data, size - 1, 0, NULL) : NULL;

	if (!event)
		return 0;
	row->lines = row->lines ?: json_array();
	if (!row->lines || json_array_append_new(row->lines, shorten(event)) < 0)
		rows->r = -ENOMEM;
	return rows->r;
}

/* ---- what becomes of it */

static const json_t *newest(const struct row *row, const char *kind)
{
	for (size_t i = json_array_size(row->lines); i > 0; i--) {
		const json_t *line = json_array_get(row->lines, i - 1);

		if (!kind || strcmp(vg_json_get_text(line, "event"), kind) == 0)
			return line;
	}
	return NULL;
}

static bool is_one_of(const char *text, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(text, list[i]) == 0)
			return true;
	}
	return false;
}

/* Nothing like it leaves any more: it was stopped, or what was only said is acted on now. */
static bool is_dropped(const struct rows *rows, const json_t *line)
{
	const char *action = vg_json_get_text(line, "action");
	uint32_t ifindex = (uint32_t)json_integer_value(json_object_get(line, "ifindex"));

	return strcmp(action, "dropped") == 0 || (strcmp(action, "would-drop") == 0 && vg_kern_drops_on(rows->guard->kern, ifindex));
}

/* What goes on makes a line each period; so what made none for two is over. */
static void settle_announced(struct rows *rows, struct row *row)
{
	const json_t *line = newest(row, "announce");
	struct vg_answer answer;
	uint64_t time_ns, end_ns;

	if (!line || is_dropped(rows, line) || vg_time_parse_rfc3339(vg_json_get_text(line, "time"), &time_ns) < 0)
		return;
	end_ns = time_ns + 2 * rows->guard->options->period_ns;
	if (end_ns <= rows->now_ns)
		return;
	answer = vg_guard_judge(rows->guard, &row->prefix.addr, NULL);
	row->announced = answer.announce.verdict != VG_UNRELATED;
	worsen(row, state_of(answer.announce.verdict), answer.announce);
	if (!rows->changes_ns || end_ns < rows->changes_ns)
		rows->changes_ns = end_ns;
}

static bool is_dummy_alone(const struct row *row)
{
	return row->state == VG_SCREEN_ALLOWED && row->judgement.reason == VG_SERVICE_DUMMY;
}

/* Nothing of it is here now: what was? */
static void settle_past(struct row *row)
{
	static const char *const stopped[] = { "denied", "removed", "dropped", "healed" };
	enum vg_reason reason;

	for (size_t i = json_array_size(row->lines); i > 0; i--) {
		const json_t *line = json_array_get(row->lines, i - 1);

		if (strcmp(vg_json_get_text(line, "verdict"), "violation") != 0 || strcmp(vg_json_get_text(line, "event"), "unbind") == 0)
			continue;
		if (vg_reason_from_str(vg_json_get_text(line, "reason"), &reason) < 0)
			return;
		worsen(row, is_one_of(vg_json_get_text(line, "action"), stopped, ARRAY_SIZE(stopped)) ? VG_SCREEN_STOPPED : VG_SCREEN_ENDED,
		       vg_judgement_of(reason));
		return;
	}
}

static void settle(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		struct row *row = &rows->list[i];

		settle_announced(rows, row);
		if (row->state == VG_SCREEN_ABSENT || is_dummy_alone(row))
			settle_past(row);
	}
}

/* ---- the others */

/* Ranges behind addresses. */
static int by_kind_and_prefix(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int kind = vg_prefix_is_host(&y->prefix) - vg_prefix_is_host(&x->prefix);

	return kind ?: vg_prefix_cmp(&x->prefix, &y->prefix);
}

static void keep_first(struct rows *rows)
{
	qsort(rows->others, rows->n_others, sizeof(*rows->others), by_kind_and_prefix);
	if (rows->n_others <= VG_SCREEN_VIPS_MAX)
		return;
	rows->others_left_out += rows->n_others - VG_SCREEN_VIPS_MAX;
	rows->n_others = VG_SCREEN_VIPS_MAX;
}

/* Of 100,000 VIPs too there are never more than twice as many in hand as are shown. */
static void collect_others(struct rows *rows)
{
	const struct vg_assignment *assignment;

	rows->others = calloc(2 * VG_SCREEN_VIPS_MAX, sizeof(*rows->others));
	if (!rows->others) {
		rows->r = -ENOMEM;
		return;
	}
	for (size_t i = 0; (assignment = vg_snapshot_assignment(rows->guard->snapshot, i)); i++) {
		if (vg_prefix_is_host(&assignment->prefix) && find(rows, &assignment->prefix.addr))
			continue;
		if (rows->n_others == 2 * VG_SCREEN_VIPS_MAX)
			keep_first(rows);
		rows->others[rows->n_others++] = (struct row){ .prefix = assignment->prefix, .assignment = assignment, .state = VG_SCREEN_ABSENT };
	}
	keep_first(rows);
}

/* ---- as JSON */

static int by_state(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->state != y->state ? (x->state < y->state ? -1 : 1) : vg_prefix_cmp(&x->prefix, &y->prefix);
}

static int put_assignment(json_t *json, const struct vg_assignment *assignment)
{
	int r = 0;

	if (!assignment)
		return 0;
	r |= vg_json_set_text(json, "service", assignment->service);
	r |= vg_json_set_text(json, "owner", assignment->owner);
	r |= vg_json_set_text(json, "source", assignment->source);
	if (vg_assignment_knows_nodes(assignment))
		r |= vg_json_set(json, "assigned_nodes", vg_json_texts(assignment->nodes, assignment->n_nodes));
	return r;
}

/* Whoever was seen last; not each line names one. */
static int put_actor(json_t *json, const struct row *row)
{
	static const char *const keys[] = { "pid", "comm", "pod" };
	json_auto_t *actor = json_object();

	for (size_t i = json_array_size(row->lines); i > 0 && actor && !json_object_size(actor); i--) {
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			json_t *value = json_object_get(json_array_get(row->lines, i - 1), keys[k]);

			if (value && json_object_set(actor, keys[k], value) < 0)
				return -ENOMEM;
		}
	}
	if (actor && !json_object_size(actor))
		return 0;
	return vg_json_set(json, "actor", TAKE_PTR(actor));
}

static int put_lines(json_t *json, const struct row *row)
{
	size_t n = json_array_size(row->lines), first = VG_SCREEN_LINES_MAX / 3, last = VG_SCREEN_LINES_MAX - first;
	json_t *lines = json_array();
	int r = vg_json_set(json, "lines", lines);

	for (size_t i = 0; i < n && r == 0; i++) {
		if (i < first || i >= n - (n < last ? n : last))
			r = json_array_append(lines, json_array_get(row->lines, i)) < 0 ? -ENOMEM : 0;
	}
	return r;
}

static json_t *row_to_json(const struct row *row, bool lines)
{
	json_auto_t *json = json_object();
	char address[VG_TEXT_MAX];
	int r;

	vg_prefix_to_str(&row->prefix, address);
	r = vg_json_set_text(json, "address", address);
	r |= put_assignment(json, row->assignment);
	r |= vg_json_set_text(json, "state", vg_screen_state_to_str(row->state));
	if (row->state != VG_SCREEN_ABSENT) {
		r |= vg_json_set_text(json, "verdict", vg_verdict_to_str(row->judgement.verdict));
		r |= vg_json_set_text(json, "reason", vg_reason_to_str(row->judgement.reason));
	}
	if (row->bound)
		r |= vg_json_set(json, "bound", json_incref(row->bound));
	if (row->announced)
		r |= vg_json_set(json, "announced", json_true());
	if (row->lines) {
		r |= vg_json_set(json, "last", json_incref((json_t *)newest(row, NULL)));
		r |= put_actor(json, row);
	}
	if (row->lines && lines)
		r |= put_lines(json, row);
	return r < 0 ? NULL : TAKE_PTR(json);
}

static int put_rows(json_t *vips, const struct row *list, size_t n, bool lines)
{
	for (size_t i = 0; i < n && json_array_size(vips) < VG_SCREEN_VIPS_MAX; i++) {
		if (json_array_append_new(vips, row_to_json(&list[i], lines)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int put_states(json_t *screen, const struct rows *rows)
{
	uint64_t counts[VG_SCREEN_STATE_MAX] = { [VG_SCREEN_ABSENT] = rows->n_others + rows->others_left_out };
	json_t *states = json_object();
	int r = vg_json_set(screen, "states", states);

	for (size_t i = 0; i < rows->n; i++)
		counts[rows->list[i].state]++;
	for (int i = 0; i < VG_SCREEN_STATE_MAX; i++)
		r |= vg_json_set(states, vg_screen_state_to_str(i), json_integer((json_int_t)counts[i]));
	return r;
}

/* A node's own addresses are no VIPs, nor is what has only lines that nothing speaks of any more. */
static void leave_out(struct rows *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++) {
		struct row *row = &rows->list[i];

		if (row->state == VG_SCREEN_ABSENT ? row->assignment != NULL : row->judgement.reason != VG_NODE_ADDRESS) {
			rows->list[n++] = *row;
			continue;
		}
		json_decref(row->bound);
		json_decref(row->lines);
	}
	rows->n = n;
}

static void gather(struct rows *rows)
{
	const struct vg_recent *recent = vg_reporter_recent(rows->guard->reporter);

	vg_kern_for_each_bind(rows->guard->kern, collect_bind, rows);
	vg_recent_for_all(recent, collect_line, rows);
	collect_protected(rows);
	if (rows->r < 0)
		return;
	sort_and_merge(rows);
	vg_kern_for_each_bind(rows->guard->kern, attach_bind, rows);
	vg_recent_for_all(recent, attach_line, rows);
	settle(rows);
	leave_out(rows);
	collect_others(rows); /* looks for them by prefix, so before they are sorted otherwise */
	if (rows->n)
		qsort(rows->list, rows->n, sizeof(*rows->list), by_state);
}

int vg_guard_screen_put_vips(struct vg_guard *guard, json_t *screen, bool lines)
{
	VG_CLEANUP(rows_deinit) struct rows rows = { .guard = guard, .now_ns = vg_time_real_ns() };
	json_t *vips = json_array();
	int r = vg_json_set(screen, "vips", vips);

	gather(&rows);
	r = r ?: rows.r;
	if (r == 0)
		r = put_states(screen, &rows);
	if (r == 0)
		r = put_rows(vips, rows.list, rows.n, lines);
	if (r == 0)
		r = put_rows(vips, rows.others, rows.n_others, false);
	if (r == 0)
		r = vg_json_set_number(screen, "vips_left_out", rows.n + rows.n_others + rows.others_left_out - json_array_size(vips));
	if (r == 0 && rows.changes_ns)
		r = vg_json_set(screen, "changes_seconds", json_real((double)(rows.changes_ns - rows.now_ns) / (double)VG_NS_PER_SEC));
	return r < 0 ? -ENOMEM : 0;
}
