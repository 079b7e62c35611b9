/* SPDX-License-Identifier: Apache-2.0 */
/* One object, of which the long lists are written as they come: a cluster's table is never held as a whole. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/inventory.h"

struct writer {
	FILE *out;
	size_t n;
};

static int put_one(void *arg, const json_t *one)
{
	struct writer *writer = arg;

	fputs(writer->n++ ? ",\n    " : "\n    ", writer->out);
	return json_dumpf(one, writer->out, 0) < 0 && !ferror(writer->out) ? -ENOMEM : 0;
}

static int put_list(FILE *out, const char *key, const void *ctx, int (*list)(const void *ctx, vg_listing_fn fn, void *arg))
{
	struct writer writer = { .out = out };
	int r;

	fprintf(out, ",\n  \"%s\": [", key);
	r = list(ctx, put_one, &writer);
	fputs(writer.n ? "\n  ]" : "]", out);
	return r;
}

int vg_inventory_print_json(FILE *out, const json_t *check, const struct vg_listing *listing)
{
	_cleanup_free_ char *head = json_dumps(check, JSON_INDENT(2));
	size_t n = head ? strlen(head) : 0;
	int r;

	if (n < 2)
		return -ENOMEM;
	/* the object's own end, "\n}", comes after the lists */
	fprintf(out, "%.*s", (int)(n - 2), head);
	r = put_list(out, "inventory", listing->ctx, listing->rows);
	if (r == 0)
		r = put_list(out, "conflicts", listing->ctx, listing->conflicts);
	if (r == 0 && listing->conflicts_left_out)
		fprintf(out, ",\n  \"left_out\": {\"rows\": %zu, \"conflicts\": %zu}", listing->rows_left_out, listing->conflicts_left_out);
	fputs("\n}\n", out);
	return r;
}
