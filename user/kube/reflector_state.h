/* SPDX-License-Identifier: Apache-2.0 */
/* Private to reflector*.c. Either a call, a discovery, or the timer says what happens next; in absence and idleness maybe none. */
#ifndef KUBE_REFLECTOR_STATE_H
#define KUBE_REFLECTOR_STATE_H

#include "kube/backoff.h"
#include "kube/discovery.h"
#include "kube/intake.h"
#include "kube/reflector.h"
#include "kube/request.h"

enum state { STATE_IDLE, STATE_LISTING, STATE_WATCHING, STATE_WAITING, STATE_ABSENT, STATE_FORBIDDEN };

/* What runs, or what comes after the wait. */
enum step {
	STEP_LIST, /* a list from its beginning, in either form */
	STEP_PAGE, /* the next page of it */
	STEP_INITIAL, /* a WatchList until its end mark */
	STEP_WATCH,
};

/* How an answer ended. */
enum outcome {
	OUTCOME_NONE,
	OUTCOME_ENDED, /* as it should */
	OUTCOME_MORE, /* a page, and there is another one */
	OUTCOME_EXPIRED,
	OUTCOME_MISSING, /* 404 of a kind that need not be there */
	OUTCOME_FORBIDDEN,
	OUTCOME_UNAUTHORIZED,
	OUTCOME_UNMARKED, /* no WatchList here */
	OUTCOME_BROKEN, /* an answer, but no good one */
	OUTCOME_LOST, /* no answer, or it was cut off */
	OUTCOME_BUSY, /* later, it said */
	OUTCOME_SILENT, /* a watch where nothing came */
};

/* Times the shortest back-off: so far apart optional kinds come back, and mostly after the required ones. */
#define SPREAD 4

struct vg_reflector {
	struct vg_reflector_env *env;
	struct vg_reflector_sink sink;
	const struct vg_kind_info *info;
	unsigned bit;
	char *namespace;
	char api_version[64]; /* of the group, as served */
	struct vg_intake *intake;
	struct vg_timer *timer;
	struct vg_http_call *call;
	struct vg_discovery *discovery;
	struct vg_backoff backoff;
	struct vg_backoff slow; /* while forbidden */

	enum state state;
	enum step step;
	enum vg_knowledge knowledge;
	bool was_listed;
	uint64_t started_ns;
	uint64_t heard_ns; /* kept up when a watch ends; see vg_reflector_heard_ns() */
	uint64_t listed_ns; /* when the last list that ended well was asked for */
	uint64_t listing_ns; /* the same of the one that runs */
	uint64_t failing_ns; /* since when lists are answered, but with nothing of use; 0: they are not */
	uint64_t expected_until_ns; /* it has appeared and should be served by then */

	/* of the request that runs */
	enum outcome verdict; /* found in what came */
	bool answered; /* 200 */
	bool disorder; /* it went backwards */
	bool early; /* live events before the end mark; the patience for it runs */
	bool relist; /* it has been silent for too long to be gone on with */
	bool doubted; /* it is listed anew in a moment, and counts for nothing until then */
	uint64_t quiet_ns; /* for how long it may say nothing itself */
	uint64_t asked_ns;
	uint64_t last_byte_ns;
	uint32_t connection; /* that it came over */
	uint64_t token; /* env->tokens when it was made */
	char body[VG_ERROR_MAX]; /* the beginning of an answer other than 200 */
	size_t n_body;

	enum vg_relist_cause cause; /* of the list that runs or comes next */
	bool counted; /* that list is in relists already */
	bool whole; /* that list without pages: a continue token has expired */
	unsigned stuck; /* answers in a row that were no good and brought nothing */
	unsigned refusals; /* 403 in a row */
	bool refusal_said;
	unsigned misses; /* how often it was not there since it was listed */

	char error[VG_ERROR_MAX];
	uint64_t relists[VG_RELIST_CAUSE_MAX];
	uint64_t watches;
	uint64_t bytes;
	uint64_t errors;
};

struct vg_place vg_reflector_place(const struct vg_reflector *reflector);

/* reflector.c */
void vg_reflector_step(struct vg_reflector *reflector, enum step step); /* now */
void vg_reflector_relist(struct vg_reflector *reflector, enum vg_relist_cause cause, bool now); /* now, or after a back-off */
/* After a back-off, not before retry_after_ns. */
void vg_reflector_wait(struct vg_reflector *reflector, enum step step, uint64_t retry_after_ns);
void vg_reflector_wait_for(struct vg_reflector *reflector, enum step step, uint64_t ns);
void vg_reflector_set(struct vg_reflector *reflector, enum state state);
void vg_reflector_listed(struct vg_reflector *reflector); /* a list has ended well */
void vg_reflector_absent(struct vg_reflector *reflector);
void vg_reflector_forbidden(struct vg_reflector *reflector);
void vg_reflector_unreadable(struct vg_reflector *reflector, const char *why); /* whoever is to blame, it is not known */
uint64_t vg_reflector_spread_ns(const struct vg_reflector *reflector); /* at most so much later than the others, at random */
void vg_reflector_cancel(struct vg_reflector *reflector); /* what runs, and the wait */
void vg_reflector_fold(struct vg_reflector *reflector); /* what its connection told of the watch is kept when the call goes */
void vg_reflector_on_timer(void *ctx);
/* reflector_end.c */
void vg_reflector_end(struct vg_reflector *reflector, const struct vg_http_end *end);
void vg_reflector_failed(struct vg_reflector *reflector, const char *text); /* counts and says */

#endif
