/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/picture.h"
#include "cli/show.h"
#include "conf/text.h"
#include "report/explain.h"
#include "report/what_if.h"

/* All arguments are looked at before anything is read or asked, so that a typo has one message wherever the answer comes from. */
static int parse_addresses(const struct vg_config_options *options, struct vg_addr *addrs)
{
	char quote[VG_QUOTE_MAX];

	for (size_t i = 0; i < options->n_args; i++) {
		if (vg_addr_parse(options->args[i], &addrs[i]) < 0) {
			vg_text_quote(options->args[i], quote);
			vg_log(VG_LOG_ERROR, "explain: found %s, expected an IP address", quote);
			return VG_EXIT_USAGE;
		}
	}
	return VG_EXIT_FINE;
}

static json_t *explain_by_picture(const struct vg_config_options *options, const struct vg_addr *addrs, const struct vg_picture *picture)
{
	json_auto_t *list = json_array();

	for (size_t i = 0; i < options->n_args; i++) {
		struct vg_answer answer = vg_judge(picture->snapshot, &addrs[i], options->link, &picture->circumstances);

		if (json_array_append_new(list, vg_explain_to_json(&picture->ground, &addrs[i], options->link, &answer, NULL)) < 0)
			return NULL;
	}
	return TAKE_PTR(list);
}

static int explain_files(const struct vg_config_options *options, const struct vg_addr *addrs, json_t **ret_list)
{
	VG_CLEANUP(vg_picture_deinit) struct vg_picture picture = { 0 };
	int status = vg_picture_read(options, &picture);
	json_auto_t *before = NULL;

	if (status != VG_EXIT_FINE)
		return status;
	before = explain_by_picture(options, addrs, &picture);
	if (before && !vg_picture_is_amended(options)) {
		*ret_list = TAKE_PTR(before);
		return VG_EXIT_FINE;
	}
	status = before ? vg_picture_amend(options, &picture) : VG_EXIT_FINE;
	if (status != VG_EXIT_FINE)
		return status;
	*ret_list = before ? explain_by_picture(options, addrs, &picture) : NULL;
	if (*ret_list && vg_what_if_merge(before, *ret_list) == 0)
		return VG_EXIT_FINE;
	vg_log_errno(-ENOMEM, "cannot explain");
	return VG_EXIT_BLIND;
}

static char *query_of(const struct vg_addr *addr, const char *link)
{
	_cleanup_free_ char *escaped = vg_client_escape(link ? link : "");
	char text[VG_TEXT_MAX], *query = NULL;

	vg_addr_to_str(addr, text);
	if (!escaped || asprintf(&query, "/v1/explain?address=%s%s%s", text, link ? "&link=" : "", escaped) < 0)
		return NULL;
	return query;
}

/* One request an address: a list of any length stays below the guard's limit for a request. */
static int ask_guard(const struct vg_config_options *options, const struct vg_addr *addrs, json_t **ret_list)
{
	json_auto_t *list = json_array();

	for (size_t i = 0; i < options->n_args; i++) {
		_cleanup_free_ char *query = query_of(&addrs[i], options->link);
		json_auto_t *answer = NULL;
		int status = query ? vg_show_ask(options, "GET", query, &answer) : VG_EXIT_BLIND;

		if (status != VG_EXIT_FINE)
			return status;
		if (json_array_extend(list, answer) < 0)
			return VG_EXIT_BLIND;
	}
	*ret_list = TAKE_PTR(list);
	return VG_EXIT_FINE;
}

int vg_cmd_explain(const struct vg_config_options *options)
{
	_cleanup_free_ struct vg_addr *addrs = calloc(options->n_args, sizeof(*addrs));
	json_auto_t *list = NULL;
	int status = addrs ? parse_addresses(options, addrs) : VG_EXIT_BLIND;

	if (status == VG_EXIT_FINE)
		status = vg_picture_refuse_flags(options);
	if (status == VG_EXIT_FINE)
		status = vg_picture_wanted(options) ? explain_files(options, addrs, &list) : ask_guard(options, addrs, &list);
	if (status == VG_EXIT_FINE)
		vg_show_json(options, list, vg_explain_print);
	return status;
}
