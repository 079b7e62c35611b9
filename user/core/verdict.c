/* SPDX-License-Identifier: Apache-2.0 */
/* All names come from the one list in vipguard/reasons.h. */
#include "core/verdict.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"

#define NAME2(name, text) [name] = text,
#define NAME3(name, text, meaning) [name] = text,
#define NAME4(name, text, verdict, meaning) [name] = text,
#define MEANING4(name, text, verdict, meaning) [name] = meaning,
#define VERDICT4(name, text, verdict, meaning) [name] = verdict,

static const char *const verdicts[] = { VG_VERDICT_LIST(NAME3) };
static const char *const reasons[] = { VG_REASON_LIST(NAME4) };
static const char *const meanings[] = { VG_REASON_LIST(MEANING4) };
static const enum vg_verdict verdict_of[] = { VG_REASON_LIST(VERDICT4) };
static const char *const actions[] = { VG_ACTION_LIST(NAME2) };
static const char *const hows[] = { VG_HOW_LIST(NAME2) };
static const char *const modes[] = { [VG_AUDIT] = "audit", [VG_ENFORCE] = "enforce" };

_Static_assert(ARRAY_SIZE(verdicts) == VG_VERDICT_MAX, "each verdict has a name");
_Static_assert(ARRAY_SIZE(reasons) == VG_REASON_MAX, "each reason has a name");
_Static_assert(ARRAY_SIZE(meanings) == VG_REASON_MAX, "each reason has a meaning");
_Static_assert(ARRAY_SIZE(verdict_of) == VG_REASON_MAX, "each reason has a verdict");
_Static_assert(ARRAY_SIZE(actions) == VG_ACTION_MAX, "each action has a name");
_Static_assert(ARRAY_SIZE(hows) == VG_HOW_MAX, "each way has a name");

/* The values may come from a map that somebody else wrote: out of bounds is no name, not a crash. */
static const char *name_of(const char *const *names, size_t n, unsigned value)
{
	return value < n ? names[value] : NULL;
}

static int value_of(const char *const *names, size_t n, const char *text, unsigned *ret_value)
{
	for (unsigned i = 0; i < n; i++) {
		if (!strcmp(names[i], text)) {
			*ret_value = i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *vg_verdict_to_str(enum vg_verdict verdict)
{
	return name_of(verdicts, ARRAY_SIZE(verdicts), verdict);
}

const char *vg_reason_to_str(enum vg_reason reason)
{
	return name_of(reasons, ARRAY_SIZE(reasons), reason);
}

const char *vg_reason_meaning(enum vg_reason reason)
{
	return name_of(meanings, ARRAY_SIZE(meanings), reason);
}

enum vg_verdict vg_reason_verdict(enum vg_reason reason)
{
	/* Unknown is never acted on. */
	return (unsigned)reason < ARRAY_SIZE(verdict_of) ? verdict_of[reason] : VG_UNKNOWN;
}

const char *vg_action_to_str(enum vg_action action)
{
	return name_of(actions, ARRAY_SIZE(actions), action);
}

const char *vg_how_to_str(enum vg_how how)
{
	return name_of(hows, ARRAY_SIZE(hows), how);
}

const char *vg_mode_to_str(enum vg_mode mode)
{
	return name_of(modes, ARRAY_SIZE(modes), mode);
}

int vg_mode_from_str(const char *text, enum vg_mode *ret_mode)
{
	unsigned value;
	int r = value_of(modes, ARRAY_SIZE(modes), text, &value);

	if (r < 0)
		return r;
	*ret_mode = (enum vg_mode)value;
	return 0;
}

int vg_verdict_from_str(const char *text, enum vg_verdict *ret_verdict)
{
	unsigned value;
	int r = value_of(verdicts, ARRAY_SIZE(verdicts), text, &value);

	if (r < 0)
		return r;
	*ret_verdict = (enum vg_verdict)value;
	return 0;
}

int vg_reason_from_str(const char *text, enum vg_reason *ret_reason)
{
	unsigned value;
	int r = value_of(reasons, ARRAY_SIZE(reasons), text, &value);

	if (r < 0)
		return r;
	*ret_reason = (enum vg_reason)value;
	return 0;
}

struct vg_judgement vg_judgement_of(enum vg_reason reason)
{
	return (struct vg_judgement){ .verdict = vg_reason_verdict(reason), .reason = reason };
}
