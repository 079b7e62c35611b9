/* SPDX-License-Identifier: Apache-2.0 */
/* The status page: made when it is asked for, and given out again for a moment. */
#include <errno.h>
#include <string.h>

#include "app/guard_screen.h"
#include "app/guard_state.h"
#include "base/log.h"
#include "base/time.h"
#include "report/screen.h"

static int make(struct vg_guard *guard, bool names, struct vg_guard_home *home)
{
	json_auto_t *screen = vg_guard_screen(guard, true);
	_cleanup_free_ char *text = NULL;
	char nonce[VG_SCREEN_NONCE_MAX];
	size_t n = 0;
	FILE *out;
	int r = screen ? vg_screen_new_nonce(nonce) : -ENOMEM;

	if (r < 0)
		return r;
	if (!names)
		vg_screen_hide_names(screen);
	out = open_memstream(&text, &n);
	if (!out)
		return -ENOMEM;
	vg_screen_print_html(out, screen, nonce);
	if (fclose(out) != 0)
		return -ENOMEM;
	if (n > VG_HOME_BYTES_MAX)
		return -E2BIG;
	free(home->text);
	home->text = TAKE_PTR(text);
	home->n = n;
	home->made_ns = vg_time_boot_ns();
	vg_screen_policy(nonce, home->policy);
	return 0;
}

static bool answer(struct vg_guard *guard, bool names, struct vg_home *ret_home)
{
	struct vg_guard_home *home = &guard->homes[names];
	bool recent = home->text && vg_time_boot_ns() - home->made_ns < VG_METRICS_PAGE_MS * VG_NS_PER_MS;
	int r = recent ? 0 : make(guard, names, home);

	if (r < 0) {
		vg_log_errno(r, "cannot make the status page");
		return false;
	}
	*ret_home = (struct vg_home){ .text = home->text, .n = home->n, .policy = home->policy };
	return true;
}

bool vg_guard_home_local(void *guard, struct vg_home *ret_home)
{
	return answer(guard, true, ret_home);
}

bool vg_guard_home_remote(void *ctx, struct vg_home *ret_home)
{
	struct vg_guard *guard = ctx;

	return answer(guard, guard->options->metrics_vips, ret_home);
}

void vg_guard_homes_deinit(struct vg_guard *guard)
{
	free(guard->homes[false].text);
	free(guard->homes[true].text);
}
