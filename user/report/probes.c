/* SPDX-License-Identifier: Apache-2.0 */
#include "report/probes.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/time.h"
#include "report/probe_answer.h"
#include "report/serve.h"

#define BACKLOG 16
#define QUIET_SECONDS 5 /* a client that says and takes nothing for so long is let go */

/* A connection, by its descriptor: the one until libmicrohttpd says that it ends. */
struct visit {
	int fd; /* libmicrohttpd's; -1: this place is free */
	uint64_t until_ns; /* CLOCK_BOOTTIME */
};

struct vg_probes {
	struct vg_probe_ops ops;
	uint64_t visit_ns;
	struct vg_serve *serve;
	struct vg_timer *timer; /* armed while there are visits */
	struct visit visits[VG_PROBE_CONNECTIONS_MAX];
};

/* ---- where to listen */

static int parse_port(const char *text, uint16_t *ret_port)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (*text < '1' || *text > '9' || *end || port > UINT16_MAX)
		return -EINVAL;
	*ret_port = (uint16_t)port;
	return 0;
}

int vg_listen_parse(const char *text, struct vg_listen *ret_listen)
{
	const char *colon = strrchr(text, ':'), *from = text + (*text == '['), *end = colon;
	struct vg_listen listen = { .port = 0 };
	char addr[VG_TEXT_MAX];

	if (!*text || strcmp(text, "off") == 0) {
		*ret_listen = listen;
		return 0;
	}
	if (!colon)
		return -EINVAL;
	if (*text == '[' && *--end != ']')
		return -EINVAL;
	if (end < from || (size_t)(end - from) >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, from, (size_t)(end - from));
	addr[end - from] = 0;
	/* an IPv6 address without brackets cannot be told from its port */
	if ((*text == '[') == !strchr(addr, ':') || vg_addr_parse(addr, &listen.addr) < 0 || parse_port(colon + 1, &listen.port) < 0)
		return -EINVAL;
	*ret_listen = listen;
	return 0;
}

void vg_listen_to_str(const struct vg_listen *listen, char *out)
{
	char addr[VG_TEXT_MAX];

	if (!listen->port) {
		strcpy(out, "off");
		return;
	}
	vg_addr_to_str(&listen->addr, addr);
	snprintf(out, VG_LISTEN_TEXT_MAX, vg_addr_is_ipv4(&listen->addr) ? "%s:%u" : "[%s]:%u", addr, listen->port);
}

static bool is_loopback(const struct vg_addr *addr)
{
	static const struct in6_addr one = IN6ADDR_LOOPBACK_INIT;

	return vg_addr_is_ipv4(addr) ? addr->bytes[12] == 127 : memcmp(addr->bytes, &one, sizeof(one)) == 0;
}

static socklen_t to_sockaddr(const struct vg_listen *listen, struct sockaddr_storage *ret)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	if (vg_addr_is_ipv4(&listen->addr)) {
		in->sin_family = AF_INET;
		in->sin_port = htons(listen->port);
		memcpy(&in->sin_addr, listen->addr.bytes + 12, 4);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(listen->port);
	memcpy(&in6->sin6_addr, listen->addr.bytes, 16);
	return sizeof(*in6);
}

static int listen_at(const struct vg_listen *where, int *ret_fd)
{
	struct sockaddr_storage address;
	socklen_t size = to_sockaddr(where, &address);
	_cleanup_close_ int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int yes = 1, r = 0;

	if (fd < 0)
		return -errno;
	/* what the guard before this one has closed a moment ago is no hindrance; one that still listens is */
	r |= setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (address.ss_family == AF_INET6) /* as it is written: [::] is not 0.0.0.0 as well */
		r |= setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (is_loopback(&where->addr)) /* at boot lo may not be up yet; works for both families (ip(7)) */
		r |= setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &yes, sizeof(yes));
	if (r < 0 || bind(fd, (const struct sockaddr *)&address, size) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* ---- visits */

static void arm(struct vg_probes *probes)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < VG_PROBE_CONNECTIONS_MAX; i++) {
		if (probes->visits[i].fd >= 0 && probes->visits[i].until_ns < next)
			next = probes->visits[i].until_ns;
	}
	if (next == UINT64_MAX)
		vg_timer_disarm(probes->timer);
	else if (vg_timer_deadline(probes->timer) != next)
		vg_timer_arm(probes->timer, next);
}

/* Cut off, not closed: libmicrohttpd sees its end and closes it. */
static void on_overdue(void *ctx)
{
	struct vg_probes *probes = ctx;
	uint64_t now_ns = vg_time_boot_ns();

	for (size_t i = 0; i < VG_PROBE_CONNECTIONS_MAX; i++) {
		struct visit *visit = &probes->visits[i];

		if (visit->fd < 0 || visit->until_ns > now_ns)
			continue;
		shutdown(visit->fd, SHUT_RDWR);
		visit->fd = -1;
	}
	vg_serve_soon(probes->serve);
	arm(probes);
}

static struct visit *find_visit(struct vg_probes *probes, int fd)
{
	for (size_t i = 0; i < VG_PROBE_CONNECTIONS_MAX; i++) {
		if (probes->visits[i].fd == fd)
			return &probes->visits[i];
	}
	return NULL;
}

static void on_connection(void *ctx, struct MHD_Connection *connection, void **socket_context, enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct vg_probes *probes = ctx;
	struct visit *visit;

	(void)socket_context;
	if (!info)
		return;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		visit = find_visit(probes, -1);
		if (visit)
			*visit = (struct visit){ .fd = info->connect_fd, .until_ns = vg_time_boot_ns() + probes->visit_ns };
	} else {
		visit = find_visit(probes, info->connect_fd);
		if (visit)
			visit->fd = -1;
	}
	arm(probes);
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
				  const char *body, size_t *body_size, void **seen)
{
	struct vg_probes *probes = ctx;

	(void)version;
	(void)body;
	if (!*seen) { /* the head alone */
		*seen = ctx;
		return MHD_YES;
	}
	if (*body_size > 0) { /* nothing here takes a body */
		*body_size = 0;
		return MHD_YES;
	}
	return vg_probe_answer(&probes->ops, connection, url, method);
}

static int build(struct vg_probes *probes, struct vg_loop *loop, const struct vg_listen *listen)
{
	struct vg_serve_config config = {
		.connections = VG_PROBE_CONNECTIONS_MAX, .quiet_seconds = QUIET_SECONDS, .answer = on_request, .notify = on_connection, .ctx = probes
	};
	int r = vg_timer_new(loop, on_overdue, probes, &probes->timer);

	for (size_t i = 0; i < VG_PROBE_CONNECTIONS_MAX; i++)
		probes->visits[i].fd = -1;
	if (r == 0)
		r = listen_at(listen, &config.fd);
	return r < 0 ? r : vg_serve_new(loop, &config, &probes->serve);
}

int vg_probes_new(struct vg_loop *loop, const struct vg_probes_config *config, struct vg_error *ret_error, struct vg_probes **ret_probes)
{
	VG_CLEANUP(vg_probes_freep) struct vg_probes *probes = calloc(1, sizeof(*probes));
	char where[VG_LISTEN_TEXT_MAX];
	int r;

	if (!probes)
		return vg_error_set(ret_error, -ENOMEM, "out of memory");
	probes->ops = config->ops;
	probes->visit_ns = config->visit_ns ?: VG_PROBE_SECONDS * VG_NS_PER_SEC;
	r = build(probes, loop, &config->listen);
	vg_listen_to_str(&config->listen, where);
	if (r == -EADDRINUSE)
		return vg_error_set(ret_error, r, "%s: another program listens there", where);
	if (r < 0)
		return vg_error_set(ret_error, r, "%s: cannot listen: %s", where, strerror(-r));
	*ret_probes = TAKE_PTR(probes);
	return 0;
}

void vg_probes_free(struct vg_probes *probes)
{
	if (!probes)
		return;
	vg_serve_free(probes->serve); /* tells of the end of each visit */
	vg_timer_free(probes->timer);
	free(probes);
}
