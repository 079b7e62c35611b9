/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/cleanup.h"
#include "report/inventory.h"
#include "report/json.h"

const char *vg_column_head(enum vg_column column)
{
	static const char *const heads[] = {
		[VG_COLUMN_ADDRESS] = "address",   [VG_COLUMN_KIND] = "kind",	     [VG_COLUMN_OWNER] = "owner",
		[VG_COLUMN_NODES] = "nodes",	   [VG_COLUMN_BIND] = "bind",	     [VG_COLUMN_ANNOUNCE] = "announce",
		[VG_COLUMN_CONFLICT] = "conflict", [VG_COLUMN_SERVICE] = "services", [VG_COLUMN_PROOF] = "proof",
	};
	_Static_assert(ARRAY_SIZE(heads) == VG_COLUMN_MAX, "one for each");

	return heads[column];
}

static void put_text(FILE *out, const char *text)
{
	if (*text)
		vg_text_put(out, text);
	else
		fputc('-', out);
}

/* What an object of the list is called: a text is its own name. */
static void put_item(FILE *out, const json_t *item)
{
	const char *name = vg_json_get_text(item, "name");

	if (json_is_string(item)) {
		vg_text_put(out, json_string_value(item));
		return;
	}
	vg_text_put(out, vg_json_get_text(item, "kind"));
	fputs(*name ? " " : "", out);
	vg_text_put(out, name);
}

static void put_list(FILE *out, const json_t *list, size_t max, const char *none)
{
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n && i < max; i++) {
		fputs(i ? ", " : "", out);
		put_item(out, json_array_get(list, i));
	}
	if (n > max)
		fprintf(out, " +%zu", n - max);
	if (!n)
		fputs(none, out);
}

static void put_judgement(FILE *out, const json_t *judgement, bool reasons)
{
	put_text(out, vg_json_get_text(judgement, "verdict"));
	if (!judgement || !reasons)
		return;
	fputs(" (", out);
	vg_text_put(out, vg_json_get_text(judgement, "reason"));
	fputc(')', out);
}

static void put_owner(FILE *out, const json_t *row)
{
	const char *owner = vg_json_get_text(row, "owner"), *class = vg_json_get_text(row, "class");

	put_text(out, owner);
	if (!*class || !strcmp(owner, class))
		return;
	fputs(" (", out);
	vg_text_put(out, class);
	fputc(')', out);
}

static void put_services(FILE *out, const json_t *row, size_t max)
{
	put_list(out, json_object_get(row, "services"), max, "-");
	if (json_is_true(json_object_get(row, "more_services")))
		fputs(" and more", out);
}

static void put_nodes(FILE *out, const json_t *nodes, size_t max)
{
	put_list(out, nodes, max, nodes ? "nobody" : "-");
}

void vg_column_put(FILE *out, const json_t *row, enum vg_column column, size_t max, bool reasons)
{
	switch (column) {
	case VG_COLUMN_OWNER: put_owner(out, row); break;
	case VG_COLUMN_NODES: put_nodes(out, json_object_get(row, "assigned_nodes"), max); break;
	case VG_COLUMN_BIND:
	case VG_COLUMN_ANNOUNCE: put_judgement(out, json_object_get(row, vg_column_head(column)), reasons); break;
	case VG_COLUMN_CONFLICT: put_list(out, json_object_get(row, "conflicts"), max, "-"); break;
	case VG_COLUMN_SERVICE: put_services(out, row, max); break;
	case VG_COLUMN_PROOF: put_list(out, json_object_get(row, "proof"), max, "-"); break;
	default: put_text(out, vg_json_get_text(row, vg_column_head(column)));
	}
}
