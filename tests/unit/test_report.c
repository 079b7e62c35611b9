/* SPDX-License-Identifier: Apache-2.0 */
/* Events: the keys of docs/contract.md section 6, folding, and a reader that does not read. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>

#include "base/time.h"
#include "core/verdict.h"
#include "report/event.h"
#include "report/out.h"
#include "report/report.h"

#define PERIOD_NS (50 * VG_NS_PER_MS)
#define PATIENCE_NS (10 * VG_NS_PER_SEC)

static const char *const nodes[] = { "worker1", "worker2" };
static const struct vg_assignment assignment = { .service = "default/web", .nodes = nodes, .n_nodes = 2 };

struct world {
	struct vg_loop *loop;
	struct vg_reporter *reporter;
	struct vg_timer *patience;
	int ends[2];
	uint64_t lost;
	unsigned watched; /* lines that the watch callback got */
	unsigned quit_at; /* stop the loop at so many */
	json_t *last; /* the last of them */
};

static void on_watch(void *ctx, const char *line)
{
	struct world *w = ctx;

	json_decref(w->last);
	w->last = json_loads(line, 0, NULL);
	assert_non_null(w->last);
	assert_null(strchr(line, '\n'));
	if (++w->watched == w->quit_at)
		vg_loop_quit(w->loop, 0);
}

static void on_lost(void *ctx, uint64_t n)
{
	((struct world *)ctx)->lost += n;
}

static void on_patience(void *ctx)
{
	vg_loop_quit(((struct world *)ctx)->loop, -ETIMEDOUT);
}

static void world_up(struct world *w, enum vg_format format)
{
	struct vg_reporter_config config = {
		.format = format, .node = "cp1", .period_ns = PERIOD_NS, .watch = on_watch, .watch_ctx = w, .lost = on_lost, .lost_ctx = w
	};

	memset(w, 0, sizeof(*w));
	assert_int_equal(pipe2(w->ends, O_CLOEXEC), 0);
	fcntl(w->ends[0], F_SETFL, O_NONBLOCK);
	config.fd = w->ends[1];
	assert_int_equal(vg_loop_new(&w->loop), 0);
	assert_int_equal(vg_timer_new(w->loop, on_patience, w, &w->patience), 0);
	assert_int_equal(vg_reporter_new(w->loop, &config, &w->reporter), 0);
}

static void world_down(struct world *w)
{
	vg_reporter_free(w->reporter);
	json_decref(w->last);
	vg_timer_free(w->patience);
	vg_loop_free(w->loop);
	close(w->ends[0]);
	close(w->ends[1]);
}

static int run_until(struct world *w, unsigned lines)
{
	w->quit_at = lines;
	vg_timer_arm(w->patience, vg_time_boot_ns() + PATIENCE_NS);
	return vg_loop_run(w->loop);
}

static size_t read_all(struct world *w, char *out, size_t size)
{
	ssize_t n = read(w->ends[0], out, size - 1);

	out[n > 0 ? n : 0] = 0;
	return n > 0 ? (size_t)n : 0;
}

static struct vg_fact bind_fact(void)
{
	struct vg_fact fact = { .kind = VG_FACT_BIND,
				.how = VG_HOW_NETLINK,
				.prefix = 32,
				.ifindex = 2,
				.ifname = "eth0",
				.netns = 4026531840U,
				.who = { .pid = 812, .comm = "kube-vip" },
				.count = 1 };

	assert_int_equal(vg_addr_parse("192.0.2.10", &fact.addr), 0);
	fact.time_ns = vg_time_boot_ns();
	return fact;
}

static struct vg_finding finding_of(const struct vg_fact *fact)
{
	return (struct vg_finding){ .fact = fact,
				    .judgement = vg_judgement_of(VG_OWNER_NEVER_BINDS),
				    .action = VG_ACTION_REMOVED,
				    .assignment = &assignment,
				    .source = "assignments",
				    .doer = { .exe = "/kube-vip", .cgroup = "/kubepods/x", .container = "c0", .pod = "kube-system/kube-vip-cp1" },
				    .latency_us = 84 };
}

static void all_keys(void **state)
{
	static const char *const want = "{\"event\":\"bind\",\"verdict\":\"violation\",\"reason\":\"owner-never-binds\",\"action\":\"removed\","
					"\"address\":\"192.0.2.10\",\"prefix\":32,\"interface\":\"eth0\",\"ifindex\":2,\"netns\":4026531840,"
					"\"how\":\"netlink\",\"pid\":812,\"comm\":\"kube-vip\",\"exe\":\"/kube-vip\",\"cgroup\":\"/kubepods/x\","
					"\"container\":\"c0\",\"pod\":\"kube-system/kube-vip-cp1\","
					"\"service\":\"default/web\",\"assigned_nodes\":[\"worker1\",\"worker2\"],\"source\":\"assignments\","
					"\"latency_us\":84}";
	struct vg_fact fact = bind_fact();
	struct vg_finding finding = finding_of(&fact);
	json_auto_t *json = vg_finding_to_json(&finding);
	_cleanup_free_ char *got = json_dumps(json, JSON_COMPACT);

	(void)state;
	assert_string_equal(got, want);
}

static void unknown_is_left_out(void **state)
{
	static const char *const want = "{\"event\":\"announce\",\"verdict\":\"unrelated\",\"reason\":\"no-service\",\"action\":\"none\","
					"\"address\":\"2001:db8::1\",\"ifindex\":7,\"in_interface\":\"veth1\",\"how\":\"na\",\"count\":3,"
					"\"why\":\"because\"}";
	struct vg_fact fact = { .kind = VG_FACT_ANNOUNCE, .how = VG_HOW_NA, .prefix = 128, .ifindex = 7, .in_ifname = "veth1", .count = 3 };
	struct vg_finding finding = { .fact = &fact, .judgement = vg_judgement_of(VG_NO_SERVICE), .action = VG_ACTION_NONE, .why = "because" };
	json_auto_t *json = NULL;
	_cleanup_free_ char *got = NULL;

	(void)state;
	assert_int_equal(vg_addr_parse("2001:db8::1", &fact.addr), 0);
	json = vg_finding_to_json(&finding);
	got = json_dumps(json, JSON_COMPACT);
	assert_string_equal(got, want);
}

static void hostile_names(void **state)
{
	struct vg_fact fact = bind_fact();
	struct vg_finding finding = finding_of(&fact);
	json_auto_t *json = NULL;
	_cleanup_free_ char *text = NULL;

	(void)state;
	memcpy(fact.who.comm, "\xff\x1b[31m\xc3\xa9\xe2\x82!\n123", 16); /* no NUL at the end, cut UTF-8, an escape */
	finding.doer.exe = "/\xed\xa0\x80"; /* a surrogate */
	json = vg_finding_to_json(&finding);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "comm")), "\xef\xbf\xbd\x1b[31m\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd!\n123");
	assert_string_equal(json_string_value(json_object_get(json, "exe")), "/\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	text = vg_event_to_text(json, false);
	assert_null(strchr(text, '\n'));
	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text, "\\x1b[31m"));
}

static void line_has_time_and_id(void **state)
{
	struct world w;
	struct vg_fact fact = bind_fact();
	struct vg_finding finding = finding_of(&fact);
	json_auto_t *json = NULL;
	char out[4096];
	uint64_t real;

	(void)state;
	world_up(&w, VG_FORMAT_JSON);
	vg_reporter_event(w.reporter, "started", json_pack("{s:s}", "mode", "audit"));
	vg_reporter_finding(w.reporter, &finding);
	read_all(&w, out, sizeof(out));
	assert_memory_equal(out, "{\"time\":\"", 9);
	assert_non_null(strstr(out, "\"id\":\"cp1-000001\",\"event\":\"started\",\"mode\":\"audit\"}\n{\"time\":\""));
	json = json_loads(strchr(out, '\n') + 1, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(json, "id")), "cp1-000002");
	assert_int_equal(vg_time_parse_rfc3339(json_string_value(json_object_get(json, "time")), &real), 0);
	assert_true(real <= vg_time_real_ns() && vg_time_real_ns() - real < PATIENCE_NS);
	world_down(&w);
}

static void repeats_fold(void **state)
{
	struct world w;
	struct vg_fact fact = bind_fact();
	struct vg_finding finding = finding_of(&fact);

	(void)state;
	world_up(&w, VG_FORMAT_JSON);
	for (int i = 0; i < 100; i++)
		vg_reporter_finding(w.reporter, &finding);
	assert_int_equal(w.watched, 1);
	assert_null(json_object_get(w.last, "count"));
	assert_int_equal(run_until(&w, 2), 0);
	assert_int_equal(json_integer_value(json_object_get(w.last, "count")), 99);
	assert_int_equal(json_array_size(json_object_get(w.last, "assigned_nodes")), 2);
	assert_string_equal(json_string_value(json_object_get(w.last, "service")), "default/web");
	assert_string_equal(json_string_value(json_object_get(w.last, "exe")), "/kube-vip");
	world_down(&w);
}

/* Whatever is one of the key's parts makes a line of its own. */
static void differences_do_not_fold(void **state)
{
	struct world w;
	struct vg_fact fact = bind_fact();
	struct vg_finding finding = finding_of(&fact);

	(void)state;
	world_up(&w, VG_FORMAT_JSON);
	vg_reporter_finding(w.reporter, &finding);
	fact.who.pid++;
	vg_reporter_finding(w.reporter, &finding);
	fact.ifindex++;
	vg_reporter_finding(w.reporter, &finding);
	fact.kind = VG_FACT_UNBIND;
	vg_reporter_finding(w.reporter, &finding);
	finding.action = VG_ACTION_DENIED;
	vg_reporter_finding(w.reporter, &finding);
	finding.judgement = vg_judgement_of(VG_ASSIGNED_ELSEWHERE);
	vg_reporter_finding(w.reporter, &finding);
	fact.addr.bytes[15]++;
	vg_reporter_finding(w.reporter, &finding);
	vg_reporter_event(w.reporter, "mode", NULL);
	vg_reporter_event(w.reporter, "mode", NULL);
	assert_int_equal(w.watched, 9);
	world_down(&w);
}

static void announcements_add_up(void **state)
{
	struct world w;
	struct vg_fact fact = bind_fact();
	struct vg_finding finding = finding_of(&fact);

	(void)state;
	world_up(&w, VG_FORMAT_JSON);
	fact.kind = VG_FACT_ANNOUNCE;
	fact.count = 5;
	vg_reporter_finding(w.reporter, &finding);
	assert_int_equal(json_integer_value(json_object_get(w.last, "count")), 5);
	fact.count = 1000;
	vg_reporter_finding(w.reporter, &finding);
	vg_reporter_finding(w.reporter, &finding);
	assert_int_equal(run_until(&w, 2), 0);
	assert_int_equal(json_integer_value(json_object_get(w.last, "count")), 2000);
	world_down(&w);
}

static void says_nobody(const struct world *w, bool expected)
{
	const json_t *nodes = json_object_get(w->last, "assigned_nodes");

	assert_int_equal(nodes != NULL, expected);
	assert_int_equal(json_array_size(nodes), 0);
	assert_string_equal(json_string_value(json_object_get(w->last, "service")), "default/one");
}

/* Of the cluster's, none is not known; in a file it is nobody. Folded as at first. */
static void nodes_that_are_not_known(void **state)
{
	struct world w;
	struct vg_fact fact = bind_fact();
	struct vg_finding finding = finding_of(&fact);
	struct vg_assignment none = { .service = "default/one" };

	(void)state;
	finding.assignment = &none;
	for (int durable = 0; durable <= 1; durable++) {
		none.durable = durable;
		world_up(&w, VG_FORMAT_JSON);
		vg_reporter_finding(w.reporter, &finding);
		says_nobody(&w, durable);
		vg_reporter_finding(w.reporter, &finding);
		assert_int_equal(run_until(&w, 2), 0);
		says_nobody(&w, durable);
		world_down(&w);
	}
}

/* The snapshot is gone when the period ends; half a list of nodes would be a lie. */
static void folded_without_the_snapshot(void **state)
{
	struct world w;
	struct vg_fact fact = bind_fact();
	struct vg_finding finding = finding_of(&fact);
	char *many[64], service[] = "default/one";
	struct vg_assignment big = { .service = service, .nodes = (const char *const *)many, .n_nodes = ARRAY_SIZE(many) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		assert_true(asprintf(&many[i], "node%zu", i) > 0);
	world_up(&w, VG_FORMAT_JSON);
	finding.assignment = &big;
	vg_reporter_finding(w.reporter, &finding);
	assert_int_equal(json_array_size(json_object_get(w.last, "assigned_nodes")), ARRAY_SIZE(many));
	vg_reporter_finding(w.reporter, &finding);
	memset(service, 'x', sizeof(service) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		free(many[i]);
	assert_int_equal(run_until(&w, 2), 0);
	assert_null(json_object_get(w.last, "assigned_nodes"));
	assert_string_equal(json_string_value(json_object_get(w.last, "service")), "default/one");
	world_down(&w);
}

static void free_flushes_what_is_folded(void **state)
{
	struct world w;
	struct vg_fact fact = bind_fact();
	struct vg_finding finding = finding_of(&fact);
	char out[8192];

	(void)state;
	world_up(&w, VG_FORMAT_JSON);
	for (int i = 0; i < 8; i++)
		vg_reporter_finding(w.reporter, &finding);
	vg_reporter_free(w.reporter);
	w.reporter = NULL;
	read_all(&w, out, sizeof(out));
	assert_non_null(strstr(out, "\"count\":7"));
	world_down(&w);
}

static void stopping_is_the_last_word(void **state)
{
	struct world w;
	struct vg_fact fact = bind_fact();
	struct vg_finding finding = finding_of(&fact);

	(void)state;
	world_up(&w, VG_FORMAT_JSON);
	vg_reporter_finding(w.reporter, &finding);
	vg_reporter_finding(w.reporter, &finding);
	vg_reporter_event(w.reporter, "stopping", NULL);
	assert_int_equal(w.watched, 3);
	assert_string_equal(json_string_value(json_object_get(w.last, "event")), "stopping");
	world_down(&w);
}

static void preexisting_is_said_now(void **state)
{
	struct world w;
	struct vg_fact fact = bind_fact();
	struct vg_finding finding = finding_of(&fact);
	uint64_t start = vg_time_real_ns(), real;

	(void)state;
	world_up(&w, VG_FORMAT_JSON);
	fact.time_ns = 1; /* at boot */
	fact.how = VG_HOW_PREEXISTING;
	vg_reporter_finding(w.reporter, &finding);
	assert_int_equal(vg_time_parse_rfc3339(json_string_value(json_object_get(w.last, "time")), &real), 0);
	assert_true(real + 1000 >= start); /* printed in microseconds */
	fact.how = VG_HOW_NETLINK;
	fact.ifindex++;
	vg_reporter_finding(w.reporter, &finding);
	assert_int_equal(vg_time_parse_rfc3339(json_string_value(json_object_get(w.last, "time")), &real), 0);
	assert_true(real < start);
	world_down(&w);
}

static void text_line(void **state)
{
	struct world w;
	struct vg_fact fact = bind_fact();
	struct vg_finding finding = finding_of(&fact);
	char out[4096];

	(void)state;
	world_up(&w, VG_FORMAT_TEXT);
	vg_reporter_finding(w.reporter, &finding);
	vg_reporter_event(w.reporter, "degraded", json_pack("{s:s, s:s}", "what", "tcx", "why", "too old"));
	read_all(&w, out, sizeof(out));
	assert_null(strchr(out, '\x1b')); /* no terminal, no colour */
	assert_string_equal(out + 28, strstr(out, "violation bind"));
	assert_non_null(strstr(out, "violation bind     192.0.2.10/32        eth0     removed      owner-never-binds how=netlink pid=812 "
				    "comm=kube-vip"));
	assert_non_null(strstr(out, "assigned_nodes=worker1,worker2"));
	assert_non_null(strstr(out, " degraded what=tcx why=too old\n"));
	world_down(&w);
}

struct reader {
	struct world *w;
	unsigned said;
	size_t used;
	char all[1 << 20];
};

/* After each round of the loop: takes what is there, and is done when every line was either read or counted as lost. */
static void on_round(void *ctx)
{
	struct reader *reader = ctx;
	unsigned got = 0;

	reader->used += read_all(reader->w, reader->all + reader->used, sizeof(reader->all) - reader->used);
	for (size_t i = 0; i < reader->used; i++)
		got += reader->all[i] == '\n';
	if (got + reader->w->lost == reader->said)
		vg_loop_quit(reader->w->loop, 0);
}

/* Nobody reads: nothing blocks, whole lines are dropped and counted; what was kept comes out once somebody does. */
static void full_pipe(void **state)
{
	static struct reader reader;
	char *line, *rest = NULL;
	struct world w;

	(void)state;
	world_up(&w, VG_FORMAT_JSON);
	reader = (struct reader){ .w = &w, .said = 20000 };
	for (unsigned i = 0; i < reader.said; i++)
		vg_reporter_event(w.reporter, "mode", json_pack("{s:i}", "number", (int)i));
	assert_int_equal(w.watched, reader.said); /* watchers are not held up by standard output */
	assert_true(w.lost > 0 && w.lost < reader.said);
	on_round(&reader);
	vg_loop_set_idle(w.loop, on_round, &reader);
	assert_int_equal(run_until(&w, 0), 0);
	for (line = strtok_r(reader.all, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		json_auto_t *json = json_loads(line, 0, NULL);

		assert_non_null(json);
	}
	assert_true(fcntl(w.ends[1], F_GETFL) >= 0 && !(fcntl(w.ends[1], F_GETFL) & O_NONBLOCK)); /* only ours is non-blocking */
	world_down(&w);
}

static void closed_reader(void **state)
{
	struct world w;

	(void)state;
	world_up(&w, VG_FORMAT_JSON);
	close(w.ends[0]);
	w.ends[0] = -1;
	vg_reporter_event(w.reporter, "started", NULL);
	vg_reporter_event(w.reporter, "ready", NULL);
	assert_int_equal(w.lost, 2);
	assert_int_equal(w.watched, 2);
	world_down(&w);
}

static void stuck_reader_at_the_end(void **state)
{
	struct world w;
	uint64_t start;

	(void)state;
	world_up(&w, VG_FORMAT_JSON);
	for (unsigned i = 0; i < 5000; i++)
		vg_reporter_event(w.reporter, "mode", NULL);
	w.lost = 0;
	start = vg_time_boot_ns();
	vg_reporter_free(w.reporter);
	w.reporter = NULL;
	assert_in_range(vg_time_boot_ns() - start, VG_OUT_FLUSH_MS * VG_NS_PER_MS, 5 * VG_NS_PER_SEC);
	assert_true(w.lost > 0); /* what stays in the buffer is counted, too */
	world_down(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_keys),
		cmocka_unit_test(unknown_is_left_out),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(line_has_time_and_id),
		cmocka_unit_test(repeats_fold),
		cmocka_unit_test(differences_do_not_fold),
		cmocka_unit_test(announcements_add_up),
		cmocka_unit_test(nodes_that_are_not_known),
		cmocka_unit_test(folded_without_the_snapshot),
		cmocka_unit_test(free_flushes_what_is_folded),
		cmocka_unit_test(stopping_is_the_last_word),
		cmocka_unit_test(preexisting_is_said_now),
		cmocka_unit_test(text_line),
		cmocka_unit_test(full_pipe),
		cmocka_unit_test(closed_reader),
		cmocka_unit_test(stuck_reader_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
