/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flags, environment and config file as one immutable struct, from one option table (config.c). Flag beats environment
 * (VIPGUARD_<FLAG>, dashes as underscores) beats file (key = flag's name). Repeatable options: the strongest place that has any wins whole;
 * in the environment they are separated by commas.
 */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "core/addr.h"
#include "kern/feature.h"
#include "report/probes.h"
#include "report/report.h"

#define VG_PIN_DIR_DEFAULT "/sys/fs/bpf/vipguard"
#define VG_METRICS_DEFAULT "127.0.0.1:9477"
#define VG_SOCKET_DEFAULT "/run/vipguard/vipguard.sock"
#define VG_IN_CLUSTER "in-cluster" /* in the place of a kubeconfig */

/* Which commands take an option; a flag of another command is an error. */
enum vg_command_bit {
	VG_CMD_RUN = 1 << 0,
	VG_CMD_CHECK = 1 << 1,
	VG_CMD_EXPLAIN = 1 << 2,
	VG_CMD_STATUS = 1 << 3,
	VG_CMD_WATCH = 1 << 4,
	VG_CMD_MODE = 1 << 5,
	VG_CMD_VERSION = 1 << 6,
	VG_CMD_PAUSE = 1 << 7,
	VG_CMD_RESUME = 1 << 8,
	VG_CMD_CLUSTER = 1 << 12,
	VG_CMD_DETACH = 1 << 9,
	VG_CMD_EVIDENCE = 1 << 10,
	VG_CMD_DOCTOR = 1 << 11,
	VG_CMD_COMPLETION = 1 << 15,
};

enum vg_output {
	VG_OUTPUT_TEXT,
	VG_OUTPUT_JSON,
	VG_OUTPUT_MARKDOWN, /* check */
	VG_OUTPUT_VIEW, /* watch on a terminal, if nothing else is said */
};

enum vg_color { VG_COLOR_AUTO, VG_COLOR_ALWAYS, VG_COLOR_NEVER };

/* Texts of a repeatable option. */
struct vg_config_list {
	char **list;
	size_t n;
};

struct vg_config_options {
	enum vg_mode mode; /* --mode, default audit */
	bool deny, drop, remove, heal; /* --act, default all */
	char *node; /* --node, else NODE_NAME, else host name */
	char *assignments; /* --assignments FILE; NULL: none */
	char *kubeconfig; /* --kubeconfig FILE, or VG_IN_CLUSTER; NULL: none */
	char *context; /* --context NAME of the kubeconfig; NULL: its current one */
	char *server; /* --server URL[,URL...]: tried before what kubeconfig or cluster say */
	struct vg_config_list manifests; /* --manifests DIR, repeatable: static Pods of this host */
	struct vg_config_list objects; /* --objects FILE, repeatable (check, explain) */
	struct vg_config_list with; /* --with FILE, repeatable (explain) */
	struct vg_config_list without_objects; /* --without-object KIND/NAMESPACE/NAME, repeatable (explain) */
	uint64_t max_age_ns; /* --max-age 60s */
	char *config; /* --config FILE */
	struct vg_prefix *protect; /* --protect, repeatable */
	size_t n_protect;
	struct vg_config_list interfaces; /* --interface, repeatable */
	uint64_t grace_ns; /* --grace 15s */
	uint64_t dead_man_ns; /* --dead-man 10s, 1s to 10m */
	bool detach_on_exit; /* --detach-on-exit: take everything off instead of leaving it to the dead-man */
	uint32_t breaker; /* --breaker 10; VG_BREAKER_OFF: none */
	uint64_t pause_ns; /* --for TIME (pause), 1s to 24h; 0: not given */
	uint64_t period_ns; /* --period 60s: folding of repeats */
	enum vg_format log_format; /* --log-format json|text; json when standard output is no terminal */
	enum vg_output output; /* -o, --output json|text, markdown (check) */
	enum vg_color color; /* --color auto|always|never (status, watch) */
	char *bundle; /* -o, --bundle DIR|FILE.tar.gz (evidence); NULL: not given */
	struct vg_config_list events; /* --events FILE, repeatable (evidence) */
	char *addresses; /* --addresses FILE (check, explain) */
	uint64_t now_real_ns; /* --now RFC3339 (check, explain); 0: the clock's */
	char *link; /* --link NAME (explain) */
	char *pin_dir; /* --pin-dir */
	char *socket; /* --socket */
	struct vg_listen metrics; /* --metrics 127.0.0.1:9477; port 0: off */
	bool metrics_vips; /* --metrics-vips */
	bool kube_events; /* --kube-events on|off */
	uint64_t port; /* --port 9477 (cluster): where guards answer */
	char *namespace; /* --namespace NAME (cluster); NULL: all */
	uint64_t timeout_ns; /* --timeout 5s (cluster): of one guard */
	uint32_t without; /* --without FEATURE, repeatable: 1 << enum vg_feature */
	bool verbose; /* -v, --verbose: diagnostics on standard error */
	char **args; /* what is no option */
	size_t n_args;
};

/* argv[0] is the command's name. -EINVAL with error for anything wrong; 1 when --help was asked for and printed. */
int vg_config_parse(int argc, char **argv, enum vg_command_bit command, struct vg_error *ret_error, struct vg_config_options **ret_options);
void vg_config_free(struct vg_config_options *options); /* NULL is fine */
void vg_config_print_help(enum vg_command_bit command);

VG_DEFINE_CLEANUP(struct vg_config_options *, vg_config_free)

#endif
