/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/picture.h"
#include "cli/show.h"
#include "report/explain.h"

static int check_picture(const struct vg_config_options *options, const struct vg_picture *picture, json_t **ret_check)
{
	json_auto_t *check = vg_check_new(options->node, vg_snapshot_source(picture->snapshot));
	int r = check ? 0 : -ENOMEM;

	for (size_t i = 0; i < picture->n && r == 0; i++) {
		const struct vg_listed_addr *listed = &picture->addrs[i];
		struct vg_answer answer = vg_judge(picture->snapshot, &listed->bound.addr, listed->ifname, &picture->circumstances);

		r = vg_check_add(check, &picture->ground, &listed->bound, listed->ifname, &answer, NULL);
	}
	if (r < 0) {
		vg_log_errno(r, "cannot check");
		return VG_EXIT_BLIND;
	}
	*ret_check = TAKE_PTR(check);
	return VG_EXIT_FINE;
}

static int check_files(const struct vg_config_options *options, json_t **ret_check)
{
	VG_CLEANUP(vg_picture_deinit) struct vg_picture picture = { 0 };
	int status = vg_picture_read(options, &picture);

	return status == VG_EXIT_FINE ? check_picture(options, &picture, ret_check) : status;
}

int vg_cmd_check(const struct vg_config_options *options)
{
	json_auto_t *check = NULL;
	int status = vg_picture_refuse_flags(options);

	if (status == VG_EXIT_FINE)
		status = vg_picture_wanted(options) ? check_files(options, &check) : vg_show_ask(options, "GET", "/v1/check", &check);
	if (status != VG_EXIT_FINE)
		return status;
	vg_show_json(options, check, vg_check_print);
	return vg_check_violations(check) > 0 ? VG_EXIT_FINDINGS : VG_EXIT_FINE;
}
