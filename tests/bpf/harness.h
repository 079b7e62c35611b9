/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the programs that test the BPF objects on a running kernel: checks that count, the shared maps, and waiting for records of
 * vg_events with a bounded time-out. One translation unit each, so everything is static.
 */
#ifndef TESTS_BPF_HARNESS_H
#define TESTS_BPF_HARNESS_H

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/types.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vipguard/abi.h"

#define HARNESS_EVENTS_MAX 64
#define HARNESS_WAIT_MS 5000
#define HARNESS_SECOND 1000000000ULL

static unsigned int harness_passed, harness_failed;

static inline bool harness_check(bool ok, const char *what)
{
	printf("%s %s\n", ok ? "ok  " : "FAIL", what);
	if (ok)
		harness_passed++;
	else
		harness_failed++;
	return ok;
}

static inline void harness_die(const char *what)
{
	printf("FAIL %s: %s\n", what, strerror(errno));
	exit(1);
}

static inline int harness_end(void)
{
	printf("%u passed, %u failed\n", harness_passed, harness_failed);
	return harness_failed || !harness_passed;
}

/* Exit status of a shell command; a check that needs it to work says so. */
__attribute__((format(printf, 1, 2))) static inline int harness_run(const char *format, ...)
{
	char command[512];
	va_list args;
	int r;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	fflush(stdout);
	r = system(command);
	return WIFEXITED(r) ? WEXITSTATUS(r) : -1;
}

static inline struct vg_addr harness_addr(const char *text)
{
	struct vg_addr addr = { { 0 } };

	if (inet_pton(AF_INET6, text, addr.bytes) == 1)
		return addr;
	memset(addr.bytes + 10, 0xff, 2);
	if (inet_pton(AF_INET, text, addr.bytes + 12) != 1)
		harness_die(text);
	return addr;
}

/* Of vg_vips and vg_held. */
static inline struct vg_lpm_key harness_key(const char *text)
{
	return (struct vg_lpm_key){ .prefixlen = 128, .addr = harness_addr(text) };
}

static inline __u64 harness_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (__u64)now.tv_sec * HARNESS_SECOND + (__u64)now.tv_nsec;
}

static inline __u32 harness_netns(void)
{
	struct stat st;

	if (stat("/proc/self/ns/net", &st) < 0)
		harness_die("/proc/self/ns/net");
	return (__u32)st.st_ino;
}

/* A guard that acts: this namespace, alive for an hour, not paused. */
static inline struct vg_config harness_config(enum vg_mode mode)
{
	return (struct vg_config){
		.abi_version = VG_ABI_VERSION,
		.mode = mode,
		.deny = true,
		.drop = true,
		.netns = harness_netns(),
		.deadline_ns = harness_now() + 3600 * HARNESS_SECOND,
		.period_ns = 3600 * HARNESS_SECOND,
	};
}

static inline void harness_put(int fd, const void *key, const void *value)
{
	if (bpf_map_update_elem(fd, key, value, BPF_ANY) < 0)
		harness_die("a map does not take an entry");
}

static inline void harness_configure(int fd, const struct vg_config *config)
{
	const __u32 zero = 0;

	harness_put(fd, &zero, config);
}

static inline struct vg_stats harness_stats(int fd)
{
	const __u32 zero = 0;
	struct vg_stats stats;

	if (bpf_map_lookup_elem(fd, &zero, &stats) < 0)
		harness_die("vg_stats");
	return stats;
}

static inline struct vg_vip harness_vip(const char *text, enum vg_verdict bind, enum vg_verdict announce)
{
	struct vg_vip vip = {
		.bind = { .verdict = bind, .reason = VG_OWNER_NEVER_BINDS },
		.announce = { .verdict = announce, .reason = VG_ASSIGNED_ELSEWHERE },
	};

	snprintf(vip.address, sizeof(vip.address), "%s", text);
	return vip;
}

struct harness_events {
	struct ring_buffer *ring;
	struct vg_event all[HARNESS_EVENTS_MAX];
	struct vg_frame_event frames[HARNESS_EVENTS_MAX]; /* of those that brought one along; else len is 0 */
	unsigned int count;
};

static inline int harness_take_event(void *ctx, void *data, size_t size)
{
	struct harness_events *events = ctx;

	if ((size != sizeof(struct vg_event) && size != sizeof(struct vg_frame_event)) || events->count == HARNESS_EVENTS_MAX)
		harness_die("an event of a wrong size, or too many");
	memset(&events->frames[events->count], 0, sizeof(events->frames[0]));
	memcpy(&events->frames[events->count], data, size);
	events->all[events->count++] = *(const struct vg_event *)data;
	return 0;
}

static inline void harness_events_open(struct harness_events *events, int fd)
{
	events->count = 0;
	events->ring = ring_buffer__new(fd, harness_take_event, events, NULL);
	if (!events->ring)
		harness_die("vg_events");
}

/* The one event of this type and address; NULL if none comes in time. */
static inline const struct vg_event *harness_wait_event(struct harness_events *events, enum vg_event_type type, const char *text)
{
	const struct vg_addr addr = harness_addr(text);
	const __u64 end = harness_now() + HARNESS_WAIT_MS * 1000000ULL;

	do {
		for (unsigned int i = 0; i < events->count; i++)
			if (events->all[i].type == type && !memcmp(&events->all[i].addr, &addr, sizeof(addr)))
				return &events->all[i];
		ring_buffer__poll(events->ring, 100);
	} while (harness_now() < end);
	return NULL;
}

/* What is kept of a frame that came with this event is the beginning of what was sent. */
static inline bool harness_brought(const struct harness_events *events, const struct vg_event *event, const void *bytes, size_t len)
{
	const struct vg_frame_event *frame = &events->frames[event - events->all];
	size_t kept = len < VG_FRAME_BYTES ? len : VG_FRAME_BYTES;

	return frame->len == len && !memcmp(frame->bytes, bytes, kept);
}

/* Forgets what came so far. Records are in the ring before the system call that caused them returns. */
static inline void harness_forget_events(struct harness_events *events)
{
	ring_buffer__consume(events->ring);
	events->count = 0;
}

static inline unsigned int harness_count_events(struct harness_events *events, enum vg_event_type type, const char *text)
{
	const struct vg_addr addr = harness_addr(text);
	unsigned int n = 0;

	ring_buffer__consume(events->ring);
	for (unsigned int i = 0; i < events->count; i++)
		n += events->all[i].type == type && !memcmp(&events->all[i].addr, &addr, sizeof(addr));
	return n;
}

#endif
