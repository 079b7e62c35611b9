/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vg_announce in a real kernel, one frame at a time (BPF_PROG_TEST_RUN), as root: every frame of the table under every setting that decides
 * whether it is dropped. No tracing needed: it also runs where only tc programs may be loaded.
 */
#include "frames.h"
#include "harness.h"

#include "announce.skel.h"

#define PASS (-1) /* TC_ACT_UNSPEC */
#define DROP 2 /* TC_ACT_SHOT */

static struct announce_bpf *announce;
static int config_fd, stats_fd;

static void load_announce(void)
{
	struct bpf_program *program;

	announce = announce_bpf__open();
	if (!announce)
		harness_die("announce");
	bpf_object__for_each_program(program, announce->obj) bpf_program__set_autoload(program, program == announce->progs.vg_announce);
	if (announce_bpf__load(announce))
		harness_die("announce does not load");
	config_fd = bpf_map__fd(announce->maps.vg_config);
	stats_fd = bpf_map__fd(announce->maps.vg_stats);
}

static int run_frame(const struct frames_frame *frame, unsigned int repeat)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame->bytes, .data_size_in = (__u32)frame->len, .repeat = (int)repeat);

	if (bpf_prog_test_run_opts(bpf_program__fd(announce->progs.vg_announce), &opts))
		harness_die("BPF_PROG_TEST_RUN");
	return (int)opts.retval;
}

static void put_vip(const char *text, enum vg_verdict verdict)
{
	const struct vg_lpm_key key = harness_key(text);
	const struct vg_vip vip = harness_vip(text, VG_UNRELATED, verdict);

	harness_put(bpf_map__fd(announce->maps.vg_vips), &key, &vip);
}

static __u64 hits(const char *text)
{
	const struct vg_lpm_key key = harness_key(text);
	struct vg_vip vip;

	if (bpf_map_lookup_elem(bpf_map__fd(announce->maps.vg_vips), &key, &vip))
		harness_die(text);
	return vip.announce_hits;
}

/* Sum of the counts in vg_seen; how many entries there are. */
static __u64 seen_total(unsigned int *ret_entries)
{
	struct vg_seen_key key, *at = NULL;
	struct vg_seen_value value;
	unsigned int entries = 0;
	__u64 total = 0;

	for (; !bpf_map_get_next_key(bpf_map__fd(announce->maps.vg_seen), at, &key); at = &key) {
		if (bpf_map_lookup_elem(bpf_map__fd(announce->maps.vg_seen), &key, &value))
			harness_die("vg_seen");
		total += value.count;
		entries++;
	}
	*ret_entries = entries;
	return total;
}

/* Enforce, both addresses violations: claims are dropped, all else passes; counted as what it is. */
static void test_table(void)
{
	const struct vg_config config = harness_config(VG_ENFORCE);
	char what[128];

	harness_configure(config_fd, &config);
	for (size_t i = 0; i < FRAMES_COUNT; i++) {
		const struct frames_spec *spec = &frames_specs[i];
		const struct vg_stats before = harness_stats(stats_fd);
		const bool found = spec->expect == VG_PARSE_FOUND;
		struct frames_frame frame;
		struct vg_stats after;
		int verdict;

		frames_build(spec, &frame);
		verdict = run_frame(&frame, 1);
		after = harness_stats(stats_fd);
		snprintf(what, sizeof(what), "%s %s", spec->name, found ? "is dropped" : "passes");
		harness_check(verdict == (found ? DROP : PASS) && after.announce_seen - before.announce_seen == found &&
				      after.announce_judged - before.announce_judged == found &&
				      after.announce_dropped - before.announce_dropped == found &&
				      after.frame_unparsed - before.frame_unparsed == (spec->expect == VG_PARSE_UNPARSED),
			      what);
	}
}

/* Cut anywhere, in the kernel's own buffers: a claim with its whole address is dropped, anything shorter passes. */
static void test_truncations(void)
{
	unsigned int wrong = 0;

	for (size_t i = 0; i < FRAMES_COUNT; i++) {
		struct frames_frame frame;
		size_t whole;

		frames_build(&frames_specs[i], &frame);
		whole = frames_claim_len(&frames_specs[i], &frame);
		/* The kernel wants a whole Ethernet header, and on some versions a whole IPv6 header too. */
		for (size_t len = 60; len <= frame.len; len++) {
			struct frames_frame cut = frame;
			bool dropped;

			cut.len = len;
			dropped = run_frame(&cut, 1) == DROP;
			wrong += dropped != (frames_specs[i].expect == VG_PARSE_FOUND && len >= whole);
		}
	}
	harness_check(!wrong, "every truncation of every frame is judged right");
}

struct setting {
	const char *name;
	struct vg_config config;
	enum vg_verdict verdict;
	bool protect;
	int expect;
	__u64 inactive; /* counted so */
};

static void test_setting(const struct setting *setting)
{
	const struct vg_lpm_key key = { .prefixlen = 120, .addr = harness_addr("192.0.2.0") };
	const struct vg_protected value = { .reason = VG_PROTECT_LIST };
	const int protect_fd = bpf_map__fd(announce->maps.vg_protect);
	const struct vg_stats before = harness_stats(stats_fd);
	struct frames_frame frame;
	int verdict;

	put_vip(FRAMES_V4, setting->verdict);
	if (setting->protect)
		harness_put(protect_fd, &key, &value);
	harness_configure(config_fd, &setting->config);
	frames_build(&frames_specs[0], &frame);
	verdict = run_frame(&frame, 1);
	harness_check(verdict == setting->expect && harness_stats(stats_fd).inactive - before.inactive == setting->inactive, setting->name);
	if (setting->protect)
		harness_check(!bpf_map_delete_elem(protect_fd, &key) && !hits(FRAMES_V4), "  and is not judged at all");
}

static void test_settings(void)
{
	struct setting settings[] = {
		{ "enforce, violation: dropped", harness_config(VG_ENFORCE), VG_VIOLATION, false, DROP, 0 },
		{ "enforce, allowed: passes", harness_config(VG_ENFORCE), VG_ALLOWED, false, PASS, 0 },
		{ "enforce, unknown: passes", harness_config(VG_ENFORCE), VG_UNKNOWN, false, PASS, 0 },
		{ "enforce, protected: passes", harness_config(VG_ENFORCE), VG_VIOLATION, true, PASS, 0 },
		{ "audit, violation: passes", harness_config(VG_AUDIT), VG_VIOLATION, false, PASS, 0 },
		{ "enforce without drop: passes", harness_config(VG_ENFORCE), VG_VIOLATION, false, PASS, 0 },
		{ "deadline over: passes", harness_config(VG_ENFORCE), VG_VIOLATION, false, PASS, 1 },
		{ "paused: passes", harness_config(VG_ENFORCE), VG_VIOLATION, false, PASS, 1 },
		{ "another ABI: passes", harness_config(VG_ENFORCE), VG_VIOLATION, false, PASS, 0 },
		{ "again as at first: dropped", harness_config(VG_ENFORCE), VG_VIOLATION, false, DROP, 0 },
	};

	settings[5].config.drop = false;
	settings[6].config.deadline_ns = harness_now();
	settings[7].config.paused_until_ns = settings[7].config.deadline_ns;
	settings[8].config.abi_version++;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		test_setting(&settings[i]);
}

static void test_ranges(void)
{
	const struct vg_lpm_key wide = { .prefixlen = 96 + 24, .addr = harness_addr("203.0.113.0") };
	const struct vg_lpm_key narrow = { .prefixlen = 96 + 30, .addr = harness_addr("203.0.113.8") };
	const struct vg_vip bad = harness_vip("203.0.113.0/24", VG_UNRELATED, VG_VIOLATION);
	const struct vg_vip good = harness_vip("203.0.113.8/30", VG_UNRELATED, VG_ALLOWED);
	struct frames_spec spec = frames_specs[0];
	struct frames_frame frame;

	harness_put(bpf_map__fd(announce->maps.vg_ranges), &wide, &bad);
	harness_put(bpf_map__fd(announce->maps.vg_ranges), &narrow, &good);
	spec.spa = "203.0.113.7";
	frames_build(&spec, &frame);
	harness_check(run_frame(&frame, 1) == DROP, "an address in a range is dropped");
	spec.spa = "203.0.113.9";
	frames_build(&spec, &frame);
	harness_check(run_frame(&frame, 1) == PASS, "in a longer range that allows it, it passes");
	spec.spa = "203.0.114.7";
	frames_build(&spec, &frame);
	harness_check(run_frame(&frame, 1) == PASS, "beside the range it passes");
}

/* What the breaker holds passes, is judged and counted; another address of its range does not pass. */
static void test_held(void)
{
	const int held_fd = bpf_map__fd(announce->maps.vg_held);
	const struct vg_lpm_key key = harness_key("203.0.113.7");
	const struct vg_hold value = { .address = "203.0.113.7" };
	struct frames_spec spec = frames_specs[0];
	struct frames_frame frame;
	struct vg_stats before;

	harness_put(held_fd, &key, &value);
	before = harness_stats(stats_fd);
	spec.spa = "203.0.113.7";
	frames_build(&spec, &frame);
	harness_check(run_frame(&frame, 1) == PASS, "an address that is held passes");
	harness_check(harness_stats(stats_fd).announce_judged == before.announce_judged + 1, "and is judged");
	harness_check(harness_stats(stats_fd).announce_dropped == before.announce_dropped && harness_stats(stats_fd).inactive == before.inactive,
		      "and counts as neither dropped nor let pass for want of a guard");
	spec.spa = "203.0.113.6";
	frames_build(&spec, &frame);
	harness_check(run_frame(&frame, 1) == DROP, "another one of its range is dropped");
	harness_check(!bpf_map_delete_elem(held_fd, &key), "it is let go");
	spec.spa = "203.0.113.7";
	frames_build(&spec, &frame);
	harness_check(run_frame(&frame, 1) == DROP, "and is dropped");
}

/* A flood: every frame counted, one event for the first and no more within the period. */
static void test_flood(void)
{
	struct vg_config config = harness_config(VG_ENFORCE);
	struct harness_events events;
	struct frames_frame frame;
	unsigned int entries;
	__u64 before;

	put_vip("192.0.2.99", VG_VIOLATION);
	harness_configure(config_fd, &config);
	harness_events_open(&events, bpf_map__fd(announce->maps.vg_events));
	harness_forget_events(&events);
	before = seen_total(&entries);
	frames_build(&(struct frames_spec){ .body = FRAMES_ARP, .op = 1, .hln = 6, .spa = "192.0.2.99" }, &frame);
	run_frame(&frame, 10000);
	harness_check(seen_total(&entries) - before == 10000 && hits("192.0.2.99") == 10000, "a flood of 10000 is counted exactly");
	harness_check(harness_count_events(&events, VG_EVENT_ANNOUNCE, "192.0.2.99") == 1, "and makes one event");
	harness_check(events.all[0].dropped && events.all[0].how == VG_HOW_ARP_REQUEST && events.all[0].netns == config.netns, "which says so");
	config.period_ns = 1;
	harness_configure(config_fd, &config);
	run_frame(&frame, 1);
	harness_check(harness_count_events(&events, VG_EVENT_ANNOUNCE, "192.0.2.99") == 2, "when the period is over, one more");
	ring_buffer__free(events.ring);
}

/* The map full: frames are dropped as ever, and counted as lost. */
static void test_seen_full(void)
{
	const struct vg_config config = harness_config(VG_ENFORCE);
	struct vg_seen_key key = { .ifindex = 1 };
	const struct vg_seen_value value = { .count = 0 };
	struct frames_frame frame;
	struct vg_stats before;

	harness_configure(config_fd, &config);
	put_vip("192.0.2.98", VG_VIOLATION);
	do {
		key.ifindex++;
	} while (!bpf_map_update_elem(bpf_map__fd(announce->maps.vg_seen), &key, &value, BPF_NOEXIST));
	before = harness_stats(stats_fd);
	frames_build(&(struct frames_spec){ .body = FRAMES_ARP, .op = 1, .hln = 6, .spa = "192.0.2.98" }, &frame);
	harness_check(run_frame(&frame, 1) == DROP, "with vg_seen full it is dropped all the same");
	harness_check(harness_stats(stats_fd).lost_seen == before.lost_seen + 1, "and counted as lost");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	load_announce();
	put_vip(FRAMES_V4, VG_VIOLATION);
	put_vip(FRAMES_V6, VG_VIOLATION);
	test_table();
	test_truncations();
	test_settings();
	test_ranges();
	test_held();
	test_flood();
	test_seen_full();
	announce_bpf__destroy(announce);
	return harness_end();
}
