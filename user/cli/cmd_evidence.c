/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle for a bug report: by the running guard, or by files; with lines of a log, if there is one. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "base/version.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/event_lines.h"
#include "cli/node_text.h"
#include "cli/pack.h"
#include "cli/picture.h"
#include "conf/text.h"
#include "report/bundle.h"
#include "report/json.h"

static int parse_arguments(const struct vg_config_options *options, struct vg_addr *ret_addr)
{
	struct vg_error error;
	char quote[VG_QUOTE_MAX];

	if (vg_addr_parse(options->args[0], ret_addr) < 0) {
		vg_text_quote(options->args[0], quote);
		vg_log(VG_LOG_ERROR, "evidence: found %s, expected an IP address", quote);
		return VG_EXIT_USAGE;
	}
	if (!options->bundle) {
		vg_log(VG_LOG_ERROR, "evidence: found no place for it, expected -o DIR or -o FILE.tar.gz");
		return VG_EXIT_USAGE;
	}
	if (vg_pack_check(options->bundle, &error) == 0)
		return vg_picture_refuse_flags(options);
	vg_log(VG_LOG_ERROR, "%s", error.text);
	return VG_EXIT_USAGE;
}

static int no_memory(void)
{
	vg_log_errno(-ENOMEM, "cannot make the bundle");
	return VG_EXIT_BLIND;
}

/* ---- by files */

static json_t *bundle_of(const struct vg_config_options *options, const struct vg_addr *addr, const struct vg_picture *picture)
{
	struct vg_answer answer = vg_judge(picture->snapshot, addr, options->link, &picture->circumstances);
	json_auto_t *bundle = vg_bundle_new(options->node, addr, picture->ground.now.real_ns);
	int r = bundle ? 0 : -ENOMEM;

	if (r == 0)
		r = vg_json_set(bundle, "explain", vg_explain_to_json(&picture->ground, addr, options->link, &answer, NULL));
	if (r == 0)
		r = vg_bundle_put_objects(bundle, &picture->ground, addr, &answer);
	if (r == 0)
		r = vg_bundle_say_missing(bundle, "status.json, frames.pcap: this was made from files, no guard was asked");
	if (r == 0 && !options->events.n)
		r = vg_bundle_say_missing(bundle, "events.jsonl: no --events were given, so who bound or announced the address is not in here");
	return r < 0 ? NULL : TAKE_PTR(bundle);
}

static int bundle_of_files(const struct vg_config_options *options, const struct vg_addr *addr, json_t **ret_bundle)
{
	VG_CLEANUP(vg_picture_deinit) struct vg_picture picture = { 0 };
	int status = vg_picture_read(options, &picture);

	if (status != VG_EXIT_FINE)
		return status;
	*ret_bundle = bundle_of(options, addr, &picture);
	return *ret_bundle ? VG_EXIT_FINE : no_memory();
}

/* ---- by the guard */

/* Nobody answers, but there is a log. */
static int bundle_of_nothing(const struct vg_config_options *options, const struct vg_addr *addr, const char *why, json_t **ret_bundle)
{
	json_auto_t *bundle = vg_bundle_new(options->node, addr, vg_time_real_ns());
	_cleanup_free_ char *sentence = NULL;

	if (!bundle || asprintf(&sentence, "explain.txt, objects.json, frames.pcap, status.json: %s; and no --objects were given", why) < 0 ||
	    vg_bundle_say_missing(bundle, sentence) < 0)
		return no_memory();
	*ret_bundle = TAKE_PTR(bundle);
	return VG_EXIT_FINE;
}

static int bundle_of_guard(const struct vg_config_options *options, const struct vg_addr *addr, json_t **ret_bundle)
{
	char path[VG_TEXT_MAX + 32], text[VG_TEXT_MAX];
	struct vg_error error;
	int r;

	vg_addr_to_str(addr, text);
	snprintf(path, sizeof(path), "/v1/evidence?address=%s", text);
	r = vg_client_call(options->socket, "GET", path, &error, ret_bundle);
	if (r == 0)
		return VG_EXIT_FINE;
	if (r == -ECONNREFUSED && options->events.n)
		return bundle_of_nothing(options, addr, error.text, ret_bundle);
	vg_log(VG_LOG_ERROR, "%s", error.text);
	return vg_client_exit(r);
}

/* ---- the rest of it */

static int put_versions(const struct vg_config_options *options, json_t *bundle)
{
	json_t *program = json_pack("{s:s, s:s}", "version", vg_version(), "build", vg_version_build());
	int r = vg_json_set(bundle, "program", program);

	/* with --addresses it is another machine that is spoken of */
	return r == 0 && !options->addresses ? vg_json_set(bundle, "kernel", vg_node_kernel_to_json()) : r;
}

/* What this machine is like says something only if it is the one that is spoken of. */
static const char *why_no_node(const struct vg_config_options *options, const json_t *bundle)
{
	const json_t *netns = json_object_get(json_object_get(bundle, "status"), "netns");

	if (options->addresses)
		return "node.txt: judged by --addresses, so this machine may be another one";
	if (netns && json_integer_value(netns) != (json_int_t)vg_node_netns())
		return "node.txt: the guard is in another network namespace than this command was";
	return NULL;
}

static int add_node(const struct vg_config_options *options, json_t *bundle, struct vg_bundle_files *files)
{
	const char *why = why_no_node(options, bundle);
	char *data = NULL;
	size_t size = 0;
	FILE *out;

	if (why)
		return vg_bundle_say_missing(bundle, why);
	out = open_memstream(&data, &size);
	if (!out)
		return -ENOMEM;
	(void)vg_node_print(out); /* what could not be looked at is said there */
	fclose(out);
	return vg_bundle_add_file(files, "node.txt", data, size);
}

static int write_bundle(const struct vg_config_options *options, json_t *bundle)
{
	VG_CLEANUP(vg_bundle_files_deinit) struct vg_bundle_files files = { .n = 0 };
	uint64_t real_ns = vg_time_real_ns();
	struct vg_error error;
	int r = put_versions(options, bundle);

	(void)vg_time_parse_rfc3339(vg_json_get_text(bundle, "time"), &real_ns);
	if (r == 0)
		r = vg_bundle_to_files(bundle, &files);
	if (r == 0)
		r = add_node(options, bundle, &files);
	if (r == 0)
		r = vg_bundle_add_readme(bundle, &files);
	if (r < 0)
		return no_memory();
	r = vg_pack_write(options->bundle, &files, real_ns, &error);
	if (r < 0) {
		vg_log(VG_LOG_ERROR, "%s", error.text);
		return r == -EEXIST || r == -ENOTEMPTY ? VG_EXIT_USAGE : VG_EXIT_BLIND;
	}
	printf("%s: %zu files; look at README.txt first\n", options->bundle, files.n);
	return VG_EXIT_FINE;
}

int vg_cmd_evidence(const struct vg_config_options *options)
{
	json_auto_t *bundle = NULL;
	struct vg_addr addr;
	int status = parse_arguments(options, &addr);

	if (status == VG_EXIT_FINE)
		status = vg_picture_wanted(options) ? bundle_of_files(options, &addr, &bundle) : bundle_of_guard(options, &addr, &bundle);
	if (status == VG_EXIT_FINE)
		status = vg_event_lines_add(options, &addr, bundle);
	return status == VG_EXIT_FINE ? write_bundle(options, bundle) : status;
}
