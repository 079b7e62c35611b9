/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What shows that the API server is in touch with its storage. One that is cut off from it goes on answering watches from its memory, bookmarks
 * and all; so a watch that stands is no proof, nor is one that begins. Proof is
 * - an answer that the server had to ask its storage for (a list without a resourceVersion), as of when it was asked for,
 * - afterwards, over the same connection, a version later than any seen: it was written a moment ago.
 * Between two proofs that are further apart than max_age nothing is known: what was listed before that gap has to be listed anew. Pure.
 */
#ifndef KUBE_PROOF_H
#define KUBE_PROOF_H

#include <stdbool.h>
#include <stdint.h>

#include "kube/intake.h"

/* Zero it and set max_age_ns. */
struct vg_proof {
	uint64_t max_age_ns;
	uint64_t word_ns; /* of the last proof, CLOCK_BOOTTIME; 0: none yet */
	uint64_t gap_ns; /* the last one before the last gap; 0: there was none */
	uint32_t connection; /* that storage was asked over last; 0: none that others share */
	char version[VG_VERSION_MAX]; /* the latest seen */
};

/* connection: vg_http_connection(). */
void vg_proof_read(struct vg_proof *proof, uint64_t asked_ns, const char *version, uint32_t connection);
void vg_proof_event(struct vg_proof *proof, uint64_t now_ns, const char *version, uint32_t connection);
bool vg_proof_lapsed(const struct vg_proof *proof, uint64_t now_ns); /* there was proof, and it is older than max_age */
/* Until when that is known to be whole what was listed at listed_ns and watched since. */
uint64_t vg_proof_covers(const struct vg_proof *proof, uint64_t listed_ns);

#endif
