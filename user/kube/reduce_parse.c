/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two thirds of a Service and nine tenths of a Node are of no use here, managedFields above all, and jansson makes a value on the
 * heap of each piece of it. So what no reducer asks for is cut out of the text first, by its place: only members of metadata, spec
 * and status, never of a map whose keys people choose. A text that is not as expected is left whole for jansson to complain about.
 */
#include "kube/reduce.h"

#include <errno.h>
#include <string.h>

#include "kube/split_scan.h"

enum place { OUTSIDE /* an object, or the event around it */, OBJECT, METADATA, SPEC, STATUS };

struct pruner {
	const char *at;
	const char *end;
	char *out;
};

static const char *const metadata_members[] = { "managedFields", "generateName", "selfLink" };

static const char *const spec_members[] = {
	"ports",
	"selector",
	"clusterIP",
	"clusterIPs",
	"sessionAffinity",
	"externalTrafficPolicy",
	"internalTrafficPolicy",
	"ipFamilies",
	"ipFamilyPolicy",
	"allocateLoadBalancerNodePorts",
	"volumes",
	"tolerations",
	"taints",
	"affinity",
	"initContainers",
};

static const char *const status_members[] = {
	"conditions",	"images",	   "allocatable", "capacity", "nodeInfo", "daemonEndpoints", "containerStatuses", "initContainerStatuses",
	"volumesInUse", "volumesAttached",
};

static const struct {
	const char *const *list;
	size_t n;
} useless[] = {
	[METADATA] = { metadata_members, ARRAY_SIZE(metadata_members) },
	[SPEC] = { spec_members, ARRAY_SIZE(spec_members) },
	[STATUS] = { status_members, ARRAY_SIZE(status_members) },
};

static bool key_is(const char *key, size_t n, const char *name)
{
	return strlen(name) == n && !memcmp(key, name, n);
}

static bool is_useless(enum place place, const char *key, size_t n)
{
	for (size_t i = 0; place >= METADATA && i < useless[place].n; i++) {
		if (key_is(key, n, useless[place].list[i]))
			return true;
	}
	return false;
}

/* Where a member's value is; OUTSIDE: its value is not looked into. */
static enum place place_of(enum place place, const char *key, size_t n)
{
	if (place == OUTSIDE && key_is(key, n, "object"))
		return OBJECT;
	if (place > OBJECT)
		return OUTSIDE;
	return key_is(key, n, "metadata") ? METADATA : key_is(key, n, "spec") ? SPEC : key_is(key, n, "status") ? STATUS : OUTSIDE;
}

static void skip_space(struct pruner *pruner)
{
	while (pruner->at < pruner->end && (*pruner->at == ' ' || *pruner->at == '\n' || *pruner->at == '\t' || *pruner->at == '\r'))
		pruner->at++;
}

static bool expect(struct pruner *pruner, char c)
{
	skip_space(pruner);
	if (pruner->at == pruner->end || *pruner->at != c)
		return false;
	pruner->at++;
	return true;
}

static void put(struct pruner *pruner, const char *bytes, size_t n)
{
	memcpy(pruner->out, bytes, n);
	pruner->out += n;
}

/* The value at hand, passed by. */
static bool take_value(struct pruner *pruner, size_t *ret_n)
{
	struct vg_split_scan scan;
	bool whole;

	skip_space(pruner);
	if (pruner->at == pruner->end)
		return false;
	vg_split_scan_begin(&scan, *pruner->at);
	if (vg_split_scan_run(&scan, pruner->at, (size_t)(pruner->end - pruner->at), SIZE_MAX, ret_n, &whole) < 0 || !whole || !*ret_n)
		return false;
	pruner->at += *ret_n;
	return true;
}

static bool walk(struct pruner *pruner, enum place place);

/* Behind its colon. */
static bool copy_value(struct pruner *pruner, enum place place)
{
	size_t n;

	skip_space(pruner);
	if (place != OUTSIDE && pruner->at < pruner->end && *pruner->at == '{')
		return walk(pruner, place);
	if (!take_value(pruner, &n))
		return false;
	put(pruner, pruner->at - n, n);
	return true;
}

static bool take_member(struct pruner *pruner, enum place place, bool *first)
{
	const char *key;
	size_t n, ignored;

	skip_space(pruner);
	if (pruner->at == pruner->end || *pruner->at != '"' || !take_value(pruner, &n))
		return false;
	key = pruner->at - n;
	if (!expect(pruner, ':'))
		return false;
	if (is_useless(place, key + 1, n - 2))
		return take_value(pruner, &ignored);
	if (!*first)
		put(pruner, ",", 1);
	*first = false;
	put(pruner, key, n);
	put(pruner, ":", 1);
	return copy_value(pruner, place_of(place, key + 1, n - 2));
}

/* An object member by member. At most three of them are in one another. */
static bool walk(struct pruner *pruner, enum place place)
{
	bool first = true;

	if (!expect(pruner, '{'))
		return false;
	put(pruner, "{", 1);
	if (!expect(pruner, '}')) {
		do {
			if (!take_member(pruner, place, &first))
				return false;
		} while (expect(pruner, ','));
		if (!expect(pruner, '}'))
			return false;
	}
	put(pruner, "}", 1);
	return true;
}

/* Into out, which has room for n. 0: not as expected. */
static size_t prune(const char *bytes, size_t n, char *out)
{
	struct pruner pruner = { .at = bytes, .end = bytes + n, .out = out };

	if (!walk(&pruner, OUTSIDE))
		return 0;
	skip_space(&pruner);
	return pruner.at == pruner.end ? (size_t)(pruner.out - out) : 0;
}

json_t *vg_reduce_parse(const char *bytes, size_t n, struct vg_error *ret_error)
{
	_cleanup_free_ char *text = malloc(n ? n : 1);
	json_error_t error;
	json_t *json;
	size_t rest;
	char *near;

	if (!text) {
		vg_error_set(ret_error, -ENOMEM, "out of memory");
		return NULL;
	}
	rest = prune(bytes, n, text);
	/* JSON_ALLOW_NUL: a NUL in an annotation, which anybody may write, must not hide a Service */
	json = json_loadb(rest ? text : bytes, rest ? rest : n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if (!json) {
		/* what follows is the object's own text, which may be a password in a Pod's environment */
		near = strstr(error.text, " near ");
		if (near)
			*near = '\0';
		vg_error_set(ret_error, -EINVAL, "no JSON that can be read: %s", error.text);
	}
	return json;
}
