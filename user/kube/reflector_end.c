/* SPDX-License-Identifier: Apache-2.0 */
/* How an answer ended, and what follows from it. */
#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "base/time.h"
#include "kube/proto.h"
#include "kube/reflector_state.h"

#define STUCK_MAX 2 /* answers without any use to the same request; then the list is begun anew */
#define STEADY_NS VG_NS_PER_SEC /* a watch that lasted so long began well, though nothing happened */
#define DOUBT_NS (300 * VG_NS_PER_MS) /* a server that starts says 403 for some 100 ms */

static enum outcome of_error(const struct vg_reflector *reflector, const struct vg_http_end *end)
{
	if (end->error != -ETIMEDOUT || !reflector->answered)
		return OUTCOME_LOST;
	if (reflector->step == STEP_INITIAL)
		return OUTCOME_UNMARKED;
	return reflector->step == STEP_WATCH ? OUTCOME_SILENT : OUTCOME_LOST;
}

static enum outcome of_status(const struct vg_reflector *reflector, long status)
{
	switch (status) {
	case 400:
	case 422:
	case 500: return reflector->step == STEP_INITIAL ? OUTCOME_UNMARKED : OUTCOME_BROKEN;
	case 401: return OUTCOME_UNAUTHORIZED;
	case 403: return OUTCOME_FORBIDDEN;
	case 404: return reflector->info->core ? OUTCOME_BROKEN : OUTCOME_MISSING;
	case 410: return OUTCOME_EXPIRED;
	case 429:
	case 503: return OUTCOME_BUSY;
	default: return OUTCOME_BROKEN;
	}
}

/* Of a 200 that is complete by HTTP's word. */
static enum outcome of_content(struct vg_reflector *reflector)
{
	struct vg_moment now = { .real_ns = vg_time_real_ns(), .boot_ns = vg_time_boot_ns() };
	struct vg_error error = { 0 };
	int r = vg_intake_end(reflector->intake, &now, &error);

	if (r < 0) {
		snprintf(reflector->body, sizeof(reflector->body), "%s", error.text);
		return OUTCOME_BROKEN;
	}
	if (reflector->step == STEP_INITIAL)
		return OUTCOME_UNMARKED;
	return r > 0 ? OUTCOME_MORE : OUTCOME_ENDED;
}

static enum outcome classify(struct vg_reflector *reflector, const struct vg_http_end *end)
{
	if (reflector->verdict != OUTCOME_NONE)
		return reflector->verdict;
	if (end->error)
		return of_error(reflector, end);
	return end->status == 200 ? of_content(reflector) : of_status(reflector, end->status);
}

/* In either form. NULL: none. */
static json_t *status_of(const struct vg_reflector *reflector)
{
	json_t *status;

	if (!vg_proto_is_object(reflector->body, reflector->n_body))
		return json_loadb(reflector->body, reflector->n_body, 0, NULL);
	status = json_object();
	if (status)
		vg_proto_read(VG_KIND_MAX, reflector->body, reflector->n_body, status, NULL);
	return status;
}

/* A Status has its message; anything else is shown as it begins. Control characters do not get through. */
static void describe(struct vg_reflector *reflector, const struct vg_http_end *end, char *out, size_t size)
{
	json_t *status = end->status == 200 ? NULL : status_of(reflector);
	const char *message = json_string_value(json_object_get(status, "message"));
	const char *body = vg_proto_is_object(reflector->body, reflector->n_body) ? "a Status without a message that can be read" : reflector->body;

	if (end->error && reflector->verdict == OUTCOME_NONE)
		snprintf(out, size, "%s", end->text);
	else if (end->status == 200)
		snprintf(out, size, "%s", reflector->body);
	else
		snprintf(out, size, "HTTP status %ld: %s", end->status, message ? message : body);
	json_decref(status);
	for (char *c = out; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = c[1] ? ' ' : '\0';
}

void vg_reflector_failed(struct vg_reflector *reflector, const char *text)
{
	reflector->errors++;
	snprintf(reflector->error, sizeof(reflector->error), "%.*s", VG_ERROR_MAX - 1, text);
	reflector->sink.trouble(reflector->sink.ctx, reflector, VG_TROUBLE_CONNECTION, "", text);
}

/* What is asked for next after a failure. A page can be asked for again by its token: the list it is of does not change. */
static enum step again(const struct vg_reflector *reflector)
{
	if (reflector->step == STEP_WATCH)
		return STEP_WATCH;
	return reflector->step == STEP_PAGE && vg_intake_token(reflector->intake) ? STEP_PAGE : STEP_LIST;
}

static void on_broken(struct vg_reflector *reflector, uint64_t retry_after_ns)
{
	enum step step = again(reflector);

	if (!vg_intake_progressed(reflector->intake))
		reflector->stuck++;
	/* one more attempt may do; then the version or the token itself may be what is wrong */
	if (step != STEP_LIST && reflector->stuck >= STUCK_MAX) {
		reflector->stuck = 0;
		step = STEP_LIST;
	}
	if (step == STEP_LIST && reflector->counted) {
		reflector->cause = VG_RELIST_ERROR;
		reflector->counted = false;
	}
	vg_reflector_wait(reflector, step, retry_after_ns);
}

/* No answer, or none now, says nothing of the version: a list from all nodes at once is the last thing that an overloaded server needs. */
static void on_lost(struct vg_reflector *reflector, uint64_t retry_after_ns)
{
	unsigned stuck = reflector->stuck;

	reflector->stuck = 0;
	on_broken(reflector, retry_after_ns);
	reflector->stuck = stuck;
}

/* A connection is lost by all watches at once: what nothing depends on comes back a little later. */
static void on_cut_off(struct vg_reflector *reflector)
{
	bool first = reflector->backoff.failures == 0;

	on_lost(reflector, 0);
	if (first && !reflector->info->required)
		vg_reflector_wait_for(reflector, reflector->step, vg_backoff_random(&reflector->backoff, vg_reflector_spread_ns(reflector)));
}

/* All watches of the connection find that at the same moment; asked for at once each would make a connection of its own. */
static void on_silent(struct vg_reflector *reflector)
{
	if (vg_http_multiplexes(reflector->env->http))
		vg_reflector_wait_for(reflector, STEP_WATCH, vg_backoff_random(&reflector->backoff, vg_reflector_spread_ns(reflector)));
	else
		vg_reflector_step(reflector, STEP_WATCH);
}

/* One that nothing depends on may not keep all the others from being known: after max_age it counts as what may not be read. */
static void note_failing(struct vg_reflector *reflector, const char *text)
{
	uint64_t now = vg_time_boot_ns();

	if (reflector->info->required || reflector->was_listed)
		return;
	if (!reflector->failing_ns)
		reflector->failing_ns = now;
	else if (now - reflector->failing_ns > reflector->env->max_age_ns && reflector->knowledge != VG_KIND_FORBIDDEN)
		vg_reflector_unreadable(reflector, text);
}

/* At once, unless that is what it just did. A token that expired: the pages take too long here, so it is tried without. */
static void on_expired(struct vg_reflector *reflector)
{
	bool first = reflector->backoff.failures == 0;

	if (reflector->step == STEP_PAGE)
		reflector->whole = true;
	if (first)
		vg_backoff_next(&reflector->backoff);
	vg_reflector_relist(reflector, reflector->disorder ? VG_RELIST_ERROR : VG_RELIST_EXPIRED, first);
}

static void on_ended(struct vg_reflector *reflector)
{
	if (reflector->step == STEP_PAGE) {
		vg_reflector_listed(reflector);
		vg_reflector_step(reflector, STEP_WATCH);
		return;
	}
	if (vg_time_boot_ns() - reflector->asked_ns >= STEADY_NS) {
		vg_backoff_reset(&reflector->backoff);
		reflector->refusals = 0;
	}
	if (reflector->backoff.failures == 0 && (vg_intake_progressed(reflector->intake) || vg_time_boot_ns() - reflector->asked_ns >= STEADY_NS))
		vg_reflector_step(reflector, STEP_WATCH);
	else
		vg_reflector_wait(reflector, STEP_WATCH, 0);
}

/* The server in use has no WatchList, or a broken one. The list goes on as the same one, by pages. */
static void on_unmarked(struct vg_reflector *reflector)
{
	struct vg_reflector_env *env = reflector->env;

	snprintf(env->pager, sizeof(env->pager), "%s", vg_http_server(env->http));
	vg_reflector_step(reflector, STEP_LIST);
}

/* Many requests get their 401 for the same old token: one reads it anew, the others see that this was done. */
static void on_unauthorized(struct vg_reflector *reflector, const struct vg_http_end *end)
{
	struct vg_reflector_env *env = reflector->env;
	struct vg_error error = { 0 };
	int r = reflector->token == env->tokens ? vg_http_refresh(env->http, &error) : 0;

	if (r > 0)
		env->tokens++;
	if (reflector->token != env->tokens) {
		vg_reflector_step(reflector, again(reflector));
		return;
	}
	vg_reflector_failed(reflector,
			    r < 0 && error.text[0] ? error.text : "HTTP status 401: the token, or the client certificate, is not accepted");
	vg_reflector_wait(reflector, again(reflector), end->retry_after_ns);
}

/* What was there does not go on one word: without an advertisement or an EgressIP what is right looks wrong. */
static void missing(struct vg_reflector *reflector)
{
	if (reflector->was_listed && reflector->misses++ == 0)
		vg_reflector_wait_for(reflector, STEP_LIST, DOUBT_NS + vg_backoff_random(&reflector->backoff, DOUBT_NS));
	else
		vg_reflector_absent(reflector);
}

static void on_discovered(void *ctx, int r, const char *version, const char *text)
{
	struct vg_reflector *reflector = ctx;

	reflector->discovery = NULL;
	if (r < 0) {
		vg_reflector_failed(reflector, text);
		if (r == -EREMOTEIO)
			note_failing(reflector, text);
		vg_reflector_wait(reflector, STEP_LIST, 0);
	} else if (!version) {
		missing(reflector);
	} else if (strcmp(version, reflector->api_version) && strlen(version) < sizeof(reflector->api_version)) {
		snprintf(reflector->api_version, sizeof(reflector->api_version), "%s", version);
		vg_reflector_relist(reflector, reflector->cause, reflector->backoff.failures++ == 0);
	} else if (reflector->refusals) {
		vg_reflector_forbidden(reflector);
	} else {
		vg_reflector_wait(reflector, STEP_LIST, 0); /* discovery knows it, the list does not yet */
	}
}

static void discover(struct vg_reflector *reflector)
{
	const struct vg_kind_info *info = reflector->info;
	int r = vg_discovery_start(reflector->env->http, info->group, info->plural, reflector->api_version, on_discovered, reflector,
				   &reflector->discovery);

	if (r < 0)
		on_discovered(reflector, r, NULL, strerror(-r));
}

static void on_forbidden(struct vg_reflector *reflector)
{
	enum step step = again(reflector);

	if (reflector->refusals++ == 0)
		vg_reflector_wait_for(reflector, step, DOUBT_NS + vg_backoff_random(&reflector->backoff, DOUBT_NS));
	else if (reflector->info->core)
		vg_reflector_forbidden(reflector);
	else
		discover(reflector);
}

static bool is_failure(enum outcome outcome)
{
	return outcome == OUTCOME_FORBIDDEN || outcome == OUTCOME_BROKEN || outcome == OUTCOME_LOST || outcome == OUTCOME_BUSY;
}

void vg_reflector_end(struct vg_reflector *reflector, const struct vg_http_end *end)
{
	enum outcome outcome = classify(reflector, end);
	char text[VG_ERROR_MAX * 2];

	if (reflector->relist && outcome != OUTCOME_LOST) {
		vg_reflector_relist(reflector, VG_RELIST_ERROR, true);
		return;
	}
	describe(reflector, end, text, sizeof(text));
	if (outcome == OUTCOME_FORBIDDEN)
		snprintf(reflector->error, sizeof(reflector->error), "%.*s", VG_ERROR_MAX - 1, text);
	else if (is_failure(outcome) || reflector->disorder)
		vg_reflector_failed(reflector, text);
	if ((outcome == OUTCOME_BROKEN || outcome == OUTCOME_BUSY) && !end->error)
		note_failing(reflector, text);
	switch (outcome) {
	case OUTCOME_MORE: vg_reflector_step(reflector, STEP_PAGE); break;
	case OUTCOME_ENDED: on_ended(reflector); break;
	case OUTCOME_EXPIRED: on_expired(reflector); break;
	case OUTCOME_MISSING: discover(reflector); break;
	case OUTCOME_FORBIDDEN: on_forbidden(reflector); break;
	case OUTCOME_UNAUTHORIZED: on_unauthorized(reflector, end); break;
	case OUTCOME_UNMARKED: on_unmarked(reflector); break;
	case OUTCOME_LOST: on_cut_off(reflector); break;
	case OUTCOME_BUSY: on_lost(reflector, end->retry_after_ns); break;
	case OUTCOME_SILENT: on_silent(reflector); break;
	case OUTCOME_NONE:
	case OUTCOME_BROKEN: on_broken(reflector, end->retry_after_ns); break;
	}
}

/* ---- what it says of itself */

enum vg_knowledge vg_reflector_knowledge(const struct vg_reflector *reflector)
{
	return reflector->knowledge;
}

bool vg_reflector_idle(const struct vg_reflector *reflector)
{
	return reflector->state == STATE_IDLE;
}

bool vg_reflector_was_listed(const struct vg_reflector *reflector)
{
	return reflector->was_listed;
}

const struct vg_kind_info *vg_reflector_info(const struct vg_reflector *reflector)
{
	return reflector->info;
}

unsigned vg_reflector_bit(const struct vg_reflector *reflector)
{
	return reflector->bit;
}

const char *vg_reflector_namespace(const struct vg_reflector *reflector)
{
	return reflector->namespace ? reflector->namespace : reflector->info->namespace;
}

const char *vg_reflector_last_error(const struct vg_reflector *reflector)
{
	return reflector->error;
}

void vg_reflector_status(const struct vg_reflector *reflector, struct vg_reflector_status *ret_status)
{
	static const char *const states[] = {
		[STATE_IDLE] = "idle",	     [STATE_LISTING] = "listing", [STATE_WATCHING] = "watching",
		[STATE_WAITING] = "waiting", [STATE_ABSENT] = "absent",	  [STATE_FORBIDDEN] = "forbidden",
	};
	const struct vg_intake_counts *counts = vg_intake_counts(reflector->intake);

	*ret_status = (struct vg_reflector_status){
		.info = reflector->info,
		.namespace = reflector->namespace,
		.state = reflector->state == STATE_FORBIDDEN && reflector->failing_ns ? "unreadable" : states[reflector->state],
		.version = vg_intake_version(reflector->intake),
		.heard_ns = reflector->heard_ns ? vg_reflector_heard_ns(reflector) : 0,
		.watches = reflector->watches,
		.events = counts->events,
		.bookmarks = counts->bookmarks,
		.bytes = reflector->bytes,
		.errors = reflector->errors,
		.odd = counts->odd,
		.last_error = reflector->error,
	};
	memcpy(ret_status->relists, reflector->relists, sizeof(reflector->relists));
}
