/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>

#include "conf/assignments.h"

#define HEAD "version: 1\nassignments:\n"
#define MANY 100000

static const struct vg_assignment *find(const struct vg_snapshot *snapshot, const char *text)
{
	struct vg_addr addr = addr_of(text);

	return vg_snapshot_find(snapshot, &addr);
}

static struct vg_snapshot *parse(const char *text)
{
	struct vg_snapshot *snapshot = NULL;
	struct vg_error error = { "" };

	if (vg_assignments_parse(text, strlen(text), "a.yaml", "worker1", &error, &snapshot) < 0)
		fail_msg("%s", error.text);
	return snapshot;
}

static void check_contract_example(const char *text)
{
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = parse(text);
	const struct vg_assignment *found = find(snapshot, "192.0.2.10");
	struct vg_addr protected4 = addr_of("192.0.2.2"), protected6 = addr_of("2001:db8::2");

	assert_non_null(found);
	assert_string_equal(found->service, "default/web");
	assert_int_equal(found->n_nodes, 1);
	assert_string_equal(found->nodes[0], "worker1");
	assert_int_equal(found->bind, VG_BIND_NOBODY);
	assert_false(found->ranged);
	assert_int_equal(vg_snapshot_protected(snapshot, &protected4)->reason, VG_PROTECT_LIST);
	assert_int_equal(vg_snapshot_protected(snapshot, &protected6)->reason, VG_PROTECT_LIST);
	assert_int_equal(vg_snapshot_size(snapshot), 1);
	assert_string_equal(vg_snapshot_node(snapshot), "worker1");
	assert_string_equal(vg_snapshot_source(snapshot), "assignments");
}

static void test_contract_example(void **state)
{
	(void)state;
	check_contract_example("version: 1\n"
			       "assignments:\n"
			       "  - address: 192.0.2.10        # or a CIDR, or a range\n"
			       "    service: default/web       # optional\n"
			       "    nodes: [worker1]           # who holds it\n"
			       "    bind: nobody               # holder (default)\n"
			       "protect: [192.0.2.2, 2001:db8::2]\n");
	check_contract_example("{\"protect\": [\"192.0.2.2\", \"2001:db8::2\"], \"assignments\": [{\"nodes\": [\"worker1\", \"worker1\"], "
			       "\"bind\": \"nobody\", \"service\": \"default/web\", \"address\": \"192.0.2.10\"}], \"version\": 1}");
}

static void test_forms_of_address(void **state)
{
	VG_CLEANUP(vg_snapshot_freep)
	struct vg_snapshot *snapshot = parse(HEAD "- {address: 192.0.2.0/24, nodes: []}\n"
						  "- {address: 192.0.2.10-192.0.2.20, nodes: [worker2, worker1]}\n"
						  "- {address: 192.0.2.12, nodes: [worker3]}\n"
						  "- address: '2001:db8::/64'\n  nodes:\n  - worker1\n");

	(void)state;
	assert_int_equal(find(snapshot, "192.0.2.9")->n_nodes, 0);
	assert_int_equal(find(snapshot, "192.0.2.10")->n_nodes, 2);
	assert_string_equal(find(snapshot, "192.0.2.12")->nodes[0], "worker3");
	assert_int_equal(find(snapshot, "192.0.2.20")->n_nodes, 2);
	assert_int_equal(find(snapshot, "192.0.2.21")->n_nodes, 0);
	assert_true(find(snapshot, "192.0.2.20")->ranged);
	assert_true(find(snapshot, "192.0.2.21")->ranged);
	assert_false(find(snapshot, "192.0.2.12")->ranged);
	assert_int_equal(find(snapshot, "192.0.2.12")->line, 5);
	assert_int_equal(find(snapshot, "2001:db8::9")->bind, VG_BIND_HOLDER);
	assert_null(find(snapshot, "2001:db8::9")->service);
	assert_null(find(snapshot, "203.0.113.1"));
}

static void test_places(void **state)
{
	VG_CLEANUP(vg_snapshot_freep)
	struct vg_snapshot *snapshot = parse("version: 1\nnodes:\n- {name: worker1, addresses: [192.0.2.21, '2001:db8::21']}\n"
					     "- name: worker2\n  addresses: []\n- {addresses: [192.0.2.121], name: worker1}\n"),
			   *copy = NULL;
	const char *const want[] = { "192.0.2.21", "2001:db8::21", "192.0.2.121" };
	struct vg_addr found[4];

	(void)state;
	assert_int_equal(vg_snapshot_new("cp1", "kubernetes", &copy), 0);
	assert_int_equal(vg_snapshot_copy(copy, snapshot), 0);
	vg_snapshot_free(snapshot);
	snapshot = TAKE_PTR(copy);
	assert_int_equal(vg_snapshot_places(snapshot, "worker1", found, ARRAY_SIZE(found)), 3);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct vg_addr addr = addr_of(want[i]);

		assert_memory_equal(&found[i], &addr, sizeof(addr));
	}
	assert_int_equal(vg_snapshot_places(snapshot, "worker1", found, 2), 2);
	assert_int_equal(vg_snapshot_places(snapshot, "worker2", found, ARRAY_SIZE(found)), 0);
	assert_int_equal(vg_snapshot_places(snapshot, "cp1", found, ARRAY_SIZE(found)), 0);
}

static void test_fine(void **state)
{
	static const struct {
		const char *text;
		size_t size;
	} cases[] = {
		{ "version: 1\n", 0 },
		{ "version: 1\nassignments: []\n", 0 },
		{ "version: 1\nprotect: [192.0.2.0/24, 192.0.2.10-192.0.2.20, 192.0.2.10, 169.254.20.10]\n", 0 },
		{ "---\nversion: 1\n...\n", 0 },
		{ "%YAML 1.1\n---\nversion: 1\n", 0 },
		{ "assignments: [{nodes: [], address: 192.0.2.10}]\nversion: 1\n", 1 },
		{ "\xef\xbb\xbfversion: 1\n", 0 }, /* a byte order mark */
		{ "version: 1\r\nassignments:\r\n- address: 192.0.2.10\r\n  nodes: []\r\n", 1 },
		/* equal repeats */
		{ HEAD "- {address: 192.0.2.10, nodes: [a, b], bind: holder}\n- {address: 192.0.2.10/32, nodes: [b, a, b]}\n", 1 },
		{ HEAD "- {address: 192.0.2.0/31, nodes: []}\n- {address: 192.0.2.0-192.0.2.1, nodes: []}\n", 1 },
		{ HEAD "- {address: '::ffff:192.0.2.10', nodes: []}\n- {address: 192.0.2.10, nodes: []}\n", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = parse(cases[i].text);

		assert_case(cases[i].text, vg_snapshot_size(snapshot) == cases[i].size);
	}
}

#define A10 "aaaaaaaaaa"
#define A64 A10 A10 A10 A10 A10 A10 "aaaa"
#define A256 A64 A64 A64 A64

/* Each text and the beginning of what is said of it. */
static const struct {
	const char *text;
	const char *error;
} wrong[] = {
	{ "", "a.yaml:1: found nothing; expected a mapping with version" },
	{ "# only a comment\n", "a.yaml:2: found nothing; expected a mapping with version" },
	{ "---\n", "a.yaml:2: found nothing; expected a mapping with version" },
	{ "version", "a.yaml:1: found \"version\"; expected a mapping" },
	{ "- version: 1\n", "a.yaml:1: found a list; expected a mapping with version" },
	{ "assignments: []\n", "a.yaml:1: version: found nothing; expected the number 1" },
	{ "version: 2\n", "a.yaml:1: version: 2 is not known; expected 1" },
	{ "version: 01\n", "a.yaml:1: version: 01 is not known; expected 1" },
	{ "version: \"1\"\n", "a.yaml:1: version: found the text \"1\"; expected the number 1" },
	{ "version:\n", "a.yaml:1: version: found nothing; expected the number 1" },
	{ "version: [1]\n", "a.yaml:1: version: found a list; expected the number 1" },
	{ "version: 1\nversion: 1\n", "a.yaml:2: version: found twice in one mapping; expected once" },
	{ "version: 1\nassignment: []\n", "a.yaml:2: unknown key \"assignment\"; expected one of version, assignments, protect, nodes" },
	{ "version: 1\n<<: {assignments: []}\n", "a.yaml:2: unknown key \"<<\"" },
	{ "version: 1\n" A64 ": 1\n", "a.yaml:2: unknown key \"aaaa" },
	{ "version: 1\n? [a]\n: 1\n", "a.yaml:2: found a list; expected a key" },
	{ "version: 1\n? {a: b}\n: 1\n", "a.yaml:2: found a mapping; expected a key" },
	{ "version: 1\nassignments:\n", "a.yaml:2: assignments: found nothing; expected a list of mappings" },
	{ "version: 1\nassignments: {address: 192.0.2.10}\n", "a.yaml:2: assignments: found a mapping; expected a list" },
	{ "version: 1\nassignments: [192.0.2.10]\n", "a.yaml:2: assignments: found \"192.0.2.10\"; expected a mapping with address and nodes" },
	{ HEAD "- {address: 192.0.2.1, nodes: []}\n- null\n", "a.yaml:4: assignments: found nothing; expected a mapping" },
	{ HEAD "- nodes: []\n", "a.yaml:3: address: found nothing; expected an IP address, CIDR or range" },
	{ HEAD "- service: a/b\n  address: 192.0.2.10\n", "a.yaml:3: nodes: found nothing; expected a list of node names, [] for nobody" },
	{ HEAD "- address: 192.0.2.10\n  nodes:\n", "a.yaml:4: nodes: found nothing; expected a list of node names" },
	{ HEAD "- address: 192.0.2.10\n  nodes: worker1\n", "a.yaml:4: nodes: found \"worker1\"; expected a list" },
	{ HEAD "- address: 192.0.2.10\n  nodes: [[]]\n", "a.yaml:4: nodes: found a list; expected the name of a node" },
	{ HEAD "- address: 192.0.2.10\n  nodes: ['']\n", "a.yaml:4: nodes: found \"\"; expected the name of a node" },
	{ HEAD "- address: 192.0.2.10\n  nodes: [~]\n", "a.yaml:4: nodes: found nothing; expected the name of a node" },
	{ HEAD "- address: 192.0.2.10\n  nodes: [a, Worker1]\n", "a.yaml:4: nodes: found \"Worker1\"; expected" },
	{ HEAD "- address: 192.0.2.10\n  nodes: [" A256 "]\n", "a.yaml:4: nodes: found \"aaaa" },
	{ HEAD "- address: 192.0.2.10\n  node: [a]\n", "a.yaml:4: unknown key \"node\"; expected one of address, service, nodes, bind" },
	{ HEAD "- address: 192.0.2.10\n  nodes: []\n  nodes: [a]\n", "a.yaml:5: nodes: found twice" },
	{ HEAD "- address: 192.0.2.10\n  nodes: []\n  bind: everybody\n", "a.yaml:5: bind: found \"everybody\"; expected holder or nobody" },
	{ HEAD "- address: 192.0.2.10\n  nodes: []\n  bind:\n", "a.yaml:5: bind: found nothing; expected holder or nobody" },
	{ HEAD "- address: 192.0.2.10\n  nodes: []\n  service: /web\n", "a.yaml:5: service: found \"/web\"; expected namespace/name" },
	{ HEAD "- address: 192.0.2.10\n  nodes: []\n  service: a/b/c\n", "a.yaml:5: service: found \"a/b/c\"" },
	{ HEAD "- address: 192.0.2.10\n  nodes: []\n  service: " A256 A64 "\n", "a.yaml:5: service: found \"aaaa" },
	{ HEAD "- address: 192.0.2.300\n  nodes: []\n", "a.yaml:3: address: \"192.0.2.300\" is no IP address, CIDR or range; expected" },
	{ HEAD "- nodes: []\n  address: 192.0.2.10/24\n", "a.yaml:4: address: \"192.0.2.10/24\" has host bits set; expected 192.0.2.0/24" },
	{ HEAD "- address: 192.0.2.20-192.0.2.10\n  nodes: []\n", "a.yaml:3: address: \"192.0.2.20-192.0.2.10\" is no range" },
	{ HEAD "- address: 0.0.0.0/0\n  nodes: []\n", "a.yaml:3: address: \"0.0.0.0/0\" is too wide" },
	{ HEAD "- address: 127.0.0.1\n  nodes: []\n", "a.yaml:3: address: \"127.0.0.1\" is or covers a loopback address" },
	{ HEAD "- address: [192.0.2.1]\n  nodes: []\n", "a.yaml:3: address: found a list; expected an IP address" },
	{ HEAD "- address: \"192.0.2.1\\0\"\n  nodes: []\n", "a.yaml:3: a NUL character in a text; expected none" },
	{ HEAD "- address: \"\\e[2J\"\n  nodes: []\n", "a.yaml:3: address: \"?[2J\" is no IP address" },
	{ "version: 1\nprotect: 192.0.2.1\n", "a.yaml:2: protect: found \"192.0.2.1\"; expected a list" },
	{ "version: 1\nprotect: [192.0.2.1,\n  worker1]\n", "a.yaml:3: protect: \"worker1\" is no IP address" },
	{ "version: 1\nprotect: [0.0.0.0/0]\n", "a.yaml:2: protect: \"0.0.0.0/0\" is too wide" },
	{ "version: 1\nprotect: [{}]\n", "a.yaml:2: protect: found a mapping; expected an IP address" },
	{ "version: 1\nnodes: [worker1]\n", "a.yaml:2: nodes: found \"worker1\"; expected a mapping with name and addresses" },
	{ "version: 1\nnodes:\n- {name: worker1}\n", "a.yaml:3: addresses: found nothing; expected a list of IP addresses" },
	{ "version: 1\nnodes:\n- {addresses: []}\n", "a.yaml:3: name: found nothing; expected the name of a node" },
	{ "version: 1\nnodes:\n- {name: Worker, addresses: []}\n", "a.yaml:3: name: found \"Worker\"; expected the name of a node" },
	{ "version: 1\nnodes:\n- {name: a, addresses: [192.0.2.0/24]}\n", "a.yaml:3: addresses: found \"192.0.2.0/24\"; expected an IP address" },
	{ "version: 1\nnodes:\n- {name: a, addresses: ['::1', '::2', '::3', '::4', '::5', '::6', '::7', '::8', '::9']}\n",
	  "a.yaml:3: addresses: found more than 8; expected at most that" },
	{ "version: 1\nnodes:\n- {name: a, mac: x}\n", "a.yaml:3: unknown key \"mac\"; expected one of name, addresses" },
	/* overlaps */
	{ HEAD "- {address: 192.0.2.10, nodes: [a]}\n- {address: 192.0.2.10, nodes: [b]}\n",
	  "a.yaml:4: address: \"192.0.2.10\": 192.0.2.10 has other nodes than on line 3; expected" },
	{ HEAD "- {address: 192.0.2.10, nodes: [a]}\n- {address: 192.0.2.10/32, nodes: [a], bind: nobody}\n",
	  "a.yaml:4: address: \"192.0.2.10/32\": 192.0.2.10 has other bind than on line 3; expected" },
	{ HEAD "- {address: 192.0.2.10, nodes: [a], service: a/b}\n- {address: 192.0.2.10, nodes: [a]}\n",
	  "a.yaml:4: address: \"192.0.2.10\": 192.0.2.10 has other service than on line 3; expected" },
	{ HEAD "- {address: 192.0.2.16/28, nodes: [a]}\n- {address: 192.0.2.15-192.0.2.31, nodes: []}\n",
	  "a.yaml:4: address: \"192.0.2.15-192.0.2.31\": 192.0.2.16/28 has other nodes than on line 3; expected" },
	/* what makes one text mean two things */
	{ "version: 1\nassignments: &a []\nprotect: *a\n", "a.yaml:2: found an anchor or alias; expected" },
	{ "version: 1\nprotect: *a\n", "a.yaml:2: found an anchor or alias" },
	{ "version: !!int 1\n", "a.yaml:1: found a tag; expected" },
	{ "--- !x\nversion: 1\n", "a.yaml:1: found a tag" },
	{ "version: 1\n---\nversion: 1\n", "a.yaml:2: found a second document; expected one" },
	/* no YAML, no text */
	{ "version: 1\n\tassignments: []\n", "a.yaml:2: is no YAML: " },
	{ "version: 1\nassignments: [\n", "a.yaml:3: is no YAML: " },
	{ "version: 1}\n", "a.yaml:1: " },
	{ "{\"version\": 1", "a.yaml:2: is no YAML: did not find" },
	{ "version: 1\n\x01\n", "a.yaml:2: is no text: control characters are not allowed at byte 11; expected YAML" },
	{ "version: 1\n\xff\xfe\xfa\n", "a.yaml:2: is no text: " },
	{ "\x7f"
	  "ELF\x02\x01\x01",
	  "a.yaml:1: is no text: " },
};

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct vg_snapshot *snapshot = NULL;
		struct vg_error error = { "" };
		int r = vg_assignments_parse(wrong[i].text, strlen(wrong[i].text), "a.yaml", "worker1", &error, &snapshot);

		if (r != -EINVAL || snapshot || strncmp(error.text, wrong[i].error, strlen(wrong[i].error)))
			fail_msg("\"%s\": %d, \"%s\"; expected \"%s\"", wrong[i].text, r, error.text, wrong[i].error);
		assert_int_equal(vg_assignments_parse(wrong[i].text, strlen(wrong[i].text), "a.yaml", "w", NULL, &snapshot), -EINVAL);
	}
}

static void test_nul_bytes(void **state)
{
	static const char text[] = "version: 1\n\0protect: []\n";
	struct vg_snapshot *snapshot = NULL;
	struct vg_error error;

	(void)state;
	assert_int_equal(vg_assignments_parse(text, sizeof(text) - 1, "a.yaml", "worker1", &error, &snapshot), -EINVAL);
	assert_non_null(strstr(error.text, "a.yaml:2: is no text"));
}

static void test_files(void **state)
{
	struct vg_snapshot *snapshot = NULL;
	struct vg_error error;

	(void)state;
	assert_int_equal(vg_assignments_read("/", "worker1", &error, &snapshot), -EISDIR);
	assert_string_equal(error.text, "/: is a directory; expected a file");
	assert_int_equal(vg_assignments_read("/nowhere/a.yaml", "worker1", &error, &snapshot), -ENOENT);
	assert_int_equal(vg_assignments_read("/dev/null", "worker1", &error, &snapshot), -EINVAL);
	assert_int_equal(vg_assignments_read("/dev/zero", "worker1", &error, &snapshot), -EFBIG);
	assert_null(snapshot);
}

/* n entries of form, which takes two numbers. */
static char *repeat(const char *form, unsigned n)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	fputs(HEAD, file);
	for (unsigned i = 0; i < n; i++)
		fprintf(file, form, i >> 16, i & 0xffff);
	fclose(file);
	return text;
}

static void test_many(void **state)
{
	_cleanup_free_ char *text = repeat("- {address: '2001:db8::%x:%x', service: default/web, nodes: [worker1, worker2]}\n", MANY);
	VG_CLEANUP(vg_snapshot_freep) struct vg_snapshot *snapshot = parse(text);

	(void)state;
	assert_int_equal(vg_snapshot_size(snapshot), MANY);
	assert_int_equal(find(snapshot, "2001:db8::1:869f")->line, 3 + MANY - 1);
	assert_null(find(snapshot, "2001:db8::1:86a0"));
	/* equal lists of nodes are kept once */
	assert_ptr_equal(find(snapshot, "2001:db8::1")->nodes, find(snapshot, "2001:db8::2")->nodes);
}

/* More than the kernel's maps hold is refused whole: a part of it would be a guard with holes. */
static void test_too_many(void **state)
{
	_cleanup_free_ char *hosts = repeat("- {address: '2001:db8::%x:%x', nodes: []}\n", VG_MAX_VIPS + 1);
	_cleanup_free_ char *nets = repeat("- {address: '2001:db8:%x:%x::/64', nodes: []}\n", VG_MAX_RANGES + 1);
	struct vg_snapshot *snapshot = NULL;
	struct vg_error error;

	(void)state;
	assert_int_equal(vg_assignments_parse(hosts, strlen(hosts), "a.yaml", "worker1", &error, &snapshot), -EINVAL);
	assert_non_null(strstr(error.text, "found more than 131072 addresses"));
	assert_int_equal(vg_assignments_parse(nets, strlen(nets), "a.yaml", "worker1", &error, &snapshot), -EINVAL);
	assert_non_null(strstr(error.text, "found more than 131072 prefixes"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contract_example),
		cmocka_unit_test(test_forms_of_address),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_fine),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_nul_bytes),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests_name("assignments", tests, NULL, NULL);
}
