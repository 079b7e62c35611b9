/* SPDX-License-Identifier: Apache-2.0 */
#include "app/access.h"

#include <string.h>
#include <sys/prctl.h>

static const char *const manifest_folders[] = {
	"/etc/kubernetes/manifests",
	"/var/lib/rancher/rke2/agent/pod-manifests",
	"/var/lib/rancher/k3s/agent/pod-manifests",
};

static int find_in_cluster(const struct vg_config_options *options, struct vg_error *ret_error, struct vg_access **ret_access)
{
	struct vg_error why;
	int r = vg_access_in_cluster(VG_SERVICE_ACCOUNT_DIR, &why, ret_access);

	if (r == 0)
		return 0;
	if (options->kubeconfig)
		return vg_error_set(ret_error, r, "--kubeconfig %s: this is no Pod with a service account (%s)", options->kubeconfig, why.text);
	return vg_error_set(ret_error, r, "nothing says which VIP belongs where: give --assignments FILE or --kubeconfig FILE, or run in a Pod (%s)",
			    why.text);
}

int vg_access_of_options(const struct vg_config_options *options, struct vg_error *ret_error, struct vg_access **ret_access)
{
	int r;

	prctl(PR_SET_DUMPABLE, 0);
	if (options->kubeconfig && strcmp(options->kubeconfig, VG_IN_CLUSTER) != 0)
		r = vg_access_kubeconfig(options->kubeconfig, options->context, ret_error, ret_access);
	else
		r = find_in_cluster(options, ret_error, ret_access);
	if (r == 0 && options->server)
		r = vg_access_prefer(*ret_access, options->server, ret_error);
	return r;
}

const char *vg_manifests_of_options(const struct vg_config_options *options, size_t i)
{
	const struct vg_config_list *given = &options->manifests;

	if (given->n)
		return i < given->n ? given->list[i] : NULL;
	return i < ARRAY_SIZE(manifest_folders) ? manifest_folders[i] : NULL;
}
