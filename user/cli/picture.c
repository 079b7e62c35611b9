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
#include "kube/dump_amend.h"

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

/*
 * A guard protects what was on the links before any Service carried it. A dump does not tell what came first: what nothing speaks of
 * and looks like a controller's left-over is nobody's.
 */
static bool was_there_first(const struct vg_picture *picture, const struct vg_fact *found, const struct vg_own *own)
{
	for (size_t i = 0; i < picture->n; i++)
		if (vg_prefix_contains(&own->prefix, &found[i].addr) && vg_own_looks_like(&found[i]))
			return true;
	return false;
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
		r = vg_snapshot_protect(picture->snapshot, &options->protect[i], VG_PROTECT_LIST, VG_ORIGIN_CONFIG);
	for (size_t i = 0; i < n_own && r == 0; i++)
		if (!picture->cluster || was_there_first(picture, found, &own[i]))
			r = vg_snapshot_protect(picture->snapshot, &own[i].prefix, VG_NODE_ADDRESS, VG_ORIGIN_CONFIG);
	return r;
}

static int read_file(const struct vg_config_options *options, struct vg_picture *picture)
{
	struct vg_snapshot **place = picture->cluster ? &picture->file : &picture->snapshot;
	struct vg_error error = { .text = "out of memory" };

	if (!options->assignments || vg_assignments_read(options->assignments, options->node, &error, place) == 0)
		return VG_EXIT_FINE;
	vg_log(VG_LOG_ERROR, "%s", error.text);
	return VG_EXIT_USAGE;
}

static void warn_odd(const struct vg_dump_result *result)
{
	if (result->odd)
		vg_log(VG_LOG_WARNING, "%llu objects are set aside, the first: %s", (unsigned long long)result->odd, result->first_odd);
}

/* What a folder of static Pods says now stands for what the dump has of the same Pods: so a change to one can be tried. */
static int read_manifests(const struct vg_config_options *options, const struct vg_moment *now, struct vg_picture *picture)
{
	for (size_t i = 0; i < options->manifests.n; i++) {
		const char *folder = options->manifests.list[i];
		int r = vg_dump_read_manifests(picture->cluster, VG_REFLECTOR_MANIFESTS, folder, options->node, now);

		if (r < 0) {
			vg_log_errno(r, "cannot read the static Pods in %s", folder);
			return VG_EXIT_USAGE;
		}
	}
	return VG_EXIT_FINE;
}

static int read_objects(const struct vg_config_options *options, const struct vg_moment *now, struct vg_picture *picture)
{
	struct vg_error error = { .text = "out of memory" };
	struct vg_dump_result result = { 0 };

	if (vg_cluster_new(options->node, &picture->cluster) < 0 ||
	    vg_dump_read(picture->cluster, (const char *const *)options->objects.list, options->objects.n, now, &error, &result) < 0) {
		vg_log(VG_LOG_ERROR, "%s", error.text);
		return VG_EXIT_USAGE;
	}
	warn_odd(&result);
	return read_manifests(options, now, picture);
}

static int assess(const struct vg_config_options *options, const struct vg_moment *now, struct vg_picture *picture)
{
	VG_CLEANUP(vg_changes_deinit) struct vg_changes changes = { .n = 0 };
	int r = vg_snapshot_new(options->node, "objects", &picture->snapshot);

	if (r == 0 && picture->file)
		r = vg_snapshot_copy(picture->snapshot, picture->file);
	return r < 0 ? r : vg_assess(picture->cluster, picture->snapshot, &picture->config, now, true, &changes);
}

static int put_together(const struct vg_config_options *options, const struct vg_moment *now, struct vg_picture *picture)
{
	int r = 0;

	picture->config = (struct vg_assess_config){ .grace_ns = options->grace_ns, .file = picture->file };
	picture->circumstances = (struct vg_circumstances){ .now_ns = now->boot_ns, .grace_ns = options->grace_ns };
	if (picture->cluster)
		r = assess(options, now, picture);
	if (r == 0)
		r = protect(options, picture);
	picture->ground = (struct vg_ground){ .snapshot = picture->snapshot, .cluster = picture->cluster, .config = &picture->config, .now = *now };
	if (r == 0)
		return VG_EXIT_FINE;
	vg_log_errno(r, "cannot judge");
	return VG_EXIT_BLIND;
}

/* Without a cluster nothing is older than the look at it, and the boot clock is as good as the wall clock: one moment for both. */
static struct vg_moment moment_of(const struct vg_config_options *options)
{
	uint64_t now_ns = options->now_real_ns ? options->now_real_ns : vg_time_real_ns();

	return (struct vg_moment){ .real_ns = now_ns, .boot_ns = now_ns };
}

int vg_picture_read(const struct vg_config_options *options, struct vg_picture *picture)
{
	struct vg_moment now = moment_of(options);
	int status = options->objects.n ? read_objects(options, &now, picture) : VG_EXIT_FINE;

	return status == VG_EXIT_FINE ? vg_picture_finish(options, &now, picture) : status;
}

int vg_picture_finish(const struct vg_config_options *options, const struct vg_moment *now, struct vg_picture *picture)
{
	int status = read_file(options, picture);

	if (status == VG_EXIT_FINE)
		status = read_addresses(options, picture);
	return status == VG_EXIT_FINE ? put_together(options, now, picture) : status;
}

bool vg_picture_is_amended(const struct vg_config_options *options)
{
	return options->with.n || options->without_objects.n;
}

static int amend(const struct vg_config_options *options, struct vg_picture *picture, struct vg_error *error)
{
	int r = 0;

	for (size_t i = 0; i < options->with.n && r == 0; i++)
		r = vg_dump_amend(picture->cluster, options->with.list[i], &picture->ground.now, error);
	for (size_t i = 0; i < options->without_objects.n && r == 0; i++)
		r = vg_dump_remove(picture->cluster, options->without_objects.list[i], error);
	return r;
}

int vg_picture_amend(const struct vg_config_options *options, struct vg_picture *picture)
{
	struct vg_error error = { .text = "out of memory" };
	struct vg_moment now = picture->ground.now;

	if (amend(options, picture, &error) < 0) {
		vg_log(VG_LOG_ERROR, "%s", error.text);
		return VG_EXIT_USAGE;
	}
	vg_snapshot_free(picture->snapshot);
	picture->snapshot = NULL;
	return put_together(options, &now, picture);
}

void vg_picture_deinit(struct vg_picture *picture)
{
	vg_snapshot_free(picture->snapshot);
	vg_snapshot_free(picture->file);
	vg_cluster_free(picture->cluster);
	free(picture->addrs);
}

bool vg_picture_wanted(const struct vg_config_options *options)
{
	return options->assignments || options->objects.n;
}

int vg_picture_refuse_flags(const struct vg_config_options *options)
{
	const char *change = options->with.n ? "--with" : options->without_objects.n ? "--without-object" : NULL;
	const char *flag = options->addresses ? "--addresses" : options->now_real_ns ? "--now" : NULL;

	if (change && !options->objects.n) {
		vg_log(VG_LOG_ERROR, "%s needs --objects: what a running guard knows of the cluster is not changed, and a file has no objects",
		       change);
		return VG_EXIT_USAGE;
	}
	if (!flag || vg_picture_wanted(options))
		return VG_EXIT_FINE;
	vg_log(VG_LOG_ERROR, "%s needs --assignments or --objects: a running guard judges by what it sees itself", flag);
	return VG_EXIT_USAGE;
}
