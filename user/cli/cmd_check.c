/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/picture.h"
#include "cli/show.h"
#include "report/explain.h"
#include "report/inventory.h"
#include "report/json.h"

/* Columns of the terminal that we write to; 0: it is none. */
static size_t terminal_width(void)
{
	struct winsize size = { 0 };

	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static int print_text(const json_t *check, const struct vg_listing *listing)
{
	vg_check_print(stdout, check);
	return vg_inventory_print_text(stdout, listing, terminal_width());
}

static int finish(const json_t *check, int r)
{
	if (r < 0) {
		vg_log_errno(r, "cannot check");
		return VG_EXIT_BLIND;
	}
	return vg_check_violations(check) > 0 ? VG_EXIT_FINDINGS : VG_EXIT_FINE;
}

static int print(const struct vg_config_options *options, const json_t *check, const struct vg_listing *listing)
{
	switch (options->output) {
	case VG_OUTPUT_JSON: return vg_inventory_print_json(stdout, check, listing);
	case VG_OUTPUT_MARKDOWN: return vg_inventory_print_markdown(stdout, check, listing);
	default: return print_text(check, listing);
	}
}

/* ---- by files */

/* What a document says of the picture. A program that compares two looks is told the time only if it asked for one. */
static int describe(const struct vg_config_options *options, const struct vg_picture *picture, json_t *check)
{
	char time[VG_RFC3339_MAX];
	uint64_t objects = 0;
	int r = 0;

	for (int kind = 0; picture->cluster && kind < VG_KIND_MAX; kind++)
		objects += vg_cluster_count(picture->cluster, (enum vg_kind)kind);
	vg_time_rfc3339(picture->ground.now.real_ns, time);
	if (options->now_real_ns || options->output == VG_OUTPUT_MARKDOWN)
		r |= vg_json_set_text(check, "time", time);
	return r | (picture->cluster ? vg_json_set(check, "objects", json_integer((json_int_t)objects)) : 0);
}

static int check_bound(const struct vg_picture *picture, json_t *check)
{
	int r = check ? 0 : -ENOMEM;

	for (size_t i = 0; i < picture->n && r == 0; i++) {
		const struct vg_listed_addr *listed = &picture->addrs[i];
		struct vg_answer answer = vg_judge(picture->snapshot, &listed->bound.addr, listed->ifname, &picture->circumstances);

		r = vg_check_add(check, &picture->ground, &listed->bound, listed->ifname, &answer, NULL);
	}
	return r;
}

static int check_picture(const struct vg_config_options *options, const struct vg_picture *picture)
{
	struct vg_inventory_ground ground = {
		.snapshot = picture->snapshot, .cluster = picture->cluster, .circumstances = picture->circumstances, .now = picture->ground.now
	};
	json_auto_t *check = vg_check_new(options->node, vg_snapshot_source(picture->snapshot));
	VG_CLEANUP(vg_inventory_freep) struct vg_inventory *inventory = NULL;
	int r = check_bound(picture, check);

	if (r == 0)
		r = describe(options, picture, check);
	if (r == 0)
		r = vg_inventory_new(&ground, &inventory);
	if (r == 0) {
		struct vg_listing listing = vg_listing_of_inventory(inventory);

		r = print(options, check, &listing);
	}
	return finish(check, r);
}

static int check_files(const struct vg_config_options *options)
{
	VG_CLEANUP(vg_picture_deinit) struct vg_picture picture = { 0 };
	int status = vg_picture_read(options, &picture);

	return status == VG_EXIT_FINE ? check_picture(options, &picture) : status;
}

/* ---- by the running guard */

static int check_guard(const struct vg_config_options *options)
{
	json_auto_t *check = NULL;
	int status = vg_show_ask(options, "GET", "/v1/check", &check);
	struct vg_listing listing;
	int r = 0;

	if (status != VG_EXIT_FINE)
		return status;
	listing = vg_listing_of_json(check);
	if (options->output == VG_OUTPUT_JSON)
		vg_show_json(options, check, vg_check_print);
	else
		r = print(options, check, &listing);
	return finish(check, r);
}

int vg_cmd_check(const struct vg_config_options *options)
{
	int status = vg_picture_refuse_flags(options);

	if (status != VG_EXIT_FINE)
		return status;
	return vg_picture_wanted(options) ? check_files(options) : check_guard(options);
}
