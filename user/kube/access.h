/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the API server is and how to be let in: the in-cluster service account, or a kubeconfig (context, cluster, user). What a
 * plain C client cannot do (exec and auth-provider plugins) is refused by name. Secrets are kept apart from everything that is
 * ever printed, wiped when freed, and kept out of core dumps (madvise MADV_DONTDUMP).
 */
#ifndef KUBE_ACCESS_H
#define KUBE_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

#define VG_SERVERS_MAX 8
#define VG_SERVICE_ACCOUNT_DIR "/var/run/secrets/kubernetes.io/serviceaccount"

struct vg_secret; /* bytes with a NUL behind; never log them */

/* Which file it was, to see cheaply whether there is another one now; all zeros: none was read. */
struct vg_access_stamp {
	uint64_t device, inode, size, mtime_ns, ctime_ns;
};

struct vg_access {
	char *servers[VG_SERVERS_MAX]; /* "https://192.0.2.10:6443", without a slash at the end; tried in this order */
	size_t n_servers;
	char *ca_file; /* one of the two, or neither (the system's) */
	struct vg_secret *ca_data; /* PEM */
	char *cert_file; /* client certificate, file or data */
	struct vg_secret *cert_data;
	char *key_file;
	struct vg_secret *key_data;
	char *token_file; /* read again when it changes, and on a 401 */
	struct vg_secret *token; /* fixed, or what was read last from token_file */
	struct vg_access_stamp token_stamp; /* of token_file when it was read */
	char *user; /* basic auth; rare */
	struct vg_secret *password;
	char *tls_server_name;
	char *proxy_url;
	bool insecure; /* insecure-skip-tls-verify */
	char *from; /* "in-cluster", or the kubeconfig's path and context, for reports */
};

/* From env KUBERNETES_SERVICE_HOST/PORT (IPv6 in brackets) and dir (VG_SERVICE_ACCOUNT_DIR). -ENOENT: not in a cluster; error says. */
int vg_access_in_cluster(const char *dir, struct vg_error *ret_error, struct vg_access **ret_access);
/* path: YAML or JSON, relative paths in it are relative to its folder. context NULL: current-context. -EINVAL, -ENOTSUP (plugins), -errno of the file. */
int vg_access_kubeconfig(const char *path, const char *context, struct vg_error *ret_error, struct vg_access **ret_access);
/* Puts servers before those it has: "https://HOST[:PORT]", comma-separated (a static pod's own node first). */
int vg_access_prefer(struct vg_access *access, const char *servers, struct vg_error *ret_error);
/* Reads token_file again if it is another one by its stamp (so it is cheap: before each request). 1: the token is another one now; 0: it is the same, or there is no file; -errno. */
int vg_access_refresh(struct vg_access *access, struct vg_error *ret_error);
void vg_access_free(struct vg_access *access); /* NULL is fine; wipes */

int vg_secret_new(const void *bytes, size_t n, struct vg_secret **ret_secret);
const char *vg_secret_text(const struct vg_secret *secret); /* "" for NULL */
size_t vg_secret_size(const struct vg_secret *secret);
void vg_secret_free(struct vg_secret *secret); /* NULL is fine; wipes */

VG_DEFINE_CLEANUP(struct vg_access *, vg_access_free)
VG_DEFINE_CLEANUP(struct vg_secret *, vg_secret_free)

#endif
