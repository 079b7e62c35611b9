/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/picture.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/addresses_live.h"
#include "cli/cli.h"
#include "conf/assignments.h"
#include "core/own.h"

static int read_addresses(const struct vg_config_options *options, struct vg_picture *picture)
{
	struct vg_error error = { .text = "out of memory" };
	int r;

	if (options->addresses)
		r = vg_addresses_read(options->addresses, &error, &picture->addrs, &picture->n);
	else
		r = vg_addresses_live(&error, &picture->addrs, &picture->n);
	if (r == 0)
		return VG_EXIT_FINE;
	vg_log(VG_LOG_ERROR, "%s", error.text);
	return options->addresses ? VG_EXIT_USAGE : VG_EXIT_BLIND;
}

static struct vg_fact fact_of(const struct vg_listed_addr *listed)
{
	struct vg_fact fact = {
		.kind = VG_FACT_BIND,
		.how = VG_HOW_PREEXISTING,
		.addr = listed->bound.addr,
		.prefix = listed->bound.prefix,
		.ifindex = listed->bound.ifindex,
		.ifa_flags = listed->bound.flags,
		.count = 1,
	};

	memcpy(fact.ifname, listed->ifname, sizeof(fact.ifname));
	return fact;
}

/* Which addresses are own is asked before any is protected, as the guard does: protecting one must not change the next answer. */
static int protect(const struct vg_config_options *options, struct vg_picture *picture)
{
	_cleanup_free_ struct vg_fact *found = calloc(picture->n + 1, sizeof(*found));
	_cleanup_free_ struct vg_own *own = calloc(picture->n + 1, sizeof(*own));
	size_t n_own;
	int r = 0;

	if (!found || !own)
		return -ENOMEM;
	for (size_t i = 0; i < picture->n; i++)
		found[i] = fact_of(&picture->addrs[i]);
	n_own = vg_own_collect(picture->snapshot, found, picture->n, own);
	for (size_t i = 0; i < options->n_protect && r == 0; i++)
		r = vg_snapshot_protect(picture->snapshot, &options->protect[i], VG_PROTECT_LIST);
	for (size_t i = 0; i < n_own && r == 0; i++)
		r = vg_snapshot_protect(picture->snapshot, &own[i].prefix, VG_NODE_ADDRESS);
	return r;
}

int vg_picture_read(const struct vg_config_options *options, struct vg_picture *ret_picture)
{
	VG_CLEANUP(vg_picture_deinit) struct vg_picture picture = { 0 };
	struct vg_error error = { .text = "out of memory" };
	int r, status;

	if (vg_assignments_read(options->assignments, options->node, &error, &picture.snapshot) < 0) {
		vg_log(VG_LOG_ERROR, "%s", error.text);
		return VG_EXIT_USAGE;
	}
	status = read_addresses(options, &picture);
	if (status != VG_EXIT_FINE)
		return status;
	r = protect(options, &picture);
	if (r < 0) {
		vg_log_errno(r, "cannot judge");
		return VG_EXIT_BLIND;
	}
	picture.circumstances.now_ns = options->now_real_ns ? options->now_real_ns : vg_time_boot_ns();
	picture.circumstances.grace_ns = options->grace_ns;
	*ret_picture = picture;
	picture = (struct vg_picture){ 0 };
	return VG_EXIT_FINE;
}

void vg_picture_deinit(struct vg_picture *picture)
{
	vg_snapshot_free(picture->snapshot);
	free(picture->addrs);
}

int vg_picture_refuse_flags(const struct vg_config_options *options)
{
	const char *flag = options->addresses ? "--addresses" : options->now_real_ns ? "--now" : NULL;

	if (!flag || options->assignments)
		return VG_EXIT_FINE;
	vg_log(VG_LOG_ERROR, "%s needs --assignments: a running guard judges by what it sees itself", flag);
	return VG_EXIT_USAGE;
}
