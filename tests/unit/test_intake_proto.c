/* SPDX-License-Identifier: Apache-2.0 */
/* What a real server sent as protobuf (tests/data/kube/proto), cut at every byte, and what none sends: as test_intake.c for JSON. */
#include "intake_world.h"
#include "proto_world.h"

#include <errno.h>

#include <jansson.h>

#include "kube/proto.h"

static void open_as(struct world *world, enum vg_intake_form form)
{
	if (form != VG_INTAKE_WATCH)
		vg_intake_list_begin(world->intake);
	vg_intake_open(world->intake, form);
	vg_intake_type(world->intake, form == VG_INTAKE_PAGE ? VG_PROTO_MIME : VG_PROTO_MIME ";stream=watch");
}

static int feed_message(struct world *world, const struct message *message)
{
	return feed(world, message->bytes, message->n);
}

static struct message a_list(const char *kind, const char *version, const struct message *items, size_t n)
{
	struct message list = { .n = 0 }, meta = list_meta(version, "");

	put_inner(&list, 1, &meta);
	for (size_t i = 0; i < n; i++)
		put_inner(&list, 2, &items[i]);
	return in_envelope(kind, &list);
}

/* The answer to a list is taken whole. */
static int take_list(struct world *world, const struct message *list)
{
	int r;

	open_as(world, VG_INTAKE_PAGE);
	r = feed_message(world, list);
	return r < 0 ? r : end(world);
}

static int take_event(struct world *world, const char *type, const char *kind, const struct message *object)
{
	struct message stream = { .n = 0 }, event = an_event(type, kind, object);

	put_frame(&stream, &event);
	return feed_message(world, &stream);
}

static int take_service(struct world *world, const char *type, const char *name, const char *version, const char *address)
{
	struct message service = a_service(name, version, address);

	return take_event(world, type, "Service", &service);
}

static void begin_at(struct world *world, const char *version)
{
	struct message list = a_list("ServiceList", version, NULL, 0);

	assert_int_equal(take_list(world, &list), 0);
	open_as(world, VG_INTAKE_WATCH);
}

static void test_a_list_cut_at_every_byte(void **state)
{
	size_t n;
	_cleanup_free_ char *bytes = data_of("services.pb", &n);
	struct world whole, cut;

	(void)state;
	world_up(&whole, false);
	open_as(&whole, VG_INTAKE_PAGE);
	assert_int_equal(feed(&whole, bytes, n), 0);
	assert_int_equal(end(&whole), 0);
	assert_int_equal(vg_cluster_count(whole.cluster, VG_KIND_SERVICE), 3);
	assert_int_equal(vg_intake_counts(whole.intake)->objects, 4);
	for (size_t i = 0; i < n; i++) {
		world_up(&cut, false);
		open_as(&cut, VG_INTAKE_PAGE);
		assert_int_equal(feed(&cut, bytes, i), 0);
		open_as(&cut, VG_INTAKE_PAGE);
		assert_int_equal(feed(&cut, bytes, i) || feed(&cut, bytes + i, n - i), 0);
		assert_int_equal(end(&cut), 0);
		if (!same(whole.cluster, cut.cluster) || strcmp(vg_intake_version(whole.intake), vg_intake_version(cut.intake)))
			fail_msg("cut at %zu of %zu, it ends differently", i, n);
		world_down(&cut);
	}
	world_down(&whole);
}

/* What a server sends from that version on: the frames with a later one. */
static void feed_after(struct world *world, const char *bytes, size_t n)
{
	_cleanup_free_ char *version = strdup(vg_intake_version(world->intake));

	for (size_t at = 0, size; at < n; at += size) {
		const unsigned char *head = (const unsigned char *)bytes + at;
		json_auto_t *event = json_object();
		const char *its;

		size = 4 + ((size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3]);
		assert_int_equal(vg_proto_read_event(VG_KIND_SERVICE, bytes + at + 4, size - 4, event, NULL), 0);
		its = json_string_value(json_object_get(json_object_get(json_object_get(event, "object"), "metadata"), "resourceVersion"));
		assert_non_null(its);
		if (vg_version_compare(its, version) > 0)
			assert_int_equal(feed(world, bytes + at, size), 0);
	}
}

/* A WatchList that goes on as a watch. Before its end mark it is asked for anew, behind it gone on with from the version. */
static void test_a_watch_list_cut_at_every_byte(void **state)
{
	size_t n;
	_cleanup_free_ char *bytes = data_of("watch.pb", &n);
	struct world whole, cut;

	(void)state;
	world_up(&whole, false);
	open_as(&whole, VG_INTAKE_INITIAL);
	assert_int_equal(feed(&whole, bytes, n), 0);
	assert_int_equal(vg_intake_form(whole.intake), VG_INTAKE_WATCH);
	assert_int_equal(end(&whole), 0);
	assert_true(vg_intake_counts(whole.intake)->bookmarks >= 1);
	assert_int_equal(vg_intake_counts(whole.intake)->events, 8);
	assert_true(has(&whole, "shop/late") && has(&whole, "shop/full") && !has(&whole, "shop/purelb"));
	for (size_t i = 0; i <= n; i++) {
		world_up(&cut, false);
		open_as(&cut, VG_INTAKE_INITIAL);
		assert_int_equal(feed(&cut, bytes, i), 0);
		if (vg_intake_form(cut.intake) == VG_INTAKE_INITIAL) {
			open_as(&cut, VG_INTAKE_INITIAL);
			assert_int_equal(feed(&cut, bytes, n), 0);
		} else {
			open_as(&cut, VG_INTAKE_WATCH);
			feed_after(&cut, bytes, n);
		}
		if (!same(whole.cluster, cut.cluster) || strcmp(vg_intake_version(whole.intake), vg_intake_version(cut.intake)))
			fail_msg("cut at %zu of %zu, it ends differently", i, n);
		world_down(&cut);
	}
	world_down(&whole);
}

static void test_a_page(void **state)
{
	size_t n;
	_cleanup_free_ char *bytes = data_of("page.pb", &n);
	struct world world;

	(void)state;
	world_up(&world, false);
	open_as(&world, VG_INTAKE_PAGE);
	assert_int_equal(feed(&world, bytes, n), 0);
	assert_int_equal(end(&world), 1);
	assert_true(vg_intake_token(world.intake)[0]);
	world_down(&world);
}

static void test_expired(void **state)
{
	size_t n;
	_cleanup_free_ char *bytes = data_of("expired.pb", &n);
	struct vg_error error = { "" };
	struct world world;

	(void)state;
	world_up(&world, false);
	begin_at(&world, "100");
	assert_int_equal(vg_intake_feed(world.intake, bytes, n, &now, &error), -ESTALE);
	assert_non_null(strstr(error.text, "too old resource version"));
	world_down(&world);
}

static void test_events(void **state)
{
	struct message status = { .n = 0 }, empty = { .n = 0 }, stream = { .n = 0 };
	struct world world;

	(void)state;
	world_up(&world, false);
	begin_at(&world, "10");
	assert_int_equal(take_service(&world, "ADDED", "web", "11", "192.0.2.1"), 0);
	assert_true(has(&world, "shop/web"));
	assert_int_equal(take_service(&world, "DELETED", "web", "11", "192.0.2.1"), 0);
	assert_true(has(&world, "shop/web"));
	assert_int_equal(take_service(&world, "BOOKMARK", "mark", "20", "192.0.2.9"), 0);
	assert_false(has(&world, "shop/mark"));
	assert_string_equal(vg_intake_version(world.intake), "20");
	assert_int_equal(take_service(&world, "MODIFIED", "web", "9", "192.0.2.7"), -EILSEQ);
	open_as(&world, VG_INTAKE_WATCH);
	assert_int_equal(take_service(&world, "SPOILED", "web", "21", "192.0.2.7"), 0);
	assert_int_equal(world.odd, 1);
	assert_int_equal(take_service(&world, "DELETED", "web", "21", ""), 0);
	assert_false(has(&world, "shop/web"));
	put_text(&status, 3, "no more");
	put_int(&status, 6, 500);
	assert_int_equal(take_event(&world, "ERROR", "Status", &status), -EREMOTEIO);
	open_as(&world, VG_INTAKE_WATCH);
	put_frame(&stream, &empty);
	assert_int_equal(feed_message(&world, &stream), -EBADMSG);
	assert_string_equal(vg_intake_version(world.intake), "21");
	world_down(&world);
}

/* Not what was asked for: set aside, as it is with JSON. */
static void test_another_kind(void **state)
{
	struct message service = a_service("web", "11", "192.0.2.1");
	struct world world;

	(void)state;
	world_up(&world, false);
	begin_at(&world, "10");
	assert_int_equal(take_event(&world, "ADDED", "Node", &service), 0);
	assert_int_equal(world.odd, 1);
	assert_non_null(strstr(world.last, "shop/web: Service: kind and apiVersion: expected one, found something else"));
	assert_false(has(&world, "shop/web"));
	world_down(&world);
}

/* The fault is behind the name (a finalizer that is a number), before it, or in the event itself. */
static void test_what_cannot_be_read_stays(void **state)
{
	struct message items[2] = { a_service("web", "13", "192.0.2.9"), a_service("more", "14", "192.0.2.3") }, meta = { .n = 0 }, list;
	struct message bad = { .n = 0 }, stream = { .n = 0 };
	struct world world;

	(void)state;
	world_up(&world, false);
	begin_at(&world, "10");
	assert_int_equal(take_service(&world, "ADDED", "web", "11", "192.0.2.1") || take_service(&world, "ADDED", "other", "12", "192.0.2.2"), 0);
	put_int(&meta, 14, 1);
	put_inner(&items[0], 1, &meta);
	assert_int_equal(take_event(&world, "MODIFIED", "Service", &items[0]), 0);
	assert_int_equal(world.odd, 1);
	assert_non_null(strstr(world.last, "shop/web: finalizers: field 14 is of wire type 0"));
	put_text(&bad, 1, "MODIFIED");
	put_text(&bad, 2, "\x0a\x7f");
	put_frame(&stream, &bad);
	assert_int_equal(feed_message(&world, &stream), 0);
	assert_int_equal(world.odd, 2);
	assert_true(has(&world, "shop/web") && has(&world, "shop/other"));
	/* in a list: what else it does not name stays this time, as what was read of the name may not be all */
	list = a_list("ServiceList", "20", items, 2);
	assert_int_equal(take_list(&world, &list), 0);
	assert_int_equal(world.odd, 3);
	assert_true(has(&world, "shop/web") && has(&world, "shop/other") && has(&world, "shop/more"));
	list = a_list("ServiceList", "21", &items[1], 1);
	assert_int_equal(take_list(&world, &list), 0);
	assert_true(!has(&world, "shop/web") && !has(&world, "shop/other") && has(&world, "shop/more"));
	world_down(&world);
}

static void test_too_long_is_named(void **state)
{
	struct message head = { .n = 0 }, service = a_service("web", "11", "192.0.2.1");
	size_t size = VG_SPLIT_OBJECT_MAX + 100, fed;
	struct world world;

	(void)state;
	world_up(&world, false);
	begin_at(&world, "10");
	put(&head, (char[]){ (char)(size >> 24), (char)(size >> 16), (char)(size >> 8), (char)size }, 4);
	put(&head, "\x0a\5ADDED\x12\x80\x80\x80\x80\0k8s", 17);
	put(&head, service.bytes, service.n);
	assert_int_equal(feed_message(&world, &head), 0);
	for (fed = head.n - 4; fed + 4096 <= size; fed += 4096)
		assert_int_equal(feed(&world, (char[4096]){ 0 }, 4096), 0);
	assert_int_equal(feed(&world, (char[4096]){ 0 }, size - fed), 0);
	assert_int_equal(world.refused, 1);
	assert_non_null(strstr(world.last, "longer than 4 MiB, passed over; it begins with ..ADDED"));
	assert_non_null(strstr(world.last, "web....shop"));
	assert_int_equal(take_service(&world, "ADDED", "next", "12", "192.0.2.2"), 0);
	assert_true(has(&world, "shop/next"));
	world_down(&world);
}

static void test_lists_that_are_none(void **state)
{
	struct message nothing = { .n = 0 }, status = { .n = 0 }, lists[5];
	struct world world;

	(void)state;
	put_text(&status, 3, "no");
	lists[0] = a_list("ServiceList", "", NULL, 0);
	lists[1] = a_list("Service", "12", NULL, 0);
	lists[2] = in_envelope("Status", &status);
	lists[3] = in_envelope("ServiceList", &nothing);
	lists[4] = nothing;
	world_up(&world, false);
	begin_at(&world, "10");
	assert_int_equal(take_service(&world, "ADDED", "web", "11", "192.0.2.1"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		if (take_list(&world, &lists[i]) != -EBADMSG || !has(&world, "shop/web"))
			fail_msg("list %zu", i);
		assert_string_equal(vg_intake_version(world.intake), "11");
	}
	world_down(&world);
}

/* The Content-Type is believed, and only for its answer. */
static void test_one_form_for_the_other(void **state)
{
	static const char json[] = "{\"items\":[],\"metadata\":{\"resourceVersion\":\"12\"}}";
	struct message list = a_list("ServiceList", "11", NULL, 0);
	struct world world;

	(void)state;
	world_up(&world, false);
	assert_int_equal(take_list(&world, &list), 0);
	open_as(&world, VG_INTAKE_PAGE);
	assert_int_equal(feed(&world, json, strlen(json)), -EBADMSG);
	vg_intake_open(world.intake, VG_INTAKE_PAGE);
	assert_int_equal(feed_message(&world, &list), -EBADMSG);
	vg_intake_open(world.intake, VG_INTAKE_PAGE);
	assert_int_equal(feed(&world, json, strlen(json)), 0);
	assert_int_equal(end(&world), 0);
	assert_string_equal(vg_intake_version(world.intake), "12");
	world_down(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_list_cut_at_every_byte),
		cmocka_unit_test(test_a_watch_list_cut_at_every_byte),
		cmocka_unit_test(test_a_page),
		cmocka_unit_test(test_expired),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_another_kind),
		cmocka_unit_test(test_what_cannot_be_read_stays),
		cmocka_unit_test(test_too_long_is_named),
		cmocka_unit_test(test_lists_that_are_none),
		cmocka_unit_test(test_one_form_for_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
