/* SPDX-License-Identifier: Apache-2.0 */
#include "report/inventory.h"

#include <errno.h>
#include <stdlib.h>

#include "core/verdict.h"
#include "report/json.h"
#include "report/words.h"

/* ---- a row */

static json_t *judgement_to_json(const struct vg_judgement *judgement)
{
	json_auto_t *o = json_object();
	int r = 0;

	r |= vg_json_set_text(o, "verdict", vg_verdict_to_str(judgement->verdict));
	r |= vg_json_set_text(o, "reason", vg_reason_to_str(judgement->reason));
	return r < 0 ? NULL : TAKE_PTR(o);
}

static json_t *evidence_to_json(const struct vg_evidence *evidence)
{
	const struct vg_ground ground = { .snapshot = NULL };
	const struct vg_answer answer = { .assignment = NULL };
	const struct vg_addr none = { 0 };
	const struct vg_subject subject = { .ground = &ground, .addr = &none, .answer = &answer, .evidence = evidence };
	_cleanup_free_ char *meaning = vg_words_clue(&subject);
	json_auto_t *o = json_object();
	int r = 0;

	r |= vg_json_set_text(o, "kind", vg_kind_to_str(evidence->kind));
	r |= vg_json_set_text(o, "name", evidence->object ? evidence->object->key : NULL);
	r |= vg_json_set_text(o, "field", evidence->field);
	r |= vg_json_set_text(o, "value", evidence->value);
	r |= meaning ? vg_json_set_text(o, "meaning", meaning) : -ENOMEM;
	return r < 0 ? NULL : TAKE_PTR(o);
}

static int add_assignment(json_t *list, const struct vg_assignment *assignment)
{
	json_auto_t *o = json_object();
	char name[VG_TEXT_MAX];
	int r = 0;

	vg_prefix_to_str(&assignment->prefix, name);
	r |= vg_json_set_text(o, "kind", "Assignment");
	r |= vg_json_set_text(o, "name", name);
	r |= vg_json_set_number(o, "line", assignment->line);
	return r < 0 || json_array_append(list, o) < 0 ? -ENOMEM : 0;
}

static int add_protection(json_t *list, const struct vg_protection *protection)
{
	json_auto_t *o = json_object();
	char name[VG_TEXT_MAX];
	int r = 0;

	vg_prefix_to_str(&protection->prefix, name);
	r |= vg_json_set_text(o, "kind", "Protection");
	r |= vg_json_set_text(o, "name", name);
	r |= vg_json_set_text(o, "value", vg_reason_to_str(protection->reason));
	return r < 0 || json_array_append(list, o) < 0 ? -ENOMEM : 0;
}

static json_t *proof_to_json(const struct vg_row *row)
{
	const struct vg_protection *protection = row->n_proof ? NULL : row->answer.protection;
	json_auto_t *list = json_array();
	int r = list ? 0 : -ENOMEM;

	if (r == 0 && row->assignment && row->assignment->durable)
		r = add_assignment(list, row->assignment);
	if (r == 0 && protection)
		r = add_protection(list, protection);
	for (size_t i = 0; i < row->n_proof && r == 0; i++)
		r = json_array_append_new(list, evidence_to_json(&row->proof[i])) < 0 ? -ENOMEM : 0;
	return r < 0 ? NULL : TAKE_PTR(list);
}

static int put_services(json_t *o, const struct vg_row *row)
{
	const char *named = row->assignment ? row->assignment->service : NULL;
	json_auto_t *list = json_array();
	int r = list ? 0 : -ENOMEM;

	if (!row->n_services && named && *named)
		return vg_json_set(o, "services", vg_json_texts(&named, 1));
	for (size_t i = 0; i < row->n_services && r == 0; i++)
		r = json_array_append_new(list, vg_json_text(row->services[i]->object.key)) < 0 ? -ENOMEM : 0;
	return r < 0 || !row->n_services ? r : vg_json_set(o, "services", TAKE_PTR(list));
}

static int put_owner(json_t *o, const struct vg_row *row)
{
	const struct vg_assignment *assignment = row->assignment;
	int r = 0;

	r |= vg_json_set_text(o, "owner", row->owner);
	r |= vg_json_set_text(o, "class", row->class);
	/* none in the file is nobody; none of the cluster's is not known */
	if (assignment && (assignment->n_nodes || assignment->durable))
		r |= vg_json_set(o, "assigned_nodes", vg_json_texts(assignment->nodes, assignment->n_nodes));
	r |= vg_json_set_text(o, "source", assignment ? assignment->source : NULL);
	return r;
}

static int put_judgements(json_t *o, const struct vg_row *row)
{
	if (!row->judged)
		return 0;
	return vg_json_set(o, "bind", judgement_to_json(&row->answer.bind)) | vg_json_set(o, "announce", judgement_to_json(&row->answer.announce));
}

/* Each kind once: a large range may have thousands. */
static json_t *conflict_kinds(const struct vg_row *row)
{
	bool seen[VG_CONFLICT_MAX] = { false };
	json_auto_t *list = json_array();

	for (size_t i = 0; i < row->n_conflicts && list; i++) {
		enum vg_conflict_kind kind = row->conflicts[i].kind;

		if (seen[kind])
			continue;
		seen[kind] = true;
		if (json_array_append_new(list, json_string(vg_conflict_kind_to_str(kind))) < 0)
			return NULL;
	}
	return TAKE_PTR(list);
}

static json_t *row_to_json(const struct vg_row *row)
{
	json_auto_t *o = json_object();
	char text[VG_RANGE_TEXT_MAX];
	int r = 0;

	vg_range_to_str(&row->first, &row->last, text);
	r |= vg_json_set_text(o, "kind", vg_row_kind_to_str(row->kind));
	r |= vg_json_set_text(o, "address", text);
	r |= put_services(o, row);
	r |= row->crowded ? vg_json_set(o, "more_services", json_true()) : 0;
	r |= put_owner(o, row);
	r |= vg_json_set(o, "proof", proof_to_json(row));
	r |= put_judgements(o, row);
	r |= vg_json_set(o, "conflicts", conflict_kinds(row));
	return r < 0 ? NULL : TAKE_PTR(o);
}

/* ---- a conflict */

static const char *name_of(const struct vg_object *object)
{
	return object ? object->key : "";
}

static const char *kind_of(const struct vg_object *object)
{
	return object ? vg_kind_to_str((enum vg_kind)object->kind) : "";
}

static void say_in_pool(FILE *out, const struct vg_conflict *c, const char *where)
{
	const struct vg_object *other = c->other;

	fprintf(out, "%s %s hands out %s, ", kind_of(c->object), name_of(c->object), where);
	if (c->kind == VG_CONFLICT_EGRESS_IP_IN_POOL)
		fprintf(out, "which EgressIP %s uses", name_of(other));
	else if (c->kind == VG_CONFLICT_CONTROL_PLANE_VIP_IN_POOL)
		fprintf(out, "the API server's address%s%s%s%s", other ? " according to " : "", kind_of(other), other ? " " : "", name_of(other));
	else
		fprintf(out, "an address of %s%s", other ? "Node " : "this node", name_of(other));
}

static void say_carried(FILE *out, const struct vg_conflict *c, const char *where)
{
	const char *service = name_of(c->object);

	switch (c->kind) {
	case VG_CONFLICT_TWO_OWNERS: fprintf(out, "two owners claim %s of Service %s", where, service); break;
	case VG_CONFLICT_OUTSIDE_POOL: fprintf(out, "Service %s has %s from pool %s, which does not contain it", service, where, c->name); break;
	case VG_CONFLICT_NO_SUCH_POOL: fprintf(out, "Service %s has %s from pool %s, which does not exist", service, where, c->name); break;
	case VG_CONFLICT_PENDING:
		fprintf(out, "Service %s asks for %s, which is not in its status", service, where);
		if (c->count > 1)
			fprintf(out, "; so do %zu others", c->count - 1);
		break;
	case VG_CONFLICT_SHARED: fprintf(out, "%zu Services carry %s, the first is %s", c->count, where, service); break;
	case VG_CONFLICT_NODE_ADDRESS_CARRIED: fprintf(out, "Service %s carries %s, a node's own address", service, where); break;
	default: fprintf(out, "Service %s carries %s, the API server's address", service, where);
	}
}

static void say(FILE *out, const struct vg_conflict *c, const char *where)
{
	switch (c->kind) {
	case VG_CONFLICT_POOLS_OVERLAP:
		fprintf(out, "%s %s and %s %s both hand out %s", kind_of(c->object), name_of(c->object), kind_of(c->other), name_of(c->other), where);
		break;
	case VG_CONFLICT_EGRESS_IP_IN_POOL:
	case VG_CONFLICT_NODE_ADDRESS_IN_POOL:
	case VG_CONFLICT_CONTROL_PLANE_VIP_IN_POOL: say_in_pool(out, c, where); break;
	case VG_CONFLICT_NO_INSTANCE:
		fprintf(out, "%s %s hands out %s, and no MetalLB lives in its namespace", kind_of(c->object), name_of(c->object), where);
		break;
	case VG_CONFLICT_NOT_ADVERTISED:
		fprintf(out, "%s %s hands out %s, and no advertisement selects it", kind_of(c->object), name_of(c->object), where);
		break;
	default: say_carried(out, c, where);
	}
}

char *vg_conflict_text(const struct vg_conflict *conflict)
{
	_cleanup_free_ char *text = NULL;
	char where[VG_RANGE_TEXT_MAX];
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	vg_range_to_str(&conflict->first, &conflict->last, where);
	say(out, conflict, where);
	return fclose(out) == 0 ? TAKE_PTR(text) : NULL;
}

static json_t *sentence_to_json(const struct vg_conflict *conflict)
{
	_cleanup_free_ char *text = vg_conflict_text(conflict);

	return text ? vg_json_text(text) : NULL;
}

static int add_object(json_t *list, const struct vg_object *object)
{
	json_auto_t *o = object ? json_object() : NULL;
	int r = 0;

	if (!object)
		return 0;
	r |= vg_json_set_text(o, "kind", kind_of(object));
	r |= vg_json_set_text(o, "name", name_of(object));
	return r < 0 || json_array_append(list, o) < 0 ? -ENOMEM : 0;
}

static json_t *conflict_to_json(const struct vg_conflict *conflict)
{
	json_auto_t *o = json_object(), *objects = json_array();
	char text[VG_RANGE_TEXT_MAX];
	int r = 0;

	vg_range_to_str(&conflict->first, &conflict->last, text);
	r |= vg_json_set_text(o, "kind", vg_conflict_kind_to_str(conflict->kind));
	r |= vg_json_set_text(o, "address", text);
	r |= add_object(objects, conflict->object);
	r |= add_object(objects, conflict->other);
	r |= vg_json_set(o, "objects", TAKE_PTR(objects));
	r |= vg_json_set(o, "text", sentence_to_json(conflict));
	return r < 0 ? NULL : TAKE_PTR(o);
}

/* ---- of an inventory */

struct teller {
	vg_listing_fn fn;
	void *arg;
};

static int tell_row(void *ctx, const struct vg_row *row)
{
	json_auto_t *json = row_to_json(row);
	const struct teller *teller = ctx;

	return json ? teller->fn(teller->arg, json) : -ENOMEM;
}

static int tell_conflicts(void *ctx, const struct vg_row *row)
{
	const struct teller *teller = ctx;
	int r = 0;

	for (size_t i = 0; i < row->n_conflicts && r == 0; i++) {
		json_auto_t *json = row->conflicts[i].echo ? NULL : conflict_to_json(&row->conflicts[i]);

		if (!row->conflicts[i].echo)
			r = json ? teller->fn(teller->arg, json) : -ENOMEM;
	}
	return r;
}

static int rows_of_inventory(const void *ctx, vg_listing_fn fn, void *arg)
{
	return vg_inventory_walk(ctx, tell_row, &(struct teller){ fn, arg });
}

static int conflicts_of_inventory(const void *ctx, vg_listing_fn fn, void *arg)
{
	return vg_inventory_walk(ctx, tell_conflicts, &(struct teller){ fn, arg });
}

struct vg_listing vg_listing_of_inventory(const struct vg_inventory *inventory)
{
	return (struct vg_listing){ .ctx = inventory,
				    .rows = rows_of_inventory,
				    .conflicts = conflicts_of_inventory,
				    .conflicts_left_out = vg_inventory_left_out(inventory) };
}

/* ---- of an answer */

static int each(const json_t *list, vg_listing_fn fn, void *arg)
{
	json_t *one;
	size_t i;
	int r = 0;

	json_array_foreach(list, i, one)
	{
		r = fn(arg, one);
		if (r != 0)
			break;
	}
	return r;
}

static int rows_of_json(const void *ctx, vg_listing_fn fn, void *arg)
{
	return each(json_object_get(ctx, "inventory"), fn, arg);
}

static int conflicts_of_json(const void *ctx, vg_listing_fn fn, void *arg)
{
	return each(json_object_get(ctx, "conflicts"), fn, arg);
}

struct vg_listing vg_listing_of_json(const json_t *check)
{
	const json_t *left_out = json_object_get(check, "left_out");

	return (struct vg_listing){ .ctx = check,
				    .rows = rows_of_json,
				    .conflicts = conflicts_of_json,
				    .rows_left_out = (size_t)json_integer_value(json_object_get(left_out, "rows")),
				    .conflicts_left_out = (size_t)json_integer_value(json_object_get(left_out, "conflicts")) };
}

/* ---- a bounded answer */

struct gathering {
	json_t *rows;
	json_t *conflicts;
	size_t max;
};

static int append(void *arg, const json_t *one)
{
	return json_array_append(arg, (json_t *)one) < 0 ? -ENOMEM : 0;
}

/* Ends with 1 when it is full: what a large cluster's table costs is no more than what is told of it. */
static int gather(void *ctx, const struct vg_row *row)
{
	struct gathering *gathering = ctx;
	int r;

	if (json_array_size(gathering->rows) == gathering->max)
		return 1;
	r = tell_row(&(struct teller){ append, gathering->rows }, row);
	return r < 0 ? r : tell_conflicts(&(struct teller){ append, gathering->conflicts }, row);
}

int vg_check_add_inventory(json_t *check, const struct vg_inventory *inventory, size_t rows_max)
{
	struct gathering gathering = { .rows = json_array(), .conflicts = json_array(), .max = rows_max };
	size_t left_out = vg_inventory_left_out(inventory), rows;
	int r = gathering.rows && gathering.conflicts ? vg_inventory_walk(inventory, gather, &gathering) : -ENOMEM;

	rows = vg_inventory_size(inventory) - json_array_size(gathering.rows);
	if (r >= 0)
		r = vg_json_set(check, "inventory", json_incref(gathering.rows)) | vg_json_set(check, "conflicts", json_incref(gathering.conflicts));
	json_decref(gathering.rows);
	json_decref(gathering.conflicts);
	if (r < 0 || !(rows + left_out))
		return r;
	return vg_json_set(check, "left_out", json_pack("{s:I, s:I}", "rows", (json_int_t)rows, "conflicts", (json_int_t)left_out));
}
