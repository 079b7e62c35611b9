/* SPDX-License-Identifier: Apache-2.0 */
/* README.txt of a bundle: in ten lines what happened, then what each file is, what is missing, and what is not in it. */
#include <string.h>

#include "report/bundle.h"
#include "report/json.h"
#include "report/redact.h"

#define DEEDS_MAX 10

/* Events that tell the same but for time and count. */
struct deed {
	const json_t *first, *last;
	json_int_t count;
};

static bool is_same(const json_t *a, const json_t *b)
{
	static const char *const keys[] = { "event", "verdict", "reason", "action", "interface", "how", "pid", "comm", "pod", "mac" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const json_t *x = json_object_get(a, keys[i]), *y = json_object_get(b, keys[i]);

		if (x != y && !(x && y && json_equal(x, y)))
			return false;
	}
	return true;
}

static void add_deed(struct deed deeds[DEEDS_MAX], size_t *n, size_t *more, const json_t *event)
{
	json_int_t count = json_integer_value(json_object_get(event, "count"));
	size_t i = 0;

	while (i < *n && !is_same(deeds[i].first, event))
		i++;
	if (i == DEEDS_MAX) {
		*more += 1;
		return;
	}
	if (i == *n)
		deeds[(*n)++] = (struct deed){ .first = event };
	deeds[i].last = event;
	deeds[i].count += count > 0 ? count : 1;
}

static void put(FILE *out, const char *before, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return;
	fputs(before, out);
	vg_text_put_value(out, value);
}

static void put_who(FILE *out, const json_t *event)
{
	if (json_object_get(event, "comm")) {
		put(out, " by ", event, "comm");
		put(out, "[", event, "pid");
		fputc(']', out);
	}
	put(out, " from ", event, "mac");
	put(out, " of Pod ", event, json_object_get(event, "pod") ? "pod" : "pod_uid");
}

static void put_deed(FILE *out, const struct deed *deed)
{
	const json_t *event = deed->first;

	put(out, "  ", event, "time");
	if (deed->last != deed->first)
		put(out, " to ", deed->last, "time");
	put(out, "\n    ", event, "event");
	put(out, " (", event, "how");
	put(out, ") on ", event, "interface");
	put_who(out, event);
	put(out, ": ", event, "verdict");
	put(out, ", ", event, "reason");
	put(out, ": ", event, "action");
	fprintf(out, ", %" JSON_INTEGER_FORMAT " %s\n", deed->count, deed->count == 1 ? "time" : "times");
	put(out, "    ", event, "why");
	fputs(json_object_get(event, "why") ? "\n" : "", out);
}

static void put_deeds(FILE *out, const json_t *events)
{
	struct deed deeds[DEEDS_MAX];
	size_t i, n = 0, more = 0;
	json_t *event;

	json_array_foreach(events, i, event)
	{
		if (json_object_get(event, "verdict"))
			add_deed(deeds, &n, &more, event);
	}
	if (!n)
		return;
	fputs("\nSeen\n", out);
	for (i = 0; i < n; i++)
		put_deed(out, &deeds[i]);
	if (more)
		fprintf(out, "  and %zu lines of other kinds in events.jsonl\n", more);
}

static void put_judgement(FILE *out, const json_t *explanation, const char *key)
{
	const json_t *judgement = json_object_get(explanation, key);

	fprintf(out, "  %-9s", key);
	put(out, " ", judgement, "verdict");
	put(out, " (", judgement, "reason");
	fputs(")\n", out);
}

static void put_line(FILE *out, const char *head, const json_t *object, const char *key)
{
	if (!json_object_get(object, key))
		return;
	fprintf(out, "  %-9s", head);
	put(out, " ", object, key);
	fputc('\n', out);
}

static void put_verdict(FILE *out, const json_t *explanation)
{
	if (!explanation)
		return;
	fputs("\nVerdict\n", out);
	put_judgement(out, explanation, "bind");
	put_judgement(out, explanation, "announce");
	put_line(out, "owner", explanation, "owner");
	put_line(out, "nodes", explanation, "assigned_nodes");
	put_line(out, "service", explanation, "services");
	put_line(out, "rule", explanation, "rule");
	put_line(out, "remedy", explanation, "remedy");
}

static const struct {
	const char *name, *text;
} texts[] = {
	{ "explain.txt", "why the address may be here or may not: rule, evidence, remedies" },
	{ "explain.json", "the same for programs (docs/contract.md, section 4)" },
	{ "events.jsonl", "the guard's lines on this address and on itself (section 6); those of the address are its first and its last ones" },
	{ "objects.json", "the objects that decided and the Services that carry the address, reduced to what the guard reads of them" },
	{ "frames.pcap", "frames that announced the address, each different one at the first and at the last time that it was kept" },
	{ "frames.json", "by whom these were sent, by which link, and whether they were dropped" },
	{ "status.json", "the guard: mode, hooks, source, counters (bind_*, announce_* are exact)" },
	{ "versions.json", "vipguard, kernel, and the images of kube-vip, MetalLB and the like" },
	{ "node.txt", "this machine's links, addresses and settings that decide who answers ARP" },
};

static void put_files(FILE *out, const struct vg_bundle_files *files)
{
	fputs("\nFiles\n", out);
	for (size_t i = 0; i < files->n; i++) {
		const char *text = "";

		for (size_t j = 0; j < ARRAY_SIZE(texts); j++)
			text = strcmp(texts[j].name, files->list[i].name) == 0 ? texts[j].text : text;
		fprintf(out, "  %-13s %s\n", files->list[i].name, text);
	}
}

static void put_lost(FILE *out, const json_t *bundle, const char *key, const char *text)
{
	json_int_t n = json_integer_value(json_object_get(bundle, key));

	if (n)
		fprintf(out, "  %s: %" JSON_INTEGER_FORMAT "\n", text, n);
}

static void put_missing(FILE *out, const json_t *bundle)
{
	size_t i;
	json_t *sentence;

	fputs("\nMissing\n", out);
	put_lost(out, bundle, "events_left_out", "lines on this address between the first and the last ones");
	put_lost(out, bundle, "events_evicted", "lines of any address that the guard had no room for any more");
	put_lost(out, bundle, "frames_left_out", "frames of this address between the first and the last ones");
	put_lost(out, bundle, "frames_evicted", "frames of any address that the guard had no room for any more");
	put_lost(out, bundle, "lines_passed_over", "lines of --events that are no events");
	json_array_foreach(json_object_get(bundle, "missing"), i, sentence)
	{
		fputs("  ", out);
		vg_text_put_value(out, sentence);
		fputc('\n', out);
	}
	fprintf(out,
		"  Of equal frames one a second at most is kept, and of each its first %d bytes; of frames that took a road past the filters, none.\n"
		"  What was seen before the guard started is in its log.\n",
		VG_FRAME_BYTES);
}

void vg_bundle_print_readme(FILE *out, const json_t *bundle, const struct vg_bundle_files *files)
{
	put(out, "vipguard evidence on ", bundle, "address");
	put(out, ", node ", bundle, "node");
	put(out, ", ", bundle, "time");
	fputc('\n', out);
	put_verdict(out, json_object_get(bundle, "explain"));
	put_deeds(out, json_object_get(bundle, "events"));
	put_files(out, files);
	put_missing(out, bundle);
	fputs("\nNot in it: Secrets, tokens, kubeconfigs, environments, command lines, whole objects; what looks like a secret is " VG_REDACTED
	      ".\nIn it: names of nodes, Pods, Services and processes, IP and MAC addresses. Look whether you may hand these on.\n",
	      out);
}
