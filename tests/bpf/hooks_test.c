/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On a real kernel, as root, in a namespace of its own: what the hooks of bind.bpf.c and deny.bpf.c make of real requests by ip and
 * ifconfig. Each check on a refusal has its twin where the same request must go through.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* unshare() */
#endif
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>

#include "harness.h"

#include "bind.skel.h"
#include "deny.skel.h"

#define LINK "vgt0"
#define OTHER_LINK "vgt1"
#define DUMMY "vgdummy"
#define DUMMY_N "vgnumbered7"

static struct bind_bpf *binds;
static struct deny_bpf *denies;
static struct harness_events events;
static int config_fd, stats_fd;

/* The fentry/fexit set, or the kprobe twins, whose names start with vg_k. */
static void load_binds(bool kprobes)
{
	struct bpf_program *program;

	binds = bind_bpf__open();
	if (!binds)
		harness_die("bind");
	bpf_object__for_each_program(program, binds->obj)
		bpf_program__set_autoload(program, !strncmp(bpf_program__name(program), "vg_k", 4) == kprobes);
	if (bind_bpf__load(binds) || bind_bpf__attach(binds))
		harness_die("bind does not load or attach");
	config_fd = bpf_map__fd(binds->maps.vg_config);
	stats_fd = bpf_map__fd(binds->maps.vg_stats);
	harness_events_open(&events, bpf_map__fd(binds->maps.vg_events));
}

static void unload_binds(void)
{
	ring_buffer__free(events.ring);
	bind_bpf__destroy(binds);
}

static void share(struct bpf_map *map, const struct bpf_map *with)
{
	if (bpf_map__reuse_fd(map, bpf_map__fd(with)))
		harness_die("a map cannot be shared");
}

static void load_denies(void)
{
	denies = deny_bpf__open();
	if (!denies)
		harness_die("deny");
	share(denies->maps.vg_config, binds->maps.vg_config);
	share(denies->maps.vg_stats, binds->maps.vg_stats);
	share(denies->maps.vg_events, binds->maps.vg_events);
	share(denies->maps.vg_calls, binds->maps.vg_calls);
	if (deny_bpf__load(denies) || deny_bpf__attach(denies))
		harness_die("deny does not load or attach");
}

static void configure(enum vg_mode mode)
{
	const struct vg_config config = harness_config(mode);

	harness_configure(config_fd, &config);
}

static bool who_is(const struct vg_who *who, const char *comm)
{
	return who->pid && who->tid && who->cgroup_id && !strcmp(who->comm, comm) && who->start_ns && who->start_ns <= harness_now();
}

static bool bind_is(const struct vg_event *event, enum vg_how how, __u32 prefix)
{
	return event && event->how == how && event->prefix == prefix && event->ifindex == if_nametoindex(LINK) && !strcmp(event->ifname, LINK) &&
	       event->netns == harness_netns() && event->time_ns && !event->dropped;
}

static void test_bind_netlink(void)
{
	const struct vg_event *event;

	harness_forget_events(&events);
	harness_check(!harness_run("ip addr add 192.0.2.10/24 dev " LINK), "bind: v4 by netlink goes through");
	event = harness_wait_event(&events, VG_EVENT_BIND, "192.0.2.10");
	harness_check(bind_is(event, VG_HOW_NETLINK, 24), "bind: v4 by netlink is seen");
	harness_check(event && who_is(&event->who, "ip") && event->ifa_flags & IFA_F_PERMANENT, "bind: v4 by netlink: who, flags");
	harness_check(event && event->nl_flags & NLM_F_CREATE && !event->would_deny, "bind: v4 by netlink: flags of the request");

	harness_check(!harness_run("ip addr replace 2001:db8::10/64 dev " LINK " nodad"), "bind: v6 by netlink goes through");
	event = harness_wait_event(&events, VG_EVENT_BIND, "2001:db8::10");
	harness_check(bind_is(event, VG_HOW_NETLINK, 64), "bind: v6 by netlink is seen");
	harness_check(event && who_is(&event->who, "ip") && event->ifa_flags & IFA_F_NODAD, "bind: v6 by netlink: who, flags");
	harness_check(event && event->nl_flags & NLM_F_REPLACE, "bind: v6 by netlink: flags of the request");
}

static void test_bind_refused_by_kernel(void)
{
	harness_forget_events(&events);
	harness_check(harness_run("ip addr add 192.0.2.10/24 dev " LINK " 2>/dev/null"), "bind: v4 twice is an error");
	harness_check(harness_run("ip addr add 2001:db8::10/64 dev " LINK " 2>/dev/null"), "bind: v6 twice is an error");
	harness_check(!harness_count_events(&events, VG_EVENT_BIND, "192.0.2.10"), "bind: v4 that failed makes no event");
	harness_check(!harness_count_events(&events, VG_EVENT_BIND, "2001:db8::10"), "bind: v6 that failed makes no event");
}

static void test_bind_ioctl(void)
{
	const struct vg_event *event;

	harness_forget_events(&events);
	harness_check(!harness_run("busybox ifconfig " LINK ":1 192.0.2.11 netmask 255.255.255.0"), "bind: v4 by ioctl goes through");
	event = harness_wait_event(&events, VG_EVENT_BIND, "192.0.2.11");
	harness_check(event && event->how == VG_HOW_IOCTL && event->who.pid && !event->nl_flags, "bind: v4 by ioctl is seen");
	harness_check(!harness_run("busybox ifconfig " LINK " add 2001:db8::11/64"), "bind: v6 by ioctl goes through");
	event = harness_wait_event(&events, VG_EVENT_BIND, "2001:db8::11");
	harness_check(bind_is(event, VG_HOW_IOCTL, 64) && event->who.pid, "bind: v6 by ioctl is seen");
}

/* The kernel makes an address of its own when a link goes up: nobody is named for it. */
static void test_bind_kernel(void)
{
	const struct vg_addr *addr = NULL;

	harness_forget_events(&events);
	harness_run("ip link set " LINK " down; ip link set " LINK " up");
	for (int tries = 0; tries < 50 && !addr; tries++) {
		ring_buffer__poll(events.ring, 100);
		for (unsigned int i = 0; i < events.count; i++)
			if (events.all[i].addr.bytes[0] == 0xfe && events.all[i].how == VG_HOW_KERNEL && !events.all[i].who.pid)
				addr = &events.all[i].addr;
	}
	harness_check(addr, "bind: the kernel's own link-local address is seen, and nobody blamed");
}

static void test_bind_other_netns(void)
{
	harness_forget_events(&events);
	harness_check(!harness_run("unshare -n sh -c 'ip link set lo up; ip addr add 192.0.2.12/32 dev lo'"), "bind: elsewhere goes through");
	harness_check(!harness_count_events(&events, VG_EVENT_BIND, "192.0.2.12"), "bind: another namespace is not reported");
}

static void test_binds(bool kprobes)
{
	printf("# bind, %s\n", kprobes ? "kprobes" : "fentry and fexit");
	harness_run("ip link add " LINK " type dummy && ip link set " LINK " up");
	load_binds(kprobes);
	configure(VG_AUDIT);
	test_bind_netlink();
	test_bind_refused_by_kernel();
	test_bind_ioctl();
	test_bind_kernel();
	test_bind_other_netns();
	harness_check(harness_stats(stats_fd).bind_seen >= 4 && !harness_stats(stats_fd).lost_ring_bind, "bind: counted, none lost");
	unload_binds();
	harness_run("ip link del " LINK);
}

static void put_vip(const char *text, enum vg_verdict verdict)
{
	const struct vg_lpm_key key = harness_key(text);
	const struct vg_vip vip = harness_vip(text, verdict, verdict);

	harness_put(bpf_map__fd(denies->maps.vg_vips), &key, &vip);
}

static void put_range(const char *text, __u32 prefixlen)
{
	const struct vg_lpm_key key = { .prefixlen = prefixlen, .addr = harness_addr(text) };
	const struct vg_vip vip = harness_vip(text, VG_VIOLATION, VG_VIOLATION);

	harness_put(bpf_map__fd(denies->maps.vg_ranges), &key, &vip);
}

static void put_protected(const char *text)
{
	const struct vg_lpm_key key = { .prefixlen = 128, .addr = harness_addr(text) };
	const struct vg_protected value = { .reason = VG_PROTECT_LIST };

	harness_put(bpf_map__fd(denies->maps.vg_protect), &key, &value);
}

static void put_link(const char *name, bool deniable)
{
	struct vg_link_value value = { .deniable = deniable };
	const __u32 ifindex = if_nametoindex(name);

	snprintf(value.name, sizeof(value.name), "%s", name);
	harness_put(bpf_map__fd(denies->maps.vg_links), &ifindex, &value);
}

static void put_dummy(const char *name, size_t len)
{
	struct vg_name_key key = { .prefixlen = (__u32)(8 * len) };
	const __u32 one = 1;

	memcpy(key.name, name, len);
	harness_put(bpf_map__fd(denies->maps.vg_dummies), &key, &one);
}

static bool add(const char *addr, const char *link)
{
	return !harness_run("ip addr add %s dev %s 2>/dev/null", addr, link);
}

static bool is_bound(const char *addr)
{
	return !harness_run("ip addr show | grep -q 'inet6\\? %s'", addr);
}

static void test_deny_refuses(void)
{
	const struct vg_event *event;
	struct vg_vip vip;
	struct vg_lpm_key key = harness_key("198.51.100.1");

	configure(VG_ENFORCE);
	harness_forget_events(&events);
	harness_check(!add("198.51.100.1/32", LINK) && !is_bound("198.51.100.1/32"), "deny: v4 VIP is refused");
	event = harness_wait_event(&events, VG_EVENT_DENIED, "198.51.100.1");
	harness_check(bind_is(event, VG_HOW_NETLINK, 32) && who_is(&event->who, "ip"), "deny: v4 refusal is reported");
	harness_check(!bpf_map_lookup_elem(bpf_map__fd(denies->maps.vg_vips), &key, &vip) && vip.bind_hits == 1, "deny: and its hit counted");
	harness_check(!add("2001:db8:1::1/128", LINK) && !is_bound("2001:db8:1::1/128"), "deny: v6 VIP is refused");
	event = harness_wait_event(&events, VG_EVENT_DENIED, "2001:db8:1::1");
	harness_check(bind_is(event, VG_HOW_NETLINK, 128) && who_is(&event->who, "ip"), "deny: v6 refusal is reported");
	harness_check(!add("203.0.113.77/32", LINK), "deny: v4 in a range is refused");
	harness_check(!add("2001:db8:2::77/128", LINK), "deny: v6 in a range is refused");
	harness_check(add("198.51.100.9/32 peer 198.51.100.1/32", LINK), "deny: a VIP as peer only goes through");
	harness_check(!add("198.51.100.1/32 peer 198.51.100.8/32", LINK), "deny: a VIP with a peer is refused");
	harness_check(!add("2001:db8:1::1/128", "lo"), "deny: a VIP on a link not known is refused");
	put_link(DUMMY, true);
	harness_check(!add("198.51.100.1/32", DUMMY), "deny: and on one that has a service dummy's name and is none");
	harness_run("ip link set " DUMMY " down; ip link set " DUMMY " name vgt2; ip link add " DUMMY " type dummy; ip link set " DUMMY " up");
	harness_check(!add("198.51.100.1/32", DUMMY "0"), "deny: and on one whose name only begins as a service dummy's");
	harness_check(harness_stats(stats_fd).bind_denied == 8, "deny: counted");
	harness_check(!harness_stats(stats_fd).deny_unparsed, "deny: everything that ip sends was parsed");
}

/* Does `ip` get this past, and what does it leave? */
static bool ip(const char *arguments)
{
	return !harness_run("ip %s 2>/dev/null", arguments);
}

static void test_deny_routes(void)
{
	const __u64 denied = harness_stats(stats_fd).bind_denied;
	const struct vg_event *event;

	harness_forget_events(&events);
	harness_check(!ip("route add local 198.51.100.1/32 dev lo"), "deny: a local route to a VIP is refused");
	event = harness_wait_event(&events, VG_EVENT_DENIED, "198.51.100.1");
	harness_check(event && event->how == VG_HOW_ROUTE && event->ifindex == 1 && event->prefix == 32 && !strcmp(event->ifname, "lo"),
		      "deny: and reported as one");
	harness_check(!ip("route add local 198.51.100.1/32 dev " LINK " table main"), "deny: and in main");
	harness_check(!ip("route add local 2001:db8:1::1/128 dev " LINK), "deny: and IPv6");
	harness_forget_events(&events);
	harness_check(!ip("neigh add proxy 198.51.100.1 dev " LINK), "deny: a proxy entry for a VIP is refused");
	event = harness_wait_event(&events, VG_EVENT_DENIED, "198.51.100.1");
	harness_check(bind_is(event, VG_HOW_PROXY, 32) && who_is(&event->who, "ip"), "deny: and reported as one");
	harness_check(!ip("neigh add proxy 2001:db8:1::1 dev " LINK), "deny: and IPv6");
	harness_check(harness_stats(stats_fd).bind_denied == denied + 5, "deny: counted");
	harness_check(ip("route add local 198.51.100.1/32 dev lo table 100"), "deny: a local route in a table of its own goes through");
	harness_check(ip("route add local 198.51.100.0/24 dev lo"), "deny: a local route around a VIP goes through");
	harness_check(ip("route add local 0.0.0.0/0 dev lo table 101"), "deny: TPROXY's route goes through");
	harness_check(ip("route add 198.51.100.1/32 metric 7 dev " LINK), "deny: a route to a VIP goes through");
	harness_check(ip("route add local 198.51.100.2/32 dev lo"), "deny: a local route to an unrelated address goes through");
	harness_check(ip("route add local 198.51.100.1/32 dev " DUMMY), "deny: a local route on a service dummy goes through");
	harness_check(ip("neigh add proxy 198.51.100.2 dev " LINK), "deny: a proxy entry for an unrelated address goes through");
	harness_check(ip("neigh add 198.51.100.1 lladdr 02:00:00:00:00:01 dev " LINK), "deny: a neighbour entry for a VIP goes through");
	ip("route flush table 100");
	ip("route flush table 101");
	ip("route del local 198.51.100.0/24 dev lo");
	ip("route del local 198.51.100.2/32 dev lo");
	ip("route flush dev " DUMMY " table local");
	ip("route del 198.51.100.1/32 metric 7 dev " LINK);
	ip("neigh del proxy 198.51.100.2 dev " LINK);
}

#define POWERLESS "setpriv --bounding-set -all --inh-caps -all --reuid 65534 --clear-groups -- "

/* Nobody who may not bind can make lines of it. */
static void test_deny_powerless(void)
{
	const __u64 denied = harness_stats(stats_fd).bind_denied;

	harness_check(!harness_run(POWERLESS "ip addr show dev " LINK " >/dev/null"), "deny: who has no capability may ask");
	harness_check(harness_run(POWERLESS "ip addr add 198.51.100.1/32 dev " LINK " 2>/dev/null"), "deny: but not bind, says the kernel");
	harness_check(harness_stats(stats_fd).bind_denied == denied, "deny: and not by us");
}

static void test_deny_passes(void)
{
	configure(VG_ENFORCE);
	harness_check(add("198.51.100.2/32", LINK), "deny: an unrelated address goes through");
	harness_check(add("198.51.100.3/32", LINK), "deny: an allowed VIP goes through");
	harness_check(add("203.0.113.2/32", LINK), "deny: a protected address inside a range goes through");
	harness_check(add("203.0.113.3/32", LINK), "deny: an allowed VIP inside a range goes through");
	harness_check(add("198.51.100.1/32", OTHER_LINK), "deny: a VIP on a link that is not deniable goes through");
	harness_check(add("198.51.100.1/32", DUMMY) && add("198.51.100.1/32", DUMMY_N), "deny: a VIP on a service dummy not yet known goes through");
	harness_check(!harness_run("unshare -n sh -c 'ip link add " LINK " index %u type dummy; ip addr add 198.51.100.1/32 dev " LINK "'",
				   if_nametoindex(LINK)),
		      "deny: a VIP in another namespace goes through");
	harness_run("ip addr flush dev " OTHER_LINK "; ip addr flush dev " DUMMY "; ip addr flush dev " DUMMY_N);
}

static void put_held(const char *text, bool held)
{
	const struct vg_lpm_key key = harness_key(text);
	struct vg_hold value = { .since_ns = harness_now() };

	snprintf(value.address, sizeof(value.address), "%s", text);
	if (held)
		harness_put(bpf_map__fd(denies->maps.vg_held), &key, &value);
	else if (bpf_map_delete_elem(bpf_map__fd(denies->maps.vg_held), &key))
		harness_die("vg_held");
}

/* What the breaker holds: this address alone, of an entry of its own or out of a range. */
static void test_deny_held(void)
{
	configure(VG_ENFORCE);
	put_held("198.51.100.1", true);
	put_held("203.0.113.77", true);
	harness_check(add("198.51.100.1/32", LINK), "deny: a VIP that is held goes through");
	harness_check(add("203.0.113.77/32", LINK), "deny: one out of a range that is held goes through");
	harness_check(!add("203.0.113.78/32", LINK), "deny: another one of that range is refused");
	harness_run("ip addr del 198.51.100.1/32 dev " LINK "; ip addr del 203.0.113.77/32 dev " LINK);
	put_held("198.51.100.1", false);
	put_held("203.0.113.77", false);
	harness_check(!add("198.51.100.1/32", LINK) && !add("203.0.113.77/32", LINK), "deny: what is held no more is refused");
}

/* A pause that nobody ends: by the clock that the program reads itself. */
static void test_deny_after_pause(void)
{
	const __u64 start = harness_now();
	struct vg_config config = harness_config(VG_ENFORCE);
	bool passed, early;

	config.paused_until_ns = start + 2 * HARNESS_SECOND;
	harness_configure(config_fd, &config);
	do {
		passed = add("198.51.100.1/32", LINK);
		early = !passed && harness_now() < config.paused_until_ns;
		if (passed)
			harness_run("ip addr del 198.51.100.1/32 dev " LINK);
	} while (passed && harness_now() < start + 60 * HARNESS_SECOND);
	harness_check(!passed && !early, "deny: refuses again by itself when a pause is over, and not before");
}

static void test_deny_inactive(void)
{
	struct vg_config config = harness_config(VG_ENFORCE);
	const __u64 inactive = harness_stats(stats_fd).inactive;
	const struct vg_event *event;

	config.deadline_ns = harness_now();
	harness_configure(config_fd, &config);
	harness_check(add("198.51.100.1/32", LINK), "deny: passes once the dead-man's deadline is over");
	harness_run("ip addr del 198.51.100.1/32 dev " LINK);
	config = harness_config(VG_ENFORCE);
	config.paused_until_ns = config.deadline_ns;
	harness_configure(config_fd, &config);
	harness_forget_events(&events);
	harness_check(add("198.51.100.1/32", LINK), "deny: passes while paused");
	event = harness_wait_event(&events, VG_EVENT_BIND, "198.51.100.1");
	harness_check(event && event->would_deny, "deny: and would be denied, says the bind");
	harness_run("ip addr del 198.51.100.1/32 dev " LINK);
	harness_check(harness_stats(stats_fd).inactive == inactive + 2, "deny: what passed so is counted");
	config = harness_config(VG_ENFORCE);
	config.abi_version = VG_ABI_VERSION + 1;
	harness_configure(config_fd, &config);
	harness_check(add("198.51.100.1/32", LINK), "deny: a configuration of another version is none");
	harness_run("ip addr del 198.51.100.1/32 dev " LINK);
}

static void test_deny_audit(void)
{
	const __u64 would_deny = harness_stats(stats_fd).bind_would_deny;
	const struct vg_event *event;

	configure(VG_AUDIT);
	harness_forget_events(&events);
	harness_check(add("198.51.100.1/32", LINK), "audit: v4 VIP goes through");
	event = harness_wait_event(&events, VG_EVENT_BIND, "198.51.100.1");
	harness_check(bind_is(event, VG_HOW_NETLINK, 32) && event->would_deny, "audit: v4 would be denied, says the bind");
	harness_check(add("2001:db8:1::1/128", LINK), "audit: v6 VIP goes through");
	event = harness_wait_event(&events, VG_EVENT_BIND, "2001:db8:1::1");
	harness_check(bind_is(event, VG_HOW_NETLINK, 128) && event->would_deny, "audit: v6 would be denied, says the bind");
	harness_check(add("198.51.100.4/32", LINK), "audit: an unrelated address goes through");
	event = harness_wait_event(&events, VG_EVENT_BIND, "198.51.100.4");
	harness_check(event && !event->would_deny, "audit: which would not be denied");
	harness_check(!harness_count_events(&events, VG_EVENT_DENIED, "198.51.100.1"), "audit: nothing is refused");
	harness_check(harness_stats(stats_fd).bind_would_deny == would_deny + 2, "audit: counted");
	harness_run("ip addr del 198.51.100.1/32 dev " LINK "; ip addr del 2001:db8:1::1/128 dev " LINK);
}

static void test_denies(void)
{
	printf("# deny\n");
	harness_run("ip link add " LINK " type dummy; ip link set " LINK " up; ip link add " OTHER_LINK " type dummy; ip link add " DUMMY
		    " type dummy; ip link set " DUMMY " up; ip link add " DUMMY_N " type dummy; ip link add " DUMMY "0 type dummy");
	load_binds(false);
	load_denies();
	put_dummy(DUMMY, sizeof(DUMMY));
	put_dummy(DUMMY_N, strlen(DUMMY_N) - 1);
	put_vip("198.51.100.1", VG_VIOLATION);
	put_vip("2001:db8:1::1", VG_VIOLATION);
	put_vip("198.51.100.3", VG_ALLOWED);
	put_vip("203.0.113.3", VG_ALLOWED);
	put_range("203.0.113.0", 96 + 24);
	put_range("2001:db8:2::", 64);
	put_protected("203.0.113.2");
	put_link(LINK, true);
	put_link(OTHER_LINK, false);
	test_deny_refuses();
	test_deny_routes();
	test_deny_powerless();
	test_deny_passes();
	test_deny_held();
	test_deny_inactive();
	test_deny_after_pause();
	test_deny_audit();
	deny_bpf__destroy(denies);
	unload_binds();
	harness_run("ip link del " LINK "; ip link del " OTHER_LINK);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	if (unshare(CLONE_NEWNET) < 0)
		harness_die("unshare");
	harness_run("ip link set lo up");
	test_binds(false);
	test_binds(true);
	test_denies();
	return harness_end();
}
