/* SPDX-License-Identifier: Apache-2.0 */
/* The composition of everything that touches the kernel: builds the parts, introduces them to each other, frees in reverse. */
#include "kern/kern.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/time.h"
#include "kern/alone.h"
#include "kern/facts.h"
#include "kern/kern_state.h"
#include "kern/notes.h"
#include "kern/pins.h"
#include "kern/program.h"
#include "kern/sync.h"

/* ---- what the parts call ---- */

static void on_fact(void *ctx, const struct vg_fact *fact)
{
	struct vg_kern *kern = ctx;

	struct vg_fact known = *fact;

	/* a storm of facts may keep the timer from its turn */
	vg_deadman_move(kern->deadman);
	known.real_link = vg_kern_is_real_link(kern, fact);
	kern->sink.fact(kern->sink.ctx, &known);
}

void vg_kern_link_name(const struct vg_kern *kern, uint32_t ifindex, char out[VG_IFNAME_MAX])
{
	snprintf(out, VG_IFNAME_MAX, "%s", vg_links_name(vg_sense_links(kern->sense), ifindex));
}

static void on_seen_announce(struct vg_kern *kern, struct vg_fact *fact)
{
	vg_kern_link_name(kern, fact->ifindex, fact->ifname);
	if (fact->in_ifindex)
		vg_kern_link_name(kern, fact->in_ifindex, fact->in_ifname);
	fact->kernel_made = !fact->who.pid && fact->sender_netns == kern->netns;
	on_fact(kern, fact);
}

static void on_denied(struct vg_kern *kern, struct vg_fact *fact)
{
	if (fact->how == VG_HOW_ROUTE || fact->how == VG_HOW_PROXY || fact->how == VG_HOW_ANYCAST)
		fact->as = fact->how;
	if (fact->as && !fact->refused)
		vg_answers_expect(kern->answers, fact);
	/* the kernel named a link that is too new to be known here */
	if (*vg_links_name(vg_sense_links(kern->sense), fact->ifindex))
		vg_kern_link_name(kern, fact->ifindex, fact->ifname);
	on_fact(kern, fact);
}

static void on_seen(void *ctx, struct vg_fact *fact)
{
	struct vg_kern *kern = ctx;

	fact->netns = kern->netns;
	if (fact->kind == VG_FACT_ANNOUNCE)
		on_seen_announce(kern, fact);
	else
		on_denied(kern, fact);
}

static void on_denied_event(struct vg_kern *kern, const struct vg_event *event)
{
	struct vg_fact fact = vg_fact_from_event(event);

	if (event->counted)
		vg_seen_note(kern->seen, event);
	else
		on_denied(kern, &fact);
}

static void on_event(void *ctx, const struct vg_event *event, size_t size)
{
	struct vg_kern *kern = ctx;

	switch (event->type) {
	case VG_EVENT_BIND: vg_sense_bind(kern->sense, event); break;
	case VG_EVENT_DENIED: on_denied_event(kern, event); break;
	case VG_EVENT_ANNOUNCE: vg_kern_note_announce(kern, event, size); break;
	case VG_EVENT_BYPASS: vg_kern_note_bypass(kern, event); break;
	}
	vg_kern_tell_losses(kern);
}

static void on_drain(void *ctx)
{
	struct vg_kern *kern = ctx;

	if (kern->events)
		vg_events_drain(kern->events);
}

static void on_guarded_changed(void *ctx)
{
	struct vg_kern *kern = ctx;

	/* before vg_kern_attach() nothing is attached */
	if (kern->programs.announce && kern->deadman)
		vg_announce_follow(kern->programs.announce, vg_sense_links(kern->sense));
}

void vg_kern_say_changed(void *ctx, enum vg_feature feature, bool ok, const char *why)
{
	struct vg_kern *kern = ctx;
	struct vg_capability *capability = &kern->features.of[feature];

	capability->ok = ok;
	snprintf(capability->why, sizeof(capability->why), "%.*s", (int)sizeof(capability->why) - 1, why);
	kern->sink.changed(kern->sink.ctx, feature, ok, why);
}

static void on_asked(void *ctx, uint32_t events)
{
	const struct vg_kern *kern = ctx;

	(void)events;
	vg_alone_answer(kern->lock_fd);
}

static void on_filters_changed(void *ctx, uint32_t ifindex)
{
	struct vg_kern *kern = ctx;

	if (kern->programs.announce)
		vg_announce_repair(kern->programs.announce, ifindex);
}

/* ---- building ---- */

static int copy_interfaces(struct vg_kern *kern, const struct vg_kern_config *config)
{
	kern->interfaces = calloc(config->n_interfaces + 1, sizeof(*kern->interfaces));
	if (!kern->interfaces)
		return -ENOMEM;
	for (; kern->n_interfaces < config->n_interfaces; kern->n_interfaces++) {
		kern->interfaces[kern->n_interfaces] = strdup(config->interfaces[kern->n_interfaces]);
		if (!kern->interfaces[kern->n_interfaces])
			return -ENOMEM;
	}
	return 0;
}

static int find_netns(uint32_t *ret_netns)
{
	struct stat st;

	if (stat("/proc/self/ns/net", &st) < 0)
		return -errno;
	*ret_netns = (uint32_t)st.st_ino;
	return 0;
}

/* Before 5.11 maps and programs are charged to RLIMIT_MEMLOCK, whose default holds none of ours. */
static void lift_memlock(void)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	if (setrlimit(RLIMIT_MEMLOCK, &unlimited) < 0)
		vg_log(VG_LOG_DEBUG, "RLIMIT_MEMLOCK stays as it is: %s", strerror(errno));
}

static void record(struct vg_kern *kern, enum vg_feature feature, int r, const struct vg_error *error)
{
	struct vg_capability *capability = &kern->features.of[feature];

	vg_feature_record(&kern->features, feature, r);
	if (r < 0 && error->text[0])
		snprintf(capability->why, sizeof(capability->why), "%.*s", (int)sizeof(capability->why) - 1, error->text);
}

/* Unpinned maps serve the programs as well, but beside another guard we do not go on. */
static int set_up_pins(struct vg_kern *kern, const struct vg_kern_config *config, struct vg_error *ret_error)
{
	struct vg_error error = { .text = "" };
	int r;

	if (vg_feature_is_off(&kern->features, VG_FEATURE_PINS, config->without))
		return 0;
	r = vg_maps_pin(&kern->maps, config->pin_dir, kern->netns, &error);
	record(kern, VG_FEATURE_PINS, r, &error);
	return r == -EBUSY ? vg_error_set(ret_error, r, "%s", error.text) : 0;
}

/* Without maps the guard goes on with rtnetlink alone. */
static int set_up_maps(struct vg_kern *kern, const struct vg_kern_config *config, struct vg_error *ret_error)
{
	struct vg_error error = { .text = "" };
	int r;

	if (vg_feature_is_off(&kern->features, VG_FEATURE_MAPS, config->without))
		return 0;
	r = vg_programs_make_maps(&kern->maps);
	if (r == 0) {
		r = set_up_pins(kern, config, ret_error);
		if (r < 0)
			return r;
		r = vg_maps_open(&kern->maps, &error);
	}
	record(kern, VG_FEATURE_MAPS, r, &error);
	if (r == 0)
		return 0;
	vg_maps_deinit(&kern->maps);
	r = vg_maps_init(&kern->maps);
	return r < 0 ? vg_error_set(ret_error, r, "out of memory") : 0;
}

static int set_up_answers(struct vg_kern *kern, struct vg_error *ret_error)
{
	const struct vg_answers_config config = {
		.maps = &kern->maps,
		.links = vg_sense_links(kern->sense),
		.rtnl = vg_sense_rtnl(kern->sense),
		.netns = kern->netns,
		.ctx = kern,
		.fact = on_fact,
		.drain = on_drain,
	};
	int r = vg_answers_new(&config, &kern->answers);

	return r < 0 ? vg_error_set(ret_error, r, "out of memory") : 0;
}

static int set_up_sense(struct vg_kern *kern, const struct vg_kern_config *config, const struct vg_dummies *kept, struct vg_error *ret_error)
{
	const struct vg_sense_config sense = {
		.maps = &kern->maps,
		.interfaces = (const char *const *)kern->interfaces,
		.n_interfaces = kern->n_interfaces,
		.dummies = kept,
		.netns = kern->netns,
		.ctx = kern,
		.fact = on_fact,
		.drain = on_drain,
		.guarded_changed = on_guarded_changed,
		.filters_changed = on_filters_changed,
		.route = vg_kern_on_route,
		.overrun = vg_kern_on_overrun,
		.settled = vg_kern_tell_losses,
	};
	int r;

	if (vg_feature_is_off(&kern->features, VG_FEATURE_RTNETLINK, config->without))
		return vg_error_set(ret_error, -ENOTSUP, "without rtnetlink there is nothing to look at");
	r = vg_sense_new(kern->loop, &sense, &kern->sense);
	vg_feature_record(&kern->features, VG_FEATURE_RTNETLINK, r);
	if (r < 0)
		return vg_error_set(ret_error, r, "cannot use rtnetlink: %s", strerror(-r));
	r = vg_rtnl_try_delete(vg_sense_rtnl(kern->sense));
	if (r < 0 && !vg_maps_ready(&kern->maps))
		return vg_error_set(ret_error, r, "nothing is permitted: run as root, or with CAP_NET_ADMIN, CAP_BPF and CAP_PERFMON");
	vg_feature_record(&kern->features, VG_FEATURE_RTNETLINK, r);
	return set_up_answers(kern, ret_error);
}

static void set_up_btf(struct vg_kern *kern, uint32_t without)
{
	if (!vg_feature_is_off(&kern->features, VG_FEATURE_BTF, without))
		vg_feature_record(&kern->features, VG_FEATURE_BTF, vg_program_has_btf() ? 0 : -ENOENT);
}

static int set_up_programs(struct vg_kern *kern, uint32_t without)
{
	int r = 0;

	if (vg_maps_ready(&kern->maps))
		r = vg_events_new(kern->loop, kern->maps.fds[VG_MAP_EVENTS], on_event, kern, &kern->events);
	if (r == 0)
		r = vg_seen_new(kern->loop, &kern->maps, VG_KERN_PERIOD_NS, on_seen, kern, &kern->seen);
	if (r == 0)
		vg_programs_load(&kern->programs, &kern->maps, kern->wanted.generation, without, vg_kern_say_changed, kern, &kern->features);
	return r;
}

int vg_kern_new(struct vg_loop *loop, const struct vg_kern_config *config, const struct vg_kern_sink *sink, struct vg_error *ret_error,
		struct vg_kern **ret_kern)
{
	VG_CLEANUP(vg_kern_freep) struct vg_kern *kern = calloc(1, sizeof(*kern));
	struct vg_dummies kept;
	int r;

	if (!kern)
		return vg_error_set(ret_error, -ENOMEM, "out of memory");
	kern->loop = loop;
	kern->sink = *sink;
	kern->dead_man_ns = config->dead_man_ns;
	kern->alive_ns = config->alive_ns;
	kern->detach_on_exit = config->detach_on_exit;
	kern->lock_fd = -1;
	kern->wire_fd = -1;
	r = vg_maps_init(&kern->maps);
	if (r == 0)
		r = copy_interfaces(kern, config);
	if (r == 0)
		r = find_netns(&kern->netns);
	if (r < 0)
		return vg_error_set(ret_error, r, "%s", strerror(-r));
	r = vg_alone_lock(ret_error, &kern->lock_fd);
	if (r < 0)
		return r;
	r = kern->lock_fd < 0 ? 0 : vg_io_new(loop, kern->lock_fd, EPOLLIN, on_asked, kern, &kern->lock_io);
	if (r < 0)
		return vg_error_set(ret_error, r, "%s", strerror(-r));
	lift_memlock();
	vg_program_init();
	set_up_btf(kern, config->without);
	r = set_up_maps(kern, config, ret_error);
	if (r < 0)
		return r;
	vg_losses_init(&kern->losses, kern->maps.stats);
	vg_maps_clear(&kern->maps, VG_MAP_BINDS);
	vg_maps_clear(&kern->maps, VG_MAP_HEAL);
	vg_kern_note_wanted(kern, config);
	/* before anything is denied */
	r = vg_kern_keep_dummies(kern, &kept, ret_error);
	if (r == 0)
		r = set_up_sense(kern, config, &kept, ret_error);
	if (r < 0)
		return r;
	r = set_up_programs(kern, config->without);
	if (r < 0)
		return vg_error_set(ret_error, r, "cannot read the events of the kernel: %s", strerror(-r));
	*ret_kern = TAKE_PTR(kern);
	return 0;
}

/* A start that failed has changed nothing for whoever was before. */
static void end(struct vg_kern *kern)
{
	if (!kern->attached)
		return;
	if (kern->detach_on_exit) {
		__atomic_store_n(&kern->maps.config->deadline_ns, 0, __ATOMIC_RELAXED);
	} else {
		vg_deadman_move(kern->deadman);
		vg_pins_leave(kern->maps.pins);
		if (kern->programs.announce)
			vg_announce_leave(kern->programs.announce);
	}
}

void vg_kern_free(struct vg_kern *kern)
{
	if (!kern)
		return;
	end(kern);
	vg_kern_heal_deinit(kern);
	vg_deadman_free(kern->deadman);
	vg_programs_deinit(&kern->programs);
	vg_answers_free(kern->answers);
	vg_sense_free(kern->sense);
	vg_seen_free(kern->seen);
	vg_events_free(kern->events);
	vg_maps_deinit(&kern->maps);
	for (size_t i = 0; i < kern->n_interfaces; i++)
		free(kern->interfaces[i]);
	free(kern->interfaces);
	vg_io_free(kern->lock_io);
	vg_closep(&kern->lock_fd);
	free(kern);
}

/* ---- running ---- */

int vg_kern_sync(struct vg_kern *kern, const struct vg_snapshot *snapshot, const struct vg_circumstances *circumstances)
{
	vg_kern_note_dummies(kern, vg_snapshot_dummies(snapshot));
	return vg_sync_maps(&kern->maps, snapshot, circumstances, kern->deadman);
}

int vg_kern_sync_entries(struct vg_kern *kern, const struct vg_snapshot *snapshot, struct vg_prefix *changed, size_t n,
			 const struct vg_circumstances *circumstances)
{
	return vg_sync_entries(&kern->maps, snapshot, changed, n, circumstances);
}

int vg_kern_attach(struct vg_kern *kern, struct vg_error *ret_error)
{
	int r;

	/* beside those of an earlier guard, which go on if this fails */
	r = vg_programs_release(&kern->programs, ret_error);
	if (r < 0)
		return r;
	/* what the maps say is of now: the kernel may act on it */
	vg_kern_publish(kern);
	r = vg_kern_start_deadman(kern);
	if (r < 0)
		return vg_error_set(ret_error, r, "cannot set the dead-man's timer: %s", strerror(-r));
	vg_programs_pin(&kern->programs);
	vg_programs_attach_bypass(&kern->programs, &kern->features);
	kern->attached = true;
	vg_sense_set_hooked(kern->sense, kern->programs.bind);
	vg_sense_choose(kern->sense);
	/* those of an earlier guard, now that ours stand beside them */
	vg_pins_sweep(kern->maps.pins);
	vg_kern_note_unpinned(kern);
	return 0;
}

int vg_kern_dump(struct vg_kern *kern)
{
	int r;

	/* what was seen while there was no guard, before what is there now */
	on_drain(kern);
	if (kern->seen)
		vg_seen_drain(kern->seen);
	r = vg_sense_dump(kern->sense);
	if (r == 0)
		vg_answers_start(kern->answers);
	vg_kern_watch_xdp(kern);
	return r;
}

void vg_kern_drain(struct vg_kern *kern)
{
	on_drain(kern);
	if (kern->seen)
		vg_seen_hand_over(kern->seen);
	vg_kern_tell_losses(kern);
}

void vg_kern_busy(struct vg_kern *kern)
{
	vg_deadman_move(kern->deadman);
}

const struct vg_features *vg_kern_features(const struct vg_kern *kern)
{
	return &kern->features;
}

void vg_kern_stats(const struct vg_kern *kern, struct vg_stats *ret_stats)
{
	*ret_stats = *kern->maps.stats;
}

void vg_kern_count_lost_log(struct vg_kern *kern, uint64_t n)
{
	vg_stats_add(&kern->maps.stats->lost_log, n);
}

size_t vg_kern_counted(const struct vg_kern *kern)
{
	return kern->seen ? vg_seen_size(kern->seen) : 0;
}

uint32_t vg_kern_netns(const struct vg_kern *kern)
{
	return kern->netns;
}

const char *vg_kern_libbpf_version(void)
{
	return vg_program_libbpf_version();
}
