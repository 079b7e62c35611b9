/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What monitors ask for, as text, on the local API and, for those that cannot read a Unix socket, over TCP, where nothing else is answered:
 *
 * GET / (the status page) · GET /metrics (Prometheus text 0.0.4, report/page.h) · GET /healthz (200: the loop turns) · GET /readyz (200: ready; else 503 and why)
 *
 * GET /v1/vips (JSON, docs/contract.md section 4), over TCP only where VIPs may be named.
 *
 * Over TCP anybody may ask who can reach the address. So each answer closes its connection, and a connection that is not done by
 * VG_PROBE_SECONDS is cut off, whatever it does: who is slow keeps one of few places for a while, and no memory but one page.
 */
#ifndef REPORT_PROBES_H
#define REPORT_PROBES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/loop.h"
#include "core/addr.h"

#define VG_PROBE_CONNECTIONS_MAX 8 /* over TCP at a time; further ones wait in the kernel */
#define VG_PROBE_SECONDS 15 /* of one connection over TCP */

struct vg_probes;

/* The status page (report/screen_html.h); borrowed for the call. */
struct vg_home {
	const char *text;
	size_t n;
	const char *policy; /* Content-Security-Policy */
};

struct vg_probe_ops {
	void *ctx;
	const char *(*metrics)(void *ctx, size_t *ret_n); /* the page, borrowed for the call; NULL: it cannot be made (then: 503) */
	const char *(*unready)(void *ctx); /* NULL: ready; else why not yet */
	const char *(*vips)(void *ctx); /* JSON, borrowed for the call; NULL: it cannot be made. No such function: no such path */
	bool (*home)(void *ctx, struct vg_home *ret_home); /* NULL: there is none; false: it cannot be made (then: 503) */
};

/* Where to listen. port 0: nowhere. */
struct vg_listen {
	struct vg_addr addr;
	uint16_t port;
};

#define VG_LISTEN_TEXT_MAX 64 /* "[ffff:…:ffff]:65535" and its NUL fit */

/* "127.0.0.1:9477", "[::1]:9477", or "off" or "" for nowhere. -EINVAL. */
int vg_listen_parse(const char *text, struct vg_listen *ret_listen);
void vg_listen_to_str(const struct vg_listen *listen, char *out); /* out: VG_LISTEN_TEXT_MAX */

struct vg_probes_config {
	struct vg_listen listen;
	struct vg_probe_ops ops;
	uint64_t visit_ns; /* 0: VG_PROBE_SECONDS (tests) */
};

/* -EADDRINUSE and the like: error says where and why. A loopback address may come later, with its link. */
int vg_probes_new(struct vg_loop *loop, const struct vg_probes_config *config, struct vg_error *ret_error, struct vg_probes **ret_probes);
void vg_probes_free(struct vg_probes *probes); /* NULL is fine */

VG_DEFINE_CLEANUP(struct vg_probes *, vg_probes_free)

#endif
