/* SPDX-License-Identifier: Apache-2.0 */
/* Checks and stores one value of an option. Errors say what was found and what was expected; config.c puts the place in front. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "app/options.h"
#include "base/time.h"
#include "conf/text.h"
#include "core/breaker.h"
#include "core/verdict.h"
#include "kern/kern.h"
#include "kube/dump_amend.h"

static int expected(struct vg_error *error, const char *found, const char *wanted)
{
	char quote[VG_QUOTE_MAX];

	vg_text_quote(found, quote);
	return vg_error_set(error, -EINVAL, "found %s, expected %s", quote, wanted);
}

static int store_text(const struct vg_option *option, struct vg_draft *draft, const char *value)
{
	char **field = (char **)((char *)draft->options + option->offset);
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

VG_SETTER(vg_set_text)
{
	if (!*value)
		return expected(ret_error, value, "a file name");
	return store_text(option, draft, value);
}

VG_SETTER(vg_set_word)
{
	if (!*value)
		return expected(ret_error, value, option->metavar);
	return store_text(option, draft, value);
}

VG_SETTER(vg_set_mode)
{
	(void)option;
	if (vg_mode_from_str(value, &draft->options->mode) < 0)
		return expected(ret_error, value, "audit or enforce");
	return 0;
}

static bool *act_field(struct vg_config_options *options, const char *name, size_t len)
{
	struct {
		const char *name;
		bool *field;
	} acts[] = { { "deny", &options->deny }, { "drop", &options->drop }, { "remove", &options->remove }, { "heal", &options->heal } };

	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		if (strlen(acts[i].name) == len && memcmp(acts[i].name, name, len) == 0)
			return acts[i].field;
	}
	return NULL;
}

static int act_one(struct vg_draft *draft, const char *name, size_t len)
{
	struct vg_config_options *o = draft->options;
	bool *field;

	if (len == 4 && memcmp(name, "none", 4) == 0) {
		draft->act_none = true;
		return o->deny || o->drop || o->remove || o->heal ? -EINVAL : 0;
	}
	field = act_field(o, name, len);
	if (!field || draft->act_none)
		return -EINVAL;
	*field = true;
	return 0;
}

VG_SETTER(vg_set_act)
{
	const char *at = value;

	(void)option;
	for (;;) {
		size_t len = strcspn(at, ",");

		if (act_one(draft, at, len) < 0)
			return expected(ret_error, value, "a list of deny, drop, remove, heal, or none alone");
		if (!at[len])
			return 0;
		at += len + 1;
	}
}

void vg_reset_act(const struct vg_option *option, struct vg_draft *draft)
{
	struct vg_config_options *o = draft->options;

	(void)option;
	o->deny = o->drop = o->remove = o->heal = false;
	draft->act_none = false;
}

/* As the kubelet does with host names (GetHostname(), pkg/util/node): "CP1" is the node cp1, and no other name is in assignments. */
void vg_node_to_lower(char *name)
{
	for (; *name; name++)
		*name = (char)tolower((unsigned char)*name);
}

VG_SETTER(vg_set_node)
{
	_cleanup_free_ char *copy = strdup(value);

	(void)option;
	if (!copy)
		return -ENOMEM;
	vg_node_to_lower(copy);
	if (!vg_text_is_node_name(copy))
		return expected(ret_error, value, "the name of a node (RFC 1123: a-z, 0-9, - and ., at most 253 characters)");
	free(draft->options->node);
	draft->options->node = TAKE_PTR(copy);
	return 0;
}

/* The rule of dev_valid_name(), net/core/dev.c. */
static bool is_link_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len >= VG_IFNAME_MAX || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (name[i] == '/' || name[i] == ':' || isspace((unsigned char)name[i]))
			return false;
	}
	return true;
}

VG_SETTER(vg_set_link)
{
	if (!is_link_name(value))
		return expected(ret_error, value, "a network link's name, 1 to 15 characters");
	return store_text(option, draft, value);
}

static int add_to_list(const struct vg_option *option, struct vg_draft *draft, const char *value)
{
	struct vg_config_list *list = (struct vg_config_list *)((char *)draft->options + option->offset);
	_cleanup_free_ char *copy = strdup(value);
	char **grown = copy ? reallocarray(list->list, list->n + 1, sizeof(*grown)) : NULL;

	if (!grown)
		return -ENOMEM;
	list->list = grown;
	list->list[list->n++] = TAKE_PTR(copy);
	return 0;
}

void vg_reset_list(const struct vg_option *option, struct vg_draft *draft)
{
	struct vg_config_list *list = (struct vg_config_list *)((char *)draft->options + option->offset);

	while (list->n > 0)
		free(list->list[--list->n]);
}

VG_SETTER(vg_set_interface)
{
	if (!is_link_name(value))
		return expected(ret_error, value, "a network link's name, 1 to 15 characters");
	return add_to_list(option, draft, value);
}

VG_SETTER(vg_set_file)
{
	if (!*value)
		return expected(ret_error, value, "a file name");
	return add_to_list(option, draft, value);
}

VG_SETTER(vg_set_object)
{
	struct vg_error error;

	if (vg_dump_check_name(value, &error) < 0)
		return expected(ret_error, value, "KIND/NAMESPACE/NAME or KIND/NAME, of a kind that verdicts depend on");
	return add_to_list(option, draft, value);
}

VG_SETTER(vg_set_protect)
{
	struct vg_config_options *o = draft->options;
	struct vg_prefix prefix, *grown;

	(void)option;
	if (vg_prefix_parse(value, &prefix) < 0)
		return expected(ret_error, value, "an IP address, or a network such as 192.0.2.0/24 without host bits");
	grown = reallocarray(o->protect, o->n_protect + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	o->protect = grown;
	o->protect[o->n_protect++] = prefix;
	return 0;
}

void vg_reset_protect(const struct vg_option *option, struct vg_draft *draft)
{
	(void)option;
	draft->options->n_protect = 0;
}

static void limit_to_text(uint64_t ns, char *out, size_t size)
{
	if (ns % VG_NS_PER_SEC == 0)
		snprintf(out, size, "%llus", (unsigned long long)(ns / VG_NS_PER_SEC));
	else
		snprintf(out, size, "%llums", (unsigned long long)(ns / VG_NS_PER_MS));
}

VG_SETTER(vg_set_duration)
{
	uint64_t ns, *field = (uint64_t *)((char *)draft->options + option->offset);
	char min[24], max[24], range[56];

	if (vg_duration_parse(value, &ns) < 0)
		return expected(ret_error, value, "a time such as 15s, 500ms or 1m30s");
	if (ns >= option->min && ns <= option->max) {
		*field = ns;
		return 0;
	}
	limit_to_text(option->min, min, sizeof(min));
	limit_to_text(option->max, max, sizeof(max));
	snprintf(range, sizeof(range), "%s to %s", min, max);
	return expected(ret_error, value, range);
}

VG_SETTER(vg_set_breaker)
{
	char *end;
	unsigned long n;

	(void)option;
	if (strcmp(value, "none") == 0) {
		draft->options->breaker = VG_BREAKER_OFF;
		return 0;
	}
	n = strtoul(value, &end, 10);
	if (!isdigit((unsigned char)*value) || *end || n > VG_BREAKER_MAX)
		return expected(ret_error, value, "a number from 0 (every one waits) to 16384, or none");
	draft->options->breaker = (uint32_t)n;
	return 0;
}
_Static_assert(VG_BREAKER_MAX == 16384, "as the text says");

VG_SETTER(vg_set_pause)
{
	uint64_t ns;

	(void)option;
	if (vg_duration_parse(value, &ns) < 0)
		return expected(ret_error, value, "a time such as 15m, 90s or 1h30m");
	if (ns < VG_NS_PER_SEC || ns > VG_PAUSE_MAX_NS)
		return expected(ret_error, value, "1s to 24h; vipguard resume ends a pause");
	draft->options->pause_ns = ns;
	return 0;
}

VG_SETTER(vg_set_log_format)
{
	(void)option;
	if (strcmp(value, "json") == 0)
		draft->options->log_format = VG_FORMAT_JSON;
	else if (strcmp(value, "text") == 0)
		draft->options->log_format = VG_FORMAT_TEXT;
	else
		return expected(ret_error, value, "json or text");
	return 0;
}

/* A config file serves all commands: one that prints nothing in this way does not mind what it says. */
VG_SETTER(vg_set_output)
{
	bool markdown = draft->command == VG_CMD_CHECK || draft->command == VG_CMD_CLUSTER || !(option->commands & draft->command);

	if (strcmp(value, "json") == 0)
		draft->options->output = VG_OUTPUT_JSON;
	else if (strcmp(value, "text") == 0)
		draft->options->output = VG_OUTPUT_TEXT;
	else if (markdown && strcmp(value, "markdown") == 0)
		draft->options->output = VG_OUTPUT_MARKDOWN;
	else
		return expected(ret_error, value, markdown ? "json or text or markdown" : "json or text");
	return 0;
}

VG_SETTER(vg_set_color)
{
	static const char *const words[] = { [VG_COLOR_AUTO] = "auto", [VG_COLOR_ALWAYS] = "always", [VG_COLOR_NEVER] = "never" };

	(void)option;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(value, words[i]) == 0) {
			draft->options->color = (enum vg_color)i;
			return 0;
		}
	}
	return expected(ret_error, value, "auto, always or never");
}

VG_SETTER(vg_set_now)
{
	(void)option;
	if (vg_time_parse_rfc3339(value, &draft->options->now_real_ns) < 0)
		return expected(ret_error, value, "a time such as 2026-11-22T10:00:00Z");
	return 0;
}

VG_SETTER(vg_set_pin_dir)
{
	if (value[0] != '/')
		return expected(ret_error, value, "an absolute path in a BPF file system");
	return store_text(option, draft, value);
}

VG_SETTER(vg_set_socket)
{
	if (!*value || strlen(value) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return expected(ret_error, value, "a path of 1 to 107 characters");
	return store_text(option, draft, value);
}

VG_SETTER(vg_set_metrics)
{
	(void)option;
	if (vg_listen_parse(value, &draft->options->metrics) < 0)
		return expected(ret_error, value, "ADDR:PORT such as 127.0.0.1:9477 or [::1]:9477, or off");
	return 0;
}

static int unknown_feature(struct vg_error *error, const char *value)
{
	char names[256] = "one of ";
	size_t len = strlen(names);

	for (unsigned i = 0; i < VG_FEATURE_MAX && len < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", i ? ", " : "", vg_feature_to_str(i));
	return expected(error, value, names);
}

VG_SETTER(vg_set_without)
{
	enum vg_feature feature;

	(void)option;
	if (vg_feature_from_str(value, &feature) < 0)
		return unknown_feature(ret_error, value);
	draft->options->without |= 1U << feature;
	return 0;
}

void vg_reset_without(const struct vg_option *option, struct vg_draft *draft)
{
	(void)option;
	draft->options->without = 0;
}

VG_SETTER(vg_set_flag)
{
	static const struct {
		const char *text;
		bool value;
	} words[] = { { "true", true }, { "yes", true }, { "1", true }, { "false", false }, { "no", false }, { "0", false } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].text, value) == 0) {
			*(bool *)((char *)draft->options + option->offset) = words[i].value;
			return 0;
		}
	}
	return expected(ret_error, value, "true or false");
}

VG_SETTER(vg_set_on_off)
{
	bool on = strcmp(value, "on") == 0;

	if (!on && strcmp(value, "off") != 0)
		return expected(ret_error, value, "on or off");
	*(bool *)((char *)draft->options + option->offset) = on;
	return 0;
}

VG_SETTER(vg_set_port)
{
	char *end;
	unsigned long port = strtoul(value, &end, 10);

	if (*value < '1' || *value > '9' || *end || port > UINT16_MAX)
		return expected(ret_error, value, "a port, 1 to 65535");
	*(uint64_t *)((char *)draft->options + option->offset) = port;
	return 0;
}

VG_SETTER(vg_set_namespace)
{
	if (!vg_text_is_node_name(value) || strlen(value) > 63 || strchr(value, '.'))
		return expected(ret_error, value, "the name of a namespace (RFC 1123 label: a-z, 0-9 and -, at most 63 characters)");
	return store_text(option, draft, value);
}
