/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reflectors together: when everything was listed once, when something has not been heard from for too long. They only note
 * that something moved; what follows from it is done from one timer, once for all that came in an iteration of the loop, and
 * outside of the callbacks of HTTP. The sink is called from there, and must not free the source.
 */
#include "kube/source.h"

#include <errno.h>
#include <string.h>

#include "base/time.h"
#include "kube/source_state.h"

#define BACKOFF_MIN_NS (500 * VG_NS_PER_MS)
#define BACKOFF_MAX_NS (30 * VG_NS_PER_SEC)
#define PAGE 5000 /* each costs the server a search; what it holds of one is about 5 MB as protobuf */

const char *vg_relist_cause_to_str(enum vg_relist_cause cause)
{
	static const char *const names[] = {
		[VG_RELIST_FIRST] = "first", [VG_RELIST_EXPIRED] = "expired", [VG_RELIST_ERROR] = "error", [VG_RELIST_APPEARED] = "appeared"
	};

	_Static_assert(ARRAY_SIZE(names) == VG_RELIST_CAUSE_MAX, "each cause has its name");
	return names[cause];
}

/* ---- freshness */

static bool counts(const struct vg_reflector *reflector)
{
	return !vg_reflector_idle(reflector) && (vg_reflector_info(reflector)->required || vg_reflector_was_listed(reflector));
}

/* The one heard from longest ago. NULL: none counts. */
static const struct vg_reflector *oldest(const struct vg_kube_source *source)
{
	const struct vg_reflector *found = NULL;

	for (size_t i = 0; i < source->n_reflectors; i++) {
		const struct vg_reflector *reflector = source->reflectors[i];

		if (counts(reflector) && (!found || vg_reflector_heard_ns(reflector) < vg_reflector_heard_ns(found)))
			found = reflector;
	}
	return found;
}

static bool settled(const struct vg_reflector *reflector)
{
	return vg_reflector_idle(reflector) || vg_reflector_knowledge(reflector) != VG_KIND_UNKNOWN;
}

/* A required kind must have been listed; that it may not be read does for the others. NULL: all are known. */
static const struct vg_reflector *unknown(const struct vg_kube_source *source)
{
	for (size_t i = 0; i < source->n_reflectors; i++) {
		const struct vg_reflector *reflector = source->reflectors[i];

		if (vg_reflector_info(reflector)->required ? !vg_reflector_was_listed(reflector) : !settled(reflector))
			return reflector;
	}
	return NULL;
}

static void set_fresh(struct vg_kube_source *source, bool fresh, const char *why)
{
	if (source->told && source->fresh == fresh)
		return;
	source->told = true;
	source->fresh = fresh;
	source->sink.fresh(source->sink.ctx, fresh, why);
}

static void say_stale(struct vg_kube_source *source, const struct vg_reflector *reflector, const char *what)
{
	const char *error = vg_reflector_last_error(reflector);
	char why[VG_ERROR_MAX * 2];

	snprintf(why, sizeof(why), "%s: %s%s%s", vg_reflector_info(reflector)->plural, what, error[0] ? ": " : "", error);
	set_fresh(source, false, why);
}

/* The server speaks, but nothing shows that it is in touch with its storage. */
static void say_unproven(struct vg_kube_source *source, uint64_t ns)
{
	struct vg_life_status life;
	char why[VG_ERROR_MAX * 2];

	vg_life_status(source->life, &life);
	snprintf(why, sizeof(why), "the API server has not shown for %llu s that it reaches its storage%s%s", ns / VG_NS_PER_SEC,
		 life.last_error[0] ? ": " : "", life.last_error);
	set_fresh(source, false, why);
}

static void say_old(struct vg_kube_source *source, const struct vg_reflector *reflector, uint64_t now)
{
	char what[64];

	if (vg_proof_lapsed(&source->env.proof, now) && vg_reflector_spoke_ns(reflector) + source->config.max_age_ns >= now &&
	    !vg_reflector_last_error(reflector)[0]) {
		say_unproven(source, now - vg_reflector_heard_ns(reflector));
		return;
	}
	snprintf(what, sizeof(what), "not heard from for %llu s", (now - vg_reflector_heard_ns(reflector)) / VG_NS_PER_SEC);
	say_stale(source, reflector, what);
}

/* One timer for all: what was heard meanwhile is looked at when it fires, so that no event has to move it. */
static void check_fresh(struct vg_kube_source *source)
{
	const struct vg_reflector *reflector = oldest(source);
	uint64_t now = vg_time_boot_ns(), end;

	if (!source->complete || !reflector)
		return;
	end = vg_reflector_heard_ns(reflector) + source->config.max_age_ns;
	if (end < now) {
		vg_timer_disarm(source->freshness);
		say_old(source, reflector, now);
		return;
	}
	set_fresh(source, true, "all kinds are heard from");
	vg_timer_arm(source->freshness, end + 1);
}

/* That it never becomes complete is said after max_age, too. */
static void on_freshness(void *ctx)
{
	struct vg_kube_source *source = ctx;
	const struct vg_reflector *reflector = source->complete ? NULL : unknown(source);

	if (reflector)
		say_stale(source, reflector, "not listed yet");
	else
		check_fresh(source);
}

/* ---- what the cluster is told of its kinds */

/* Of several reflectors of a kind the best: one that lists it is enough. Unknown only until all have said something. */
static enum vg_knowledge knowledge_of(const struct vg_kube_source *source, enum vg_kind kind)
{
	bool seen[VG_KIND_FORBIDDEN + 1] = { false };
	bool open = false;

	for (size_t i = 0; i < source->n_reflectors; i++) {
		const struct vg_reflector *reflector = source->reflectors[i];

		if (vg_reflector_info(reflector)->kind != kind)
			continue;
		open |= !settled(reflector);
		seen[vg_reflector_knowledge(reflector)] = true;
	}
	if (open && vg_cluster_knowledge(source->config.cluster, kind) == VG_KIND_UNKNOWN)
		return VG_KIND_UNKNOWN;
	if (seen[VG_KIND_LISTED])
		return VG_KIND_LISTED;
	return seen[VG_KIND_FORBIDDEN] ? VG_KIND_FORBIDDEN : VG_KIND_ABSENT; /* idle: not wanted, so as if it were not there */
}

static void tell_knowledge(struct vg_kube_source *source)
{
	for (unsigned kind = 0; kind < VG_KIND_MAX; kind++) {
		enum vg_knowledge knowledge = knowledge_of(source, kind);

		if (knowledge != vg_cluster_knowledge(source->config.cluster, kind))
			vg_cluster_set_knowledge(source->config.cluster, kind, knowledge);
	}
}

/* ---- once an iteration */

/* A failure that was said is said again only after all is well meanwhile. */
static void look_at_connection(struct vg_kube_source *source)
{
	if (!source->n_failures)
		return;
	for (size_t i = 0; i < source->n_reflectors; i++)
		if (counts(source->reflectors[i]) && vg_reflector_last_error(source->reflectors[i])[0])
			return;
	source->n_failures = 0;
}

/* What was going on during a gap may never be told by a watch that went on over it. */
static void look_at_proof(struct vg_kube_source *source)
{
	if (source->gap_ns == source->env.proof.gap_ns)
		return;
	source->gap_ns = source->env.proof.gap_ns;
	for (size_t i = 0; i < source->n_reflectors; i++)
		vg_reflector_doubt(source->reflectors[i]);
	vg_reflector_doubt(source->definitions);
}

static void on_kick(void *ctx)
{
	struct vg_kube_source *source = ctx;
	bool first = false;

	source->kicked = false;
	look_at_proof(source);
	if (source->anew || vg_cluster_is_dirty(source->config.cluster))
		vg_source_want(source);
	if (source->anew) {
		source->anew = false;
		tell_knowledge(source);
		first = !source->complete && !unknown(source);
		source->complete |= first;
	}
	look_at_connection(source);
	/* The first picture is not to be taken for an old one. Later ones are told before it is said that they are fresh. */
	if (first && !source->fresh)
		check_fresh(source);
	if (first || vg_cluster_is_dirty(source->config.cluster))
		source->sink.changed(source->sink.ctx, source->complete);
	if (!source->fresh)
		check_fresh(source);
}

/* Each event of a watch comes by here: a timer is armed only if there is something for it to do. */
static void on_moved(void *ctx, bool anew)
{
	struct vg_kube_source *source = ctx;

	source->anew |= anew;
	if (source->kicked)
		return;
	/* what was received may be applied only after this: without events after it, it is still seen */
	source->kicked = true;
	vg_timer_arm(source->kick, 1);
}

static void on_proven(void *ctx)
{
	on_moved(ctx, false);
}

/* ---- life */

int vg_source_add(struct vg_kube_source *source, const struct vg_kind_info *info, unsigned bit, const char *namespace)
{
	const struct vg_reflector_sink sink = { .ctx = source, .moved = on_moved, .trouble = vg_source_trouble };
	int r;

	if (source->n_reflectors == VG_REFLECTORS_ALL)
		return -E2BIG;
	r = vg_reflector_new(&source->env, info, bit, namespace, &sink, &source->reflectors[source->n_reflectors]);
	if (r < 0)
		return r;
	source->n_reflectors++;
	return 0;
}

static void fill_defaults(struct vg_kube_config *config)
{
	if (!config->backoff_min_ns)
		config->backoff_min_ns = BACKOFF_MIN_NS;
	if (!config->backoff_max_ns)
		config->backoff_max_ns = BACKOFF_MAX_NS;
	if (!config->bookmark_ns)
		config->bookmark_ns = config->max_age_ns / 2;
	if (!config->page)
		config->page = PAGE;
}

static uint64_t keepalive_ns(const struct vg_kube_config *config)
{
	/* a peer that is gone is noticed, and another connection made, well before anything is stale */
	uint64_t ns = config->max_age_ns / 12;

	return ns < VG_NS_PER_SEC ? VG_NS_PER_SEC : ns;
}

/*
 * In the loop's first turn, no sooner: nothing of the network moves before that, and what TLS needs would be in memory beside what the
 * caller does meanwhile, which is to load the BPF objects.
 */
static void on_start(void *ctx)
{
	struct vg_kube_source *source = ctx;

	for (size_t i = 0; i < source->n_reflectors; i++)
		if (vg_reflector_info(source->reflectors[i])->kind != VG_KIND_EVENT)
			vg_reflector_start(source->reflectors[i]);
	vg_reflector_start(source->definitions);
}

static int new_parts(struct vg_kube_source *source, struct vg_loop *loop, struct vg_error *ret_error)
{
	const struct vg_kube_config *config = &source->config;
	const struct vg_http_config http = { .access = config->access, .agent = config->agent, .keepalive_ns = keepalive_ns(config) };
	int r = vg_http_new(loop, &http, ret_error, &source->http);

	source->config.access = NULL;
	if (r < 0)
		return r;
	source->node = strdup(config->node);
	r = source->node ? vg_reducer_new(&source->reducer) : -ENOMEM;
	if (r >= 0)
		r = vg_timer_new(loop, on_kick, source, &source->kick);
	if (r >= 0)
		r = vg_timer_new(loop, on_start, source, &source->start);
	if (r >= 0)
		r = vg_timer_new(loop, on_freshness, source, &source->freshness);
	return r < 0 ? vg_error_set(ret_error, r, "cannot set up the API source: %s", strerror(-r)) : 0;
}

static int new_reflectors(struct vg_kube_source *source, struct vg_loop *loop)
{
	const struct vg_kube_config *config = &source->config;
	int r = 0;

	source->env = (struct vg_reflector_env){
		.proof = { .max_age_ns = config->max_age_ns },
		.loop = loop,
		.http = source->http,
		.cluster = config->cluster,
		.reducer = source->reducer,
		.node = config->every_pod ? NULL : source->node,
		.max_age_ns = config->max_age_ns,
		.backoff_min_ns = config->backoff_min_ns,
		.backoff_max_ns = config->backoff_max_ns,
		.bookmark_ns = config->bookmark_ns,
		.page = config->page,
		.no_watch_list = config->no_watch_list,
		.crds_watched = true,
	};
	for (size_t i = 0; r >= 0 && vg_kind_info_at(i); i++)
		r = vg_source_add(source, vg_kind_info_at(i), vg_kind_info_at(i)->reflector, NULL);
	return r < 0 ? r : vg_source_definitions_new(source);
}

static int new_life(struct vg_kube_source *source, struct vg_loop *loop)
{
	const struct vg_life_config config = {
		.http = source->http,
		.proof = &source->env.proof,
		.silence_ns = source->config.bookmark_ns,
		.backoff_min_ns = source->config.backoff_min_ns,
		.backoff_max_ns = source->config.backoff_max_ns,
		.proven = on_proven,
		.ctx = source,
	};

	return vg_life_new(loop, &config, &source->life);
}

int vg_kube_source_new(struct vg_loop *loop, const struct vg_kube_config *config, const struct vg_kube_sink *sink, struct vg_error *ret_error,
		       struct vg_kube_source **ret_source)
{
	VG_CLEANUP(vg_kube_source_freep) struct vg_kube_source *source = calloc(1, sizeof(*source));
	int r;

	if (!source) {
		vg_access_free(config->access);
		return vg_error_set(ret_error, -ENOMEM, "out of memory");
	}
	source->config = *config;
	source->sink = *sink;
	fill_defaults(&source->config);
	r = new_parts(source, loop, ret_error);
	if (r < 0)
		return r;
	r = new_reflectors(source, loop);
	if (r == 0)
		r = new_life(source, loop);
	if (r < 0)
		return vg_error_set(ret_error, r, "cannot set up the API source: %s", strerror(-r));
	vg_timer_arm(source->start, 1);
	vg_timer_arm(source->freshness, vg_time_boot_ns() + source->config.max_age_ns);
	*ret_source = TAKE_PTR(source);
	return 0;
}

void vg_kube_source_free(struct vg_kube_source *source)
{
	if (!source)
		return;
	vg_access_free(source->config.access);
	for (size_t i = 0; i < source->n_reflectors; i++)
		vg_reflector_free(source->reflectors[i]);
	vg_reflector_free(source->definitions);
	vg_life_free(source->life);
	vg_timer_free(source->freshness);
	vg_timer_free(source->start);
	vg_timer_free(source->kick);
	vg_http_free(source->http);
	vg_reducer_free(source->reducer);
	free(source->node);
	free(source);
}

/* ---- what it says of itself */

void vg_kube_source_retry(struct vg_kube_source *source)
{
	for (size_t i = 0; i < source->n_reflectors; i++)
		vg_reflector_retry(source->reflectors[i]);
	vg_reflector_retry(source->definitions);
	vg_life_retry(source->life);
}

bool vg_kube_source_complete(const struct vg_kube_source *source)
{
	return source->complete;
}

bool vg_kube_source_is_fresh(const struct vg_kube_source *source)
{
	const struct vg_reflector *reflector = oldest(source);

	/* who was stopped for a while, or had much to do, has not heard its timer yet */
	return source->fresh && reflector && vg_time_boot_ns() - vg_reflector_heard_ns(reflector) <= source->config.max_age_ns;
}

bool vg_kube_source_may_not_read(const struct vg_kube_source *source, enum vg_kind kind)
{
	for (size_t i = 0; i < source->n_reflectors; i++)
		if (vg_reflector_info(source->reflectors[i])->kind == kind && vg_reflector_knowledge(source->reflectors[i]) == VG_KIND_FORBIDDEN)
			return true;
	return false;
}

void vg_kube_source_look(struct vg_kube_source *source)
{
	/* that it is fresh again is said in its turn, after what has changed */
	if (source->fresh)
		check_fresh(source);
}

void vg_kube_source_life(const struct vg_kube_source *source, struct vg_life_status *ret_status)
{
	vg_life_status(source->life, ret_status);
}

uint64_t vg_kube_source_age_ns(const struct vg_kube_source *source)
{
	const struct vg_reflector *reflector = oldest(source);

	if (!source->complete || !reflector)
		return UINT64_MAX;
	return vg_time_boot_ns() - vg_reflector_heard_ns(reflector);
}

struct vg_http *vg_kube_source_http(struct vg_kube_source *source)
{
	return source->http;
}

const char *vg_kube_source_server(const struct vg_kube_source *source)
{
	return vg_http_server(source->http);
}

static uint64_t count_objects(const struct vg_kube_source *source, const struct vg_reflector *reflector)
{
	const struct vg_object *object = NULL;
	uint64_t n = 0;

	while ((object = vg_cluster_next(source->config.cluster, vg_reflector_info(reflector)->kind, object)))
		n += object->reflectors >> vg_reflector_bit(reflector) & 1;
	return n;
}

void vg_kube_source_for_each(const struct vg_kube_source *source, void (*fn)(void *ctx, const struct vg_reflector_status *status), void *ctx)
{
	struct vg_reflector_status status;

	for (size_t i = 0; i < source->n_reflectors; i++) {
		vg_reflector_status(source->reflectors[i], &status);
		status.objects = count_objects(source, source->reflectors[i]);
		fn(ctx, &status);
	}
}
