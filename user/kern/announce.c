/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tc program and its companions on the send calls stand in one object. The companions are a comfort: if they cannot be
 * loaded, the object is loaded again without them.
 */
#include "kern/announce.h"

#include <errno.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "announce.skel.h"
#include "base/log.h"
#include "kern/clsact.h"
#include "kern/program.h"
#include "kern/tcx.h"

#define TROUBLE_MAX 160 /* as in struct vg_capability */
#define LOOPBACK_IFINDEX 1 /* net/core/net_namespace.c: the first device of every namespace */

#define BIT(feature) (1U << (feature))
#define ALL (BIT(VG_FEATURE_CLSACT) | BIT(VG_FEATURE_SENDER))

static const struct vg_program program_table[] = {
	{ VG_FEATURE_CLSACT, "vg_announce" }, /* the same program serves tcx */
	{ VG_FEATURE_SENDER, "vg_pkt" },      { VG_FEATURE_SENDER, "vg_pkt_end" }, { VG_FEATURE_SENDER, "vg_spkt" },
	{ VG_FEATURE_SENDER, "vg_spkt_end" }, { VG_FEATURE_SENDER, "vg_raw6" },	   { VG_FEATURE_SENDER, "vg_raw6_end" },
};

/* A link that is to be guarded. */
struct attachment {
	uint32_t ifindex;
	char name[VG_IFNAME_MAX];
	bool attached;
	bool wanted;
	int error; /* why it is not attached to: -errno */
	int link_fd; /* tcx; -1: clsact */
	bool made_qdisc;
};

struct vg_announce {
	const struct vg_maps *maps;
	bool may_probe;
	struct vg_program_object object;
	int prog_fd;
	bool tcx; /* else clsact */
	struct vg_attached senders;
	struct attachment *attachments;
	size_t n;
	bool judges; /* not switched off by --without links */
	char trouble[TROUBLE_MAX]; /* the one that was said; "" for none */
	vg_announce_changed_fn changed;
	void *ctx;
};

static int open_object(struct vg_program_object *ret_object)
{
	size_t size;
	const void *elf = announce_bpf__elf_bytes(&size);

	return vg_program_open(elf, size, ret_object);
}

int vg_announce_make_maps(struct vg_maps *maps)
{
	size_t size;
	const void *elf = announce_bpf__elf_bytes(&size);

	return vg_program_make_maps(elf, size, maps);
}

static int load(struct vg_announce *announce, uint32_t features, bool may_probe)
{
	struct announce_bpf__rodata *rodata;
	struct bpf_program *program;
	int r;

	announce->may_probe = may_probe;
	vg_program_close(&announce->object);
	r = open_object(&announce->object);
	if (r < 0)
		return r;
	rodata = vg_program_rodata(&announce->object);
	if (rodata)
		rodata->vg_may_probe_read = may_probe;
	vg_program_choose(&announce->object, program_table, ARRAY_SIZE(program_table), features);
	r = vg_program_load(&announce->object, announce->maps);
	if (r < 0)
		return r;
	program = bpf_object__find_program_by_name(announce->object.object, program_table[0].name);
	announce->prog_fd = program ? bpf_program__fd(program) : -1;
	return announce->prog_fd >= 0 ? 0 : -ENOENT;
}

static int attach_senders(struct vg_announce *announce)
{
	return vg_program_attach(&announce->object, program_table, ARRAY_SIZE(program_table), BIT(VG_FEATURE_SENDER), &announce->senders);
}

static int try_senders(struct vg_announce *announce)
{
	int r;

	r = load(announce, ALL, true);
	if (r < 0)
		r = load(announce, ALL, false);
	if (r < 0)
		return r;
	r = attach_senders(announce);
	vg_program_detach(&announce->senders);
	return r;
}

static int try_tcx(const struct vg_announce *announce)
{
	_cleanup_close_ int fd = -1;

	return vg_tcx_attach(LOOPBACK_IFINDEX, announce->prog_fd, &fd);
}

static int try_clsact(const struct vg_announce *announce)
{
	bool made_qdisc;
	int r;

	r = vg_clsact_attach(LOOPBACK_IFINDEX, announce->prog_fd, &made_qdisc);
	if (r == 0)
		vg_clsact_detach(LOOPBACK_IFINDEX, announce->prog_fd, made_qdisc);
	/* an ingress qdisc of somebody's there says nothing against the other links */
	return r == -EEXIST ? 0 : r;
}

/* The first way that works; the other one is not needed then, and not tried. */
static int choose_way(struct vg_announce *announce, uint32_t without, struct vg_features *features)
{
	int r = -ENOTSUP;

	if (!vg_feature_is_off(features, VG_FEATURE_TCX, without)) {
		r = try_tcx(announce);
		vg_feature_record(features, VG_FEATURE_TCX, r);
		announce->tcx = r == 0;
	}
	if (!announce->tcx && !vg_feature_is_off(features, VG_FEATURE_CLSACT, without)) {
		r = try_clsact(announce);
		vg_feature_record(features, VG_FEATURE_CLSACT, r);
	}
	return r;
}

static int load_best(struct vg_announce *announce, uint32_t without, struct vg_features *features)
{
	int r;

	if (!vg_feature_is_off(features, VG_FEATURE_SENDER, without)) {
		r = try_senders(announce);
		vg_feature_record(features, VG_FEATURE_SENDER, r);
		if (r == 0)
			return 0;
	}
	r = load(announce, BIT(VG_FEATURE_CLSACT), true);
	if (r < 0) {
		vg_feature_record(features, VG_FEATURE_TCX, r);
		features->of[VG_FEATURE_CLSACT] = features->of[VG_FEATURE_TCX];
	}
	return r;
}

int vg_announce_new(const struct vg_maps *maps, uint32_t without, vg_announce_changed_fn changed, void *ctx, struct vg_features *features,
		    struct vg_announce **ret_announce)
{
	VG_CLEANUP(vg_announce_freep) struct vg_announce *announce = calloc(1, sizeof(*announce));
	int r;

	if (!announce)
		return -ENOMEM;
	announce->maps = maps;
	announce->object.btf_fd = -1;
	announce->changed = changed;
	announce->ctx = ctx;
	announce->judges = !vg_feature_is_off(features, VG_FEATURE_LINKS, without);
	if (announce->judges)
		vg_feature_record(features, VG_FEATURE_LINKS, 0);
	r = load_best(announce, without, features);
	if (r < 0)
		return r;
	r = choose_way(announce, without, features);
	if (r < 0)
		return r;
	*ret_announce = TAKE_PTR(announce);
	return 0;
}

static void detach(struct vg_announce *announce, struct attachment *attachment)
{
	if (attachment->attached && attachment->link_fd < 0)
		vg_clsact_detach(attachment->ifindex, announce->prog_fd, attachment->made_qdisc);
	vg_closep(&attachment->link_fd);
	attachment->link_fd = -1;
	attachment->attached = false;
}

void vg_announce_free(struct vg_announce *announce)
{
	if (!announce)
		return;
	for (size_t i = 0; i < announce->n; i++)
		detach(announce, &announce->attachments[i]);
	free(announce->attachments);
	vg_program_detach(&announce->senders);
	vg_program_close(&announce->object);
	free(announce);
}

/* Before 5.15 a tracing program that was attached once, for the try, cannot be again (bpf_tracing_prog_attach() of 5.10: ENOENT). */
int vg_announce_attach_senders(struct vg_announce *announce)
{
	int r = attach_senders(announce);

	if (r != -ENOENT)
		return r;
	r = load(announce, ALL, announce->may_probe);
	return r < 0 ? r : attach_senders(announce);
}

static struct attachment *find(const struct vg_announce *announce, uint32_t ifindex)
{
	for (size_t i = 0; i < announce->n; i++) {
		if (announce->attachments[i].ifindex == ifindex)
			return &announce->attachments[i];
	}
	return NULL;
}

static void describe(const struct attachment *attachment, char out[TROUBLE_MAX])
{
	if (attachment->error == -EEXIST)
		snprintf(out, TROUBLE_MAX, "%s has an ingress qdisc in the place of clsact: tc qdisc del dev %s ingress", attachment->name,
			 attachment->name);
	else
		snprintf(out, TROUBLE_MAX, "cannot attach to %s: %s", attachment->name, strerror(-attachment->error));
}

/* One line for the first link that is not covered, said when it becomes another one. */
static void tell_trouble(struct vg_announce *announce)
{
	char trouble[TROUBLE_MAX] = "";

	for (size_t i = 0; i < announce->n && !trouble[0]; i++) {
		if (announce->attachments[i].error)
			describe(&announce->attachments[i], trouble);
	}
	if (strcmp(trouble, announce->trouble) == 0)
		return;
	memcpy(announce->trouble, trouble, sizeof(trouble));
	announce->changed(announce->ctx, VG_FEATURE_LINKS, !trouble[0], trouble);
}

static void attach(struct vg_announce *announce, struct attachment *attachment)
{
	int r;

	if (announce->tcx)
		r = vg_tcx_attach(attachment->ifindex, announce->prog_fd, &attachment->link_fd);
	else
		r = vg_clsact_attach(attachment->ifindex, announce->prog_fd, &attachment->made_qdisc);
	attachment->attached = r == 0;
	/* it, or its qdisc, went while we were at it: that is told by rtnetlink */
	attachment->error = r == -ENODEV || r == -EAGAIN ? 0 : r;
}

static struct attachment *add(struct vg_announce *announce, uint32_t ifindex)
{
	struct attachment *attachments = reallocarray(announce->attachments, announce->n + 1, sizeof(*attachments));

	if (!attachments)
		return NULL;
	announce->attachments = attachments;
	attachments[announce->n] = (struct attachment){ .ifindex = ifindex, .link_fd = -1 };
	return &attachments[announce->n++];
}

static bool is_still_attached(const struct vg_announce *announce, const struct attachment *attachment)
{
	if (announce->tcx)
		return vg_tcx_is_attached(attachment->link_fd);
	return vg_clsact_is_attached(attachment->ifindex, announce->prog_fd);
}

/* A link that went and came back, or another one with its index, within one reading of rtnetlink. */
static void look_after(struct vg_announce *announce, struct attachment *attachment)
{
	if (!attachment->attached || is_still_attached(announce, attachment))
		return;
	vg_closep(&attachment->link_fd);
	attachment->link_fd = -1;
	attachment->attached = false;
}

static void want(struct vg_announce *announce, const struct vg_link *link)
{
	struct attachment *attachment = find(announce, link->rt.ifindex);

	if (!attachment)
		attachment = add(announce, link->rt.ifindex);
	if (!attachment) {
		vg_log_errno(-ENOMEM, "cannot guard %s", link->rt.name);
		return;
	}
	attachment->wanted = true;
	memcpy(attachment->name, link->rt.name, sizeof(attachment->name));
	look_after(announce, attachment);
	if (!attachment->attached)
		attach(announce, attachment);
}

void vg_announce_follow(struct vg_announce *announce, const struct vg_links *links)
{
	const struct vg_link *link;
	size_t kept = 0;

	for (size_t i = 0; i < announce->n; i++)
		announce->attachments[i].wanted = false;
	for (size_t i = 0; (link = vg_links_at(links, i)); i++) {
		if (link->guarded && announce->judges)
			want(announce, link);
	}
	for (size_t i = 0; i < announce->n; i++) {
		if (announce->attachments[i].wanted)
			announce->attachments[kept++] = announce->attachments[i];
		else
			detach(announce, &announce->attachments[i]);
	}
	announce->n = kept;
	tell_trouble(announce);
}

void vg_announce_repair(struct vg_announce *announce, uint32_t ifindex)
{
	struct attachment *attachment = find(announce, ifindex);
	bool lost;
	char why[128];

	if (announce->tcx || !attachment || (attachment->attached && vg_clsact_is_attached(ifindex, announce->prog_fd)))
		return;
	lost = attachment->attached;
	snprintf(why, sizeof(why), "the filter was taken off %s", attachment->name);
	if (lost)
		announce->changed(announce->ctx, VG_FEATURE_CLSACT, false, why);
	attach(announce, attachment);
	if (lost)
		announce->changed(announce->ctx, VG_FEATURE_CLSACT, true, "");
	tell_trouble(announce);
}

const char *vg_announce_how(const struct vg_announce *announce, uint32_t ifindex)
{
	const struct attachment *attachment = find(announce, ifindex);

	if (!attachment || !attachment->attached)
		return NULL;
	return announce->tcx ? "tcx" : "clsact";
}
