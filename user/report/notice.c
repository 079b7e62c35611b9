/* SPDX-License-Identifier: Apache-2.0 */
#include "report/notice.h"

#include <string.h>

#include "core/verdict.h"
#include "report/json.h"

struct word {
	const char *event;
	const char *key; /* `action`, or `what` of the guard's own */
	const char *value; /* NULL: any other */
	const char *reason, *action;
	bool warning;
};

/* The first that fits. docs/contract.md lists the reasons, and a test holds it against this. */
static const struct word words[] = {
	{ "bind", "action", "denied", "VIPBindDenied", "Deny", true },
	{ "bind", "action", "removed", "VIPRemoved", "Remove", true },
	{ "bind", "action", "none", "VIPNotRemoved", "Remove", true },
	{ "bind", "action", NULL, "VIPBindSeen", "Report", true },
	{ "announce", "action", "dropped", "VIPAnnouncementDropped", "Drop", true },
	{ "announce", "action", "none", "VIPAnnouncementPassed", "Report", true },
	{ "announce", "action", NULL, "VIPAnnouncementSeen", "Report", true },
	{ "heal", "action", "healed", "NeighboursTold", "Heal", false },
	{ "heal", "action", NULL, "NeighboursNotTold", "Heal", true },
	{ "bypass", "action", NULL, "FilterBypass", "Report", true },
	{ "degraded", "what", "events", NULL, NULL, false }, /* that Events may not be written */
	{ "degraded", "what", "breaker", "BreakerHolds", "Hold", true },
	{ "degraded", "what", "source", "SourceStale", "Suspend", true },
	{ "degraded", "what", NULL, "GuardDegraded", "Degrade", true },
	{ "recovered", "what", "events", NULL, NULL, false },
	{ "recovered", "what", "breaker", "BreakerReleased", "Resume", false },
	{ "recovered", "what", "source", "SourceFresh", "Resume", false },
	{ "recovered", "what", "pause", "GuardResumed", "Resume", false },
	{ "recovered", "what", NULL, "GuardRecovered", "Recover", false },
	{ "paused", "what", NULL, "GuardPaused", "Suspend", true },
	{ "mode", "what", NULL, "GuardModeChanged", "Switch", false },
};

static bool is_event(const json_t *event, const char *name)
{
	return strcmp(vg_json_get_text(event, "event"), name) == 0;
}

static const struct word *find_word(const json_t *event)
{
	/* of what is judged only what is wrong */
	if (json_object_get(event, "verdict") && strcmp(vg_json_get_text(event, "verdict"), "violation") != 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (is_event(event, words[i].event) && (!words[i].value || strcmp(vg_json_get_text(event, words[i].key), words[i].value) == 0))
			return words[i].reason ? &words[i] : NULL;
	return NULL;
}

static const char *first_of(const json_t *event, const char *const *keys)
{
	const char *text = "";

	while (*keys && !*text)
		text = vg_json_get_text(event, *keys++);
	return text;
}

bool vg_notice_of(const json_t *event, struct vg_notice_words *ret_words)
{
	static const char *const keys[] = { "pod", "comm", "mac", "how", "what", NULL };
	const struct word *word = find_word(event);
	bool heal = is_event(event, "heal"); /* its mac is whom it is given to */

	if (!word)
		return false;
	*ret_words = (struct vg_notice_words){
		.reason = word->reason,
		.action = word->action,
		.address = vg_json_get_text(event, "address"),
		.service = vg_json_get_text(event, "service"),
		.pod = vg_json_get_text(event, "pod"),
		.warning = word->warning,
	};
	snprintf(ret_words->actor, sizeof(ret_words->actor), "%s", heal ? "" : first_of(event, keys));
	return true;
}

/* ---- the note */

static void put(FILE *out, const json_t *event, const char *before, const char *key, const char *after)
{
	const char *text = vg_json_get_text(event, key);

	if (*text)
		fprintf(out, "%s%s%s", before, text, after);
}

static void put_nodes(FILE *out, const json_t *event)
{
	const json_t *nodes = json_object_get(event, "assigned_nodes"), *node;
	size_t i;

	json_array_foreach(nodes, i, node) fprintf(out, "%s%s", i ? ", " : "", json_string_value(node));
}

static void put_who(FILE *out, const json_t *event)
{
	if (*vg_json_get_text(event, "comm")) {
		put(out, event, "Process ", "comm", "");
		put(out, event, " of Pod ", "pod", "");
	} else if (*vg_json_get_text(event, "mac")) {
		put(out, event, "A sender with hardware address ", "mac", "");
		put(out, event, ", in by ", "in_interface", "");
	} else {
		fputs("Somebody unknown", out);
	}
}

static void put_where(FILE *out, const json_t *event, const char *node)
{
	put(out, event, " on ", "interface", "");
	fprintf(out, " of node %s", node);
}

/* What became of it; `why` where there is one. */
static void put_outcome(FILE *out, const json_t *event)
{
	static const struct {
		const char *action, *text;
	} outcomes[] = {
		{ "denied", ": the kernel refused it" },
		{ "removed", ": vipguard took it off" },
		{ "dropped", ": the frames were dropped" },
		{ "would-deny", ": only reported; enforce would have refused it" },
		{ "would-remove", ": only reported; enforce would have taken it off" },
		{ "would-drop", ": only reported; enforce would have dropped the frames" },
		{ "logged", ": only reported" },
		{ "none", ": nothing could be done" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		if (strcmp(vg_json_get_text(event, "action"), outcomes[i].action) == 0)
			fputs(outcomes[i].text, out);
	put(out, event, " (", "why", ")");
	fputs(". ", out);
}

static void put_right(FILE *out, const json_t *event)
{
	enum vg_reason reason;

	if (json_array_size(json_object_get(event, "assigned_nodes"))) {
		fputs("By rights it is on ", out);
		put_nodes(out, event);
		put(out, event, ", owner ", "owner", "");
		put(out, event, ", says ", "source", "");
		fputs(". ", out);
	}
	if (vg_reason_from_str(vg_json_get_text(event, "reason"), &reason) == 0)
		fprintf(out, "Why it is wrong here: %s. ", vg_reason_meaning(reason));
}

static void put_finding(FILE *out, const json_t *event, const char *node, const char *remedy)
{
	bool bind = is_event(event, "bind");

	if (bind && strcmp(vg_json_get_text(event, "how"), "preexisting") == 0) {
		put(out, event, "", "address", "");
		fputs(" was found bound", out);
		put_where(out, event, node);
		put(out, event, ", by process ", "comm", "");
		put(out, event, " of Pod ", "pod", "");
	} else {
		put_who(out, event);
		put(out, event, bind ? " bound " : " announced ", "address", "");
		put_where(out, event, node);
	}
	put_outcome(out, event);
	put_right(out, event);
	if (remedy && *remedy)
		fprintf(out, "Remedy: %s.", remedy);
	else
		fprintf(out, "`vipguard explain %s` on the node says more.", vg_json_get_text(event, "address"));
}

static void put_heal(FILE *out, const json_t *event, const char *node)
{
	bool healed = strcmp(vg_json_get_text(event, "action"), "healed") == 0;

	put(out, event, healed ? "Neighbours were told whose " : "Neighbours could not be told whose ", "address", " is,");
	put_where(out, event, node);
	fputs(": that of ", out);
	put_nodes(out, event);
	put(out, event, ", hardware address ", "mac", "");
	put(out, event, " (", "why", ")");
	fputs(".", out);
}

static void put_bypass(FILE *out, const json_t *event, const char *node)
{
	put_who(out, event);
	fputs(" opened or asked for a road past the filters", out);
	put_where(out, event, node);
	put(out, event, ", by ", "how", "");
	put(out, event, ": ", "why", "");
	fputs(".", out);
}

static void put_own(FILE *out, const json_t *event, const char *node)
{
	fprintf(out, "vipguard on node %s: %s", node, vg_json_get_text(event, "event"));
	put(out, event, ", ", "what", "");
	put(out, event, " ", "interface", "");
	put(out, event, " ", "mode", "");
	put(out, event, " until ", "until", ", reporting and not acting");
	put(out, event, ": ", "why", "");
	fputs(".", out);
	put(out, event, " What is lost by it: ", "loss", ".");
	put(out, event, " Cure: ", "cure", ".");
}

void vg_notice_note(const json_t *event, const char *node, const char *remedy, char *out)
{
	_cleanup_free_ char *text = NULL;
	size_t n = 0;
	FILE *file = open_memstream(&text, &n);

	out[0] = '\0';
	if (!file)
		return;
	if (is_event(event, "bind") || is_event(event, "announce"))
		put_finding(file, event, node, remedy);
	else if (is_event(event, "heal"))
		put_heal(file, event, node);
	else if (is_event(event, "bypass"))
		put_bypass(file, event, node);
	else
		put_own(file, event, node);
	if (fclose(file) != 0)
		return;
	vg_notice_cut(text, VG_NOTICE_NOTE_MAX);
	memcpy(out, text, strlen(text) + 1);
}
