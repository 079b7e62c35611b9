/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded answers (tests/data/api), cut at every byte: what was whole counts, and asking again brings the rest. */
#include "intake_world.h"

#include <errno.h>

#include <jansson.h>

#define DATA "tests/data/api/"

/* The body of a recording, its chunks put together. */
static char *body_of(const char *name, size_t *ret_n)
{
	_cleanup_fclose_ FILE *file = fopen(name, "re");
	static char raw[1 << 17];
	size_t n = file ? fread(raw, 1, sizeof(raw) - 1, file) : 0, out = 0;
	char *body = calloc(1, sizeof(raw)), *at;

	if (!n || !body)
		fail_msg("cannot read %s", name);
	raw[n] = '\0';
	at = strstr(raw, "\r\n\r\n") + 4;
	if (strstr(raw, "Content-Length:") && strstr(raw, "Content-Length:") < at) {
		out = n - (size_t)(at - raw);
		memcpy(body, at, out);
	} else {
		for (size_t size; (size = strtoul(at, &at, 16)) > 0; at += size + 2) {
			at += 2;
			memcpy(body + out, at, size);
			out += size;
		}
	}
	*ret_n = out;
	return body;
}

/* An empty list of that version, so that a watch can begin. */
static void begin_at(struct world *world, const char *version)
{
	char list[128];
	int n = snprintf(list, sizeof(list), "{\"items\":[],\"metadata\":{\"resourceVersion\":\"%s\"}}", version);

	vg_intake_list_begin(world->intake);
	vg_intake_open(world->intake, VG_INTAKE_PAGE);
	assert_int_equal(feed(world, list, (size_t)n), 0);
	assert_int_equal(end(world), 0);
	vg_intake_open(world->intake, VG_INTAKE_WATCH);
}

/* What a server sends from that version on: the lines with a later one. */
static void feed_after(struct world *world, const char *body, size_t n)
{
	_cleanup_free_ char *version = strdup(vg_intake_version(world->intake));
	const char *line = body, *next;

	for (; line < body + n; line = next) {
		json_t *json = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
		const char *its = json_string_value(json_object_get(json_object_get(json_object_get(json, "object"), "metadata"), "resourceVersion"));

		next = memchr(line, '\n', (size_t)(body + n - line));
		next = next ? next + 1 : body + n;
		assert_non_null(its);
		if (vg_version_compare(its, version) > 0)
			assert_int_equal(feed(world, line, (size_t)(next - line)), 0);
		json_decref(json);
	}
}

static void check_watch(const char *name, size_t events)
{
	size_t n;
	_cleanup_free_ char *body = body_of(name, &n);
	struct world whole, cut;

	world_up(&whole, false);
	begin_at(&whole, "100");
	assert_int_equal(feed(&whole, body, n), 0);
	assert_int_equal(end(&whole), 0);
	assert_true(vg_intake_counts(whole.intake)->events >= events);
	for (size_t i = 0; i <= n; i++) {
		world_up(&cut, false);
		begin_at(&cut, "100");
		assert_int_equal(feed(&cut, body, i), 0);
		vg_intake_open(cut.intake, VG_INTAKE_WATCH);
		feed_after(&cut, body, n);
		if (!same(whole.cluster, cut.cluster) || strcmp(vg_intake_version(whole.intake), vg_intake_version(cut.intake)))
			fail_msg("%s, cut at %zu of %zu, ends differently", name, i, n);
		assert_int_equal(vg_intake_counts(cut.intake)->events, vg_intake_counts(whole.intake)->events);
		world_down(&cut);
	}
	world_down(&whole);
}

static void test_a_watch_cut_at_every_byte(void **state)
{
	(void)state;
	check_watch(DATA "watch-loadbalancers.http", 5);
}

static void test_a_watch_list_cut_at_every_byte(void **state)
{
	size_t n;
	_cleanup_free_ char *body = body_of(DATA "watchlist-loadbalancers.http", &n);
	struct world whole, cut;

	(void)state;
	world_up(&whole, false);
	vg_intake_list_begin(whole.intake);
	vg_intake_open(whole.intake, VG_INTAKE_INITIAL);
	assert_int_equal(feed(&whole, body, n), 0);
	assert_int_equal(vg_intake_form(whole.intake), VG_INTAKE_WATCH);
	assert_string_equal(vg_intake_version(whole.intake), "281");
	assert_int_equal(vg_cluster_count(whole.cluster, VG_KIND_SERVICE), 1);
	for (size_t i = 0; i < n - 1; i++) { /* its end is a newline, which need not be there */
		world_up(&cut, false);
		/* what is not in the list any more goes with its end, and not before */
		begin_at(&cut, "1");
		assert_int_equal(
			feed(&cut,
			     "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"old\",\"namespace\":\"shop\",\"resourceVersion\":\"2\"},"
			     "\"spec\":{\"type\":\"LoadBalancer\"},\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"192.0.2.1\"}]}}}}\n",
			     strlen("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"old\",\"namespace\":\"shop\",\"resourceVersion\":\"2\"}"
				    ","
				    "\"spec\":{\"type\":\"LoadBalancer\"},\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"192.0.2.1\"}]}}}}\n")),
			0);
		vg_intake_list_begin(cut.intake);
		vg_intake_open(cut.intake, VG_INTAKE_INITIAL);
		assert_int_equal(feed(&cut, body, i), 0);
		assert_non_null(vg_cluster_get(cut.cluster, VG_KIND_SERVICE, "shop/old"));
		if (vg_intake_form(cut.intake) == VG_INTAKE_INITIAL) {
			vg_intake_list_begin(cut.intake);
			vg_intake_open(cut.intake, VG_INTAKE_INITIAL);
			assert_int_equal(feed(&cut, body, n), 0);
		}
		if (!same(whole.cluster, cut.cluster))
			fail_msg("cut at %zu of %zu, it ends differently", i, n);
		world_down(&cut);
	}
	world_down(&whole);
}

/* The page that was cut is asked for again. */
static void read_pages(struct world *world, char *const *bodies, const size_t *sizes, size_t cut)
{
	vg_intake_list_begin(world->intake);
	for (size_t page = 0; page < 2; page++) {
		if (cut <= sizes[page]) {
			vg_intake_open(world->intake, VG_INTAKE_PAGE);
			assert_int_equal(feed(world, bodies[page], cut), 0);
		}
		cut = cut <= sizes[page] ? SIZE_MAX : cut - sizes[page] - 1;
		vg_intake_open(world->intake, VG_INTAKE_PAGE);
		assert_int_equal(feed(world, bodies[page], sizes[page]), 0);
		assert_int_equal(end(world), page == 0);
		assert_int_equal(!vg_intake_token(world->intake), page == 1);
	}
}

static void test_pages_cut_at_every_byte(void **state)
{
	size_t sizes[2];
	char *bodies[2] = { body_of(DATA "page-1.http", &sizes[0]), body_of(DATA "page-2.http", &sizes[1]) };
	struct world whole, cut;

	(void)state;
	world_up(&whole, false);
	read_pages(&whole, bodies, sizes, SIZE_MAX);
	assert_true(vg_cluster_count(whole.cluster, VG_KIND_SERVICE) > 4);
	for (size_t i = 0; i <= sizes[0] + sizes[1] + 1; i++) {
		world_up(&cut, false);
		read_pages(&cut, bodies, sizes, i);
		if (!same(whole.cluster, cut.cluster))
			fail_msg("cut at %zu, it ends differently", i);
		assert_string_equal(vg_intake_version(cut.intake), vg_intake_version(whole.intake));
		world_down(&cut);
	}
	world_down(&whole);
	free(bodies[0]);
	free(bodies[1]);
}

static int feed_text(struct world *world, const char *text)
{
	return feed(world, text, strlen(text));
}

#define WEB(name, version, address) \
	"{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"shop\",\"resourceVersion\":\"" version "\"},\"spec\":{\"type\":\"LoadBalancer\"}," \
	"\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"" address "\"}]}}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define BAD "{\"metadata\":{\"name\":\"web\",\"name\":\"web\",\"namespace\":\"shop\"}}"

static void test_events(void **state)
{
	struct world world;

	(void)state;
	world_up(&world, false);
	begin_at(&world, "10");
	assert_int_equal(feed_text(&world, EVENT("ADDED", WEB("web", "11", "192.0.2.1"))), 0);
	assert_true(has(&world, "shop/web"));
	/* a repetition changes nothing; a bookmark that looks like a Service is none */
	assert_int_equal(feed_text(&world, EVENT("DELETED", WEB("web", "11", "192.0.2.1"))), 0);
	assert_true(has(&world, "shop/web"));
	assert_int_equal(feed_text(&world, EVENT("BOOKMARK", WEB("mark", "20", "192.0.2.9"))), 0);
	assert_false(has(&world, "shop/mark"));
	assert_string_equal(vg_intake_version(world.intake), "20");
	/* what comes late */
	assert_int_equal(feed_text(&world, EVENT("MODIFIED", WEB("web", "9", "192.0.2.7"))), -EILSEQ);
	vg_intake_open(world.intake, VG_INTAKE_WATCH);
	assert_int_equal(feed_text(&world, EVENT("BOOKMARK", WEB("mark", "19", "192.0.2.9"))), -EILSEQ);
	/* an object may be deleted without being readable */
	vg_intake_open(world.intake, VG_INTAKE_WATCH);
	assert_int_equal(feed_text(&world, EVENT("DELETED",
						 "{\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\",\"resourceVersion\":\"21\"},\"spec\":7}")),
			 0);
	assert_false(has(&world, "shop/web"));
	assert_int_equal(feed_text(&world, "{\"kind\":\"Status\",\"code\":500}\n"), -EBADMSG);
	vg_intake_open(world.intake, VG_INTAKE_WATCH);
	assert_int_equal(feed_text(&world, EVENT("ERROR", "{\"kind\":\"Status\",\"code\":410}")), -ESTALE);
	vg_intake_open(world.intake, VG_INTAKE_WATCH);
	assert_int_equal(feed_text(&world, EVENT("ERROR", "{\"kind\":\"Status\",\"code\":500,\"message\":\"x\"}")), -EREMOTEIO);
	assert_string_equal(vg_intake_version(world.intake), "21");
	world_down(&world);
}

static void test_what_cannot_be_read_stays(void **state)
{
	struct world world;

	(void)state;
	world_up(&world, false);
	begin_at(&world, "10");
	assert_int_equal(feed_text(&world, EVENT("ADDED", WEB("web", "11", "192.0.2.1")) EVENT("ADDED", WEB("other", "12", "192.0.2.2"))), 0);
	assert_int_equal(feed_text(&world, EVENT("MODIFIED", BAD) EVENT("ADDED", WEB("more", "14", "192.0.2.3"))), 0);
	assert_int_equal(world.odd, 1);
	assert_true(has(&world, "shop/web") && has(&world, "shop/more"));
	/* a list that has an object that nobody can read: which one it is, is not known, so nothing goes this time */
	vg_intake_list_begin(world.intake);
	vg_intake_open(world.intake, VG_INTAKE_PAGE);
	assert_int_equal(feed_text(&world, "{\"items\":[" BAD "," WEB("more", "14", "192.0.2.3") "],\"metadata\":{\"resourceVersion\":\"20\"}}"), 0);
	assert_int_equal(end(&world), 0);
	assert_int_equal(world.odd, 2);
	assert_true(has(&world, "shop/web") && has(&world, "shop/other") && has(&world, "shop/more"));
	/* the next one is read, and says what is gone */
	vg_intake_list_begin(world.intake);
	vg_intake_open(world.intake, VG_INTAKE_PAGE);
	assert_int_equal(feed_text(&world, "{\"items\":[" WEB("web", "13", "192.0.2.1") "],\"metadata\":{\"resourceVersion\":\"21\"}}"), 0);
	assert_int_equal(end(&world), 0);
	assert_true(has(&world, "shop/web") && !has(&world, "shop/other") && !has(&world, "shop/more"));
	world_down(&world);
}

static void test_lists_that_are_none(void **state)
{
	static const char *const lists[] = {
		"{\"items\":[],\"metadata\":{}}",
		"{\"metadata\":{\"resourceVersion\":\"12\"}}",
		"{\"items\":[],\"metadata\":{\"resourceVersion\":5}}",
		"{\"items\":[]",
		"{}",
		"",
		"<html>",
		"[]",
	};
	struct world world;

	(void)state;
	world_up(&world, false);
	begin_at(&world, "10");
	assert_int_equal(feed_text(&world, EVENT("ADDED", WEB("web", "11", "192.0.2.1"))), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		int r;

		vg_intake_list_begin(world.intake);
		vg_intake_open(world.intake, VG_INTAKE_PAGE);
		r = feed_text(&world, lists[i]);
		assert_case(lists[i], r == -EBADMSG || end(&world) == -EBADMSG);
		assert_case(lists[i], has(&world, "shop/web"));
		assert_string_equal(vg_intake_version(world.intake), "11");
	}
	world_down(&world);
}

static void test_names_only(void **state)
{
	struct world world;

	(void)state;
	world_up(&world, true);
	begin_at(&world, "10");
	assert_int_equal(feed_text(&world, EVENT("ADDED", WEB("a.b", "11", "192.0.2.1")) EVENT("DELETED", WEB("a.b", "12", "192.0.2.1"))), 0);
	assert_int_equal(world.names, 2);
	assert_int_equal(world.gone, 1);
	assert_int_equal(vg_cluster_count(world.cluster, VG_KIND_SERVICE), 0);
	world_down(&world);
}

/* Pods that play no part: kept of this node, so that what one of them does can be told, and of no other. */
static size_t pods_kept(bool bystanders)
{
	static const char list[] = "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":["
				   "{\"metadata\":{\"namespace\":\"a\",\"name\":\"web\",\"uid\":\"u1\"}},"
				   "{\"metadata\":{\"namespace\":\"a\",\"name\":\"svclb-x\",\"uid\":\"u2\"}}]}";
	struct world world;
	struct vg_intake_config config;
	size_t n;

	world_up(&world, false);
	config = world.intake->config;
	config.kind = VG_KIND_POD;
	config.bystanders = bystanders;
	vg_intake_free(world.intake);
	assert_int_equal(vg_intake_new(&config, &world.intake), 0);
	vg_intake_list_begin(world.intake);
	vg_intake_open(world.intake, VG_INTAKE_PAGE);
	assert_int_equal(feed(&world, list, strlen(list)), 0);
	assert_int_equal(end(&world), 0);
	assert_non_null(vg_cluster_find_pod(world.cluster, "u2"));
	assert_int_equal(vg_cluster_find_pod(world.cluster, "u1") != NULL, bystanders);
	n = vg_cluster_count(world.cluster, VG_KIND_POD);
	world_down(&world);
	return n;
}

static void test_bystanders(void **state)
{
	(void)state;
	assert_int_equal(pods_kept(true), 2);
	assert_int_equal(pods_kept(false), 1);
}

static void test_versions(void **state)
{
	(void)state;
	assert_int_equal(vg_version_compare("9", "10"), -1);
	assert_int_equal(vg_version_compare("10", "9"), 1);
	assert_int_equal(vg_version_compare("010", "10"), 0);
	assert_int_equal(vg_version_compare("18446744073709551616", "18446744073709551615"), 1);
	assert_int_equal(vg_version_compare("", "10"), 1);
	assert_int_equal(vg_version_compare("9", "a"), 1);
	assert_int_equal(vg_version_compare("9a", "10"), 1);
	assert_int_equal(vg_version_compare("0", "00"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_watch_cut_at_every_byte),
		cmocka_unit_test(test_a_watch_list_cut_at_every_byte),
		cmocka_unit_test(test_pages_cut_at_every_byte),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_what_cannot_be_read_stays),
		cmocka_unit_test(test_lists_that_are_none),
		cmocka_unit_test(test_names_only),
		cmocka_unit_test(test_bystanders),
		cmocka_unit_test(test_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
