/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/detach.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "kern/alone.h"
#include "kern/clsact.h"
#include "kern/pins.h"
#include "kern/program.h"
#include "kern/tcx.h"
#include "vipguard/abi.h"

VG_DEFINE_CLEANUP(struct if_nameindex *, if_freenameindex)

/* Everything passes from here on, whatever becomes of the rest. One of another version is left to its deadline. */
static void let_pass(const struct vg_pins *pins)
{
	_cleanup_close_ int fd = -1;
	const __u32 key = 0;
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	struct vg_config config;

	if (vg_pins_get(pins, "vg_config", &fd) < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) < 0 || info.value_size != sizeof(config))
		return;
	if (bpf_map_lookup_elem(fd, &key, &config) < 0 || config.abi_version != VG_ABI_VERSION)
		return;
	config.deadline_ns = 0;
	(void)bpf_map_update_elem(fd, &key, &config, BPF_ANY);
}

static int clear_link(struct vg_pins *pins, uint32_t ifindex)
{
	int r = vg_tcx_sweep(ifindex, -1);

	if (r == 0)
		r = vg_clsact_sweep(ifindex, NULL);
	if (r == 0 && vg_pins_has_qdisc(pins, ifindex))
		vg_clsact_remove_qdisc(ifindex);
	return r == -ENODEV ? 0 : r;
}

static int clear_links(struct vg_pins *pins, struct vg_error *ret_error)
{
	VG_CLEANUP(if_freenameindexp) struct if_nameindex *links = if_nameindex();

	if (!links)
		return vg_error_set(ret_error, -errno, "cannot list the links: %s", strerror(errno));
	for (size_t i = 0; links[i].if_index; i++) {
		int r = clear_link(pins, links[i].if_index);

		if (r < 0)
			return vg_error_set(ret_error, r, "cannot clear %s: %s", links[i].if_name, strerror(-r));
	}
	return 0;
}

/* No folder is no error, and none is made. */
static int open_pins(const char *dir, struct vg_error *ret_error, struct vg_pins **ret_pins)
{
	if (access(dir, F_OK) < 0)
		return errno == ENOENT ? 0 : vg_error_set(ret_error, -errno, "%s: %s", dir, strerror(errno));
	return vg_pins_new(dir, ret_error, ret_pins);
}

int vg_detach(const char *pin_dir, struct vg_error *ret_error)
{
	VG_CLEANUP(vg_pins_freep) struct vg_pins *pins = NULL;
	_cleanup_close_ int lock_fd = -1;
	int r;

	vg_program_init();
	r = vg_alone_lock(ret_error, &lock_fd);
	if (r == 0)
		r = open_pins(pin_dir, ret_error, &pins);
	if (r < 0)
		return r;
	let_pass(pins);
	r = clear_links(pins, ret_error);
	return r < 0 || !pins ? r : vg_pins_remove(pins, ret_error);
}
