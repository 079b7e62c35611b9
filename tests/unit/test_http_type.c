/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer says that it is. */
#include "http_world.h"

static char said_type[64];
static bool type_said, header_said;

static void got_type(void *ctx, const char *content_type)
{
	(void)ctx;
	assert_false(header_said);
	type_said = true;
	snprintf(said_type, sizeof(said_type), "%s", content_type);
}

static void got_header(void *ctx, long status)
{
	(void)ctx;
	assert_int_equal(status, 200);
	assert_true(type_said);
	header_said = true;
}

static void the_type_comes_first(void **state)
{
	static const struct {
		const char *path, *type;
	} cases[] = { { "/typed", "application/x;stream=watch" }, { "/status/200", "" } };
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct got got = { .world = w };
		const struct vg_http_sink sink = { .ctx = &got, .type = got_type, .header = got_header, .data = got_data, .done = got_done };

		type_said = header_said = false;
		assert_int_equal(vg_http_get(w->http, &(struct vg_http_request){ .path = cases[i].path }, &sink, &got.call), 0);
		w->waiting++;
		run(w);
		assert_true(header_said);
		assert_string_equal(said_type, cases[i].type);
	}
}

#define WITH_WORLD(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(the_type_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
