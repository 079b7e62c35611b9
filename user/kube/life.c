/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/life.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <jansson.h>

#include "base/time.h"
#include "kube/backoff.h"
#include "kube/reflector.h"

/* A kind that must be readable anyway, in a namespace that has few of it: the smallest list there is. */
#define STORED "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases?limit=1"
#define STORED_ACCEPT "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
#define UNSTORED "/version"

struct vg_life {
	struct vg_life_config config;
	struct vg_timer *timer;
	struct vg_http_call *call; /* asks the storage */
	struct vg_http_call *second; /* asks nothing of it; its answer only shows that there is somebody */
	bool doubted; /* the second was asked for, for this call */
	bool reached; /* and answered */
	uint64_t asked_ns;
	uint32_t connection;
	struct vg_backoff backoff;
	char *body;
	size_t n_body;
	struct vg_life_status status;
	char error[VG_ERROR_MAX];
};

/* Not all guards of a cluster at the same moment. */
static uint64_t due_ns(struct vg_life *life)
{
	uint64_t silence_ns = life->config.silence_ns;

	return life->config.proof->word_ns + silence_ns - vg_backoff_random(&life->backoff, silence_ns / 8);
}

static void arm_due(struct vg_life *life)
{
	vg_timer_arm(life->timer, due_ns(life));
}

static void forget(struct vg_life *life)
{
	vg_http_cancel(TAKE_PTR(life->call));
	vg_http_cancel(TAKE_PTR(life->second));
}

static void failed(struct vg_life *life, const char *text, uint64_t retry_after_ns)
{
	uint64_t ns = vg_backoff_next(&life->backoff), most = life->config.silence_ns / 2;

	forget(life);
	life->status.failures++;
	snprintf(life->error, sizeof(life->error), "%s%s", text, life->reached ? ", though the server answers other requests" : "");
	for (char *c = life->error; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	ns = ns < most ? ns : most;
	if (ns < retry_after_ns)
		ns = retry_after_ns < VG_RETRY_AFTER_MAX_NS ? retry_after_ns : VG_RETRY_AFTER_MAX_NS;
	vg_timer_arm(life->timer, vg_time_boot_ns() + ns);
}

static void on_header(void *ctx, long status)
{
	struct vg_life *life = ctx;

	(void)status;
	life->connection = vg_http_connection(life->call);
}

static int on_data(void *ctx, long status, const char *bytes, size_t n)
{
	struct vg_life *life = ctx;
	char *grown;

	(void)status;
	if (life->n_body + n > VG_LIFE_BODY_MAX)
		return -E2BIG;
	grown = realloc(life->body, life->n_body + n + 1);
	if (!grown)
		return -ENOMEM;
	memcpy(grown + life->n_body, bytes, n);
	life->body = grown;
	life->n_body += n;
	return 0;
}

/* A good answer is a list with a version; a Status has a message. */
static void take_answer(struct vg_life *life, const struct vg_http_end *end)
{
	json_t *json = life->n_body ? json_loadb(life->body, life->n_body, 0, NULL) : NULL;
	const char *version = json_string_value(json_object_get(json_object_get(json, "metadata"), "resourceVersion"));
	const char *message = json_string_value(json_object_get(json, "message"));
	char text[VG_ERROR_MAX];

	if (end->status == 200 && version && version[0] && strlen(version) < VG_VERSION_MAX) {
		life->error[0] = '\0';
		vg_backoff_reset(&life->backoff);
		vg_proof_read(life->config.proof, life->asked_ns, version, life->connection);
		forget(life);
		arm_due(life);
		life->config.proven(life->config.ctx);
	} else {
		snprintf(text, sizeof(text), "HTTP status %ld: %.180s", end->status, message ? message : "no list of Leases");
		failed(life, text, end->retry_after_ns);
	}
	json_decref(json);
}

static void on_done(void *ctx, const struct vg_http_end *end)
{
	struct vg_life *life = ctx;

	life->call = NULL;
	if (end->error)
		failed(life, end->error == -ECANCELED ? "an answer of a size that no Lease has" : end->text, 0);
	else
		take_answer(life, end);
}

static int on_second_data(void *ctx, long status, const char *bytes, size_t n)
{
	(void)ctx, (void)status, (void)bytes, (void)n;
	return 0;
}

static void on_second_done(void *ctx, const struct vg_http_end *end)
{
	struct vg_life *life = ctx;

	life->second = NULL;
	life->reached = !end->error;
}

static void ask(struct vg_life *life)
{
	const struct vg_http_sink sink = { .ctx = life, .header = on_header, .data = on_data, .done = on_done };
	int r;

	life->asked_ns = vg_time_boot_ns();
	life->n_body = 0;
	life->connection = 0;
	life->doubted = life->reached = false;
	life->status.requests++;
	/* its time is kept here: http would end the connection, too */
	r = vg_http_get(life->config.http, &(struct vg_http_request){ .path = STORED, .accept = STORED_ACCEPT }, &sink, &life->call);
	if (r < 0)
		failed(life, strerror(-r), 0);
	else
		vg_timer_arm(life->timer, life->asked_ns + life->config.silence_ns / 4);
}

static void ask_second(struct vg_life *life)
{
	const struct vg_http_sink sink = { .ctx = life, .data = on_second_data, .done = on_second_done };

	life->doubted = true;
	life->status.requests++;
	vg_http_get(life->config.http, &(struct vg_http_request){ .path = UNSTORED }, &sink, &life->second);
	vg_timer_arm(life->timer, life->asked_ns + life->config.silence_ns);
}

static void give_up(struct vg_life *life)
{
	char text[VG_ERROR_MAX];

	snprintf(text, sizeof(text), "no answer for %.1f s", (double)life->config.silence_ns / (double)VG_NS_PER_SEC);
	failed(life, text, 0);
}

static void on_timer(void *ctx)
{
	struct vg_life *life = ctx;
	uint64_t now = vg_time_boot_ns(), silence_ns = life->config.silence_ns;

	if (life->call && life->doubted)
		give_up(life);
	else if (life->call)
		ask_second(life);
	else if (!life->config.proof->word_ns)
		vg_timer_arm(life->timer, now + silence_ns);
	else if (now - life->config.proof->word_ns < silence_ns - silence_ns / 8)
		arm_due(life);
	else
		ask(life);
}

int vg_life_new(struct vg_loop *loop, const struct vg_life_config *config, struct vg_life **ret_life)
{
	VG_CLEANUP(vg_life_freep) struct vg_life *life = calloc(1, sizeof(*life));
	uint64_t seed = 0;
	int r;

	if (!life)
		return -ENOMEM;
	life->config = *config;
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = vg_time_boot_ns() ^ (uintptr_t)life;
	vg_backoff_init(&life->backoff, config->backoff_min_ns, config->backoff_max_ns, seed);
	r = vg_timer_new(loop, on_timer, life, &life->timer);
	if (r >= 0)
		r = vg_timer_arm(life->timer, vg_time_boot_ns() + config->silence_ns);
	if (r < 0)
		return r;
	*ret_life = TAKE_PTR(life);
	return 0;
}

void vg_life_free(struct vg_life *life)
{
	if (!life)
		return;
	forget(life);
	vg_timer_free(life->timer);
	free(life->body);
	free(life);
}

void vg_life_retry(struct vg_life *life)
{
	if (life->call || !life->error[0])
		return;
	vg_backoff_reset(&life->backoff);
	vg_timer_arm(life->timer, 1);
}

void vg_life_status(const struct vg_life *life, struct vg_life_status *ret_status)
{
	*ret_status = life->status;
	ret_status->last_error = life->error;
}
