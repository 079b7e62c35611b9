/* SPDX-License-Identifier: Apache-2.0 */
/* A guard that is followed: asked at the start, and after a line, and after a change that no line tells; never otherwise. Then it goes, and comes back. */
#include "api_world.h"

#include "cli/follow.h"

struct seen {
	unsigned screens, events, gone;
	char mode[32];
};

static void on_screen(void *ctx, json_t *screen)
{
	struct seen *seen = ctx;

	seen->screens++;
	snprintf(seen->mode, sizeof(seen->mode), "%s", json_string_value(json_object_get(screen, "mode")));
	json_decref(screen);
}

static void on_event(void *ctx)
{
	((struct seen *)ctx)->events++;
}

static void on_gone(void *ctx, int r, const struct vg_error *error)
{
	must(*error->text);
	((struct seen *)ctx)->gone++;
}

static void order(const struct world *w, const char *path)
{
	struct vg_error error;
	json_t *json;

	must(vg_client_call(w->path, "PUT", path, &error, &json) == 0);
	json_decref(json);
}

static void wait_for(struct vg_follow *follow, const unsigned *what, unsigned n)
{
	uint64_t end = vg_time_boot_ns() + PATIENCE_NS;

	while (*what < n) {
		must(vg_time_boot_ns() < end);
		must(vg_follow_wait(follow, NULL, 0, 1000) == 0);
	}
}

static void follows(const struct world *w)
{
	struct seen seen = { 0 };
	struct vg_follow_sink sink = { .ctx = &seen, .screen = on_screen, .event = on_event, .gone = on_gone };
	struct vg_follow *follow = NULL;

	must(vg_follow_new(w->path, &sink, &follow) == 0);
	wait_for(follow, &seen.screens, 1);
	must(strcmp(seen.mode, "audit") == 0 && seen.events == 0);
	must(vg_follow_wait(follow, NULL, 0, 2 * VG_FOLLOW_MS) == 0 && seen.screens == 1); /* nothing happened */
	order(w, "/v1/mode?mode=change");
	wait_for(follow, &seen.screens, 2);
	must(strcmp(seen.mode, "change") == 0 && seen.events == 1);
	order(w, "/v1/mode?mode=flood"); /* lines without end are one question now and then */
	wait_for(follow, &seen.screens, 3);
	must(strcmp(seen.mode, "flood") == 0 && seen.screens < 50 && seen.gone == 0);
	order(w, "/v1/mode?mode=stop");
	wait_for(follow, &seen.gone, 2);
	vg_follow_free(follow);
}

static void without_changes_none_are_told(const struct world *w)
{
	struct vg_error error;
	json_t *json;

	must(vg_client_call(w->path, "GET", "/v1/watch?changes=maybe", &error, &json) == -EINVAL);
	must(strstr(error.text, "changes=true"));
}

static void followed(void **state)
{
	struct world w;

	world_up(&w);
	start(&w, follows);
	vg_timer_arm(w.patience, vg_time_boot_ns() + PATIENCE_NS);
	assert_int_equal(vg_loop_run(w.loop), STOPPED);
	world_down(&w);
	assert_int_equal(waitpid(w.child, &w.child_status, 0), w.child);
	assert_true(WIFEXITED(w.child_status) && WEXITSTATUS(w.child_status) == 0);
}

static void wrong_question(void **state)
{
	run_client(without_changes_none_are_told);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(followed), cmocka_unit_test(wrong_question) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
