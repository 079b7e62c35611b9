/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/access.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/time.h"
#include "kube/access_state.h"

#define BLANKS " \t\r\n"

void vg_access_free(struct vg_access *access)
{
	if (!access)
		return;
	for (size_t i = 0; i < access->n_servers; i++)
		free(access->servers[i]);
	free(access->ca_file);
	vg_secret_free(access->ca_data);
	free(access->cert_file);
	vg_secret_free(access->cert_data);
	free(access->key_file);
	vg_secret_free(access->key_data);
	free(access->token_file);
	vg_secret_free(access->token);
	free(access->user);
	vg_secret_free(access->password);
	free(access->tls_server_name);
	if (access->proxy_url)
		explicit_bzero(access->proxy_url, strlen(access->proxy_url)); /* may hold a password */
	free(access->proxy_url);
	free(access->from);
	free(access);
}

static struct vg_access_stamp stamp_of(const struct stat *st)
{
	return (struct vg_access_stamp){
		.device = st->st_dev,
		.inode = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime_ns = (uint64_t)st->st_mtim.tv_sec * VG_NS_PER_SEC + (uint64_t)st->st_mtim.tv_nsec,
		.ctime_ns = (uint64_t)st->st_ctim.tv_sec * VG_NS_PER_SEC + (uint64_t)st->st_ctim.tv_nsec,
	};
}

static bool stamp_equal(const struct vg_access_stamp *a, const struct vg_access_stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

static int cannot_read(const char *path, struct vg_error *error, int r)
{
	return vg_error_set(error, r, "%s: the token cannot be read: %s", path, strerror(-r));
}

/* Goes into a header line: so blanks around it are taken off, and nothing but visible characters may remain. */
static int make_token(const char *path, char *text, size_t n, struct vg_error *error, struct vg_secret **ret_token)
{
	size_t start;
	int r;

	text[n] = '\0';
	start = strspn(text, BLANKS);
	while (n > start && strchr(BLANKS, text[n - 1]) && text[n - 1])
		n--;
	if (n == start)
		return vg_error_set(error, -EINVAL, "%s: found nothing; expected a token", path);
	for (size_t i = start; i < n; i++) {
		if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 0x7f)
			return vg_error_set(error, -EINVAL, "%s: found bytes that no token has; expected one line", path);
	}
	r = vg_secret_new(text + start, n - start, ret_token);
	return r < 0 ? cannot_read(path, error, r) : 0;
}

static ssize_t read_all(int fd, char *out, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t got = read(fd, out + n, size - n);

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			break;
		n += got > 0 ? (size_t)got : 0;
	}
	return (ssize_t)n;
}

/* O_NONBLOCK: a pipe in the place of the file must not hang the guard. */
static int read_token(const char *path, struct vg_error *error, struct vg_access_stamp *ret_stamp, struct vg_secret **ret_token)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *text;
	struct stat st;
	ssize_t n;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return cannot_read(path, error, -errno);
	if (!S_ISREG(st.st_mode))
		return vg_error_set(error, -EINVAL, "%s: is no file; expected a file with a token", path);
	text = malloc(VG_TOKEN_BYTES_MAX + 2);
	if (!text)
		return cannot_read(path, error, -ENOMEM);
	n = read_all(fd, text, VG_TOKEN_BYTES_MAX + 1);
	if (n < 0)
		r = cannot_read(path, error, (int)n);
	else if (n > VG_TOKEN_BYTES_MAX)
		r = vg_error_set(error, -EFBIG, "%s: has more than %d bytes; expected a token", path, VG_TOKEN_BYTES_MAX);
	else
		r = make_token(path, text, (size_t)n, error, ret_token);
	explicit_bzero(text, n > 0 ? (size_t)n : 0);
	free(text);
	*ret_stamp = stamp_of(&st);
	return r;
}

int vg_access_refresh(struct vg_access *access, struct vg_error *ret_error)
{
	struct vg_access_stamp stamp;
	struct vg_secret *token;
	struct stat st;
	bool same;
	int r;

	if (!access->token_file)
		return 0;
	if (stat(access->token_file, &st) < 0)
		return cannot_read(access->token_file, ret_error, -errno);
	stamp = stamp_of(&st);
	if (stamp_equal(&stamp, &access->token_stamp))
		return 0;
	r = read_token(access->token_file, ret_error, &stamp, &token);
	if (r < 0)
		return r;
	same = access->token && !strcmp(vg_secret_text(access->token), vg_secret_text(token));
	vg_secret_free(access->token);
	access->token = token;
	access->token_stamp = stamp;
	return !same;
}

int vg_access_first_token(struct vg_access *access, struct vg_error *error)
{
	int r = vg_access_refresh(access, error);

	return r < 0 ? r : 0;
}

static int set_in_cluster_server(struct vg_access *access, struct vg_error *error)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST"), *port = getenv("KUBERNETES_SERVICE_PORT"), *expected;
	bool brackets = host && strchr(host, ':') && host[0] != '[';
	_cleanup_free_ char *url = NULL;

	if (!host || !*host || !port || !*port)
		return vg_error_set(error, -ENOENT, "not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
	if (asprintf(&url, "https://%s%s%s:%s", brackets ? "[" : "", host, brackets ? "]" : "", port) < 0) {
		url = NULL;
		return vg_error_set(error, -ENOMEM, "%s", strerror(ENOMEM));
	}
	if (strpbrk(host, "/@?#") || port[strspn(port, "0123456789")] || vg_access_server_parse(url, &expected, &access->servers[0]) < 0)
		return vg_error_set(error, -EINVAL, "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: found no address and port");
	access->n_servers = 1;
	return 0;
}

int vg_access_in_cluster(const char *dir, struct vg_error *ret_error, struct vg_access **ret_access)
{
	VG_CLEANUP(vg_access_freep) struct vg_access *access = calloc(1, sizeof(*access));
	int r;

	if (!access)
		return vg_error_set(ret_error, -ENOMEM, "%s", strerror(ENOMEM));
	r = set_in_cluster_server(access, ret_error);
	if (r < 0)
		return r;
	access->from = strdup("in-cluster");
	if (asprintf(&access->token_file, "%s/token", dir) < 0)
		access->token_file = NULL;
	if (asprintf(&access->ca_file, "%s/ca.crt", dir) < 0)
		access->ca_file = NULL;
	if (!access->from || !access->token_file || !access->ca_file)
		return vg_error_set(ret_error, -ENOMEM, "%s", strerror(ENOMEM));
	r = vg_access_first_token(access, ret_error);
	if (r < 0)
		return r;
	if (faccessat(AT_FDCWD, access->ca_file, R_OK, AT_EACCESS) < 0) {
		r = -errno;
		return vg_error_set(ret_error, r, "%s: the cluster's CA cannot be read: %s", access->ca_file, strerror(-r));
	}
	*ret_access = TAKE_PTR(access);
	return 0;
}
