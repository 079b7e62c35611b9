/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Troubles reach the sink once: an odd object is said once for its kind and name, a failure once until all is well
 * again: the same one of many kinds is one.
 */
#include <inttypes.h>
#include <string.h>

#include "core/hash.h"
#include "kube/source_state.h"

/* False: it was said before, or the list is full, which is said itself. */
static bool say_once(struct vg_kube_source *source, uint64_t hash)
{
	for (size_t i = 0; i < source->n_said; i++)
		if (source->said[i] == hash)
			return false;
	if (source->n_said == VG_SAID_MAX)
		return false;
	source->said[source->n_said++] = hash;
	if (source->n_said == VG_SAID_MAX)
		source->sink.trouble(source->sink.ctx, VG_TROUBLE_ODD_OBJECT, "many objects cannot be read; further ones are only counted");
	return true;
}

/* What was refused has no key: its text tells one from another. */
static uint64_t hash_of(const struct vg_reflector *reflector, enum vg_kube_trouble_kind kind, const char *key, const char *text)
{
	const char *plural = vg_reflector_info(reflector)->plural, *what = kind == VG_TROUBLE_REFUSED ? text : key;

	return vg_hash_bytes(vg_hash_bytes(kind, plural, strlen(plural)), what, strlen(what));
}

/* By its words alone: how many milliseconds it took makes no other failure of it. */
static bool say_failure(struct vg_kube_source *source, const char *text)
{
	uint64_t hash = 0;

	for (; *text; text++)
		if (*text < '0' || *text > '9')
			hash = vg_hash_word(hash, (unsigned char)*text);
	for (size_t i = 0; i < source->n_failures; i++)
		if (source->failures[i] == hash)
			return false;
	if (source->n_failures == VG_FAILURES_MAX)
		return false;
	source->failures[source->n_failures++] = hash;
	return true;
}

void vg_source_trouble(void *ctx, const struct vg_reflector *reflector, enum vg_kube_trouble_kind kind, const char *key, const char *text)
{
	struct vg_kube_source *source = ctx;
	const char *plural = vg_reflector_info(reflector)->plural;
	char line[VG_ERROR_MAX * 3];

	if (kind == VG_TROUBLE_CONNECTION && !say_failure(source, text))
		return;
	if ((kind == VG_TROUBLE_ODD_OBJECT || kind == VG_TROUBLE_REFUSED) && !say_once(source, hash_of(reflector, kind, key, text)))
		return;
	if (kind == VG_TROUBLE_FORBIDDEN)
		snprintf(line, sizeof(line), "%s", text);
	else
		snprintf(line, sizeof(line), "%s%s%s: %s", plural, key[0] ? " " : "", key, text);
	source->sink.trouble(source->sink.ctx, kind, line);
}
