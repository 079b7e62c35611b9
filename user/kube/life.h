/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one sign of life that all watches of a source share: where nothing else has proven for silence_ns that the server is in touch with its
 * storage, one small list is asked for, which it cannot answer from its memory. Where Leases are renewed (each API server has one of its own)
 * their events prove it and nothing is asked. An answer shows at the same time that the connection is alive, and with it the watches on it.
 *
 * What is not answered soon is asked along with something that needs no storage: if that is answered, the connection stays.
 */
#ifndef KUBE_LIFE_H
#define KUBE_LIFE_H

#include <stdint.h>

#include "base/cleanup.h"
#include "base/loop.h"
#include "kube/http.h"
#include "kube/proof.h"

#define VG_LIFE_BODY_MAX (64 * 1024) /* of an answer; one Lease has one KiB or two */

struct vg_life;

struct vg_life_config {
	struct vg_http *http; /* this and proof are the caller's, and outlive it */
	struct vg_proof *proof;
	uint64_t silence_ns;
	uint64_t backoff_min_ns, backoff_max_ns;
	void (*proven)(void *ctx); /* an answer came; nothing may be done there but note it for later */
	void *ctx;
};

struct vg_life_status {
	uint64_t requests; /* all of them */
	uint64_t failures;
	const char *last_error; /* of the last answer; "" if it was good. Borrowed */
};

/* It asks for nothing before the first proof: until then lists are on their way. */
int vg_life_new(struct vg_loop *loop, const struct vg_life_config *config, struct vg_life **ret_life);
void vg_life_free(struct vg_life *life); /* NULL is fine */
void vg_life_retry(struct vg_life *life); /* a back-off ends now */
void vg_life_status(const struct vg_life *life, struct vg_life_status *ret_status);

VG_DEFINE_CLEANUP(struct vg_life *, vg_life_free)

#endif
