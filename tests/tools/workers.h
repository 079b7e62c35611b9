/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two threads that take jobs in turn while the caller waits, so that system calls come from tids that differ from the tgid and from
 * each other, as the Go scheduler makes them. One job runs at a time: jobs need no locking among themselves.
 */
#ifndef TESTS_TOOLS_WORKERS_H
#define TESTS_TOOLS_WORKERS_H

#include "tools.h"

#include <pthread.h>

#define WORKERS_COUNT 2

#define WORKERS_INIT \
	{ \
		.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER \
	}

typedef void (*workers_job_t)(void *context);

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned int ready; /* threads that have told their tid */
	unsigned int turn; /* who takes the next job */
	workers_job_t job; /* NULL: nothing to do */
	void *context;
	pid_t tids[WORKERS_COUNT];
};

static inline void *workers_loop(void *argument)
{
	struct workers *workers = argument;
	unsigned int me;

	pthread_mutex_lock(&workers->lock);
	me = workers->ready++;
	workers->tids[me] = gettid();
	pthread_cond_broadcast(&workers->changed);
	for (;;) {
		while (!workers->job || workers->turn != me)
			pthread_cond_wait(&workers->changed, &workers->lock);
		workers->job(workers->context);
		workers->job = NULL;
		workers->turn = (me + 1) % WORKERS_COUNT;
		pthread_cond_broadcast(&workers->changed);
	}
	return NULL;
}

/* The threads live until the process exits: `workers` must too. */
static inline void workers_start(struct workers *workers)
{
	pthread_t thread;

	for (int i = 0; i < WORKERS_COUNT; i++)
		if (pthread_create(&thread, NULL, workers_loop, workers))
			tool_die(1, "cannot start a thread");
	pthread_mutex_lock(&workers->lock);
	while (workers->ready < WORKERS_COUNT)
		pthread_cond_wait(&workers->changed, &workers->lock);
	pthread_mutex_unlock(&workers->lock);
}

/* Runs `job` on the thread whose turn it is and returns when it is done. */
static inline void workers_run(struct workers *workers, workers_job_t job, void *context)
{
	pthread_mutex_lock(&workers->lock);
	workers->context = context;
	workers->job = job;
	pthread_cond_broadcast(&workers->changed);
	while (workers->job)
		pthread_cond_wait(&workers->changed, &workers->lock);
	pthread_mutex_unlock(&workers->lock);
}

/* Passes the turn on, so that a period of an even number of jobs does not give each job to the same thread for ever. */
static inline void workers_skip(struct workers *workers)
{
	pthread_mutex_lock(&workers->lock);
	workers->turn = (workers->turn + 1) % WORKERS_COUNT;
	pthread_mutex_unlock(&workers->lock);
}

#endif
