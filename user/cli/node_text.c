/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/node_text.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "cli/addresses_live.h"
#include "report/json.h"

/* kube-proxy's strictARP is arp_ignore 1 and arp_announce 2 on "all" (Documentation/networking/ip-sysctl.rst). */
static const struct {
	const char *family, *name;
} settings[] = {
	{ "ipv4", "arp_ignore" }, { "ipv4", "arp_announce" }, { "ipv4", "arp_accept" },	  { "ipv4", "arp_notify" },
	{ "ipv4", "proxy_arp" },  { "ipv4", "arp_filter" },   { "ipv4", "rp_filter" },	  { "ipv6", "disable_ipv6" },
	{ "ipv6", "accept_dad" }, { "ipv6", "proxy_ndp" },    { "ipv6", "ndisc_notify" },
};

/* The first line, without its newline; "" if there is none. */
static void read_line(const char *path, char *out, size_t size)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");

	if (!file || !fgets(out, (int)size, file))
		out[0] = 0;
	out[strcspn(out, "\n")] = 0;
}

uint32_t vg_node_netns(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) < 0 ? 0 : (uint32_t)st.st_ino;
}

json_t *vg_node_kernel_to_json(void)
{
	json_auto_t *kernel = json_object();
	struct utsname name = { .sysname = "" };
	char lockdown[128];
	int r = 0;

	uname(&name);
	read_line("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown));
	r |= vg_json_set_text(kernel, "release", name.release);
	r |= vg_json_set_text(kernel, "version", name.version);
	r |= vg_json_set_text(kernel, "machine", name.machine);
	r |= vg_json_set_text(kernel, "lockdown", lockdown);
	return r < 0 ? NULL : TAKE_PTR(kernel);
}

static void print_settings(FILE *out, const char *link)
{
	char path[128], value[32];

	fprintf(out, "%s:", link);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", settings[i].family, link, settings[i].name);
		read_line(path, value, sizeof(value));
		if (*value)
			fprintf(out, " %s=%s", settings[i].name, value);
	}
	fputc('\n', out);
}

static bool is_new(const struct vg_listed_addr *addrs, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (strcmp(addrs[j].ifname, addrs[i].ifname) == 0)
			return false;
	}
	return true;
}

static void print_addresses(FILE *out, const struct vg_listed_addr *addrs, size_t n, const char *link)
{
	char text[VG_TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		if (strcmp(addrs[i].ifname, link) != 0)
			continue;
		vg_addr_to_str(&addrs[i].bound.addr, text);
		fprintf(out, "  %s/%u flags 0x%x\n", text, addrs[i].bound.prefix, addrs[i].bound.flags);
	}
}

static void print_links(FILE *out, const struct vg_listed_addr *addrs, size_t n)
{
	size_t links = 0;

	print_settings(out, "all");
	print_settings(out, "default");
	for (size_t i = 0; i < n; i++) {
		if (!is_new(addrs, i) || links++ >= VG_NODE_TEXT_LINKS_MAX)
			continue;
		print_settings(out, addrs[i].ifname);
		print_addresses(out, addrs, n, addrs[i].ifname);
	}
	if (links > VG_NODE_TEXT_LINKS_MAX)
		fprintf(out, "and %zu links more\n", links - VG_NODE_TEXT_LINKS_MAX);
}

int vg_node_print(FILE *out)
{
	_cleanup_free_ struct vg_listed_addr *addrs = NULL;
	struct vg_error error;
	size_t n = 0;
	int r = vg_addresses_live(&error, &addrs, &n);

	fprintf(out, "network namespace %u; links with addresses, and what they are set to\n\n", vg_node_netns());
	if (r < 0)
		fprintf(out, "%s\n", error.text);
	print_links(out, addrs, n);
	return r;
}
