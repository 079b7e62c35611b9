/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/survey.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "kern/cgroup.h"

#define LOCKDOWN "/sys/kernel/security/lockdown"
#define NO_LOCKDOWN \
	"boot without lockdown=confidentiality (lockdown=integrity is enough for the kernel's own protection, and does not stand in the way)"

/* Functions by which the kernel shows what it was built with; of one in a module that may not be loaded yet nothing follows. */
enum symbol {
	SYM_BPF, /* CONFIG_BPF_SYSCALL */
	SYM_TRAMPOLINE, /* CONFIG_BPF_JIT */
	SYM_FTRACE, /* CONFIG_FUNCTION_TRACER: the places that fentry programs attach to */
	SYM_KPROBES,
	SYM_NETLINK_SEND,
	SYM_CAPABLE,
	SYM_IPV6,
	SYM_DIRECT_XMIT,
	SYM_XDP_SOCKET,
	SYM_PACKET_SEND,
	SYM_TCX,
	SYM_CLSACT,
	SYM_CLS_BPF,
	SYM_CGROUP_SOCKOPT,
	SYM_MAX
};

static const char *const symbols[] = {
	[SYM_BPF] = "bpf_prog_new_fd",
	[SYM_TRAMPOLINE] = "bpf_trampoline_link_prog",
	[SYM_FTRACE] = "ftrace_caller",
	[SYM_KPROBES] = "register_kprobe",
	[SYM_NETLINK_SEND] = "security_netlink_send",
	[SYM_CAPABLE] = "security_capable",
	[SYM_IPV6] = "ipv6_add_addr",
	[SYM_DIRECT_XMIT] = "__dev_direct_xmit",
	[SYM_XDP_SOCKET] = "xp_assign_dev",
	[SYM_PACKET_SEND] = "packet_sendmsg",
	[SYM_TCX] = "tcx_prog_attach",
	[SYM_CLSACT] = "clsact_init",
	[SYM_CLS_BPF] = "cls_bpf_classify",
	[SYM_CGROUP_SOCKOPT] = "__cgroup_bpf_run_filter_setsockopt",
};
_Static_assert(ARRAY_SIZE(symbols) == SYM_MAX, "one for each");

struct view {
	struct vg_survey *survey;
	bool listed; /* /proc/kallsyms could be read */
	bool has[SYM_MAX];
	bool in_module[SYM_MAX];
	bool confidential; /* lockdown */
	int major, minor;
};

/* ---- reading */

/* "ffffffff81000000 T name\t[module]" */
static void take_symbol(struct view *view, const char *line)
{
	char name[128], module[64] = "";

	if (sscanf(line, "%*s %*s %127s %63s", name, module) < 1)
		return;
	for (size_t i = 0; i < SYM_MAX; i++) {
		if (strcmp(name, symbols[i]))
			continue;
		view->has[i] = true;
		view->in_module[i] = *module;
	}
}

/* Some 200,000 lines, mostly of data and of no interest. */
static void read_symbols(struct view *view)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/kallsyms", "re");
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		const char *type = strchr(line, ' ');

		view->listed = true;
		if (type && strpbrk(type + 1, "tTwW") == type + 1)
			take_symbol(view, line);
	}
}

/* "none integrity [confidentiality]" */
static void read_lockdown(struct view *view)
{
	_cleanup_fclose_ FILE *file = fopen(LOCKDOWN, "re");
	char line[128];

	view->confidential = file && fgets(line, sizeof(line), file) && strstr(line, "[confidentiality]");
}

static void read_release(struct view *view)
{
	struct utsname name;

	if (uname(&name) < 0 || sscanf(name.release, "%d.%d", &view->major, &view->minor) != 2)
		view->major = view->minor = 0;
}

static bool is_loadable(const char *module)
{
	static const char *const lists[] = { "modules.builtin", "modules.dep" };
	struct utsname name;
	char path[PATH_MAX], line[1024], file_name[64];

	snprintf(file_name, sizeof(file_name), "/%s.ko", module);
	for (size_t i = 0; uname(&name) == 0 && i < ARRAY_SIZE(lists); i++) {
		_cleanup_fclose_ FILE *file = NULL;

		snprintf(path, sizeof(path), "/lib/modules/%s/%s", name.release, lists[i]);
		file = fopen(path, "re");
		while (file && fgets(line, sizeof(line), file)) {
			if (strstr(line, file_name))
				return true;
		}
	}
	return false;
}

/* ---- saying */

static void say(struct view *view, enum vg_feature feature, enum vg_sight sight, const char *why)
{
	view->survey->of[feature].sight = sight;
	snprintf(view->survey->of[feature].why, sizeof(view->survey->of[feature].why), "%s", why);
}

static void say_no(struct view *view, enum vg_feature feature, const char *why, const char *cure)
{
	say(view, feature, VG_SIGHT_NO, why);
	view->survey->of[feature].cure = cure;
}

/* A function that the feature hangs on. False: it was said that it is missing, or that this cannot be told. */
static bool needs(struct view *view, enum vg_feature feature, enum symbol symbol)
{
	char why[160];

	if (view->has[symbol])
		return true;
	snprintf(why, sizeof(why), view->listed ? "the kernel has no %s()" : "/proc/kallsyms cannot be read, so whether there is %s() is not known",
		 symbols[symbol]);
	say(view, feature, view->listed ? VG_SIGHT_NO : VG_SIGHT_UNKNOWN, why);
	return false;
}

static bool is_there(const struct view *view, enum vg_feature feature)
{
	return view->survey->of[feature].sight == VG_SIGHT_YES;
}

static void look_at_basis(struct view *view)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK) == 0)
		say(view, VG_FEATURE_BTF, VG_SIGHT_YES, "");
	else
		say(view, VG_FEATURE_BTF, VG_SIGHT_NO, "there is no /sys/kernel/btf/vmlinux");
	if (needs(view, VG_FEATURE_MAPS, SYM_BPF))
		say(view, VG_FEATURE_MAPS, VG_SIGHT_YES, "");
}

/* The folder is made below a bpffs: the first parent that is there must be one. */
static void look_at_pins(struct view *view, const char *pin_dir)
{
	char path[PATH_MAX], why[160];
	struct statfs fs;
	char *slash;

	snprintf(path, sizeof(path), "%s", pin_dir);
	while (statfs(path, &fs) < 0) {
		slash = strrchr(path, '/');
		if (errno != ENOENT || !slash || !slash[1]) {
			say(view, VG_FEATURE_PINS, VG_SIGHT_UNKNOWN, strerror(errno));
			return;
		}
		slash[slash == path] = '\0';
	}
	snprintf(why, sizeof(why), "%.100s is no bpffs", path);
	if ((unsigned long)fs.f_type == BPF_FS_MAGIC)
		say(view, VG_FEATURE_PINS, VG_SIGHT_YES, "");
	else
		say(view, VG_FEATURE_PINS, VG_SIGHT_NO, why);
}

static void look_at_tracing(struct view *view)
{
	if (!is_there(view, VG_FEATURE_BTF))
		say(view, VG_FEATURE_TRACING, VG_SIGHT_NO, "it needs btf");
	else if (needs(view, VG_FEATURE_TRACING, SYM_TRAMPOLINE) && needs(view, VG_FEATURE_TRACING, SYM_FTRACE))
		say(view, VG_FEATURE_TRACING, VG_SIGHT_YES, "");
	if (is_there(view, VG_FEATURE_TRACING))
		say(view, VG_FEATURE_KPROBE, VG_SIGHT_NOT_NEEDED, "");
	else if (view->confidential)
		say_no(view, VG_FEATURE_KPROBE, "the kernel is locked down (confidentiality)", NO_LOCKDOWN);
	else if (needs(view, VG_FEATURE_KPROBE, SYM_KPROBES))
		say(view, VG_FEATURE_KPROBE, VG_SIGHT_YES, "");
}

/* What is a tracing program, too, and the function that it hangs on. */
static bool traces(struct view *view, enum vg_feature feature, enum symbol symbol)
{
	if (view->survey->of[VG_FEATURE_TRACING].sight == VG_SIGHT_YES)
		return needs(view, feature, symbol);
	say(view, feature, view->survey->of[VG_FEATURE_TRACING].sight, "it needs tracing");
	return false;
}

static void look_at_denying(struct view *view)
{
	static const enum vg_feature both[] = { VG_FEATURE_DENY, VG_FEATURE_DENY_IOCTL };
	static const enum symbol hooks[] = { SYM_NETLINK_SEND, SYM_CAPABLE };

	for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
		if (view->confidential)
			say_no(view, both[i], "the kernel is locked down (confidentiality)", NO_LOCKDOWN);
		else if (traces(view, both[i], hooks[i]))
			say(view, both[i], VG_SIGHT_YES, "");
	}
	if (is_there(view, VG_FEATURE_DENY_IOCTL) && (!view->has[SYM_IPV6] || view->in_module[SYM_IPV6]))
		say(view, VG_FEATURE_DENY_IOCTL, VG_SIGHT_NO, "IPv6 is a module of this kernel, or is not there");
}

static void look_at_roads(struct view *view)
{
	_cleanup_close_ int root = -1;
	int r = vg_cgroup_open_root(&root);

	if (!needs(view, VG_FEATURE_QDISC_BYPASS, SYM_CGROUP_SOCKOPT))
		;
	else if (r < 0)
		say(view, VG_FEATURE_QDISC_BYPASS, VG_SIGHT_NO,
		    r == -EXDEV ? "only a part of the cgroup2 hierarchy is shown here" : "cgroup2 is mounted nowhere here");
	else if (traces(view, VG_FEATURE_QDISC_BYPASS, SYM_TRAMPOLINE))
		say(view, VG_FEATURE_QDISC_BYPASS, VG_SIGHT_YES, "");
	if (traces(view, VG_FEATURE_PAST, SYM_DIRECT_XMIT))
		say(view, VG_FEATURE_PAST, VG_SIGHT_YES, "");
	if (view->listed && !view->has[SYM_XDP_SOCKET])
		say(view, VG_FEATURE_AF_XDP, VG_SIGHT_NOT_NEEDED, "");
	else if (traces(view, VG_FEATURE_AF_XDP, SYM_XDP_SOCKET))
		say(view, VG_FEATURE_AF_XDP, VG_SIGHT_YES, "");
	if (!view->has[SYM_PACKET_SEND] && is_loadable("af_packet"))
		say(view, VG_FEATURE_SENDER, VG_SIGHT_UNKNOWN, "the module af_packet is not loaded yet");
	else if (traces(view, VG_FEATURE_SENDER, SYM_PACKET_SEND))
		say(view, VG_FEATURE_SENDER, VG_SIGHT_YES, "");
}

static void look_at_clsact(struct view *view)
{
	bool qdisc = view->has[SYM_CLSACT] || is_loadable("sch_ingress"), filter = view->has[SYM_CLS_BPF] || is_loadable("cls_bpf");

	if (is_there(view, VG_FEATURE_TCX))
		say(view, VG_FEATURE_CLSACT, VG_SIGHT_NOT_NEEDED, "");
	else if (qdisc && filter)
		say(view, VG_FEATURE_CLSACT, VG_SIGHT_YES, "");
	else
		say(view, VG_FEATURE_CLSACT, VG_SIGHT_UNKNOWN,
		    qdisc ? "no module cls_bpf is to be seen here" : "no module sch_ingress is to be seen here");
}

static void look_at_tc(struct view *view)
{
	char why[160];

	snprintf(why, sizeof(why), "this is kernel %d.%d", view->major, view->minor);
	if (view->major < 6 || (view->major == 6 && view->minor < 6))
		say(view, VG_FEATURE_TCX, VG_SIGHT_NO, why);
	else if (needs(view, VG_FEATURE_TCX, SYM_TCX))
		say(view, VG_FEATURE_TCX, VG_SIGHT_YES, "");
	look_at_clsact(view);
	say(view, VG_FEATURE_ORDER, VG_SIGHT_UNKNOWN, "only a guard that runs can tell");
	say(view, VG_FEATURE_LINKS, VG_SIGHT_UNKNOWN, "only a guard that runs can tell");
}

static void look_at_rtnetlink(struct view *view)
{
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);

	say(view, VG_FEATURE_RTNETLINK, fd >= 0 ? VG_SIGHT_YES : VG_SIGHT_NO, fd >= 0 ? "" : strerror(errno));
}

/* What /proc/self/status says in CapEff (proc(5)). */
static uint64_t capabilities(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/status", "re");
	unsigned long long set = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "CapEff: %llx", &set) == 1)
			return set;
	}
	return 0;
}

static void look_at_privileges(struct view *view)
{
	static const struct {
		unsigned bit;
		const char *name;
	} wanted[] = { { CAP_NET_ADMIN, "CAP_NET_ADMIN" }, { CAP_BPF, "CAP_BPF" }, { CAP_PERFMON, "CAP_PERFMON" } };
	char *out = view->survey->privileges;
	uint64_t set = capabilities();
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		if (!(set >> wanted[i].bit & 1))
			n += (size_t)snprintf(out + n, sizeof(view->survey->privileges) - n, "%s%s", n ? ", " : "", wanted[i].name);
	}
}

void vg_survey(const char *pin_dir, struct vg_survey *ret_survey)
{
	struct view view = { .survey = ret_survey };

	*ret_survey = (struct vg_survey){ .privileges = "" };
	read_symbols(&view);
	read_lockdown(&view);
	read_release(&view);
	look_at_basis(&view);
	look_at_pins(&view, pin_dir);
	look_at_tracing(&view);
	look_at_denying(&view);
	look_at_roads(&view);
	look_at_tc(&view);
	look_at_rtnetlink(&view);
	look_at_privileges(&view);
}

const char *vg_sight_to_str(enum vg_sight sight)
{
	static const char *const names[] = {
		[VG_SIGHT_UNKNOWN] = "unknown", [VG_SIGHT_YES] = "yes", [VG_SIGHT_NO] = "no", [VG_SIGHT_NOT_NEEDED] = "not-needed"
	};

	return names[sight];
}
