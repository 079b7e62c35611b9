/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/log.h"
#include "base/version.h"
#include "cli/cli.h"
#include "cli/show.h"
#include "kern/kern.h"
#include "report/json.h"

static void print_version(FILE *out, const json_t *version)
{
	fprintf(out, "vipguard %s\n", vg_json_get_text(version, "version"));
	fprintf(out, "build    %s\n", vg_json_get_text(version, "build"));
	fprintf(out, "libbpf   %s\n", vg_json_get_text(version, "libbpf"));
	fprintf(out, "ABI      %d\n", (int)json_integer_value(json_object_get(version, "abi")));
}

int vg_cmd_version(const struct vg_config_options *options)
{
	json_auto_t *version = json_object();
	int r = 0;

	r |= vg_json_set_text(version, "version", vg_version());
	r |= vg_json_set_text(version, "build", vg_version_build());
	r |= vg_json_set_text(version, "libbpf", vg_kern_libbpf_version());
	r |= vg_json_set_number(version, "abi", VG_ABI_VERSION);
	if (r < 0) {
		vg_log_errno(-ENOMEM, "cannot say the version");
		return VG_EXIT_BLIND;
	}
	vg_show_json(options, version, print_version);
	return VG_EXIT_FINE;
}
