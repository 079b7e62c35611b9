/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept for `vipguard evidence`, and the answer to it. */
#include <errno.h>
#include <string.h>

#include "app/guard_state.h"
#include "base/time.h"
#include "base/version.h"
#include "report/bundle.h"
#include "report/json.h"

int vg_guard_evidence_start(struct vg_guard *guard)
{
	static const struct vg_recent_limits limits = { .entries = VG_BUNDLE_FRAMES_MAX,
							.bytes = VG_BUNDLE_FRAMES_MAX * sizeof(struct vg_frame),
							.first = VG_BUNDLE_FIRST / 2,
							.last = VG_BUNDLE_LAST / 2 };

	return vg_recent_new(&limits, &guard->frames);
}

static bool is_same_frame(const void *ctx, const void *data, size_t size)
{
	const struct vg_frame *a = ctx, *b = data;

	(void)size;
	return a->ifindex == b->ifindex && a->who.pid == b->who.pid && a->dropped == b->dropped && a->len == b->len && a->tag == b->tag &&
	       memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* kube-vip announces the same for ever: that is one frame and how often. */
void vg_guard_on_frame(void *ctx, const struct vg_frame *seen)
{
	struct vg_guard *guard = ctx;
	struct vg_frame frame = *seen, *kept;

	if (frame.kernel_made)
		vg_kern_find_binder(guard->kern, &frame.addr, &frame.who);
	kept = vg_recent_find(guard->frames, &frame.addr, is_same_frame, &frame);
	if (!kept) {
		vg_recent_add(guard->frames, &frame.addr, &frame, sizeof(frame));
		return;
	}
	kept->last_ns = frame.time_ns;
	kept->times++;
}

static json_t *guard_to_json(void)
{
	return json_pack("{s:s, s:s, s:s, s:i}", "version", vg_version(), "build", vg_version_build(), "libbpf", vg_kern_libbpf_version(), "abi",
			 VG_ABI_VERSION);
}

static int put_all(struct vg_guard *guard, json_t *bundle, const struct vg_addr *addr, const struct vg_ground *ground)
{
	struct vg_answer answer = vg_guard_judge(guard, addr, NULL);
	int r = vg_json_set(bundle, "guard", guard_to_json());

	if (r == 0)
		r = vg_bundle_put_events(bundle, vg_reporter_recent(guard->reporter), addr);
	if (r == 0)
		r = vg_bundle_put_frames(bundle, guard->frames, addr, &ground->now);
	if (r == 0)
		r = vg_bundle_put_objects(bundle, ground, addr, &answer);
	if (r == 0 && !vg_kern_features(guard->kern)->of[VG_FEATURE_MAPS].ok)
		r = vg_bundle_say_missing(bundle, "frames.pcap: this kernel or these privileges have no BPF maps, so no frame is judged");
	return r;
}

json_t *vg_guard_evidence(void *ctx, const char *address, struct vg_error *ret_error)
{
	struct vg_guard *guard = ctx;
	struct vg_assess_config config;
	struct vg_ground ground = vg_guard_ground(guard, &config);
	struct vg_api_ops ops = vg_guard_api_ops(guard);
	json_auto_t *bundle = NULL;
	struct vg_addr addr;
	int r;

	if (vg_addr_parse(address, &addr) < 0) {
		vg_error_set(ret_error, -EINVAL, "\"%s\" is no IP address", address);
		return NULL;
	}
	bundle = vg_bundle_new(guard->options->node, &addr, ground.now.real_ns);
	r = bundle ? put_all(guard, bundle, &addr, &ground) : -ENOMEM;
	if (r == 0)
		r = vg_json_set(bundle, "explain", ops.explain(ctx, address, NULL, ret_error));
	if (r == 0)
		r = vg_json_set(bundle, "status", ops.status(ctx, ret_error));
	if (r == 0)
		return TAKE_PTR(bundle);
	vg_error_set(ret_error, r, "out of memory");
	return NULL;
}
