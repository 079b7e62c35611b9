/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/publish.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/time.h"
#include "kube/backoff.h"
#include "kube/publish_json.h"

#define BACKOFF_MIN_NS VG_NS_PER_SEC
#define BACKOFF_MAX_NS (300 * VG_NS_PER_SEC)
#define TIMEOUT_NS (10 * VG_NS_PER_SEC)
#define SHUT_NS (600 * VG_NS_PER_SEC)
#define BODY_MAX (1 << 20) /* of an answer; of a Service its metadata, of which annotations alone may have 256 KiB, twice */
#define METADATA "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
#define MERGE "application/merge-patch+json"
#define RULE "apiGroups: [\"events.k8s.io\"], resources: [\"events\"], verbs: [create, patch]"

enum step {
	STEP_ASK, /* for the uid of what it is about: kubectl describe finds Events by it */
	STEP_CREATE,
	STEP_FIND, /* it is there already: how many does it tell of? */
	STEP_CONTINUE,
};

struct vg_publisher {
	struct vg_publisher_config config;
	struct vg_publisher_sink sink;
	char *node;
	struct vg_timer *timer; /* while a call runs: its end; else the next one's time */
	struct vg_notices *notices;
	struct vg_series *series; /* the one that is being written; the notices' */
	enum step step;
	uint64_t telling; /* how many the request says */
	struct vg_http_call *call;
	bool refreshed; /* the token, for this series */
	char uid[VG_UID_TEXT_MAX];
	char *body;
	size_t n_body;
	struct vg_backoff backoff;
	uint64_t not_before_ns;
	uint64_t created, continued, failed;
	char error[VG_ERROR_MAX];
};

static void take_step(struct vg_publisher *publisher, enum step step);

/* ---- when */

static void arm(struct vg_publisher *publisher)
{
	uint64_t due = publisher->series ? 0 : vg_notices_due_ns(publisher->notices, vg_time_boot_ns());

	if (publisher->series)
		return;
	if (!due)
		vg_timer_disarm(publisher->timer);
	else
		vg_timer_arm(publisher->timer, due > publisher->not_before_ns ? due : publisher->not_before_ns);
}

static void begin_next(struct vg_publisher *publisher)
{
	uint64_t now = vg_time_boot_ns();

	if (publisher->not_before_ns <= now)
		publisher->series = vg_notices_next(publisher->notices, now);
	publisher->refreshed = false;
	publisher->uid[0] = '\0';
	if (publisher->series && publisher->series->sum)
		publisher->sink.left_out(publisher->sink.ctx, publisher->series->count - publisher->series->told);
	if (publisher->series)
		take_step(publisher, publisher->series->told ? STEP_CONTINUE : STEP_ASK);
	else
		arm(publisher);
}

/* The series is not being written any more; what comes next comes from the timer, outside of HTTP's callbacks. */
static void settle(struct vg_publisher *publisher)
{
	publisher->series = NULL;
	free(TAKE_PTR(publisher->body));
	arm(publisher);
}

static void was_well(struct vg_publisher *publisher)
{
	publisher->error[0] = '\0';
	vg_backoff_reset(&publisher->backoff);
}

/* What fails may be one Event's own: the others come first after the wait. */
static void fail(struct vg_publisher *publisher, const char *why, uint64_t retry_after_ns, bool answered)
{
	uint64_t now = vg_time_boot_ns(), wait = vg_backoff_next(&publisher->backoff);

	publisher->failed++;
	snprintf(publisher->error, sizeof(publisher->error), "%s", why);
	wait = wait > retry_after_ns ? wait : retry_after_ns;
	publisher->series->doubted |= publisher->step == STEP_CREATE;
	publisher->not_before_ns = now + wait;
	if (answered)
		vg_notices_again(publisher->notices, publisher->series, now + 2 * wait);
	else
		vg_notices_wait(publisher->series, 0);
	settle(publisher);
}

/* ---- what came of it */

static void refuse(struct vg_publisher *publisher, long status, const struct vg_publish_answer *answer)
{
	const struct vg_notice *notice = &publisher->series->notice;

	publisher->failed++;
	snprintf(publisher->error, sizeof(publisher->error), "Event %s about %.200s: HTTP status %ld: %s", notice->reason, notice->about, status,
		 answer->message);
	publisher->sink.refused(publisher->sink.ctx, publisher->error);
	vg_notices_drop(publisher->notices, publisher->series);
	settle(publisher);
}

static void forbid(struct vg_publisher *publisher, const struct vg_publish_answer *answer)
{
	char namespace[VG_NAMESPACE_MAX];

	if (answer->terminating) {
		vg_notices_drop(publisher->notices, publisher->series);
		settle(publisher);
		return;
	}
	publisher->failed++;
	vg_notices_namespace(publisher->series, namespace, sizeof(namespace));
	snprintf(publisher->error, sizeof(publisher->error), "Events cannot be written in namespace %s: %.200s; needed: %s", namespace,
		 answer->message, RULE);
	vg_notices_wait(publisher->series, 0);
	if (vg_notices_shut(publisher->notices, namespace, vg_time_boot_ns() + publisher->config.shut_ns))
		publisher->sink.forbidden(publisher->sink.ctx, publisher->error);
	settle(publisher);
}

static void note_open(struct vg_publisher *publisher)
{
	char namespace[VG_NAMESPACE_MAX];

	vg_notices_namespace(publisher->series, namespace, sizeof(namespace));
	if (vg_notices_open(publisher->notices, namespace, vg_time_boot_ns()))
		publisher->sink.forbidden(publisher->sink.ctx, NULL);
}

static void take_written(struct vg_publisher *publisher)
{
	if (publisher->step == STEP_CREATE)
		publisher->created++;
	else
		publisher->continued++;
	was_well(publisher);
	note_open(publisher);
	vg_notices_written(publisher->series, publisher->telling, vg_time_boot_ns());
	settle(publisher);
}

/* What was said lately needs no word so soon. */
static void take_found(struct vg_publisher *publisher, const struct vg_publish_answer *answer)
{
	uint64_t real_ns = vg_time_real_ns();

	was_well(publisher);
	vg_notices_found(publisher->series, answer->count, answer->last_ns < real_ns ? real_ns - answer->last_ns : 0, vg_time_boot_ns());
	settle(publisher);
}

static void take_gone(struct vg_publisher *publisher, long status, const struct vg_publish_answer *answer)
{
	if (publisher->step == STEP_CREATE) { /* a namespace that is gone, or a server without such Events */
		refuse(publisher, status, answer);
		return;
	}
	vg_notices_lost(publisher->series);
	settle(publisher);
}

static void take_answer(struct vg_publisher *publisher, long status, const struct vg_publish_answer *answer)
{
	if (publisher->step == STEP_ASK) { /* what may not be read, or is gone, is told of without */
		if (status == 200)
			memcpy(publisher->uid, answer->uid, sizeof(publisher->uid));
		take_step(publisher, STEP_CREATE);
	} else if (status >= 200 && status < 300) {
		if (publisher->step == STEP_FIND)
			take_found(publisher, answer);
		else
			take_written(publisher);
	} else if (status == 403) {
		forbid(publisher, answer);
	} else if (status == 404) {
		take_gone(publisher, status, answer);
	} else if (status == 409 && publisher->step == STEP_CREATE) {
		take_step(publisher, STEP_FIND);
	} else if (status == 409) {
		fail(publisher, answer->message, 0, true);
	} else {
		refuse(publisher, status, answer);
	}
}

static bool is_passing(long status)
{
	return status == 408 || status == 429 || status >= 500;
}

/* A token that was replaced: at once, with the new one. */
static bool may_refresh(struct vg_publisher *publisher, long status)
{
	if (status != 401 || publisher->refreshed)
		return false;
	publisher->refreshed = true;
	return vg_http_refresh(publisher->config.http, NULL) == 1;
}

static void on_done(void *ctx, const struct vg_http_end *end)
{
	struct vg_publisher *publisher = ctx;
	struct vg_publish_answer answer;
	char why[VG_ERROR_MAX];

	publisher->call = NULL;
	/* metadata of a size that nobody expects is as good as none */
	if (end->error && !(end->error == -ECANCELED && publisher->step == STEP_ASK)) {
		fail(publisher, end->text, 0, false);
		return;
	}
	vg_publish_read(publisher->body, publisher->n_body, &answer);
	if (may_refresh(publisher, end->status)) {
		take_step(publisher, publisher->step);
	} else if (is_passing(end->status) || end->status == 401) {
		snprintf(why, sizeof(why), "HTTP status %ld: %s", end->status, answer.message);
		fail(publisher, why, end->retry_after_ns, true);
	} else {
		take_answer(publisher, end->status, &answer);
	}
}

static int on_data(void *ctx, long status, const char *bytes, size_t n)
{
	struct vg_publisher *publisher = ctx;
	char *grown;

	(void)status;
	if (publisher->n_body + n > BODY_MAX)
		return -E2BIG;
	grown = realloc(publisher->body, publisher->n_body + n);
	if (!grown)
		return -ENOMEM;
	memcpy(grown + publisher->n_body, bytes, n);
	publisher->body = grown;
	publisher->n_body += n;
	return 0;
}

/* ---- requests */

static int ask(struct vg_publisher *publisher, const struct vg_http_sink *sink)
{
	const struct vg_notice *notice = &publisher->series->notice;
	const char *slash = strchr(notice->about, '/');
	_cleanup_free_ char *path = NULL;
	int n;

	if (notice->on_node || !slash)
		n = asprintf(&path, "/api/v1/nodes/%s", notice->about);
	else
		n = asprintf(&path, "/api/v1/namespaces/%.*s/services/%s", (int)(slash - notice->about), notice->about, slash + 1);
	if (n < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return vg_http_get(publisher->config.http, &(struct vg_http_request){ .path = path, .accept = METADATA }, sink, &publisher->call);
}

static char *make_body(const struct vg_publisher *publisher)
{
	switch (publisher->step) {
	case STEP_CREATE: return vg_publish_event(publisher->series, publisher->node, publisher->uid);
	case STEP_CONTINUE: return vg_publish_series(publisher->series);
	default: return strdup("{}"); /* changes nothing, and is answered with what is there */
	}
}

static int write_event(struct vg_publisher *publisher, const struct vg_http_sink *sink)
{
	bool create = publisher->step == STEP_CREATE;
	_cleanup_free_ char *body = make_body(publisher), *path = NULL;
	char namespace[VG_NAMESPACE_MAX], name[VG_EVENT_NAME_MAX];

	vg_publish_name(publisher->series, name);
	vg_notices_namespace(publisher->series, namespace, sizeof(namespace));
	if (asprintf(&path, "/apis/events.k8s.io/v1/namespaces/%s/events%s%s", namespace, create ? "" : "/", create ? "" : name) < 0)
		path = NULL;
	if (!body || !path)
		return -ENOMEM;
	return vg_http_write(publisher->config.http,
			     &(struct vg_http_request){ .path = path,
							.method = create ? "POST" : "PATCH",
							.body = body,
							.body_type = create ? "application/json" : MERGE },
			     sink, &publisher->call);
}

static void take_step(struct vg_publisher *publisher, enum step step)
{
	const struct vg_http_sink sink = { .ctx = publisher, .data = on_data, .done = on_done };
	int r;

	publisher->step = step;
	publisher->n_body = 0;
	publisher->telling = publisher->series->count;
	r = step == STEP_ASK ? ask(publisher, &sink) : write_event(publisher, &sink);
	if (r < 0)
		fail(publisher, strerror(-r), 0, true);
	else /* its time is kept here: http would end the connection, and the watches on it */
		vg_timer_arm(publisher->timer, vg_time_boot_ns() + publisher->config.timeout_ns);
}

static void on_timer(void *ctx)
{
	struct vg_publisher *publisher = ctx;
	char why[64];

	if (!publisher->series) {
		begin_next(publisher);
		return;
	}
	vg_http_cancel(TAKE_PTR(publisher->call));
	snprintf(why, sizeof(why), "no answer for %.1f s", (double)publisher->config.timeout_ns / (double)VG_NS_PER_SEC);
	fail(publisher, why, 0, true);
}

/* ---- from outside */

int vg_publisher_tell(struct vg_publisher *publisher, const struct vg_notice *notice, uint64_t count)
{
	const struct vg_moment now = { .real_ns = vg_time_real_ns(), .boot_ns = vg_time_boot_ns() };
	int r = vg_notices_add(publisher->notices, notice, count, &now);

	arm(publisher);
	return r;
}

void vg_publisher_retry(struct vg_publisher *publisher)
{
	vg_notices_retry(publisher->notices);
	vg_backoff_reset(&publisher->backoff);
	publisher->not_before_ns = 0;
	arm(publisher);
}

void vg_publisher_status(const struct vg_publisher *publisher, struct vg_publisher_status *ret_status)
{
	*ret_status = (struct vg_publisher_status){
		.created = publisher->created,
		.continued = publisher->continued,
		.failed = publisher->failed,
		.left_out = vg_notices_left_out(publisher->notices),
		.waiting = vg_notices_waiting(publisher->notices),
		.series = vg_notices_count(publisher->notices),
		.forbidden = vg_notices_is_shut(publisher->notices),
		.last_error = publisher->error,
	};
}

static uint64_t given_or(uint64_t given, uint64_t other)
{
	return given ? given : other;
}

int vg_publisher_new(struct vg_loop *loop, const struct vg_publisher_config *config, const struct vg_publisher_sink *sink,
		     struct vg_publisher **ret_publisher)
{
	VG_CLEANUP(vg_publisher_freep) struct vg_publisher *publisher = calloc(1, sizeof(*publisher));
	uint64_t seed = 0;
	int r;

	if (!publisher)
		return -ENOMEM;
	publisher->config = *config;
	publisher->config.timeout_ns = given_or(config->timeout_ns, TIMEOUT_NS);
	publisher->config.shut_ns = given_or(config->shut_ns, SHUT_NS);
	publisher->sink = *sink;
	publisher->node = strdup(config->pace.node);
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = vg_time_boot_ns() ^ (uintptr_t)publisher;
	vg_backoff_init(&publisher->backoff, given_or(config->backoff_min_ns, BACKOFF_MIN_NS), given_or(config->backoff_max_ns, BACKOFF_MAX_NS),
			seed);
	r = publisher->node ? vg_notices_new(&config->pace, &publisher->notices) : -ENOMEM;
	if (r == 0)
		r = vg_timer_new(loop, on_timer, publisher, &publisher->timer);
	if (r < 0)
		return r;
	*ret_publisher = TAKE_PTR(publisher);
	return 0;
}

void vg_publisher_free(struct vg_publisher *publisher)
{
	if (!publisher)
		return;
	vg_http_cancel(publisher->call);
	vg_timer_free(publisher->timer);
	vg_notices_free(publisher->notices);
	free(publisher->body);
	free(publisher->node);
	free(publisher);
}
