/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "core/cluster.h"
#include "kube/backoff.h"
#include "kube/kinds.h"
#include "kube/request.h"

static void test_every_kind_is_there_once_for_each_bit(void **state)
{
	unsigned bits[VG_KIND_MAX] = { 0 };

	(void)state;
	for (size_t i = 0; vg_kind_info_at(i); i++) {
		const struct vg_kind_info *info = vg_kind_info_at(i);

		assert_true(info->kind < VG_KIND_MAX);
		assert_true(info->reflector < VG_REFLECTORS_MAX);
		assert_case(info->plural, !(bits[info->kind] & 1U << info->reflector));
		bits[info->kind] |= 1U << info->reflector;
		assert_case(info->plural, info->loss && info->loss[0]);
		assert_case(info->plural, !info->required || info->core); /* what is required is always there */
		assert_case(info->plural, info->core || info->group[0]);
	}
	for (unsigned kind = 0; kind < VG_KIND_MAX; kind++)
		assert_case(vg_kind_to_str(kind), bits[kind] & 1);
}

static const struct vg_kind_info *info_of(enum vg_kind kind)
{
	for (size_t i = 0; vg_kind_info_at(i); i++)
		if (vg_kind_info_at(i)->kind == kind)
			return vg_kind_info_at(i);
	fail_msg("no such kind");
	return NULL;
}

static void assert_path(char *path, const char *expected)
{
	assert_non_null(path);
	assert_string_equal(path, expected);
	free(path);
}

static void test_paths(void **state)
{
	struct vg_place services = { .info = info_of(VG_KIND_SERVICE), .node = "n" };
	struct vg_place pods = { .info = info_of(VG_KIND_POD), .node = "node 1&x=%s" };
	struct vg_place nodes = { .info = info_of(VG_KIND_NODE), .node = "n" };
	struct vg_place leases = { .info = info_of(VG_KIND_LEASE), .node = "n" };
	struct vg_place groups = { .info = info_of(VG_KIND_PURELB_GROUP), .version = "v2", .namespace = "a", .node = "n" };
	struct vg_place config = { .info = info_of(VG_KIND_CONFIG_MAP), .node = "n" };

	(void)state;
	assert_path(vg_request_list(&services, 500, NULL), "/api/v1/services?limit=500");
	assert_path(vg_request_list(&services, 500, "a+/=&b"), "/api/v1/services?limit=500&continue=a%2B%2F%3D%26b");
	assert_path(vg_request_list(&nodes, 0, NULL), "/api/v1/nodes");
	assert_path(vg_request_list(&pods, 0, NULL), "/api/v1/pods?fieldSelector=spec.nodeName%3Dnode%201%26x%3D%25s");
	assert_path(vg_request_watch(&leases, "12", 30),
		    "/apis/coordination.k8s.io/v1/leases?fieldSelector=metadata.namespace%21%3Dkube-node-lease&watch=1&allowWatchBookmarks=true&"
		    "timeoutSeconds=30&resourceVersion=12");
	assert_path(vg_request_watch_list(&groups, 400), "/apis/purelb.io/v2/namespaces/a/servicegroups?watch=1&allowWatchBookmarks=true&"
							 "timeoutSeconds=400&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
	assert_path(vg_request_list(&config, 1, NULL),
		    "/api/v1/namespaces/kube-system/configmaps?fieldSelector=metadata.name%3Dkubeadm-config&limit=1");
}

static void test_rules_in_words(void **state)
{
	struct vg_place pools = { .info = info_of(VG_KIND_POOL), .node = "n" }, config = { .info = info_of(VG_KIND_CONFIG_MAP), .node = "n" };
	char text[512], tight[16];

	(void)state;
	vg_request_rule(&pools, text, sizeof(text));
	assert_string_equal(text, "apiGroups: [\"metallb.io\"], resources: [\"ipaddresspools\"], verbs: [list, watch]");
	vg_request_rule(&config, text, sizeof(text));
	assert_string_equal(text, "apiGroups: [\"\"], resources: [\"configmaps\"], resourceNames: [\"kubeadm-config\"], verbs: [list, watch] in "
				  "namespace kube-system");
	vg_request_rule(&config, tight, sizeof(tight));
	assert_int_equal(strlen(tight), sizeof(tight) - 1);
}

static void test_backoff_doubles_up_to_its_end(void **state)
{
	struct vg_backoff backoff;
	uint64_t bound = 100, most[8] = { 0 };

	(void)state;
	for (uint64_t seed = 0; seed < 2000; seed++) {
		vg_backoff_init(&backoff, 100, 1000, seed * 0x9e3779b97f4a7c15ULL);
		for (size_t i = 0; i < ARRAY_SIZE(most); i++) {
			uint64_t wait = vg_backoff_next(&backoff);

			most[i] = wait > most[i] ? wait : most[i];
		}
	}
	/* full jitter: all of it is used, and nothing beyond */
	for (size_t i = 0; i<ARRAY_SIZE(most); i++, bound = bound * 2> 1000 ? 1000 : bound * 2) {
		assert_true(most[i] <= bound);
		assert_true(most[i] > bound * 9 / 10);
	}
	vg_backoff_reset(&backoff);
	assert_true(vg_backoff_next(&backoff) <= 100);
	vg_backoff_init(&backoff, UINT64_MAX / 2 + 5, UINT64_MAX, 1);
	for (int i = 0; i < 100; i++)
		vg_backoff_next(&backoff); /* no overflow on the way */
	vg_backoff_init(&backoff, 10, 0, 1);
	for (int i = 0; i < 100; i++)
		assert_true(vg_backoff_next(&backoff) <= 10);
}

static void test_forms(void **state)
{
	(void)state;
	assert_string_equal(vg_request_accept(false, true), "application/vnd.kubernetes.protobuf, application/json");
	assert_string_equal(vg_request_accept(false, false), "application/vnd.kubernetes.protobuf, application/json");
	assert_string_equal(vg_request_accept(true, true), "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
	assert_string_equal(vg_request_accept(true, false), "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),	       cmocka_unit_test(test_every_kind_is_there_once_for_each_bit), cmocka_unit_test(test_paths),
		cmocka_unit_test(test_rules_in_words), cmocka_unit_test(test_backoff_doubles_up_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
