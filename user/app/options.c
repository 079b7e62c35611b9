/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "app/options.h"
#include "base/time.h"

#define LOOKS (VG_CMD_CHECK | VG_CMD_EXPLAIN | VG_CMD_EVIDENCE | VG_CMD_DOCTOR)
#define JUDGES (VG_CMD_RUN | LOOKS)
#define ASKS (VG_CMD_CHECK | VG_CMD_EXPLAIN | VG_CMD_DOCTOR | VG_CMD_STATUS | VG_CMD_WATCH | VG_CMD_MODE | VG_CMD_PAUSE | VG_CMD_RESUME)
#define AT(field) .offset = offsetof(struct vg_config_options, field)
#define SECONDS(n) ((n)*VG_NS_PER_SEC)

static const struct vg_option options[] = {
	{ .name = "mode",
	  .commands = VG_CMD_RUN,
	  .metavar = "MODE",
	  .values = "audit enforce",
	  .set = vg_set_mode,
	  .help = "audit: only say; enforce: act on violations (default: audit)" },
	{ .name = "act",
	  .commands = VG_CMD_RUN,
	  .list = true,
	  .metavar = "LIST",
	  .values = "deny drop remove heal none",
	  .set = vg_set_act,
	  .reset = vg_reset_act,
	  .help = "what enforce may do, of deny,drop,remove,heal, or none (default: all)" },
	{ .name = "assignments",
	  .commands = JUDGES,
	  .metavar = "FILE",
	  .set = vg_set_text,
	  AT(assignments),
	  .help = "which node holds which address (YAML or JSON)" },
	{ .name = "kubeconfig",
	  .commands = VG_CMD_RUN | VG_CMD_DOCTOR | VG_CMD_CLUSTER,
	  .metavar = "FILE",
	  .set = vg_set_text,
	  AT(kubeconfig),
	  .help = "how to reach the API server, or in-cluster (default: in-cluster, unless --assignments is given)" },
	{ .name = "context",
	  .commands = VG_CMD_RUN | VG_CMD_DOCTOR | VG_CMD_CLUSTER,
	  .metavar = "NAME",
	  .set = vg_set_word,
	  AT(context),
	  .help = "of the kubeconfig (default: its current one)" },
	{ .name = "server",
	  .commands = VG_CMD_RUN | VG_CMD_DOCTOR | VG_CMD_CLUSTER,
	  .metavar = "URL[,URL]",
	  .set = vg_set_word,
	  AT(server),
	  .help = "API servers to try first, such as this node's own" },
	{ .name = "max-age",
	  .commands = VG_CMD_RUN,
	  .metavar = "TIME",
	  .set = vg_set_duration,
	  AT(max_age_ns),
	  .min = SECONDS(1),
	  .max = SECONDS(3600),
	  .help = "an API server silent for so long is no ground to act on (default: 60s)" },
	{ .name = "manifests",
	  .commands = VG_CMD_RUN | VG_CMD_DOCTOR,
	  .list = true,
	  .metavar = "DIR",
	  .set = vg_set_file,
	  .reset = vg_reset_list,
	  AT(manifests),
	  .help = "static Pods of this host, for the control plane's VIP; repeatable" },
	{ .name = "objects",
	  .commands = LOOKS,
	  .list = true,
	  .metavar = "FILE",
	  .set = vg_set_file,
	  .reset = vg_reset_list,
	  AT(objects),
	  .help = "the cluster, as `kubectl get ... -o json` prints it; repeatable" },
	{ .name = "with",
	  .commands = VG_CMD_EXPLAIN | VG_CMD_DOCTOR,
	  .list = true,
	  .metavar = "FILE",
	  .set = vg_set_file,
	  .reset = vg_reset_list,
	  AT(with),
	  .help = "what if --objects held these, too, or in place of its own (JSON or YAML); repeatable" },
	{ .name = "without-object",
	  .commands = VG_CMD_EXPLAIN | VG_CMD_DOCTOR,
	  .list = true,
	  .metavar = "KIND/NAMESPACE/NAME",
	  .set = vg_set_object,
	  .reset = vg_reset_list,
	  AT(without_objects),
	  .help = "what if --objects did not hold it; repeatable" },
	{ .name = "node",
	  .commands = JUDGES,
	  .metavar = "NAME",
	  .set = vg_set_node,
	  .help = "this node's name (default: $NODE_NAME, else the host name)" },
	{ .name = "protect",
	  .commands = JUDGES,
	  .list = true,
	  .metavar = "ADDR[/LEN]",
	  .set = vg_set_protect,
	  .reset = vg_reset_protect,
	  .help = "never touch it; repeatable" },
	{ .name = "interface",
	  .commands = VG_CMD_RUN,
	  .list = true,
	  .metavar = "NAME",
	  .set = vg_set_interface,
	  .reset = vg_reset_list,
	  AT(interfaces),
	  .help = "judge frames on this link; repeatable (default: the node's own links)" },
	{ .name = "grace",
	  .commands = JUDGES,
	  .metavar = "TIME",
	  .set = vg_set_duration,
	  AT(grace_ns),
	  .max = SECONDS(3600),
	  .help = "an assignment that changed so recently is in transition (default: 15s)" },
	{ .name = "dead-man",
	  .commands = VG_CMD_RUN,
	  .metavar = "TIME",
	  .set = vg_set_duration,
	  AT(dead_man_ns),
	  .min = SECONDS(1),
	  .max = SECONDS(600),
	  .help = "let everything pass when the guard is silent for so long (default: 10s)" },
	{ .name = "detach-on-exit",
	  .commands = VG_CMD_RUN,
	  .set = vg_set_flag,
	  AT(detach_on_exit),
	  .help = "let everything pass as soon as the guard is told to stop" },
	{ .name = "breaker",
	  .commands = VG_CMD_RUN,
	  .metavar = "N",
	  .set = vg_set_breaker,
	  .help = "when more addresses turn wrong at once, wait for resume; or none (default: 10)" },
	{ .name = "for", .commands = VG_CMD_PAUSE, .metavar = "TIME", .set = vg_set_pause, .help = "how long, 1s to 24h; always needed" },
	{ .name = "period",
	  .commands = VG_CMD_RUN,
	  .metavar = "TIME",
	  .set = vg_set_duration,
	  AT(period_ns),
	  .min = 100 * VG_NS_PER_MS,
	  .max = SECONDS(3600),
	  .help = "fold repeats of this time into one line (default: 60s)" },
	{ .name = "log-format",
	  .commands = VG_CMD_RUN,
	  .metavar = "FORMAT",
	  .values = "json text",
	  .set = vg_set_log_format,
	  .help = "events as json or text (default: text on a terminal, else json)" },
	{ .name = "addresses",
	  .commands = LOOKS,
	  .metavar = "FILE",
	  .set = vg_set_text,
	  AT(addresses),
	  .help = "what is bound, as `ip -json address show` prints it (default: ask the kernel)" },
	{ .name = "now", .commands = LOOKS, .metavar = "RFC3339", .set = vg_set_now, .help = "judge as if it were this time" },
	{ .name = "events",
	  .commands = VG_CMD_EVIDENCE,
	  .list = true,
	  .metavar = "FILE",
	  .set = vg_set_file,
	  .reset = vg_reset_list,
	  AT(events),
	  .help = "besides, lines of a guard's log; repeatable" },
	{ .name = "link",
	  .commands = VG_CMD_EXPLAIN,
	  .metavar = "NAME",
	  .set = vg_set_link,
	  AT(link),
	  .help = "judge a bind on this link (default: a real link)" },
	{ .name = "pin-dir",
	  .commands = VG_CMD_RUN | VG_CMD_DETACH | VG_CMD_DOCTOR,
	  .metavar = "DIR",
	  .set = vg_set_pin_dir,
	  AT(pin_dir),
	  .help = "where maps and links are pinned (default: " VG_PIN_DIR_DEFAULT ")" },
	{ .name = "socket",
	  .commands = VG_CMD_RUN | ASKS | VG_CMD_EVIDENCE,
	  .metavar = "PATH",
	  .set = vg_set_socket,
	  AT(socket),
	  .help = "the guard's local API (default: " VG_SOCKET_DEFAULT ")" },
	{ .name = "metrics",
	  .commands = VG_CMD_RUN,
	  .metavar = "ADDR:PORT",
	  .set = vg_set_metrics,
	  .help = "serve a status page, /metrics, /healthz, /readyz there; or off (default: " VG_METRICS_DEFAULT ")" },
	{ .name = "metrics-vips",
	  .commands = VG_CMD_RUN,
	  .set = vg_set_flag,
	  AT(metrics_vips),
	  .help = "/metrics and the page there also name VIPs, Services and processes" },
	{ .name = "port",
	  .commands = VG_CMD_CLUSTER,
	  .metavar = "PORT",
	  .set = vg_set_port,
	  AT(port),
	  .help = "where the guards answer, as their --metrics has it (default: 9477)" },
	{ .name = "namespace",
	  .commands = VG_CMD_CLUSTER,
	  .metavar = "NAME",
	  .set = vg_set_namespace,
	  AT(namespace),
	  .help = "the guards' (default: all namespaces)" },
	{ .name = "timeout",
	  .commands = VG_CMD_CLUSTER,
	  .metavar = "TIME",
	  .set = vg_set_duration,
	  AT(timeout_ns),
	  .min = 100 * VG_NS_PER_MS,
	  .max = SECONDS(600),
	  .help = "how long to wait for each guard (default: 5s)" },
	{ .name = "kube-events",
	  .commands = VG_CMD_RUN,
	  .metavar = "WHETHER",
	  .values = "on off",
	  .set = vg_set_on_off,
	  AT(kube_events),
	  .help = "write Events to the API where it is the source: on or off (default: on)" },
	{ .name = "without",
	  .commands = VG_CMD_RUN,
	  .list = true,
	  .metavar = "FEATURE",
	  .set = vg_set_without,
	  .reset = vg_reset_without,
	  .help = "do as if the kernel lacked it; repeatable" },
	{ .name = "config",
	  .commands = VG_CMD_RUN | ASKS | VG_CMD_EVIDENCE | VG_CMD_CLUSTER | VG_CMD_DETACH,
	  .metavar = "FILE",
	  .set = vg_set_text,
	  AT(config),
	  .help = "read options from this YAML file" },
	{ .name = "output",
	  .letter = 'o',
	  .commands = ASKS | VG_CMD_VERSION | VG_CMD_CLUSTER,
	  .metavar = "FORMAT",
	  .values = "json text markdown",
	  .set = vg_set_output,
	  .help = "json or text, check and cluster: or markdown (default: text; watch: a live view, json if not on a terminal)" },
	{ .name = "color",
	  .commands = VG_CMD_STATUS | VG_CMD_WATCH,
	  .metavar = "WHEN",
	  .values = "auto always never",
	  .set = vg_set_color,
	  .help = "auto, always or never (default: auto, on a terminal unless NO_COLOR is set)" },
	{ .name = "bundle",
	  .letter = 'o',
	  .commands = VG_CMD_EVIDENCE,
	  .metavar = "PATH",
	  .set = vg_set_text,
	  AT(bundle),
	  .help = "where to: a new or empty folder, or a new file that ends in .tar.gz; always needed" },
	{ .name = "verbose",
	  .letter = 'v',
	  .commands = VG_CMD_RUN | ASKS | VG_CMD_EVIDENCE | VG_CMD_CLUSTER | VG_CMD_DETACH,
	  .set = vg_set_flag,
	  AT(verbose),
	  .help = "diagnostics on standard error" },
};

_Static_assert(ARRAY_SIZE(options) <= VG_OPTIONS_MAX, "struct vg_draft has one place for each");

static const struct vg_command commands[] = {
	{ VG_CMD_RUN, "run", "", "guard this node, in the foreground", 0, 0 },
	{ VG_CMD_CHECK, "check", "", "judge every address bound here once; exit 1 if one is a violation", 0, 0 },
	{ VG_CMD_EXPLAIN, "explain", " ADDR...", "why an address may be here or may not", 1, SIZE_MAX },
	{ VG_CMD_STATUS, "status", "", "what the running guard does: mode, hooks, source, counters", 0, 0 },
	{ VG_CMD_WATCH, "watch", "", "the running guard, live: its VIPs and events as they happen", 0, 0 },
	{ VG_CMD_CLUSTER, "cluster", " [FILE...]", "all guards of the cluster in one table, disagreements first; exit 1 if there is one", 0,
	  SIZE_MAX },
	{ VG_CMD_MODE, "mode", " audit|enforce", "switch the running guard until it restarts", 1, 1 },
	{ VG_CMD_PAUSE, "pause", " --for TIME", "stop acting for a while, and only report; ends by itself", 0, 0 },
	{ VG_CMD_RESUME, "resume", "", "act again: ends a pause, and lets go what the breaker holds", 0, 0 },
	{ VG_CMD_EVIDENCE, "evidence", " ADDR -o PATH", "what was seen of an address, by whom, and why it is judged so: for a bug report", 1, 1 },
	{ VG_CMD_DOCTOR, "doctor", "", "what kernel, node and cluster allow, what is wrong, and the lines to change", 0, 0 },
	{ VG_CMD_DETACH, "detach", "", "take off this kernel and bpffs what guards have left there", 0, 0 },
	{ VG_CMD_COMPLETION, "completion", " bash|zsh|fish", "a script for that shell that completes commands, options and their values", 1, 1 },
	{ VG_CMD_VERSION, "version", "", "version, build, libbpf, ABI", 0, 0 },
};

const struct vg_option *vg_option_at(size_t i)
{
	return i < ARRAY_SIZE(options) ? &options[i] : NULL;
}

size_t vg_option_number(const struct vg_option *option)
{
	return (size_t)(option - options);
}

const struct vg_option *vg_option_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0)
			return &options[i];
	}
	return NULL;
}

const struct vg_option *vg_option_find_letter(char letter, enum vg_command_bit command)
{
	const struct vg_option *found = NULL;

	for (size_t i = 0; letter && i < ARRAY_SIZE(options); i++) {
		if (options[i].letter == letter && (!found || (options[i].commands & command)))
			found = &options[i];
	}
	return found;
}

const struct vg_command *vg_command_at(size_t i)
{
	return i < ARRAY_SIZE(commands) ? &commands[i] : NULL;
}

const struct vg_command *vg_command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

const struct vg_command *vg_command_of(enum vg_command_bit bit)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (commands[i].bit == bit)
			return &commands[i];
	}
	return NULL;
}

static void print_option(const struct vg_option *option)
{
	char head[64];

	snprintf(head, sizeof(head), "%s%c%s--%s%s%s", option->letter ? "-" : "  ", option->letter ? option->letter : ' ',
		 option->letter ? ", " : " ", option->name, option->metavar ? " " : "", option->metavar ? option->metavar : "");
	printf("  %-26s %s\n", head, option->help);
}

void vg_config_print_help(enum vg_command_bit bit)
{
	const struct vg_command *command = vg_command_of(bit);

	printf("Usage: vipguard %s [OPTION...]%s\n\n%s\n\nOptions:\n", command->name, command->arguments, command->summary);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (options[i].commands & bit)
			print_option(&options[i]);
	}
	printf("  %-26s %s\n\n", "    --help", "this text");
	printf("Every option has an environment twin (--dead-man: VIPGUARD_DEAD_MAN) and a key of its name in the\n"
	       "file of --config. The flag beats the environment, the environment beats the file.\n");
}
