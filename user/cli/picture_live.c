/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/picture_live.h"

#include <errno.h>
#include <string.h>

#include "app/access.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/time.h"
#include "cli/cli.h"
#include "kube/dump.h"
#include "kube/source.h"

struct look {
	struct vg_loop *loop;
	struct vg_cluster *cluster;
	struct vg_live_trouble *trouble;
	char last[VG_ERROR_MAX]; /* what the connection said last */
};

static void on_changed(void *ctx, bool complete)
{
	struct look *look = ctx;

	vg_cluster_free_dead(look->cluster); /* no picture borrows from it yet */
	if (complete)
		vg_loop_quit(look->loop, 0);
}

static void on_fresh(void *ctx, bool fresh, const char *why)
{
	struct look *look = ctx;

	if (!fresh)
		snprintf(look->last, sizeof(look->last), "%s", why);
}

static void on_trouble(void *ctx, enum vg_kube_trouble_kind kind, const char *text)
{
	struct vg_live_trouble *trouble = ((struct look *)ctx)->trouble;
	struct look *look = ctx;

	if (kind == VG_TROUBLE_CONNECTION)
		snprintf(look->last, sizeof(look->last), "%s", text);
	else if (kind != VG_TROUBLE_FORBIDDEN)
		vg_log(VG_LOG_WARNING, "%s", text);
	else if (trouble->n < VG_LIVE_FORBIDDEN_MAX && (trouble->forbidden[trouble->n] = strdup(text)))
		trouble->n++;
}

static void on_time(void *ctx)
{
	struct look *look = ctx;

	vg_loop_quit(look->loop, -ETIMEDOUT);
}

/* libcurl's and OpenSSL's own errors are in last; a required kind that may not be read never becomes complete. */
static int say_late(const struct look *look, struct vg_error *ret_error)
{
	const char *forbidden = look->trouble->n ? look->trouble->forbidden[0] : "";

	return vg_error_set(ret_error, -ETIMEDOUT, "the cluster could not be listed within %d s%s%s", VG_LIVE_SECONDS,
			    *look->last || *forbidden ? ": " : "", *look->last ? look->last : forbidden);
}

static int listen_for(struct look *look, struct vg_access *access, const char *node, struct vg_error *ret_error)
{
	const struct vg_kube_sink sink = { .ctx = look, .changed = on_changed, .fresh = on_fresh, .trouble = on_trouble };
	VG_CLEANUP(vg_kube_source_freep) struct vg_kube_source *source = NULL;
	VG_CLEANUP(vg_timer_freep) struct vg_timer *timer = NULL;
	const struct vg_kube_config config = {
		.access = access,
		.node = node,
		.every_pod = true,
		.agent = "vipguard",
		.cluster = look->cluster,
		.max_age_ns = 2ULL * VG_LIVE_SECONDS * VG_NS_PER_SEC,
	};
	int r = vg_kube_source_new(look->loop, &config, &sink, ret_error, &source);

	if (r < 0)
		return r;
	r = vg_timer_new(look->loop, on_time, look, &timer);
	if (r == 0)
		r = vg_timer_arm(timer, vg_time_boot_ns() + VG_LIVE_SECONDS * VG_NS_PER_SEC);
	if (r == 0)
		r = vg_loop_run(look->loop);
	if (r == -ETIMEDOUT)
		return say_late(look, ret_error);
	return r < 0 ? vg_error_set(ret_error, r, "cannot list the cluster: %s", strerror(-r)) : 0;
}

/* A static Pod stands under the name of its mirror: what its file says is newer than what the API has. */
static void read_manifests(const struct vg_config_options *options, struct vg_cluster *cluster, const struct vg_moment *now)
{
	const char *folder;

	for (size_t i = 0; (folder = vg_manifests_of_options(options, i)); i++) {
		int r = vg_dump_read_manifests(cluster, VG_REFLECTOR_MANIFESTS, folder, options->node, now);

		if (r < 0 && (options->manifests.n || r != -ENOENT))
			vg_log_errno(r, "cannot read the static Pods in %s", folder);
	}
}

static int list_cluster(const struct vg_config_options *options, struct vg_access *access, struct vg_picture *picture, struct look *look,
			struct vg_error *ret_error)
{
	VG_CLEANUP(vg_loop_freep) struct vg_loop *loop = NULL;
	int r = vg_loop_new(&loop);

	if (r == 0)
		r = vg_cluster_new(options->node, &picture->cluster);
	if (r < 0) {
		vg_access_free(access);
		return vg_error_set(ret_error, r, "%s", strerror(-r));
	}
	look->loop = loop;
	look->cluster = picture->cluster;
	return listen_for(look, access, options->node, ret_error);
}

int vg_picture_read_live(const struct vg_config_options *options, struct vg_access *access, struct vg_picture *picture,
			 struct vg_live_trouble *trouble, struct vg_error *ret_error)
{
	struct look look = { .trouble = trouble };
	struct vg_moment now;

	if (list_cluster(options, access, picture, &look, ret_error) < 0)
		return VG_EXIT_BLIND;
	now = (struct vg_moment){ .real_ns = vg_time_real_ns(), .boot_ns = vg_time_boot_ns() };
	read_manifests(options, picture->cluster, &now);
	if (vg_picture_finish(options, &now, picture) == VG_EXIT_FINE)
		return VG_EXIT_FINE;
	vg_error_set(ret_error, -EIO, "what was listed cannot be judged");
	return VG_EXIT_BLIND;
}

void vg_live_trouble_deinit(struct vg_live_trouble *trouble)
{
	for (size_t i = 0; i < trouble->n; i++)
		free(trouble->forbidden[i]);
	trouble->n = 0;
}
