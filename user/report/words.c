/* SPDX-License-Identifier: Apache-2.0 */
/* Filling in sentences. */
#include "report/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "report/json.h"

static const struct vg_object *first_carrier(const struct vg_subject *subject)
{
	const struct vg_cluster *cluster = subject->ground->cluster;

	return cluster ? (const struct vg_object *)vg_cluster_carrier(cluster, subject->addr, NULL) : NULL;
}

/* ---- one value each; what is not known has a word that fits, too */

static void put_object(FILE *out, const struct vg_object *object)
{
	if (object)
		fprintf(out, "%s %s", vg_kind_to_str((enum vg_kind)object->kind), object->key);
	else
		fputs("it", out);
}

static void put_namespace(FILE *out, const struct vg_object *object)
{
	if (object)
		fwrite(object->key, 1, object->namespace_len, out);
}

static void put_of(FILE *out, const struct vg_subject *subject)
{
	put_object(out, subject->evidence->object);
}

static void put_about(FILE *out, const struct vg_subject *subject)
{
	put_object(out, subject->evidence->about);
}

static void put_about_namespace(FILE *out, const struct vg_subject *subject)
{
	put_namespace(out, subject->evidence->about);
}

static void put_of_namespace(FILE *out, const struct vg_subject *subject)
{
	put_namespace(out, subject->evidence->object);
}

/* The pool (or whatever it is) that is spoken of, by its name alone. */
static void put_name(FILE *out, const struct vg_subject *subject)
{
	const struct vg_object *object = subject->evidence->object ? subject->evidence->object : subject->evidence->about;

	fputs(object ? vg_object_name(object) : "it", out);
}

static void put_kind(FILE *out, const struct vg_subject *subject)
{
	fputs(vg_kind_to_str(subject->evidence->kind), out);
}

static void put_value(FILE *out, const struct vg_subject *subject)
{
	fputs(subject->evidence->value ? subject->evidence->value : "", out);
}

static void put_field(FILE *out, const struct vg_subject *subject)
{
	fputs(subject->evidence->field ? subject->evidence->field : "", out);
}

static void put_range(FILE *out, const struct vg_subject *subject)
{
	char first[VG_TEXT_MAX], last[VG_TEXT_MAX];

	vg_addr_to_str(&subject->evidence->range.first, first);
	vg_addr_to_str(&subject->evidence->range.last, last);
	fprintf(out, strcmp(first, last) ? "%s-%s" : "%s", first, last);
}

static void put_address(FILE *out, const struct vg_subject *subject)
{
	char text[VG_TEXT_MAX];

	vg_addr_to_str(subject->addr, text);
	fputs(text, out);
}

static void put_bits(FILE *out, const struct vg_subject *subject)
{
	fputs(vg_addr_is_ipv4(subject->addr) ? "32" : "128", out);
}

static void put_node(FILE *out, const struct vg_subject *subject)
{
	const struct vg_ground *ground = subject->ground;

	fputs(ground->snapshot ? vg_snapshot_node(ground->snapshot) : ground->cluster ? vg_cluster_node(ground->cluster) : "this node", out);
}

/* Where the Pod is that is spoken of; of anything else this node. */
static void put_pod_node(FILE *out, const struct vg_subject *subject)
{
	const struct vg_object *object = subject->evidence->object;

	if (object && object->kind == VG_KIND_POD && *((const struct vg_pod *)object)->node)
		fputs(((const struct vg_pod *)object)->node, out);
	else
		put_node(out, subject);
}

static void put_count(FILE *out, const struct vg_subject *subject)
{
	fprintf(out, "%zu", subject->count);
}

static void put_link(FILE *out, const struct vg_subject *subject)
{
	fputs(subject->link ? subject->link : "its link", out);
}

static void put_owner(FILE *out, const struct vg_subject *subject)
{
	const struct vg_assignment *assignment = subject->answer->assignment;

	fputs(assignment && assignment->owner ? assignment->owner : "its owner", out);
}

static void put_nodes(FILE *out, const struct vg_subject *subject)
{
	const struct vg_assignment *assignment = subject->answer->assignment;
	size_t n = assignment ? assignment->n_nodes : 0;

	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%s", i ? ", " : "", assignment->nodes[i]);
	if (!n)
		fputs("nobody", out);
}

static void put_entry(FILE *out, const struct vg_subject *subject)
{
	const struct vg_assignment *assignment = subject->answer->assignment;
	char text[VG_TEXT_MAX];

	if (!assignment)
		return;
	vg_prefix_to_str(&assignment->prefix, text);
	fprintf(out, assignment->line ? "%s (line %u)" : "%s", text, assignment->line);
}

static void put_service(FILE *out, const struct vg_subject *subject)
{
	const struct vg_object *service = first_carrier(subject);

	fputs(service ? service->key : "none", out);
}

static void put_service_name(FILE *out, const struct vg_subject *subject)
{
	const struct vg_object *service = first_carrier(subject);

	fputs(service ? vg_object_name(service) : "NAME", out);
}

static void put_service_namespace(FILE *out, const struct vg_subject *subject)
{
	const struct vg_object *service = first_carrier(subject);

	if (service)
		put_namespace(out, service);
	else
		fputs("NAMESPACE", out);
}

/* The Lease that kube-vip would hold for the Service. */
static void put_lease(FILE *out, const struct vg_subject *subject)
{
	const struct vg_object *object = subject->evidence->object, *service = first_carrier(subject);
	const char *wish = subject->evidence->value;

	if (object && object->kind == VG_KIND_LEASE) {
		fputs(object->key, out);
	} else if (subject->evidence->clue == VG_CLUE_LEASE_NONE && wish) {
		fputs(wish, out);
	} else if (service) {
		put_namespace(out, service);
		fprintf(out, "/kubevip-%s", vg_object_name(service));
	}
}

static void put_seconds(FILE *out, const struct vg_subject *subject)
{
	uint64_t now = subject->ground->now.boot_ns, end = subject->answer->changes_ns;

	fprintf(out, "%llu", end > now ? (unsigned long long)((end - now + VG_NS_PER_SEC - 1) / VG_NS_PER_SEC) : 0ULL);
}

/* Since when, by the wall clock. */
static void put_since(FILE *out, const struct vg_subject *subject)
{
	const struct vg_assignment *assignment = subject->answer->assignment;
	const struct vg_moment *now = &subject->ground->now;
	char text[VG_RFC3339_MAX];

	if (!assignment || !assignment->changed_ns || assignment->changed_ns > now->boot_ns) {
		fputs("now", out);
		return;
	}
	vg_time_rfc3339(now->real_ns - (now->boot_ns - assignment->changed_ns), text);
	fputs(text, out);
}

static const struct {
	const char *name;
	void (*put)(FILE *out, const struct vg_subject *subject);
} values[] = {
	{ "object", put_of },
	{ "about", put_about },
	{ "name", put_name },
	{ "namespace", put_of_namespace },
	{ "about-namespace", put_about_namespace },
	{ "kind", put_kind },
	{ "value", put_value },
	{ "field", put_field },
	{ "range", put_range },
	{ "address", put_address },
	{ "bits", put_bits },
	{ "node", put_node },
	{ "pod-node", put_pod_node },
	{ "count", put_count },
	{ "link", put_link },
	{ "owner", put_owner },
	{ "nodes", put_nodes },
	{ "entry", put_entry },
	{ "service", put_service },
	{ "service-name", put_service_name },
	{ "service-namespace", put_service_namespace },
	{ "lease", put_lease },
	{ "seconds", put_seconds },
	{ "since", put_since },
};

/* The length of "{name}" at text if it is one of the table, which is written; else 0. */
static size_t put_named(FILE *out, const struct vg_subject *subject, const char *text)
{
	size_t n = strcspn(text + 1, "}");

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		if (strlen(values[i].name) != n || memcmp(values[i].name, text + 1, n))
			continue;
		values[i].put(out, subject);
		return n + 2;
	}
	return 0;
}

char *vg_words_fill(const struct vg_subject *subject, const char *sentence)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	while (*sentence) {
		size_t n = *sentence == '{' ? put_named(out, subject, sentence) : 0;

		if (!n)
			fputc(*sentence, out);
		sentence += n ? n : 1;
	}
	return fclose(out) == 0 ? TAKE_PTR(text) : NULL;
}
