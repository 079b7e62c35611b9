/* SPDX-License-Identifier: Apache-2.0 */
/* Where the options say that the cluster is to be read: the API server, and the static Pods of this host. */
#ifndef APP_ACCESS_H
#define APP_ACCESS_H

#include "app/config.h"
#include "kube/access.h"

/* --kubeconfig, else the Pod's service account; --server. From then on the process leaves no core dump: libcurl keeps what it sends, the token too, in
 * ordinary memory. */
int vg_access_of_options(const struct vg_config_options *options, struct vg_error *ret_error, struct vg_access **ret_access);
/* The folders of --manifests, else kubelet's, RKE2's and k3s's; NULL past the end. */
const char *vg_manifests_of_options(const struct vg_config_options *options, size_t i);

#endif
