/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The owner table (core/inventory.h) as JSON, as text and as Markdown. The forms for people are made from the objects, so that a running
 * guard's table and one from files look the same; one from files is never held as a whole.
 */
#ifndef REPORT_INVENTORY_H
#define REPORT_INVENTORY_H

#include <jansson.h>
#include <stdio.h>

#include "core/inventory.h"

#define VG_INVENTORY_ANSWER_MAX 512 /* rows of a running guard's answer; the rest is counted */

/* Another value than 0 ends the listing and is returned. */
typedef int (*vg_listing_fn)(void *arg, const json_t *one);

/* Rows and conflicts, one after the other, as often as they are asked for. 0, -ENOMEM, or what fn returned. */
struct vg_listing {
	const void *ctx;
	int (*rows)(const void *ctx, vg_listing_fn fn, void *arg);
	int (*conflicts)(const void *ctx, vg_listing_fn fn, void *arg);
	size_t rows_left_out;
	size_t conflicts_left_out;
};

/*
 * A row: {"kind","address","services":[...],"owner","class","assigned_nodes":[...],"source","proof":[{"kind","name","field","value","meaning",
 * "line"}],"bind":{"verdict","reason"},"announce":{...},"conflicts":["pending",...]}. A conflict: {"kind","address","objects":[{"kind","name"}],
 * "text"}. The inventory must outlive the listing.
 */
struct vg_listing vg_listing_of_inventory(const struct vg_inventory *inventory);
/* Of an answer that has "inventory" and "conflicts"; without them nothing is listed. */
struct vg_listing vg_listing_of_json(const json_t *check);

/* Sets "inventory" (rows_max at most), "conflicts" (of those rows) and, if something found no room, "left_out": {"rows","conflicts"}. -ENOMEM */
int vg_check_add_inventory(json_t *check, const struct vg_inventory *inventory, size_t rows_max);

/* What contradicts what, in one sentence; free() it. NULL: no memory. */
char *vg_conflict_text(const struct vg_conflict *conflict);

/* check (report/explain.h) with "inventory" and "conflicts", as one object. */
int vg_inventory_print_json(FILE *out, const json_t *check, const struct vg_listing *listing);
/* Aligned columns. width: of the terminal, 0: lines may be as long as they are. */
int vg_inventory_print_text(FILE *out, const struct vg_listing *listing, size_t width);
/* With the findings of check, for a team's documentation. */
int vg_inventory_print_markdown(FILE *out, const json_t *check, const struct vg_listing *listing);

/* inventory_cells.c: what stands in one cell, for both forms. */
enum vg_column {
	VG_COLUMN_ADDRESS,
	VG_COLUMN_KIND,
	VG_COLUMN_OWNER,
	VG_COLUMN_NODES,
	VG_COLUMN_BIND,
	VG_COLUMN_ANNOUNCE,
	VG_COLUMN_CONFLICT,
	VG_COLUMN_SERVICE,
	VG_COLUMN_PROOF,
	VG_COLUMN_MAX
};

const char *vg_column_head(enum vg_column column); /* "owner" */
/* Printable, not escaped for any form; "-" if there is nothing to say. max: items of a list, the rest is counted. */
void vg_column_put(FILE *out, const json_t *row, enum vg_column column, size_t max, bool reasons);

#endif
