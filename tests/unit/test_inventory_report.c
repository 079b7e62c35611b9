/* SPDX-License-Identifier: Apache-2.0 */
/* The owner table's forms, with names that somebody chose to break them. */
#include "cluster_world.h"

#include <stdlib.h>

#include "report/explain.h"
#include "report/inventory.h"
#include "report/json.h"

/* A dump may hold names that no API server would take. */
#define NASTY "default/a|b`c\n<b>&\x1b[31m\xc2\x9b_*[x](y)\\"

struct paper {
	struct world world;
	struct vg_inventory *inventory;
	struct vg_listing listing;
	json_t *check;
};

static void paper_begin(struct paper *paper, void (*build)(struct world *world))
{
	struct vg_inventory_ground ground;

	world_begin(&paper->world);
	build(&paper->world);
	assess(&paper->world);
	ground = (struct vg_inventory_ground){ .snapshot = paper->world.snapshot, .cluster = paper->world.cluster, .now = paper->world.now };
	ground.circumstances.now_ns = ground.now.boot_ns;
	assert_int_equal(vg_inventory_new(&ground, &paper->inventory), 0);
	paper->listing = vg_listing_of_inventory(paper->inventory);
	paper->check = vg_check_new("cp1", "objects");
	assert_non_null(paper->check);
}

static void paper_end(struct paper *paper)
{
	json_decref(paper->check);
	vg_inventory_free(paper->inventory);
	world_end(&paper->world);
}

/* What was printed; the caller frees it. */
static char *printed(const struct paper *paper, const struct vg_listing *listing, char form, size_t width)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int r;

	assert_non_null(out);
	if (form == 'j')
		r = vg_inventory_print_json(out, paper->check, listing);
	else if (form == 'm')
		r = vg_inventory_print_markdown(out, paper->check, listing);
	else
		r = vg_inventory_print_text(out, listing, width);
	assert_int_equal(r, 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void usual(struct world *world)
{
	put_metallb(world);
	put_advertisement(world, VG_KIND_L2_ADVERTISEMENT, "metallb-system/all", NULL, NULL, NULL, 0);
	put_service(world, &(struct svc){ .key = "default/web", .address = VIP, .pool = "public" });
	put_service(world, &(struct svc){ .key = "default/dns", .address = VIP, .pool = "public" });
	put_status(world, VG_KIND_L2_STATUS, "metallb-system/s1", "default/web", "worker1");
}

static void nasty(struct world *world)
{
	put_service(world, &(struct svc){ .key = NASTY, .address = VIP, .class = "evil|\xff.org/x", .from = VG_FROM_STATUS });
	put_service(world, &(struct svc){ .key = "default/z", .address = VIP });
}

static void nothing(struct world *world)
{
	(void)world;
}

static void as_json(void **state)
{
	struct paper paper;
	_cleanup_free_ char *text = NULL;
	json_auto_t *json = NULL, *expected = NULL;
	const json_t *rows;

	(void)state;
	paper_begin(&paper, usual);
	text = printed(&paper, &paper.listing, 'j', 0);
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	assert_string_equal(vg_json_get_text(json, "node"), "cp1");
	rows = json_object_get(json, "inventory");
	assert_int_equal(json_array_size(rows), 2);
	expected = json_pack("{s:s, s:s, s:[s, s], s:s, s:[s], s:s, s:{s:s, s:s}, s:{s:s, s:s}, s:[s]}", "kind", "vip", "address", VIP, "services",
			     "default/dns", "default/web", "owner", "metallb", "assigned_nodes", "worker1", "source", "ServiceL2Status", "bind",
			     "verdict", "violation", "reason", "owner-never-binds", "announce", "verdict", "violation", "reason",
			     "assigned-elsewhere", "conflicts", "shared");
	assert_non_null(expected);
	assert_string_equal(vg_json_get_text(json_array_get(json_object_get(json_array_get(rows, 1), "proof"), 0), "name"), "metallb-system/s1");
	json_object_del(json_array_get(rows, 1), "proof");
	assert_true(json_equal(json_array_get(rows, 1), expected));
	json_decref(expected);
	expected = json_pack("[{s:s, s:s, s:[{s:s, s:s}], s:s}]", "kind", "shared", "address", VIP, "objects", "kind", "Service", "name",
			     "default/dns", "text", "2 Services carry 192.0.2.240, the first is default/dns");
	assert_true(json_equal(json_object_get(json, "conflicts"), expected));
	assert_null(json_object_get(json, "left_out"));
	paper_end(&paper);
}

static void empty_lists_are_there(void **state)
{
	_cleanup_free_ char *text = NULL, *plain = NULL;
	json_auto_t *json = NULL;
	struct paper paper;

	(void)state;
	paper_begin(&paper, nothing);
	text = printed(&paper, &paper.listing, 'j', 0);
	json = json_loads(text, 0, NULL);
	assert_true(json_is_array(json_object_get(json, "inventory")) && json_is_array(json_object_get(json, "conflicts")));
	plain = printed(&paper, &paper.listing, 't', 0);
	assert_string_equal(plain, "");
	paper_end(&paper);
}

static void as_text(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct paper paper;

	(void)state;
	paper_begin(&paper, usual);
	text = printed(&paper, &paper.listing, 't', 0);
	assert_string_equal(text, "\n"
				  "ADDRESS         KIND  OWNER    NODES    BIND       ANNOUNCE   CONFLICT  SERVICES                  PROOF\n"
				  "192.0.2.240/28  pool  metallb  -        violation  violation  -         -                         IPAddressPool "
				  "metallb-system/public +2\n"
				  "192.0.2.240     vip   metallb  worker1  violation  violation  shared    default/dns, default/web  ServiceL2Status "
				  "metallb-system/s1 +3\n"
				  "\n"
				  "conflict shared: 2 Services carry 192.0.2.240, the first is default/dns\n");
	paper_end(&paper);
}

static size_t characters(const char *text, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

/* The table's lines fit, whatever the width; the sentences below it are left to the terminal. */
static void narrow_terminals(void **state)
{
	struct paper paper;

	(void)state;
	paper_begin(&paper, usual);
	for (size_t width = 1; width < 160; width++) {
		_cleanup_free_ char *text = printed(&paper, &paper.listing, 't', width);
		const char *line = text + 1;

		for (int i = 0; i < 3; i++) {
			size_t n = strcspn(line, "\n");

			if (characters(line, n) > width)
				fail_msg("width %zu: %.*s", width, (int)n, line);
			line += n + 1;
		}
		if (width >= 100) {
			assert_non_null(strstr(text, "192.0.2.240/28 "));
			assert_non_null(strstr(text, "violation"));
		}
	}
	paper_end(&paper);
}

static bool is_printable(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if ((*c < 0x20 && *c != '\n') || *c == 0x7f || (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
			return false;
	}
	return true;
}

/* Bars that end a cell. */
static size_t bars(const char *line, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		if (line[i] == '\\')
			i++;
		else
			count += line[i] == '|';
	}
	return count;
}

static void as_markdown(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct paper paper;

	(void)state;
	paper_begin(&paper, usual);
	vg_json_set_number(paper.check, "objects", 12);
	vg_json_set_text(paper.check, "time", "2026-11-22T10:00:00Z");
	text = printed(&paper, &paper.listing, 'm', 0);
	assert_string_equal(text,
			    "## Service addresses, seen from node cp1\n\n- time: 2026-11-22T10:00:00Z\n- source: objects\n- objects: 12\n- bound: 0\n"
			    "- violations: 0\n\n### Inventory\n\n"
			    "| address | kind | owner | nodes | bind | announce | conflict | services | proof |\n"
			    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
			    "| 192.0.2.240/28 | pool | metallb | - | violation (pool-reserved) | violation (pool-reserved) | - | - | IPAddressPool "
			    "metallb-system/public, L2Advertisement metallb-system/all, Pod metallb-system/speaker-a |\n"
			    "| 192.0.2.240 | vip | metallb | worker1 | violation (owner-never-binds) | violation (assigned-elsewhere) | shared | "
			    "default/dns, default/web | ServiceL2Status metallb-system/s1, Service default/dns, Service default/web, Pod "
			    "metallb-system/speaker-a |\n"
			    "\n### Conflicts\n\n| kind | address | text |\n| --- | --- | --- |\n"
			    "| shared | 192.0.2.240 | 2 Services carry 192.0.2.240, the first is default/dns |\n");
	paper_end(&paper);
}

static void findings_come_first(void **state)
{
	struct vg_circumstances circumstances = { .now_ns = BOOT0 };
	struct vg_link_addr bound = { .addr = addr_of(VIP), .prefix = 32, .ifindex = 2 };
	_cleanup_free_ char *text = NULL;
	struct vg_answer answer;
	struct paper paper;

	(void)state;
	paper_begin(&paper, usual);
	answer = vg_judge(paper.world.snapshot, &bound.addr, "eth0", &circumstances);
	assert_int_equal(vg_check_add(paper.check, &(struct vg_ground){ .snapshot = paper.world.snapshot }, &bound, "eth0", &answer, NULL), 0);
	text = printed(&paper, &paper.listing, 'm', 0);
	assert_non_null(strstr(text, "### Findings\n\n| address | interface | bind | announce | remedy |\n| --- | --- | --- | --- | --- |\n"
				     "| 192.0.2.240 | eth0 | violation (owner-never-binds) | violation (assigned-elsewhere) | what binds "));
	assert_true(strstr(text, "### Findings") < strstr(text, "### Inventory"));
	paper_end(&paper);
}

static void nasty_names_stay_in_their_cells(void **state)
{
	_cleanup_free_ char *text = NULL, *plain = NULL, *written = NULL;
	json_auto_t *json = NULL;
	struct paper paper;
	size_t tables = 0;

	(void)state;
	paper_begin(&paper, nasty);
	vg_json_set(paper.check, "node", vg_json_text("cp|1\n# x"));
	text = printed(&paper, &paper.listing, 'm', 0);
	assert_true(is_printable(text));
	assert_non_null(strstr(text, "a\\|b\\`c\\\\x0a&lt;b&gt;&amp;\\\\x1b\\[31m\\\\x9b\\_\\*\\[x\\](y)\\\\"));
	assert_non_null(strstr(text, "node cp\\|1\\\\x0a# x\n"));
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
		if (*line != '|')
			continue;
		tables++;
		if (bars(line, strcspn(line, "\n")) != 10 && bars(line, strcspn(line, "\n")) != 4)
			fail_msg("%s", line);
	}
	assert_int_equal(tables, 3 + 3); /* one row and one conflict */
	plain = printed(&paper, &paper.listing, 't', 0);
	assert_true(is_printable(plain));
	written = printed(&paper, &paper.listing, 'j', 0);
	json = json_loads(written, 0, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_array_get(json_object_get(json_array_get(json_object_get(json, "inventory"), 0), "services"), 0)),
			    NASTY);
	paper_end(&paper);
}

/* What a guard answers prints as what it was made from. */
static void an_answer_looks_the_same(void **state)
{
	_cleanup_free_ char *here = NULL, *there = NULL;
	struct vg_listing listing;
	struct paper paper;

	(void)state;
	paper_begin(&paper, usual);
	assert_int_equal(vg_check_add_inventory(paper.check, paper.inventory, 10), 0);
	assert_null(json_object_get(paper.check, "left_out"));
	listing = vg_listing_of_json(paper.check);
	here = printed(&paper, &paper.listing, 't', 0);
	there = printed(&paper, &listing, 't', 0);
	assert_string_equal(here, there);
	paper_end(&paper);
}

static void an_answer_is_bounded(void **state)
{
	_cleanup_free_ char *text = NULL, *markdown = NULL;
	struct vg_listing listing;
	struct paper paper;

	(void)state;
	paper_begin(&paper, usual);
	assert_int_equal(vg_check_add_inventory(paper.check, paper.inventory, 1), 0);
	assert_int_equal(json_array_size(json_object_get(paper.check, "inventory")), 1);
	assert_int_equal(json_array_size(json_object_get(paper.check, "conflicts")), 0);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(paper.check, "left_out"), "rows")), 1);
	listing = vg_listing_of_json(paper.check);
	text = printed(&paper, &listing, 't', 0);
	assert_non_null(strstr(text, "\n1 rows are left out\n"));
	markdown = printed(&paper, &listing, 'm', 0);
	assert_non_null(strstr(markdown, "\nLeft out: 1 rows, 0 conflicts.\n"));
	paper_end(&paper);
}

/* An older guard has no such keys. */
static void an_answer_without_a_table(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct vg_listing listing;
	struct paper paper;

	(void)state;
	paper_begin(&paper, usual);
	listing = vg_listing_of_json(paper.check);
	text = printed(&paper, &listing, 't', 0);
	assert_string_equal(text, "");
	paper_end(&paper);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_json),
		cmocka_unit_test(empty_lists_are_there),
		cmocka_unit_test(as_text),
		cmocka_unit_test(narrow_terminals),
		cmocka_unit_test(as_markdown),
		cmocka_unit_test(findings_come_first),
		cmocka_unit_test(nasty_names_stay_in_their_cells),
		cmocka_unit_test(an_answer_looks_the_same),
		cmocka_unit_test(an_answer_is_bounded),
		cmocka_unit_test(an_answer_without_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
