/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "kube/dump.h"
#include "report/objects.h"

#define DATA "tests/data/kube/"

static const struct vg_moment now = { .real_ns = 1795341600000000000ULL, .boot_ns = 1000000000ULL };

static struct vg_cluster *new_cluster(void)
{
	struct vg_cluster *cluster;

	assert_int_equal(vg_cluster_new("cp1", &cluster), 0);
	return cluster;
}

/* With ' for ". */
static struct vg_dump_result parse(struct vg_cluster *cluster, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	struct vg_dump_result result = { 0 };
	struct vg_error error = { "" };

	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	if (vg_dump_parse(cluster, copy, strlen(copy), "a.json", &now, &error, &result) < 0)
		fail_msg("%s", error.text);
	return result;
}

static void expect(const char *name, const char *text, uint64_t objects, uint64_t ignored, uint64_t odd, const char *first_odd)
{
	VG_CLEANUP(vg_cluster_freep) struct vg_cluster *cluster = new_cluster();
	struct vg_dump_result result = parse(cluster, text);

	if (result.objects != objects || result.ignored != ignored || result.odd != odd || strcmp(result.first_odd, first_odd))
		fail_msg("case \"%s\": %llu put, %llu ignored, %llu odd: %s", name, (unsigned long long)result.objects,
			 (unsigned long long)result.ignored, (unsigned long long)result.odd, result.first_odd);
}

#define SERVICE(name) "'metadata':{'namespace':'d','name':'" name "'},'spec':{'externalIPs':['192.0.2.1']}"
#define NODE(name) "{'apiVersion':'v1','kind':'Node','metadata':{'name':'" name "'}}"

static void test_forms(void **state)
{
	(void)state;
	expect("nothing", "", 0, 0, 0, "");
	expect("an object", NODE("cp1"), 1, 0, 0, "");
	expect("several", NODE("cp1") "\n" NODE("cp2") NODE("cp3"), 3, 0, 0, "");
	expect("a mixed list", "{'kind':'List','apiVersion':'v1','items':[" NODE("cp1") ",{'kind':'Service'," SERVICE("a") "}]}", 2, 0, 0, "");
	expect("a mixed list, keys sorted", "{'apiVersion':'v1','items':[" NODE("cp1") "],'kind':'List'}" NODE("cp2"), 2, 0, 0, "");
	expect("items without a kind", "{'kind':'ServiceList','items':[{" SERVICE("a") "},{" SERVICE("b") "}]}", 2, 0, 0, "");
	expect("the same, the kind behind them", "{'items':[{" SERVICE("a") "},{" SERVICE("b") "}],'kind':'ServiceList'}", 2, 0, 0, "");
	expect("two such lists", "{'items':[{" SERVICE("a") "}],'kind':'ServiceList'}{'items':[{'metadata':{'name':'x'}}],'kind':'NodeList'}", 2, 0,
	       0, "");
	expect("a list of nobody's", "{'kind':'EndpointSliceList','items':[{'metadata':{'name':'x'}},{}]}", 0, 2, 0, "");
	expect("the same, the kind behind them", "{'items':[{'metadata':{'name':'x'}}],'kind':'EndpointSliceList'}", 0, 1, 0, "");
	expect("a list that is null", "{'kind':'ServiceList','items':null}", 0, 1, 0, "");
	expect("an empty list", "{'kind':'ServiceList','items':[]}", 0, 0, 0, "");
	expect("what nobody needs", "{'kind':'Widget'}{'kind':'Service','metadata':{'namespace':'d','name':'x'}}", 0, 2, 0, "");
}

static void test_odd(void **state)
{
	(void)state;
	expect("no kind", "{}", 0, 0, 1, "a.json: object: kind: expected a string, found nothing");
	expect("no name", "{'kind':'Service'}" NODE("cp1"), 1, 0, 1, "a.json: Service: metadata.name: expected a string, found nothing");
	expect("in a mixed list", "{'kind':'List','items':[{" SERVICE("a") "},null,7]}", 0, 0, 3,
	       "a.json: object: kind: expected a string, found nothing");
	expect("no kind anywhere", "{'items':[{" SERVICE("a") "}]}", 0, 0, 1, "a.json: object: kind: expected a string, found nothing");
	expect("of a list", "{'kind':'NodeList','items':[null,{'kind':'Pod','metadata':{'namespace':'n','name':'p'}},{'metadata':{'name':1}}]}", 0, 1,
	       2, "a.json: Node: expected an object, found null");
	expect("a duplicate key", "{'kind':'Node','kind':'Node'}", 0, 0, 1, "a.json: no JSON that can be read: duplicate object key");
}

static void test_watch(void **state)
{
	VG_CLEANUP(vg_cluster_freep) struct vg_cluster *cluster = new_cluster();
	struct vg_dump_result result;

	(void)state;
	result = parse(cluster, "{'type':'ADDED','object':" NODE("cp1") "}\n{'type':'ADDED','object':{'kind':'Service'," SERVICE("a") "}}\n");
	assert_int_equal(result.objects, 2);
	assert_int_equal(vg_cluster_count(cluster, VG_KIND_SERVICE), 1);
	/* it carries no address any more: it goes */
	result = parse(cluster, "{'type':'MODIFIED','object':{'kind':'Service','metadata':{'namespace':'d','name':'a'}}}");
	assert_int_equal(result.ignored, 1);
	assert_int_equal(vg_cluster_count(cluster, VG_KIND_SERVICE), 0);
	result = parse(cluster,
		       "{'type':'DELETED','object':" NODE("cp1") "}{'type':'BOOKMARK','object':{'kind':'Node','metadata':{'resourceVersion':'9'}}}");
	assert_int_equal(result.odd, 0);
	assert_int_equal(vg_cluster_count(cluster, VG_KIND_NODE), 0);
	result = parse(cluster, "{'type':'ERROR','object':{'kind':'Status','message':'too old'}}{'type':'MOVED','object':{}}");
	assert_int_equal(result.odd, 2);
	assert_string_equal(result.first_odd, "a.json: the server ended the watch: too old");
}

static void expect_error(const char *text, const char *expected)
{
	VG_CLEANUP(vg_cluster_freep) struct vg_cluster *cluster = new_cluster();
	struct vg_dump_result result = { 0 };
	struct vg_error error;

	assert_int_equal(vg_dump_parse(cluster, text, strlen(text), "a.json", &now, &error, &result), -EBADMSG);
	assert_string_equal(error.text, expected);
}

static void test_broken(void **state)
{
	(void)state;
	expect_error("not json", "a.json: byte 0: expected an object, found 'n'");
	expect_error("{}\n[", "a.json: byte 3: expected an object, found '['");
	expect_error("{\"kind\":\"List\",\"items\":[{}", "a.json: cut short after 26 bytes, the last 0 of them of a value that is not whole");
}

static void read_files(struct vg_cluster *cluster, const char *const *paths, size_t n, struct vg_dump_result *ret_result)
{
	struct vg_error error = { "" };

	if (vg_dump_read(cluster, paths, n, &now, &error, ret_result) < 0)
		fail_msg("%s", error.text);
}

static void test_malformed_objects(void **state)
{
	VG_CLEANUP(vg_cluster_freep) struct vg_cluster *cluster = new_cluster();
	const char *const paths[] = { DATA "malformed.json" };
	const struct vg_claims *broken;
	struct vg_dump_result result;

	(void)state;
	read_files(cluster, paths, 1, &result);
	assert_int_equal(result.objects, 35);
	assert_int_equal(result.ignored, 16);
	assert_int_equal(result.odd, 2);
	assert_string_equal(result.first_odd, DATA "malformed.json: Service: metadata.name: expected a string, found nothing");
	assert_int_equal(vg_cluster_count(cluster, VG_KIND_SERVICE), 1);
	assert_int_equal(vg_cluster_count(cluster, VG_KIND_POOL), 4);
	broken = (const struct vg_claims *)vg_cluster_get(cluster, VG_KIND_POOL, "metallb-system/broken");
	assert_true(broken && (broken->flags & VG_CLAIMS_ODD));
	for (unsigned kind = 0; kind < VG_KIND_MAX; kind++)
		assert_int_equal(vg_cluster_knowledge(cluster, (enum vg_kind)kind), VG_KIND_LISTED);
}

static void test_recordings(void **state)
{
	VG_CLEANUP(vg_cluster_freep) struct vg_cluster *cluster = new_cluster();
	const char *const paths[] = { DATA "list-services.json", DATA "watch-services.jsonl", DATA "watch-l2statuses.jsonl" };
	struct vg_dump_result result;

	(void)state;
	read_files(cluster, paths, 1, &result);
	assert_int_equal(result.objects + result.ignored, 3);
	assert_int_equal(result.odd, 0);
	read_files(cluster, paths + 1, 2, &result); /* all that was added is deleted in the end */
	assert_int_equal(result.objects, 4); /* api with an address twice, the status twice */
	assert_int_equal(result.ignored, 9);
	assert_int_equal(result.odd, 0);
	assert_null(vg_cluster_get(cluster, VG_KIND_L2_STATUS, "metallb-system/l2-zmnlb"));
}

static void test_files(void **state)
{
	VG_CLEANUP(vg_cluster_freep) struct vg_cluster *cluster = new_cluster();
	const char *const missing[] = { DATA "list-services.json", DATA "missing.json" }, *const folder[] = { DATA };
	struct vg_dump_result result;
	struct vg_error error;

	(void)state;
	assert_int_equal(vg_dump_read(cluster, missing, 2, &now, &error, &result), -ENOENT);
	assert_string_equal(error.text, DATA "missing.json: No such file or directory");
	assert_int_equal(vg_dump_read(cluster, folder, 1, &now, &error, &result), -EISDIR);
	assert_int_equal(vg_cluster_knowledge(cluster, VG_KIND_SERVICE), VG_KIND_UNKNOWN);
}

static void test_standard_input(void **state)
{
	VG_CLEANUP(vg_cluster_freep) struct vg_cluster *cluster = new_cluster();
	_cleanup_close_ int kept = dup(STDIN_FILENO), fd = open(DATA "malformed.json", O_RDONLY | O_CLOEXEC);
	const char *const paths[] = { "-" };
	struct vg_dump_result result;

	(void)state;
	assert_true(dup2(fd, STDIN_FILENO) >= 0);
	read_files(cluster, paths, 1, &result);
	dup2(kept, STDIN_FILENO);
	assert_int_equal(result.objects, 35);
	assert_string_equal(result.first_odd, "standard input: Service: metadata.name: expected a string, found nothing");
}

/* ---- static Pods */

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[256];
	_cleanup_fclose_ FILE *file = NULL;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
}

static void remove_file(const char *folder, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(unlink(path), 0);
}

static const char kube_vip_yaml[] = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: kube-vip\n  namespace: kube-system\nspec:\n  containers:\n"
				    "  - args:\n    - manager\n    env:\n    - name: cp_enable\n      value: \"true\"\n    - name: address\n"
				    "      value: 192.0.2.2\n    image: ghcr.io/kube-vip/kube-vip:v1.2.3\n    name: kube-vip\n  hostNetwork: true\n";

static void test_manifests(void **state)
{
	VG_CLEANUP(vg_cluster_freep) struct vg_cluster *cluster = new_cluster();
	char folder[] = "/tmp/vipguard-manifests-XXXXXX";
	const struct vg_pod *pod;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(vg_dump_read_manifests(cluster, 3, folder, "cp1", &now), 0);
	write_file(folder, "kube-vip.yaml", kube_vip_yaml);
	write_file(folder, "apiserver.json", "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"kube-apiserver\"},\"spec\":{\"containers\":[]}}");
	write_file(folder, "daemonset.yaml", "kind: DaemonSet\nmetadata:\n  name: kube-vip\n");
	write_file(folder, "broken.yaml", "a: [}");
	write_file(folder, "list.yaml", "- a\n---\nkind: Pod\nmetadata: 7\n");
	write_file(folder, ".kube-vip.yaml.swp", kube_vip_yaml);
	assert_int_equal(vg_dump_read_manifests(cluster, 3, folder, "cp1", &now), 1);
	pod = (const struct vg_pod *)vg_cluster_get(cluster, VG_KIND_POD, "kube-system/kube-vip-cp1");
	assert_non_null(pod);
	assert_string_equal(pod->node, "cp1");
	assert_string_equal(pod->lease_namespace, "kube-system");
	assert_int_equal(pod->flags, VG_POD_LIVE | VG_POD_KUBE_VIP | VG_POD_KV_CONTROL_PLANE);
	assert_int_equal(pod->addresses.n, 1);
	/* another folder takes nothing away; between a list's begin and end, what is gone goes */
	remove_file(folder, "kube-vip.yaml");
	assert_int_equal(vg_dump_read_manifests(cluster, 3, folder, "cp1", &now), 0);
	assert_non_null(vg_cluster_get(cluster, VG_KIND_POD, "kube-system/kube-vip-cp1"));
	vg_cluster_list_begin(cluster, 3, VG_KIND_POD);
	assert_int_equal(vg_dump_read_manifests(cluster, 3, folder, "cp1", &now), 0);
	vg_cluster_list_end(cluster, 3, VG_KIND_POD);
	assert_null(vg_cluster_get(cluster, VG_KIND_POD, "kube-system/kube-vip-cp1"));
	remove_file(folder, "apiserver.json");
	remove_file(folder, "daemonset.yaml");
	remove_file(folder, "broken.yaml");
	remove_file(folder, "list.yaml");
	remove_file(folder, ".kube-vip.yaml.swp");
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(vg_dump_read_manifests(cluster, 3, folder, "cp1", &now), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_malformed_objects),
		cmocka_unit_test(test_recordings),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_standard_input),
		cmocka_unit_test(test_manifests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
