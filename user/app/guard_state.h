/* SPDX-License-Identifier: Apache-2.0 */
/* The guard's inside, shared by the guard*.c files alone: composition, sources, picture, facts to actions, answers. */
#ifndef APP_GUARD_STATE_H
#define APP_GUARD_STATE_H

#include "app/config.h"
#include "app/file_source.h"
#include "app/guard_metrics.h"
#include "base/notify.h"
#include "core/act.h"
#include "core/assess.h"
#include "core/breaker.h"
#include "core/heal.h"
#include "core/own.h"
#include "core/recent.h"
#include "kern/kern.h"
#include "kern/task.h"
#include "kube/source.h"
#include "report/api.h"
#include "report/explain.h"
#include "report/report.h"
#include "report/screen_html.h"

/* Who repeats something (kube-vip does, for ever) is not looked up in /proc each time: the next removal would wait for it. */
struct vg_described {
	struct vg_who who;
	uint64_t until_ns; /* CLOCK_BOOTTIME; good until then. 0: none */
	struct vg_task task;
};

/* A bypass that was said: it is not said again before its period is over. */
struct vg_bypass_said {
	struct vg_bypass_fact fact;
	uint64_t until_ns; /* CLOCK_BOOTTIME */
};

#define VG_NOTIFY_STATUS_MAX 256 /* one line of `systemctl status`; a longer one is cut */
#define VG_BYPASS_SAID_MAX 64 /* beyond, some are said more often */

/* Exit status of the guard (cli/cli.h names the same). */
enum { VG_GUARD_FINE = 0, VG_GUARD_CONFIGURATION = 2, VG_GUARD_CANNOT_LOOK = 3 };

/* The node's own addresses, found on its links before anything was judged. */
struct vg_guard_own {
	struct vg_own *list;
	bool *gone; /* it is not bound now */
	size_t n;
};

#define VG_HOME_BYTES_MAX (4 * 1024 * 1024) /* of the status page; its rows and lines are bounded, only names of others may be long */

/* The status page that was made last. */
struct vg_guard_home {
	char *text; /* NULL: none yet */
	size_t n;
	uint64_t made_ns; /* CLOCK_BOOTTIME */
	char policy[VG_SCREEN_POLICY_MAX];
};

struct vg_guard {
	const struct vg_config_options *options; /* the caller's */
	struct vg_loop *loop;
	struct vg_signals *signals;
	struct vg_reporter *reporter;
	struct vg_kern *kern;
	struct vg_api *api;
	struct vg_probes *probes; /* NULL: nowhere over TCP */
	bool probes_failed; /* the last try to listen there did */
	struct vg_guard_metrics metrics;
	struct vg_guard_home homes[2]; /* without names, with them */
	bool attached;
	bool said_ready;

	/* what a service manager is told (guard_notify.c) */
	struct vg_notify *notify; /* NULL: there is none */
	char notified[VG_NOTIFY_STATUS_MAX]; /* the status that it has; "": none */
	bool notify_due; /* READY=1 did not get through */

	/* sources (guard_source.c) */
	struct vg_file_source *source; /* NULL: no assignments file */
	struct vg_snapshot *file; /* what it says; NULL while it is the only source: then the picture is it */
	bool file_failed; /* the last reload did */
	struct vg_cluster *cluster; /* NULL: the API is no source */
	struct vg_kube_source *kube;
	struct vg_cluster *manifests; /* static Pods of this host, apart: known before the API is */
	struct vg_prefix servers[VG_SERVERS_MAX]; /* addresses of API servers: one may be the control plane's VIP */
	size_t n_servers;
	struct vg_publisher *publisher; /* of Events; NULL: none are written */
	struct vg_timer *assess; /* armed while something of the cluster changes by time alone */
	bool complete; /* the API was listed completely once */
	bool fresh; /* and was heard from */
	bool was_stale; /* that was said */
	bool behind; /* what the API says could not be taken over: the picture is an older one */
	bool full; /* an object of the cluster found no room */
	bool hole_said; /* that the cluster has more than is kept of it */
	bool own_found; /* the node's own addresses are told with the cluster known */

	/* the picture (guard_picture.c) */
	struct vg_snapshot *snapshot;
	uint64_t snapshot_ns; /* CLOCK_BOOTTIME of its last change */
	struct vg_timer *grace; /* armed while an answer will change by time alone */
	struct vg_prefix *moving; /* entries whose answer will */
	size_t n_moving;
	size_t moving_size;
	uint64_t
		earlier_until_ns; /* CLOCK_BOOTTIME; that of the guard before this one holds until then, or until the cluster is known. 0: none does */
	struct vg_timer *earlier;
	bool maps_failed; /* the last load of the kernel's maps did: the next one is a whole one */
	struct vg_guard_own own;

	/* what holds the guard back (guard_breaker.c, guard_pause.c) */
	struct vg_breaker *breaker;
	bool breaker_said; /* that it holds something */
	bool look_failed; /* what it holds is not all in the kernel */
	uint64_t look_ns; /* CLOCK_BOOTTIME; everything is judged as of then; 0: no look is under way */
	struct vg_circumstances look; /* while one is: whether the source is fresh is asked once, not for each bind */
	struct vg_timer *pause;
	bool paused; /* that was said */

	/* what is given back (guard_heal.c) */
	struct vg_heal *heal;
	struct vg_timer *heal_timer; /* armed while something is due */
	uint64_t heal_delays; /* counted of vg_heal_delays() */

	struct vg_bypass_said bypass_said[VG_BYPASS_SAID_MAX]; /* the oldest goes first */
	size_t next_bypass_said;

	/* for `vipguard cluster` (guard_vips.c) */
	struct vg_announced *announced;
	char *vips_text; /* the last answer; NULL: none yet */
	uint64_t vips_ns; /* CLOCK_BOOTTIME of its making */

	struct vg_recent *frames; /* struct vg_frame, for evidence */

	struct vg_described described; /* the task that was looked up last */
};

/* guard_act.c */
void vg_guard_on_fact(void *guard, const struct vg_fact *fact);
/* Looks again at everything bound here: what is judged otherwise than was said last is said and acted on. all: what is a violation is
 * acted on even if that was said before (the mode changed). For vg_guard_look_end(). */
void vg_guard_rejudge(struct vg_guard *guard, bool all);
struct vg_answer vg_guard_judge(const struct vg_guard *guard, const struct vg_addr *addr, const char *link);

/* guard_who.c */
struct vg_doer vg_guard_doer(struct vg_guard *guard, const struct vg_who *who); /* strings hold until the next call, or a change of the cluster */
void vg_guard_forget_described(struct vg_guard *guard);

/* guard_bypass.c */
void vg_guard_on_bypass(void *guard, const struct vg_bypass_fact *fact);

/* guard_heal.c */
int vg_guard_heal_start(struct vg_guard *guard); /* -errno */
void vg_guard_heal_deinit(struct vg_guard *guard);
void vg_guard_heal_removed(struct vg_guard *guard, const struct vg_fact *fact); /* a wrong bind was taken off */
void vg_guard_heal_passed(struct vg_guard *guard, const struct vg_fact *fact, const struct vg_judgement *judgement); /* announcements left */
void vg_guard_heal_look(struct vg_guard *guard); /* the picture, or what may be done, is another one */
void vg_guard_on_neighbour(void *guard, const struct vg_addr *addr, uint32_t ifindex);

/* guard_evidence.c */
int vg_guard_evidence_start(struct vg_guard *guard);
void vg_guard_on_frame(void *guard, const struct vg_frame *frame);
json_t *vg_guard_evidence(void *guard, const char *address, struct vg_error *ret_error);

/* guard_doctor.c */
json_t *vg_guard_doctor(void *guard, struct vg_error *ret_error);

/* guard_events.c */
void vg_guard_said(void *guard, const json_t *event); /* for the reporter */
int vg_guard_events_start(struct vg_guard *guard); /* after kube; -errno */
void vg_guard_events_deinit(struct vg_guard *guard); /* before kube */
void vg_guard_events_retry(struct vg_guard *guard);
json_t *vg_guard_events_to_json(const struct vg_guard *guard); /* NULL: none are written, or no memory */
void vg_guard_put_events(const struct vg_guard *guard, struct vg_page *page);

/* guard_vips.c */
int vg_guard_add_vips(const struct vg_guard *guard, json_t *json); /* "time", "version", "abi", "stale", "vips"; -ENOMEM */
const char *vg_guard_vips_text(void *guard); /* GET /v1/vips; the guard's until the next call; NULL: no memory */

/* guard.c */
int vg_guard_set_mode(struct vg_guard *guard, enum vg_mode mode);
int vg_guard_log_error(int exit_status, const struct vg_error *error); /* returns exit_status */

/* guard_source.c */
int vg_guard_start_source(struct vg_guard *guard); /* exit status */
void vg_guard_source_deinit(struct vg_guard *guard);
void vg_guard_reload(struct vg_guard *guard); /* SIGHUP */
void vg_guard_woke(void *guard); /* after a pause: what time alone has changed meanwhile goes to the kernel at once */
struct vg_assess_config vg_guard_assess_config(const struct vg_guard *guard);
struct vg_moment vg_guard_moment(void);
struct vg_circumstances vg_guard_circumstances(const struct vg_guard *guard);
void vg_guard_look_at(struct vg_guard *guard, uint64_t now_ns); /* until look_ns is 0 again, those of this moment are everybody's */
json_t *vg_guard_source_to_json(const struct vg_guard *guard);
void vg_guard_arm_assess(struct vg_guard *guard, uint64_t at_ns); /* 0: disarm */
void vg_guard_say_ready(struct vg_guard *guard); /* once: attached, and the picture is complete and fresh */

/* guard_picture.c: what is known, put together and carried into the kernel */
int vg_guard_first_picture(struct vg_guard *guard); /* after kern is there, before anything is attached; -errno */
bool vg_guard_keeps_earlier(const struct vg_guard *guard); /* the kernel's maps are still what the guard before this one knew */
void vg_guard_picture_deinit(struct vg_guard *guard);
/* A picture anew from file and cluster, or (changes) the entries of the cluster that changed. Then everything bound is looked at again. -errno: the
 * one before stays. */
int vg_guard_take_file(struct vg_guard *guard, struct vg_snapshot *file); /* stolen, also on an error */
int vg_guard_take_cluster(struct vg_guard *guard); /* -errno: behind, and armed to be tried again */
int vg_guard_take_manifests(struct vg_guard *guard); /* what they protect, while the cluster is not known; -errno */
/* The same picture, judged anew (fresh or stale now). */
void vg_guard_take_freshness(struct vg_guard *guard);
void vg_guard_note_own(struct vg_guard *guard, const struct vg_fact *fact); /* one of the own addresses came or went */

/* guard_breaker.c */
int vg_guard_breaker_start(struct vg_guard *guard); /* with what the guard before this one held; -errno */
void vg_guard_breaker_dumped(struct vg_guard *guard); /* everything bound was looked at */
/*
 * A look at everything bound: begin, carry the picture into the kernel, end. All of it as of one moment; what turned is weighed before the
 * kernel knows of it, and what the breaker lets go is let go after that.
 */
void vg_guard_look_begin(struct vg_guard *guard);
void vg_guard_look_end(struct vg_guard *guard, bool all);
bool vg_guard_is_held(const struct vg_guard *guard, const struct vg_fact *fact);
void vg_guard_breaker_note(struct vg_guard *guard, const struct vg_fact *fact, const struct vg_judgement *judgement);
void vg_guard_breaker_forget(struct vg_guard *guard, const struct vg_fact *fact);
size_t vg_guard_breaker_resume(struct vg_guard *guard); /* how many addresses it held */
json_t *vg_guard_breaker_to_json(const struct vg_guard *guard);

/* guard_pause.c */
int vg_guard_pause_start(struct vg_guard *guard); /* a pause that the guard before this one was given goes on; -errno */
void vg_guard_pause_say_kept(struct vg_guard *guard);
json_t *vg_guard_pause(void *guard, const char *duration, const struct vg_api_peer *peer, struct vg_error *ret_error);
json_t *vg_guard_resume(void *guard, const struct vg_api_peer *peer, struct vg_error *ret_error);
json_t *vg_guard_pause_to_json(const struct vg_guard *guard); /* NULL: not paused, or no memory */

/* guard_metrics.c */
const char *vg_guard_unready(const struct vg_guard *guard); /* NULL: ready; else why not yet */
struct vg_probe_ops vg_guard_probe_ops(struct vg_guard *guard, bool local); /* local: for the socket, so with names */
void vg_guard_listen(struct vg_guard *guard); /* over TCP, if that is wanted and not so already */
void vg_guard_metrics_deinit(struct vg_guard *guard);

/* guard_home.c */
bool vg_guard_home_local(void *guard, struct vg_home *ret_home);
bool vg_guard_home_remote(void *guard, struct vg_home *ret_home);
void vg_guard_homes_deinit(struct vg_guard *guard);

/* guard_metrics_bound.c */
void vg_guard_tally(struct vg_guard *guard, const struct vg_fact *fact, const struct vg_judgement *judgement, enum vg_action action);

/* guard_notify.c: READY, RELOADING, WATCHDOG, STATUS, STOPPING of sd_notify(3) */
int vg_guard_notify_start(struct vg_guard *guard); /* -errno */
void vg_guard_notify_ready(struct vg_guard *guard); /* attached, or reloaded */
void vg_guard_notify_reloading(struct vg_guard *guard);
void vg_guard_notify_status(void *guard); /* if it is another one than it was told last */
void vg_guard_notify_alive(void *guard);
void vg_guard_notify_stopping(struct vg_guard *guard);
uint64_t vg_guard_notify_alive_ns(const struct vg_guard *guard); /* how often vg_guard_notify_alive() is to be called; 0: never */

/* guard_api.c */
struct vg_api_ops vg_guard_api_ops(struct vg_guard *guard);
/* config: memory for what the ground points at. */
struct vg_ground vg_guard_ground(const struct vg_guard *guard, struct vg_assess_config *config);
json_t *vg_guard_features_to_json(const struct vg_features *features);

#endif
