/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An array, looked through as a whole: there are 256 at most, and it is asked for a few times in ten seconds. The bucket is kept as the time at
 * which it would be full again (GCRA), so that nothing has to be counted up while nobody looks.
 */
#include "core/notices.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "core/hash.h"

#define NODE_NAMESPACE "default" /* of Events about what has none: validation of the API demands it */

struct shut {
	uint64_t namespace; /* hash of its name */
	uint64_t until_ns;
};

struct vg_notices {
	char *node;
	unsigned burst;
	uint64_t every_ns, heartbeat_ns;
	uint64_t full_ns; /* CLOCK_BOOTTIME at which the bucket is full */
	bool continued_last; /* of a new and a continued one, whose turn it was */
	uint64_t left_out;
	struct shut shut[VG_NOTICES_SHUT_MAX];
	size_t n_shut;
	size_t n;
	struct vg_series *series[VG_NOTICES_MAX + 1]; /* one more: that of what is left out */
};

/* ---- one series */

static void series_free(struct vg_series *series)
{
	const struct vg_notice *notice = &series->notice;
	const char *const texts[] = { notice->about, notice->reason, notice->action, notice->address, notice->actor, notice->pod, notice->note };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free((void *)(uintptr_t)texts[i]);
	free(series);
}

VG_DEFINE_CLEANUP(struct vg_series *, series_free)

static struct vg_series *series_new(const struct vg_notice *notice)
{
	VG_CLEANUP(series_freep) struct vg_series *series = calloc(1, sizeof(*series));

	if (!series)
		return NULL;
	series->notice = (struct vg_notice){
		.on_node = notice->on_node,
		.about = strdup(notice->about),
		.incarnation = notice->incarnation,
		.reason = strdup(notice->reason),
		.action = strdup(notice->action),
		.address = strdup(notice->address),
		.actor = strdup(notice->actor),
		.pod = strdup(notice->pod),
		.note = strdup(notice->note),
		.warning = notice->warning,
	};
	if (!series->notice.about || !series->notice.reason || !series->notice.action || !series->notice.address || !series->notice.actor ||
	    !series->notice.pod || !series->notice.note)
		return NULL;
	return TAKE_PTR(series);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	return vg_hash_bytes(hash, text, strlen(text));
}

/* Two hashes of the same, since it names the Event: a stranger picks his process's name. */
static void make_key(const struct vg_notices *notices, const struct vg_notice *notice, uint64_t *ret_key)
{
	static const uint64_t seeds[] = { 0x76697067, 0x75617264 };

	for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
		uint64_t hash = hash_text(seeds[i], notices->node);

		hash = hash_text(vg_hash_word(hash, notice->on_node), notice->about);
		hash = hash_text(vg_hash_word(hash, notice->incarnation), notice->reason);
		ret_key[i] = hash_text(hash_text(hash, notice->address), notice->actor);
	}
}

static const char *namespace_of(const struct vg_series *series, size_t *ret_n)
{
	const char *about = series->notice.about, *slash = strchr(about, '/');

	*ret_n = slash ? (size_t)(slash - about) : strlen(NODE_NAMESPACE);
	return series->notice.on_node || !slash ? (*ret_n = strlen(NODE_NAMESPACE), NODE_NAMESPACE) : about;
}

const char *vg_notices_namespace(const struct vg_series *series, char *out, size_t size)
{
	size_t n;
	const char *namespace = namespace_of(series, &n);

	n = n < size ? n : size - 1;
	memcpy(out, namespace, n);
	out[n] = '\0';
	return out;
}

/* ---- when */

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t shut_until(const struct vg_notices *notices, const struct vg_series *series)
{
	size_t n;
	const char *namespace = namespace_of(series, &n);
	uint64_t hash = vg_hash_bytes(0, namespace, n);

	for (size_t i = 0; i < notices->n_shut; i++)
		if (notices->shut[i].namespace == hash)
			return notices->shut[i].until_ns;
	return 0;
}

static bool wants(const struct vg_series *series)
{
	return series->count > series->told;
}

static uint64_t ready_ns(const struct vg_notices *notices, const struct vg_series *series)
{
	uint64_t ns = later(series->not_before_ns, shut_until(notices, series));

	return series->told ? later(ns, series->told_ns + notices->heartbeat_ns) : ns;
}

static uint64_t token_ns(const struct vg_notices *notices)
{
	uint64_t ahead = (notices->burst - 1) * notices->every_ns;

	return notices->full_ns > ahead ? notices->full_ns - ahead : 0;
}

/* The one that waits for longest, of the new or of the continued ones. */
static struct vg_series *find_ready(const struct vg_notices *notices, bool continued, uint64_t now_ns)
{
	struct vg_series *found = NULL;

	for (size_t i = 0; i < notices->n; i++) {
		struct vg_series *series = notices->series[i];

		if (!wants(series) || series->busy || !series->told == continued || ready_ns(notices, series) > now_ns)
			continue;
		if (!found || later(series->told_ns, series->first.boot_ns) < later(found->told_ns, found->first.boot_ns))
			found = series;
	}
	return found;
}

static void forget(struct vg_notices *notices, struct vg_series *series)
{
	for (size_t i = 0; i < notices->n; i++) {
		if (notices->series[i] != series)
			continue;
		notices->series[i] = notices->series[--notices->n];
		series_free(series);
		return;
	}
}

static void drop_old(struct vg_notices *notices, uint64_t now_ns)
{
	for (size_t i = notices->n; i-- > 0;) {
		struct vg_series *series = notices->series[i];

		if (wants(series) && !series->busy && series->last.boot_ns + VG_NOTICES_OLD_NS < now_ns)
			vg_notices_drop(notices, series);
	}
}

struct vg_series *vg_notices_next(struct vg_notices *notices, uint64_t now_ns)
{
	struct vg_series *series;

	drop_old(notices, now_ns);
	if (token_ns(notices) > now_ns)
		return NULL;
	series = find_ready(notices, !notices->continued_last, now_ns);
	if (!series)
		series = find_ready(notices, notices->continued_last, now_ns);
	if (!series)
		return NULL;
	notices->continued_last = series->told;
	notices->full_ns = later(notices->full_ns, now_ns) + notices->every_ns;
	series->busy = true;
	return series;
}

uint64_t vg_notices_due_ns(const struct vg_notices *notices, uint64_t now_ns)
{
	uint64_t due = 0;

	for (size_t i = 0; i < notices->n; i++) {
		const struct vg_series *series = notices->series[i];
		uint64_t ns;

		if (!wants(series) || series->busy)
			continue;
		ns = later(later(ready_ns(notices, series), token_ns(notices)), now_ns);
		due = due && due < ns ? due : ns;
	}
	return due;
}

/* ---- what became of it */

void vg_notices_written(struct vg_series *series, uint64_t told, uint64_t now_ns)
{
	series->busy = false;
	series->told = told;
	series->told_ns = now_ns;
	series->tries = 0;
	series->doubted = false;
}

void vg_notices_found(struct vg_series *series, uint64_t told, uint64_t age_ns, uint64_t now_ns)
{
	/* what this guard wrote itself is counted already */
	if (!series->doubted)
		series->count += told;
	else if (series->count < told)
		series->count = told;
	vg_notices_written(series, told, age_ns < now_ns ? now_ns - age_ns : 1);
}

void vg_notices_wait(struct vg_series *series, uint64_t not_before_ns)
{
	series->busy = false;
	series->not_before_ns = not_before_ns;
}

void vg_notices_again(struct vg_notices *notices, struct vg_series *series, uint64_t not_before_ns)
{
	vg_notices_wait(series, not_before_ns);
	if (++series->tries >= VG_NOTICES_TRIES_MAX)
		vg_notices_drop(notices, series);
}

void vg_notices_lost(struct vg_series *series)
{
	series->busy = false;
	series->count -= series->told;
	series->told = 0;
	series->first = series->last;
	series->not_before_ns = 0;
}

void vg_notices_drop(struct vg_notices *notices, struct vg_series *series)
{
	if (!series->sum) /* those of the sum are counted already */
		notices->left_out += series->count - series->told;
	forget(notices, series);
}

/* ---- namespaces */

bool vg_notices_shut(struct vg_notices *notices, const char *namespace, uint64_t until_ns)
{
	uint64_t hash = vg_hash_bytes(0, namespace, strlen(namespace));
	size_t oldest = 0;

	for (size_t i = 0; i < notices->n_shut; i++) {
		if (notices->shut[i].namespace == hash) {
			notices->shut[i].until_ns = until_ns;
			return false;
		}
		if (notices->shut[i].until_ns < notices->shut[oldest].until_ns)
			oldest = i;
	}
	if (notices->n_shut < VG_NOTICES_SHUT_MAX)
		oldest = notices->n_shut++;
	notices->shut[oldest] = (struct shut){ .namespace = hash, .until_ns = until_ns };
	return notices->n_shut == 1;
}

bool vg_notices_open(struct vg_notices *notices, const char *namespace, uint64_t now_ns)
{
	uint64_t hash = vg_hash_bytes(0, namespace, strlen(namespace));
	size_t n = notices->n_shut;

	for (size_t i = n; i-- > 0;)
		if (notices->shut[i].namespace == hash || notices->shut[i].until_ns <= now_ns)
			notices->shut[i] = notices->shut[--notices->n_shut];
	return n && !notices->n_shut;
}

bool vg_notices_is_shut(const struct vg_notices *notices)
{
	return notices->n_shut;
}

void vg_notices_retry(struct vg_notices *notices)
{
	for (size_t i = 0; i < notices->n; i++)
		notices->series[i]->not_before_ns = 0;
	for (size_t i = 0; i < notices->n_shut; i++)
		notices->shut[i].until_ns = 0;
}

/* ---- what comes in */

static struct vg_series *find(const struct vg_notices *notices, const uint64_t *key)
{
	for (size_t i = 0; i < notices->n; i++)
		if (memcmp(notices->series[i]->key, key, sizeof(notices->series[i]->key)) == 0)
			return notices->series[i];
	return NULL;
}

/* False: all that are there have something to say. victim: the one that would have to go, or NULL. */
static bool find_room(const struct vg_notices *notices, struct vg_series **ret_victim)
{
	struct vg_series *oldest = NULL;
	size_t unwritten = 0, n = 0;

	for (size_t i = 0; i < notices->n; i++) {
		struct vg_series *series = notices->series[i];

		if (series->sum)
			continue;
		n++;
		unwritten += !series->told;
		if (!wants(series) && !series->busy && (!oldest || series->last.boot_ns < oldest->last.boot_ns))
			oldest = series;
	}
	*ret_victim = n < VG_NOTICES_MAX ? NULL : oldest;
	return unwritten < VG_NOTICES_NEW_MAX && (n < VG_NOTICES_MAX || oldest);
}

/* NULL: no memory. */
static struct vg_series *open_series(struct vg_notices *notices, const struct vg_notice *notice, const uint64_t *key, uint64_t count,
				     const struct vg_moment *now)
{
	struct vg_series *series = series_new(notice);

	if (!series)
		return NULL;
	memcpy(series->key, key, sizeof(series->key));
	series->count = count;
	series->first = series->last = *now;
	notices->series[notices->n++] = series;
	return series;
}

static void count_in(struct vg_series *series, uint64_t count, const struct vg_moment *now)
{
	series->count += count;
	series->last = *now;
}

/* The one that has no room is told of by another one. */
static int leave_out(struct vg_notices *notices, uint64_t count, const struct vg_moment *now)
{
	const struct vg_notice sum = {
		.on_node = true,
		.about = notices->node,
		.reason = "FindingsLeftOut",
		.action = "Report",
		.address = "",
		.actor = "",
		.pod = "",
		.note = "vipguard found more on this node than it tells by Events, so that they do not become a storm; the number of this series is "
			"how many "
			"findings have no Event of their own. All of them are in the guard's log and in its metrics; `vipguard check` on the node "
			"lists what "
			"is bound wrongly.",
		.warning = true,
	};
	struct vg_series *series;
	uint64_t key[2];

	notices->left_out += count;
	make_key(notices, &sum, key);
	series = find(notices, key);
	if (series)
		count_in(series, count, now);
	else
		series = open_series(notices, &sum, key, count, now);
	if (series)
		series->sum = true;
	return -ENOSPC;
}

int vg_notices_add(struct vg_notices *notices, const struct vg_notice *notice, uint64_t count, const struct vg_moment *now)
{
	struct vg_series *series, *victim;
	uint64_t key[2];

	make_key(notices, notice, key);
	series = find(notices, key);
	if (series) {
		count_in(series, count, now);
		return 0;
	}
	if (!find_room(notices, &victim))
		return leave_out(notices, count, now);
	if (!notice->note)
		return -ENOENT;
	if (victim)
		forget(notices, victim);
	return open_series(notices, notice, key, count, now) ? 0 : leave_out(notices, count, now);
}

uint64_t vg_notices_left_out(const struct vg_notices *notices)
{
	return notices->left_out;
}

size_t vg_notices_waiting(const struct vg_notices *notices)
{
	size_t n = 0;

	for (size_t i = 0; i < notices->n; i++)
		n += wants(notices->series[i]);
	return n;
}

size_t vg_notices_count(const struct vg_notices *notices)
{
	return notices->n;
}

int vg_notices_new(const struct vg_notices_config *config, struct vg_notices **ret_notices)
{
	VG_CLEANUP(vg_notices_freep) struct vg_notices *notices = calloc(1, sizeof(*notices));

	if (!notices)
		return -ENOMEM;
	notices->node = strdup(config->node);
	if (!notices->node)
		return -ENOMEM;
	notices->burst = config->burst ? config->burst : VG_NOTICES_BURST;
	notices->every_ns = config->every_ns ? config->every_ns : VG_NOTICES_EVERY_NS;
	notices->heartbeat_ns = config->heartbeat_ns ? config->heartbeat_ns : VG_NOTICES_HEARTBEAT_NS;
	*ret_notices = TAKE_PTR(notices);
	return 0;
}

void vg_notices_free(struct vg_notices *notices)
{
	if (!notices)
		return;
	for (size_t i = 0; i < notices->n; i++)
		series_free(notices->series[i]);
	free(notices->node);
	free(notices);
}

void vg_notice_cut(char *note, size_t size)
{
	size_t n = strlen(note);

	if (n >= size)
		n = size - 1;
	while (n && !vg_utf8_is_valid(note, n))
		n--;
	note[n] = '\0';
}
