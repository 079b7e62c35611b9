/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/reflector.h"

#include <errno.h>
#include <string.h>

#include "base/time.h"
#include "kube/reflector_state.h"

#define PATIENCE_NS (10 * VG_NS_PER_SEC) /* for the end mark of a WatchList once nothing comes, or live events do */
#define LIST_IDLE_NS (30 * VG_NS_PER_SEC)
#define QUIET_LEAST 3 /* times max_age that a watch may say nothing itself while others on its connection do; up to 2 more, at random */
#define WATCH_MIN_S 300 /* servers end watches after 5 to 10 minutes on their own; asked for so that it is known */
#define APPEARING_STEP_NS (2 * VG_NS_PER_SEC)

struct vg_place vg_reflector_place(const struct vg_reflector *reflector)
{
	return (struct vg_place){
		.info = reflector->info, .version = reflector->api_version, .namespace = reflector->namespace, .node = reflector->env->node
	};
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t list_idle_ns(const struct vg_reflector *reflector)
{
	return smaller(LIST_IDLE_NS, reflector->env->max_age_ns / 2 + 1);
}

static uint64_t patience_ns(const struct vg_reflector *reflector)
{
	return smaller(PATIENCE_NS, list_idle_ns(reflector));
}

/* Of a watch that says nothing itself. */
static uint64_t patience_of_watch_ns(const struct vg_reflector *reflector)
{
	return vg_http_multiplexes(reflector->env->http) ? reflector->quiet_ns : reflector->env->bookmark_ns;
}

/* At a moment of its own: what came together need not be asked for again together. */
static void arm_watch(struct vg_reflector *reflector)
{
	vg_timer_arm(reflector->timer, vg_time_boot_ns() + patience_of_watch_ns(reflector));
}

/* A little after the watch should have ended, or been cancelled, for being quiet. */
static uint64_t watch_idle_ns(const struct vg_reflector *reflector)
{
	return reflector->env->bookmark_ns + reflector->env->bookmark_ns / 2;
}

void vg_reflector_set(struct vg_reflector *reflector, enum state state)
{
	bool anew = reflector->state != state;

	reflector->state = state;
	if (anew)
		reflector->sink.moved(reflector->sink.ctx, true);
}

/* It has its header and goes on, and is not overdue itself. */
static bool stands(const struct vg_reflector *reflector)
{
	const struct vg_reflector_env *env = reflector->env;

	return reflector->call && reflector->step == STEP_WATCH && reflector->answered && !reflector->relist &&
	       vg_time_boot_ns() - reflector->last_byte_ns <= reflector->quiet_ns + env->bookmark_ns / 2;
}

uint64_t vg_reflector_spoke_ns(const struct vg_reflector *reflector)
{
	uint64_t ns = reflector->heard_ns, shared;

	if (vg_http_multiplexes(reflector->env->http) && stands(reflector)) {
		shared = vg_http_heard_ns(reflector->call);
		ns = shared > ns ? shared : ns;
	}
	return ns > reflector->started_ns ? ns : reflector->started_ns;
}

uint64_t vg_reflector_heard_ns(const struct vg_reflector *reflector)
{
	uint64_t spoke = vg_reflector_spoke_ns(reflector), proven = vg_proof_covers(&reflector->env->proof, reflector->listed_ns);

	proven = proven > reflector->started_ns ? proven : reflector->started_ns;
	return spoke < proven ? spoke : proven;
}

void vg_reflector_fold(struct vg_reflector *reflector)
{
	if (reflector->heard_ns)
		reflector->heard_ns = vg_reflector_spoke_ns(reflector);
}

static bool too_old(const struct vg_reflector *reflector, uint64_t now)
{
	uint64_t heard = vg_reflector_heard_ns(reflector);

	return now > heard && now - heard > reflector->env->max_age_ns;
}

/* By a watch. */
static void heard(struct vg_reflector *reflector)
{
	uint64_t now = vg_time_boot_ns();

	reflector->last_byte_ns = now;
	if (reflector->step != STEP_WATCH || reflector->relist || reflector->doubted)
		return;
	/* cut off from its storage the server still speaks; when that is over everything is listed anew, and no sooner */
	if (vg_proof_lapsed(&reflector->env->proof, now))
		return;
	if (too_old(reflector, now)) {
		reflector->relist = true;
		vg_timer_arm(reflector->timer, 1);
		return;
	}
	reflector->heard_ns = now;
	reflector->error[0] = '\0';
	reflector->refusal_said = false;
	if (reflector->state == STATE_FORBIDDEN) {
		reflector->knowledge = VG_KIND_LISTED;
		vg_reflector_set(reflector, STATE_WATCHING);
	}
	reflector->sink.moved(reflector->sink.ctx, false);
}

void vg_reflector_listed(struct vg_reflector *reflector)
{
	reflector->knowledge = VG_KIND_LISTED;
	reflector->was_listed = true;
	reflector->whole = false;
	reflector->stuck = 0;
	reflector->misses = 0;
	reflector->step = STEP_WATCH;
	reflector->heard_ns = vg_time_boot_ns();
	reflector->listed_ns = reflector->listing_ns;
	reflector->failing_ns = 0;
	if (reflector->info->kind != VG_KIND_EVENT) /* often kept in a storage of their own */
		vg_proof_read(&reflector->env->proof, reflector->listing_ns, vg_intake_version(reflector->intake), reflector->connection);
	reflector->error[0] = '\0';
	reflector->expected_until_ns = 0;
	vg_reflector_set(reflector, STATE_WATCHING);
	reflector->sink.moved(reflector->sink.ctx, true);
}

static void on_type(void *ctx, const char *content_type)
{
	struct vg_reflector *reflector = ctx;

	vg_intake_type(reflector->intake, content_type);
}

static void on_header(void *ctx, long status)
{
	struct vg_reflector *reflector = ctx;

	if (status != 200)
		return;
	heard(reflector);
	reflector->answered = true;
	reflector->connection = vg_http_connection(reflector->call);
}

static void keep_body(struct vg_reflector *reflector, const char *bytes, size_t n)
{
	size_t room = sizeof(reflector->body) - 1 - reflector->n_body;

	n = n < room ? n : room;
	memcpy(reflector->body + reflector->n_body, bytes, n);
	reflector->n_body += n;
	reflector->body[reflector->n_body] = '\0';
}

static void progressed(struct vg_reflector *reflector)
{
	reflector->stuck = 0;
	reflector->refusals = 0;
	if (reflector->step == STEP_WATCH)
		vg_backoff_reset(&reflector->backoff);
}

static int feed(struct vg_reflector *reflector, const char *bytes, size_t n)
{
	struct vg_moment now = { .real_ns = vg_time_real_ns(), .boot_ns = vg_time_boot_ns() };
	struct vg_error error = { 0 };
	bool live = reflector->step == STEP_WATCH;
	int r;

	r = vg_intake_feed(reflector->intake, bytes, n, &now, &error);
	if (live && reflector->info->kind != VG_KIND_EVENT)
		vg_proof_event(&reflector->env->proof, now.boot_ns, vg_intake_version(reflector->intake), reflector->connection);
	if (reflector->step == STEP_INITIAL && vg_intake_form(reflector->intake) == VG_INTAKE_WATCH) {
		vg_reflector_listed(reflector);
		reflector->doubted = reflector->listed_ns <= reflector->env->proof.gap_ns; /* it took so long that there was a gap meanwhile */
		/* from here on it is a watch, but a long one */
		reflector->watches++;
		if (reflector->doubted)
			vg_timer_arm(reflector->timer, 1);
		else
			arm_watch(reflector);
	} else if (reflector->step == STEP_INITIAL && vg_intake_live_early(reflector->intake) && !reflector->early) {
		reflector->early = true;
		vg_timer_arm(reflector->timer, now.boot_ns + patience_ns(reflector));
	}
	if (vg_intake_progressed(reflector->intake))
		progressed(reflector);
	if (r < 0) {
		snprintf(reflector->body, sizeof(reflector->body), "%s", error.text);
		reflector->disorder = r == -EILSEQ;
		reflector->verdict = r == -ESTALE || r == -EILSEQ ? OUTCOME_EXPIRED : OUTCOME_BROKEN;
	}
	return r;
}

static int on_data(void *ctx, long status, const char *bytes, size_t n)
{
	struct vg_reflector *reflector = ctx;

	reflector->bytes += n;
	if (status != 200) {
		keep_body(reflector, bytes, n);
		return 0;
	}
	if (reflector->step != STEP_WATCH && !reflector->counted) {
		reflector->relists[reflector->cause]++;
		reflector->counted = true;
	}
	heard(reflector);
	reflector->answered = true;
	return feed(reflector, bytes, n);
}

static void on_done(void *ctx, const struct vg_http_end *end)
{
	struct vg_reflector *reflector = ctx;

	vg_reflector_fold(reflector);
	reflector->call = NULL;
	vg_timer_disarm(reflector->timer);
	vg_reflector_end(reflector, end);
}

/* path is freed. */
static void ask(struct vg_reflector *reflector, enum step step, enum vg_intake_form form, char *path, uint64_t idle_ns)
{
	const struct vg_http_sink sink = { .ctx = reflector, .type = on_type, .header = on_header, .data = on_data, .done = on_done };
	const char *accept = vg_request_accept(reflector->sink.name != NULL, step == STEP_PAGE);
	_cleanup_free_ char *owned = path;
	int r = owned ? 0 : -ENOMEM;

	reflector->step = step;
	reflector->verdict = OUTCOME_NONE;
	reflector->answered = false;
	reflector->relist = false;
	reflector->doubted = false;
	reflector->connection = 0;
	reflector->disorder = false;
	reflector->early = false;
	reflector->n_body = 0;
	reflector->body[0] = '\0';
	reflector->quiet_ns = QUIET_LEAST * reflector->env->max_age_ns + vg_backoff_random(&reflector->backoff, 2 * reflector->env->max_age_ns);
	reflector->token = reflector->env->tokens;
	reflector->asked_ns = reflector->last_byte_ns = vg_time_boot_ns();
	vg_intake_open(reflector->intake, form);
	if (r >= 0)
		r = vg_http_get(reflector->env->http,
				&(struct vg_http_request){ .path = owned, .accept = accept, .idle_ns = idle_ns, .lasting = step != STEP_PAGE }, &sink,
				&reflector->call);
	if (r < 0) {
		vg_reflector_failed(reflector, strerror(-r));
		vg_reflector_wait(reflector, step == STEP_INITIAL ? STEP_LIST : step, 0);
	}
}

static bool pages(const struct vg_reflector *reflector)
{
	return reflector->env->no_watch_list || !strcmp(reflector->env->pager, vg_http_server(reflector->env->http));
}

static void ask_page(struct vg_reflector *reflector)
{
	struct vg_place place = vg_reflector_place(reflector);

	ask(reflector, STEP_PAGE, VG_INTAKE_PAGE,
	    vg_request_list(&place, reflector->whole ? 0 : reflector->env->page, vg_intake_token(reflector->intake)), list_idle_ns(reflector));
}

static void ask_list(struct vg_reflector *reflector)
{
	struct vg_place place = vg_reflector_place(reflector);
	uint64_t timeout_s = WATCH_MIN_S + vg_backoff_random(&reflector->backoff, WATCH_MIN_S);

	reflector->listing_ns = vg_time_boot_ns();
	vg_intake_list_begin(reflector->intake);
	if (pages(reflector) || reflector->whole) {
		ask_page(reflector);
		return;
	}
	/* http's limit is that of the watch which it becomes */
	ask(reflector, STEP_INITIAL, VG_INTAKE_INITIAL, vg_request_watch_list(&place, timeout_s), watch_idle_ns(reflector));
	if (reflector->call)
		vg_timer_arm(reflector->timer, reflector->asked_ns + patience_ns(reflector));
}

/*
 * Over HTTP/1 a watch ends at the server after bookmark_ns: asked for again, it shows that the server lives, at the price of one
 * request and on the same connection, where cancelling it would cost one. Whole seconds are all that the API knows: below that
 * it is cancelled here. http's own limit is for the case that neither comes.
 */
static void ask_watch(struct vg_reflector *reflector)
{
	struct vg_place place = vg_reflector_place(reflector);
	uint64_t bookmark_s = reflector->env->bookmark_ns / VG_NS_PER_SEC,
		 timeout_s = WATCH_MIN_S + vg_backoff_random(&reflector->backoff, WATCH_MIN_S);

	if (!vg_http_multiplexes(reflector->env->http))
		timeout_s = smaller(timeout_s, bookmark_s ? bookmark_s : 1);
	reflector->watches++;
	ask(reflector, STEP_WATCH, VG_INTAKE_WATCH, vg_request_watch(&place, vg_intake_version(reflector->intake), timeout_s),
	    watch_idle_ns(reflector));
	if (reflector->call && (vg_http_multiplexes(reflector->env->http) || timeout_s * VG_NS_PER_SEC > reflector->env->bookmark_ns))
		arm_watch(reflector);
}

void vg_reflector_step(struct vg_reflector *reflector, enum step step)
{
	if (step == STEP_WATCH && too_old(reflector, vg_time_boot_ns())) {
		vg_reflector_relist(reflector, VG_RELIST_ERROR, true);
		return;
	}
	if (reflector->state != STATE_FORBIDDEN && reflector->state != STATE_ABSENT)
		vg_reflector_set(reflector, step == STEP_WATCH ? STATE_WATCHING : STATE_LISTING);
	if (step == STEP_WATCH)
		ask_watch(reflector);
	else if (step == STEP_PAGE && vg_intake_token(reflector->intake))
		ask_page(reflector);
	else
		ask_list(reflector);
}

void vg_reflector_relist(struct vg_reflector *reflector, enum vg_relist_cause cause, bool now)
{
	reflector->cause = cause;
	reflector->counted = false;
	if (now)
		vg_reflector_step(reflector, STEP_LIST);
	else
		vg_reflector_wait(reflector, STEP_LIST, 0);
}

void vg_reflector_wait_for(struct vg_reflector *reflector, enum step step, uint64_t ns)
{
	reflector->step = step;
	if (reflector->state != STATE_FORBIDDEN && reflector->state != STATE_ABSENT)
		vg_reflector_set(reflector, STATE_WAITING);
	vg_timer_arm(reflector->timer, vg_time_boot_ns() + ns);
}

void vg_reflector_wait(struct vg_reflector *reflector, enum step step, uint64_t retry_after_ns)
{
	uint64_t ns = vg_backoff_next(&reflector->backoff), least = smaller(retry_after_ns, VG_RETRY_AFTER_MAX_NS);

	if (ns < least)
		ns = least + vg_backoff_random(&reflector->backoff, least / 10); /* not all at once */
	vg_reflector_wait_for(reflector, step, ns);
}

void vg_reflector_cancel(struct vg_reflector *reflector)
{
	vg_reflector_fold(reflector);
	vg_http_cancel(TAKE_PTR(reflector->call));
	vg_discovery_cancel(TAKE_PTR(reflector->discovery));
	vg_timer_disarm(reflector->timer);
}

void vg_reflector_absent(struct vg_reflector *reflector)
{
	uint64_t now = vg_time_boot_ns();

	if (reflector->info->kind != VG_KIND_MAX)
		vg_cluster_drop(reflector->env->cluster, reflector->bit, reflector->info->kind);
	reflector->knowledge = VG_KIND_ABSENT;
	reflector->was_listed = false;
	reflector->step = STEP_LIST; /* nothing is held any more that a watch could go on from */
	reflector->refusals = 0;
	reflector->refusal_said = false;
	reflector->cause = VG_RELIST_APPEARED;
	reflector->counted = false;
	snprintf(reflector->api_version, sizeof(reflector->api_version), "%s", reflector->info->version);
	vg_reflector_set(reflector, STATE_ABSENT);
	reflector->sink.moved(reflector->sink.ctx, true);
	/* A definition is served a moment after it is seen. */
	if (now < reflector->expected_until_ns)
		vg_reflector_wait_for(reflector, STEP_LIST, smaller(vg_backoff_next(&reflector->backoff), APPEARING_STEP_NS));
	else
		vg_reflector_unwatched(reflector);
}

/* The one thing that is asked for at intervals: where definitions may not be watched nothing else would tell that a kind was added. */
void vg_reflector_unwatched(struct vg_reflector *reflector)
{
	if (reflector->state == STATE_ABSENT && !reflector->env->crds_watched && !vg_timer_deadline(reflector->timer) && !reflector->call &&
	    !reflector->discovery)
		vg_reflector_wait_for(reflector, STEP_LIST, VG_ABSENT_NS);
}

void vg_reflector_forbidden(struct vg_reflector *reflector)
{
	struct vg_place place = vg_reflector_place(reflector);
	char rule[512], text[VG_ERROR_MAX * 2];

	reflector->knowledge = VG_KIND_FORBIDDEN;
	vg_reflector_set(reflector, STATE_FORBIDDEN);
	reflector->failing_ns = 0;
	if (!reflector->refusal_said) {
		vg_request_rule(&place, rule, sizeof(rule));
		snprintf(text, sizeof(text), "%s may not be read, so %s; missing rule: %s", reflector->info->plural, reflector->info->loss, rule);
		reflector->sink.trouble(reflector->sink.ctx, reflector, VG_TROUBLE_FORBIDDEN, "", text);
	}
	reflector->refusal_said = true;
	reflector->sink.moved(reflector->sink.ctx, true);
	vg_reflector_wait_for(reflector, reflector->step == STEP_WATCH ? STEP_WATCH : STEP_LIST, vg_backoff_next(&reflector->slow));
}

void vg_reflector_unreadable(struct vg_reflector *reflector, const char *why)
{
	char text[VG_ERROR_MAX * 3];

	reflector->knowledge = VG_KIND_FORBIDDEN;
	vg_reflector_set(reflector, STATE_FORBIDDEN);
	snprintf(text, sizeof(text), "%s cannot be read, so %s: %s", reflector->info->plural, reflector->info->loss, why);
	reflector->sink.trouble(reflector->sink.ctx, reflector, VG_TROUBLE_FORBIDDEN, "", text);
	reflector->sink.moved(reflector->sink.ctx, true);
}

uint64_t vg_reflector_spread_ns(const struct vg_reflector *reflector)
{
	const struct vg_reflector_env *env = reflector->env;

	/* soon enough that what is fresh stays so */
	return smaller((reflector->info->required ? 1 : SPREAD) * env->backoff_min_ns, env->max_age_ns / 8);
}

void vg_reflector_doubt(struct vg_reflector *reflector)
{
	if (!reflector->call || reflector->step != STEP_WATCH || reflector->relist || reflector->doubted ||
	    reflector->listed_ns > reflector->env->proof.gap_ns)
		return;
	reflector->doubted = true;
	vg_timer_arm(reflector->timer, vg_time_boot_ns() + vg_backoff_random(&reflector->backoff, vg_reflector_spread_ns(reflector)));
}

/* Nothing more comes, or live events do, and still no end mark: the server does not know what was asked for. One that has not
 * answered at all is http's affair. */
static void look_at_initial(struct vg_reflector *reflector, uint64_t now)
{
	if (!reflector->early && now - reflector->last_byte_ns < patience_ns(reflector)) {
		vg_timer_arm(reflector->timer, reflector->last_byte_ns + patience_ns(reflector));
	} else if (reflector->answered) {
		vg_reflector_cancel(reflector);
		reflector->verdict = OUTCOME_UNMARKED;
		vg_reflector_end(reflector, &(struct vg_http_end){ .status = 200 });
	}
}

/* While a request runs. */
static void look_at_request(struct vg_reflector *reflector)
{
	uint64_t now = vg_time_boot_ns();

	if (reflector->relist || reflector->doubted) {
		vg_reflector_cancel(reflector);
		vg_reflector_relist(reflector, VG_RELIST_ERROR, true);
	} else if (reflector->step == STEP_INITIAL) {
		look_at_initial(reflector, now);
	} else if (now - reflector->last_byte_ns < patience_of_watch_ns(reflector)) {
		vg_timer_arm(reflector->timer, reflector->last_byte_ns + patience_of_watch_ns(reflector));
	} else if (reflector->answered) {
		vg_reflector_cancel(reflector);
		vg_reflector_step(reflector, STEP_WATCH);
	}
}

void vg_reflector_on_timer(void *ctx)
{
	struct vg_reflector *reflector = ctx;

	if (reflector->call)
		look_at_request(reflector);
	else if (!reflector->discovery && reflector->state != STATE_IDLE)
		vg_reflector_step(reflector, reflector->step);
}
