/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's side of the guard alone, for tests: a snapshot made from the command line, facts printed one a line, and nothing
 * else decided but the removal of violations in enforce mode.
 *
 *   kern_probe [-e] [-r] [-p PIN_DIR] [-i IFACE] [-w FEATURE] [-P PROTECTED] [-d DEAD_MAN_MS] ADDR[/LEN]...
 *
 * Every ADDR is held by another node, by an owner that never binds. -e enforce, -r without deny. It ends at end of file on
 * standard input; every line there is answered by "synced" once all that happened before is printed.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/time.h"
#include "core/verdict.h"
#include "kern/kern.h"
#include "kern/task.h"

#define INTERFACES_MAX 8

struct probe {
	struct vg_loop *loop;
	struct vg_kern *kern;
	struct vg_snapshot *snapshot;
	struct vg_circumstances circumstances;
	const char *interfaces[INTERFACES_MAX];
	struct vg_kern_config config;
};

static void print_who(const struct vg_who *who)
{
	struct vg_task task;

	if (who->pid == 0)
		return;
	printf(" pid=%u comm=%s start=%d cgroup_id=%d", who->pid, who->comm, who->start_ns != 0, who->cgroup_id != 0);
	if (vg_task_describe(NULL, who, &task) < 0)
		return;
	printf(" exe=%s cgroup=%s", task.exe ? task.exe : "-", task.cgroup ? task.cgroup : "-");
	vg_task_deinit(&task);
}

static void remove_bind(struct probe *probe, const struct vg_fact *fact)
{
	struct vg_error why = { .text = "" };
	uint64_t before = vg_time_boot_ns();
	int r = vg_kern_remove(probe->kern, fact, &why);
	uint64_t after = vg_time_boot_ns();

	printf("removal %d %s request_us=%" PRIu64 " since_bind_us=%" PRIu64 "\n", r, why.text, (after - before) / 1000,
	       (after - fact->time_ns) / 1000);
}

static void on_fact(void *ctx, const struct vg_fact *fact)
{
	struct probe *probe = ctx;
	struct vg_answer answer = vg_judge(probe->snapshot, &fact->addr, vg_fact_link(fact), &probe->circumstances);
	struct vg_judgement judgement = vg_judge_fact(&answer, fact);
	char text[VG_TEXT_MAX];

	vg_addr_to_str(&fact->addr, text);
	printf("%s how=%s addr=%s/%u if=%s in=%s verdict=%s count=%" PRIu64 " kernel_made=%d refused=%d deniable=%d ifa_flags=%#x nl_flags=%#x",
	       vg_fact_kind_to_str(fact->kind), vg_how_to_str(fact->how), text, fact->prefix, fact->ifname, fact->in_ifname,
	       vg_verdict_to_str(judgement.verdict), fact->count, fact->kernel_made, fact->refused, fact->deniable, fact->ifa_flags, fact->nl_flags);
	print_who(&fact->who);
	printf("\n");
	if (fact->kind == VG_FACT_UNBIND)
		vg_kern_forget_bind(probe->kern, fact);
	if (fact->kind != VG_FACT_BIND || fact->refused)
		return;
	vg_kern_note_bind(probe->kern, fact, &judgement);
	if (judgement.verdict == VG_VIOLATION && vg_kern_acts_on_removal(probe->kern))
		remove_bind(probe, fact);
}

static void on_lost(void *ctx, const char *cause, uint64_t n)
{
	(void)ctx;
	printf("lost %s %" PRIu64 "\n", cause, n);
}

static void on_changed(void *ctx, enum vg_feature feature, bool ok, const char *why)
{
	(void)ctx;
	printf("changed %s ok=%d %s\n", vg_feature_to_str(feature), ok, why);
}

static void print_guarded(void *ctx, const char *ifname, const char *how)
{
	(void)ctx;
	printf("guarded %s %s\n", ifname, how);
}

static void print_features(const struct vg_kern *kern)
{
	const struct vg_features *features = vg_kern_features(kern);

	for (unsigned int i = 0; i < VG_FEATURE_MAX; i++)
		printf("feature %s ok=%d tried=%d %s\n", vg_feature_to_str((enum vg_feature)i), features->of[i].ok, features->of[i].tried,
		       features->of[i].why);
}

static void print_stats(const struct vg_kern *kern)
{
	struct vg_stats stats;

	vg_kern_stats(kern, &stats);
	printf("stats bind_seen=%llu denied=%llu would_deny=%llu removed=%llu refused=%llu failed=%llu announce_seen=%llu judged=%llu dropped=%llu\n",
	       stats.bind_seen, stats.bind_denied, stats.bind_would_deny, stats.bind_removed, stats.bind_remove_refused, stats.bind_remove_failed,
	       stats.announce_seen, stats.announce_judged, stats.announce_dropped);
}

static void on_input(void *ctx, uint32_t events)
{
	struct probe *probe = ctx;
	char line[64];
	ssize_t n = read(STDIN_FILENO, line, sizeof(line));

	(void)events;
	vg_kern_drain(probe->kern);
	if (n <= 0) {
		vg_loop_quit(probe->loop, 0);
		return;
	}
	vg_kern_for_each_guarded(probe->kern, print_guarded, NULL);
	print_stats(probe->kern);
	printf("synced %.*s\n", (int)n - 1, line);
}

static int add_vip(struct probe *probe, const char *text)
{
	static const char *const nodes[] = { "worker1" };
	struct vg_assignment assignment = { .bind = VG_BIND_NOBODY, .service = "default/web", .nodes = nodes, .n_nodes = 1 };

	if (vg_prefix_parse(text, &assignment.prefix) < 0)
		return -EINVAL;
	return vg_snapshot_add(probe->snapshot, &assignment, NULL);
}

static int add_protection(struct probe *probe, const char *text)
{
	struct vg_prefix prefix;

	if (vg_prefix_parse(text, &prefix) < 0)
		return -EINVAL;
	return vg_snapshot_protect(probe->snapshot, &prefix, VG_PROTECT_LIST, VG_ORIGIN_CONFIG);
}

static int parse_option(struct probe *probe, int option)
{
	enum vg_feature feature;

	switch (option) {
	case 'e': probe->config.mode = VG_ENFORCE; return 0;
	case 'r': probe->config.deny = false; return 0;
	case 'l': probe->config.detach_on_exit = false; return 0;
	case 'p': probe->config.pin_dir = optarg; return 0;
	case 'd': probe->config.dead_man_ns = strtoull(optarg, NULL, 10) * VG_NS_PER_MS; return 0;
	case 'P': return add_protection(probe, optarg);
	case 'i':
		if (probe->config.n_interfaces == INTERFACES_MAX)
			return -E2BIG;
		probe->interfaces[probe->config.n_interfaces++] = optarg;
		return 0;
	case 'w':
		if (vg_feature_from_str(optarg, &feature) < 0)
			return -EINVAL;
		probe->config.without |= 1U << feature;
		return 0;
	default: return -EINVAL;
	}
}

static int parse(struct probe *probe, int argc, char **argv)
{
	int option, r = 0;

	while (r == 0 && (option = getopt(argc, argv, "erlp:P:d:i:w:")) != -1)
		r = parse_option(probe, option);
	for (int i = optind; r == 0 && i < argc; i++)
		r = add_vip(probe, argv[i]);
	return r;
}

static int start(struct probe *probe)
{
	const struct vg_kern_sink sink = { .ctx = probe, .fact = on_fact, .lost = on_lost, .changed = on_changed };
	struct vg_error error = { .text = "" };
	int r;

	r = vg_kern_new(probe->loop, &probe->config, &sink, &error, &probe->kern);
	if (r == 0)
		r = vg_kern_sync(probe->kern, probe->snapshot, &probe->circumstances);
	if (r == 0)
		r = vg_kern_attach(probe->kern, &error);
	if (r == 0)
		r = vg_kern_dump(probe->kern);
	if (r < 0) {
		printf("failed %d %s\n", r, error.text);
		return r;
	}
	print_features(probe->kern);
	vg_kern_for_each_guarded(probe->kern, print_guarded, NULL);
	printf("ready\n");
	return 0;
}

static int run(struct probe *probe)
{
	struct vg_io *input = NULL;
	int r;

	r = vg_io_new(probe->loop, STDIN_FILENO, EPOLLIN, on_input, probe, &input);
	if (r == 0)
		r = start(probe);
	if (r == 0)
		r = vg_loop_run(probe->loop);
	if (probe->kern && r == 0)
		print_stats(probe->kern);
	vg_io_free(input);
	return r;
}

int main(int argc, char **argv)
{
	struct probe probe = {
		.config = { .pin_dir = "/sys/fs/bpf/vipguard",
			    .node = "cp1",
			    .mode = VG_AUDIT,
			    .detach_on_exit = true,
			    .deny = true,
			    .drop = true,
			    .remove = true,
			    .dead_man_ns = 10 * VG_NS_PER_SEC },
		.circumstances = { .now_ns = vg_time_boot_ns(), .grace_ns = VG_GRACE_NS_DEFAULT },
	};
	int r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	probe.config.interfaces = probe.interfaces;
	r = vg_snapshot_new("cp1", "test", &probe.snapshot);
	if (r == 0)
		r = parse(&probe, argc, argv);
	if (r == 0)
		r = vg_loop_new(&probe.loop);
	if (r == 0)
		r = run(&probe);
	vg_kern_free(probe.kern);
	vg_loop_free(probe.loop);
	vg_snapshot_free(probe.snapshot);
	return r < 0 ? 1 : 0;
}
