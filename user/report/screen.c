/* SPDX-License-Identifier: Apache-2.0 */
#include "report/screen.h"

#include <string.h>

static const struct {
	const char *name, *word, *meaning;
} states[VG_SCREEN_STATE_MAX] = {
	[VG_SCREEN_WRONG] = { "wrong", "violation", "bound here or announced from here, and must not be" },
	[VG_SCREEN_STOPPED] = { "stopped", "stopped", "somebody tried; it was refused, removed or dropped" },
	[VG_SCREEN_ENDED] = { "ended", "ended", "a violation was here, and is not any more" },
	[VG_SCREEN_UNKNOWN] = { "unknown", "unknown", "here; nothing proves whether rightly, so it is not touched" },
	[VG_SCREEN_ALLOWED] = { "allowed", "allowed", "here, rightly" },
	[VG_SCREEN_PROTECTED] = { "protected", "protected", "here, and never touched" },
	[VG_SCREEN_ABSENT] = { "absent", "-", "nothing of it was seen here" },
};

const char *vg_screen_state_to_str(enum vg_screen_state state)
{
	return states[state].name;
}

enum vg_screen_state vg_screen_state_from_str(const char *text)
{
	for (int i = 0; i < VG_SCREEN_STATE_MAX; i++) {
		if (strcmp(text, states[i].name) == 0)
			return (enum vg_screen_state)i;
	}
	return VG_SCREEN_ABSENT;
}

const char *vg_screen_state_word(enum vg_screen_state state)
{
	return states[state].word;
}

const char *vg_screen_state_meaning(enum vg_screen_state state)
{
	return states[state].meaning;
}

void vg_screen_hide_names(json_t *screen)
{
	json_t *one;
	size_t i;

	json_object_del(screen, "vips");
	json_object_del(screen, "vips_left_out");
	json_object_del(screen, "events");
	json_object_del(json_object_get(screen, "breaker"), "addresses");
	json_array_foreach(json_object_get(screen, "degraded"), i, one) json_object_del(one, "why");
}
