/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the places from the weakest to the strongest: file, environment, flags. A list that a stronger place has replaces the
 * weaker one whole. Own parser, since getopt_long() takes abbreviations, and an abbreviation changes its meaning when an option is added.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/options.h"
#include "base/time.h"
#include "conf/settings.h"
#include "conf/text.h"
#include "core/breaker.h"
#include "core/judge.h"

#define HOST_NAME_BYTES 256

/* Flags as found, in order, before anything is applied: the file that they may name comes first. */
struct flag {
	const struct vg_option *option;
	const char *value;
};

struct flags {
	struct flag *list;
	size_t n;
	bool help;
};

static void flags_deinit(struct flags *flags)
{
	free(flags->list);
}

static int apply(struct vg_draft *draft, const struct vg_option *option, const char *value, enum vg_place place, struct vg_error *ret_error)
{
	size_t i = vg_option_number(option);

	if (draft->places[i] != place) {
		draft->places[i] = place;
		if (option->reset)
			option->reset(option, draft);
	}
	return option->set(option, draft, value, ret_error);
}

static int apply_named(struct vg_draft *draft, const struct vg_option *option, const char *value, enum vg_place place, const char *where,
		       struct vg_error *ret_error)
{
	struct vg_error inner = { .text = "out of memory" };
	int r = apply(draft, option, value, place, &inner);

	return r < 0 ? vg_error_set(ret_error, r, "%s: %s", where, inner.text) : 0;
}

static int apply_setting(void *ctx, const char *key, const char *value, struct vg_error *ret_error)
{
	const struct vg_option *option = vg_option_find(key, strlen(key));
	struct vg_draft *draft = ctx;
	char quote[VG_QUOTE_MAX];

	if (!option || strcmp(key, "config") == 0) {
		vg_text_quote(key, quote);
		return vg_error_set(ret_error, -EINVAL, "unknown key %s, expected the name of an option, such as mode", quote);
	}
	/* a key comes once, so a second call is a second item: the first must not silently lose */
	if (!option->list && draft->places[vg_option_number(option)] == VG_PLACE_FILE)
		return vg_error_set(ret_error, -EINVAL, "%s: found a list, expected one value", key);
	return apply_named(draft, option, value, VG_PLACE_FILE, key, ret_error);
}

static void variable_name(const struct vg_option *option, char *out, size_t size)
{
	snprintf(out, size, "VIPGUARD_%s", option->name);
	for (char *c = out; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
}

static int apply_variable(struct vg_draft *draft, const struct vg_option *option, struct vg_error *ret_error)
{
	char name[64], *rest = NULL;
	const char *value;
	_cleanup_free_ char *copy = NULL;
	int r = 0;

	variable_name(option, name, sizeof(name));
	value = getenv(name);
	if (!value || !*value) /* set but empty is how templates say "not set" */
		return 0;
	if (!option->list || value[strspn(value, ",")] == 0) /* commas alone are no list: the setter says so */
		return apply_named(draft, option, value, VG_PLACE_ENVIRONMENT, name, ret_error);
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	for (char *item = strtok_r(copy, ",", &rest); item && r == 0; item = strtok_r(NULL, ",", &rest))
		r = apply_named(draft, option, item, VG_PLACE_ENVIRONMENT, name, ret_error);
	return r;
}

/*
 * Kubernetes puts variables into every pod for each Service of its namespace, so for one named vipguard or vipguard-metrics:
 * VIPGUARD_SERVICE_HOST, VIPGUARD_METRICS_SERVICE_PORT_HTTP, VIPGUARD_PORT, VIPGUARD_PORT_80_TCP_ADDR (makeLinkVariables(),
 * pkg/kubelet/envvars).
 */
static bool is_service_link(const char *name, size_t len)
{
	static const char *const parts[] = { "_SERVICE_HOST", "_SERVICE_PORT", "_PORT" };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		size_t n = strlen(parts[i]);

		for (const char *at = strstr(name, parts[i]); at && at + n <= name + len; at = strstr(at + 1, parts[i])) {
			if (at + n == name + len || at[n] == '_')
				return true;
		}
	}
	return false;
}

static bool is_variable(const char *variable, size_t len)
{
	const struct vg_option *option;
	char name[64];

	for (size_t i = 0; (option = vg_option_at(i)); i++) {
		variable_name(option, name, sizeof(name));
		if (strlen(name) == len && memcmp(name, variable, len) == 0)
			return true;
	}
	return false;
}

/* A misspelt variable must not pass for one that is not set. */
static int refuse_unknown_variables(struct vg_error *ret_error)
{
	_cleanup_free_ char *name = NULL;
	char quote[VG_QUOTE_MAX];

	for (char **variable = environ; variable && *variable; variable++) {
		size_t len = strcspn(*variable, "=");

		if (strncmp(*variable, "VIPGUARD_", 9) != 0 || is_variable(*variable, len) || is_service_link(*variable, len))
			continue;
		name = strndup(*variable, len);
		if (!name)
			return -ENOMEM;
		vg_text_quote(name, quote);
		return vg_error_set(ret_error, -EINVAL,
				    "unknown variable %s in the environment, expected VIPGUARD_ and an option, such as VIPGUARD_MODE", quote);
	}
	return 0;
}

static int apply_environment(struct vg_draft *draft, enum vg_command_bit command, struct vg_error *ret_error)
{
	const struct vg_option *option;
	int r = refuse_unknown_variables(ret_error);

	for (size_t i = 0; r == 0 && (option = vg_option_at(i)); i++) {
		if (option->commands & command)
			r = apply_variable(draft, option, ret_error);
	}
	return r;
}

/* Where nothing else names the node. Checked only then: what is overruled does no harm. */
static int apply_node_name(struct vg_draft *draft, struct vg_error *ret_error)
{
	const struct vg_option *node = vg_option_find("node", 4);
	const char *value = getenv("NODE_NAME");

	if (!value || !*value || draft->places[vg_option_number(node)] != VG_PLACE_DEFAULT)
		return 0;
	return apply_named(draft, node, value, VG_PLACE_ENVIRONMENT, "NODE_NAME", ret_error);
}

static int apply_flags(struct vg_draft *draft, const struct flags *flags, struct vg_error *ret_error)
{
	char where[64];
	int r = 0;

	for (size_t i = 0; i < flags->n && r == 0; i++) {
		snprintf(where, sizeof(where), "--%s", flags->list[i].option->name);
		r = apply_named(draft, flags->list[i].option, flags->list[i].value, VG_PLACE_FLAG, where, ret_error);
	}
	return r;
}

/* One argument that starts with a dash. Returns how many of argv it took, or -errno. */
static int read_flag(char **argv, enum vg_command_bit command, struct flags *flags, struct vg_error *ret_error)
{
	bool is_long = argv[0][1] == '-';
	const char *name = argv[0] + (is_long ? 2 : 1);
	size_t len = is_long ? strcspn(name, "=") : 1;
	const struct vg_option *option = is_long ? vg_option_find(name, len) : vg_option_find_letter(*name, command);
	const char *value = name[len] ? name + len + (name[len] == '=') : NULL;
	char quote[VG_QUOTE_MAX];
	int taken = 1;

	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
		flags->help = true;
		return 1;
	}
	if (!option) {
		vg_text_quote(argv[0], quote);
		return vg_error_set(ret_error, -EINVAL, "unknown option %s, expected one of vipguard %s --help", quote, vg_command_of(command)->name);
	}
	if (!(option->commands & command))
		return vg_error_set(ret_error, -EINVAL, "%s takes no --%s", vg_command_of(command)->name, option->name);
	if (!option->metavar && !value)
		value = "true";
	if (!value) {
		value = argv[1];
		taken = 2;
	}
	if (!value)
		return vg_error_set(ret_error, -EINVAL, "--%s: found nothing, expected %s", option->name, option->metavar);
	flags->list[flags->n++] = (struct flag){ option, value };
	return taken;
}

static int add_argument(struct vg_config_options *options, const char *text)
{
	options->args[options->n_args] = strdup(text);
	if (!options->args[options->n_args])
		return -ENOMEM;
	options->n_args++;
	return 0;
}

static int read_arguments(int argc, char **argv, enum vg_command_bit command, struct flags *flags, struct vg_config_options *options,
			  struct vg_error *ret_error)
{
	bool only_arguments = false;
	int r;

	flags->list = calloc((size_t)argc + 1, sizeof(*flags->list));
	options->args = calloc((size_t)argc + 1, sizeof(*options->args));
	if (!flags->list || !options->args)
		return -ENOMEM;
	for (int i = 1; i < argc; i += r) {
		r = 1;
		if (!only_arguments && strcmp(argv[i], "--") == 0)
			only_arguments = true;
		else if (!only_arguments && argv[i][0] == '-' && argv[i][1])
			r = read_flag(argv + i, command, flags, ret_error);
		else if (add_argument(options, argv[i]) < 0)
			r = -ENOMEM;
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_count(const struct vg_config_options *options, enum vg_command_bit bit, struct vg_error *ret_error)
{
	const struct vg_command *command = vg_command_of(bit);
	char quote[VG_QUOTE_MAX];

	if (options->n_args < command->min_args)
		return vg_error_set(ret_error, -EINVAL, "%s: found no argument, expected%s", command->name, command->arguments);
	if (options->n_args <= command->max_args)
		return 0;
	vg_text_quote(options->args[command->max_args], quote);
	return vg_error_set(ret_error, -EINVAL, "%s: unexpected argument %s, expected %s", command->name, quote,
			    command->max_args ? "nothing more" : "none");
}

/* The file to read: the flag's, else the environment's. */
static const char *config_file(const struct flags *flags, enum vg_command_bit command)
{
	const struct vg_option *config = vg_option_find("config", 6);
	const char *path = config->commands & command ? getenv("VIPGUARD_CONFIG") : NULL;

	for (size_t i = 0; i < flags->n; i++) {
		if (flags->list[i].option == config)
			path = flags->list[i].value;
	}
	return path && *path ? path : NULL;
}

static int set_defaults(struct vg_config_options *options, enum vg_command_bit command)
{
	char host[HOST_NAME_BYTES];

	if (gethostname(host, sizeof(host)) < 0)
		return -errno;
	host[sizeof(host) - 1] = 0;
	vg_node_to_lower(host);
	options->mode = VG_AUDIT;
	options->deny = options->drop = options->remove = options->heal = true;
	options->grace_ns = VG_GRACE_NS_DEFAULT;
	options->dead_man_ns = 10 * VG_NS_PER_SEC;
	options->breaker = VG_BREAKER_DEFAULT;
	options->period_ns = 60 * VG_NS_PER_SEC;
	options->kube_events = true;
	options->timeout_ns = 5 * VG_NS_PER_SEC;
	options->max_age_ns = 60 * VG_NS_PER_SEC;
	options->log_format = isatty(STDOUT_FILENO) ? VG_FORMAT_TEXT : VG_FORMAT_JSON;
	options->output = VG_OUTPUT_TEXT;
	if (command == VG_CMD_WATCH)
		options->output = isatty(STDOUT_FILENO) ? VG_OUTPUT_VIEW : VG_OUTPUT_JSON;
	options->node = strdup(host);
	options->pin_dir = strdup(VG_PIN_DIR_DEFAULT);
	options->socket = strdup(VG_SOCKET_DEFAULT);
	(void)vg_listen_parse(VG_METRICS_DEFAULT, &options->metrics);
	options->port = options->metrics.port;
	return options->node && options->pin_dir && options->socket ? 0 : -ENOMEM;
}

static int apply_places(struct vg_draft *draft, const struct flags *flags, enum vg_command_bit command, struct vg_error *ret_error)
{
	const char *file = config_file(flags, command);
	int r = 0;

	if (file)
		r = vg_settings_read(file, apply_setting, draft, ret_error);
	if (r < 0 && r != -ENOMEM)
		r = -EINVAL; /* a file that cannot be read is a wrong --config */
	if (r == 0)
		r = apply_environment(draft, command, ret_error);
	if (r == 0)
		r = apply_flags(draft, flags, ret_error);
	if (r == 0)
		r = apply_node_name(draft, ret_error);
	return r;
}

int vg_config_parse(int argc, char **argv, enum vg_command_bit command, struct vg_error *ret_error, struct vg_config_options **ret_options)
{
	VG_CLEANUP(vg_config_freep) struct vg_config_options *options = calloc(1, sizeof(*options));
	VG_CLEANUP(flags_deinit) struct flags flags = { 0 };
	struct vg_draft draft = { .options = options, .command = command };
	int r;

	vg_error_set(ret_error, 0, "out of memory"); /* until something else is wrong */
	r = options ? set_defaults(options, command) : -ENOMEM;
	if (r == 0)
		r = read_arguments(argc, argv, command, &flags, options, ret_error);
	if (r < 0)
		return r;
	if (flags.help) {
		vg_config_print_help(command);
		return 1;
	}
	r = check_count(options, command, ret_error);
	if (r == 0)
		r = apply_places(&draft, &flags, command, ret_error);
	if (r < 0)
		return r;
	*ret_options = TAKE_PTR(options);
	return 0;
}

static void free_list(struct vg_config_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->list[i]);
	free(list->list);
}

void vg_config_free(struct vg_config_options *options)
{
	if (!options)
		return;
	for (size_t i = 0; i < options->n_args; i++)
		free(options->args[i]);
	free_list(&options->interfaces);
	free_list(&options->manifests);
	free_list(&options->objects);
	free_list(&options->events);
	free_list(&options->with);
	free_list(&options->without_objects);
	free(options->args);
	free(options->protect);
	free(options->node);
	free(options->assignments);
	free(options->kubeconfig);
	free(options->context);
	free(options->server);
	free(options->config);
	free(options->addresses);
	free(options->bundle);
	free(options->link);
	free(options->pin_dir);
	free(options->socket);
	free(options->namespace);
	free(options);
}
