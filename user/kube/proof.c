/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/proof.h"

#include <stdio.h>

#include "kube/intake_apply.h"

static void advance(struct vg_proof *proof, uint64_t ns)
{
	if (ns <= proof->word_ns)
		return;
	if (proof->word_ns && ns - proof->word_ns > proof->max_age_ns)
		proof->gap_ns = proof->word_ns;
	proof->word_ns = ns;
}

void vg_proof_read(struct vg_proof *proof, uint64_t asked_ns, const char *version, uint32_t connection)
{
	advance(proof, asked_ns);
	proof->connection = connection;
	snprintf(proof->version, sizeof(proof->version), "%s", version);
}

/* What a watch catches up with is no news, and what another connection brings may be of another server. */
void vg_proof_event(struct vg_proof *proof, uint64_t now_ns, const char *version, uint32_t connection)
{
	if (!connection || connection != proof->connection || vg_version_compare(proof->version, version) >= 0)
		return;
	advance(proof, now_ns);
	snprintf(proof->version, sizeof(proof->version), "%s", version);
}

bool vg_proof_lapsed(const struct vg_proof *proof, uint64_t now_ns)
{
	return proof->word_ns && now_ns > proof->word_ns && now_ns - proof->word_ns > proof->max_age_ns;
}

uint64_t vg_proof_covers(const struct vg_proof *proof, uint64_t listed_ns)
{
	return listed_ns > proof->gap_ns ? proof->word_ns : proof->gap_ns;
}
