/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle from what a guard keeps to its files: events, frames as pcap, README.txt, and no secrets. */
#include "unit.h"

#include "base/time.h"
#include "report/bundle.h"
#include "report/json.h"
#include "report/redact.h"

#define VIP "192.0.2.10"
#define NOW_NS (1700000000 * VG_NS_PER_SEC)

static const struct vg_moment now = { .real_ns = NOW_NS, .boot_ns = 100 * VG_NS_PER_SEC };

static struct vg_recent *recent_of(size_t entries)
{
	const struct vg_recent_limits limits = { .entries = entries, .bytes = 1024 * 1024, .first = 8, .last = 24 };
	struct vg_recent *recent;

	assert_int_equal(vg_recent_new(&limits, &recent), 0);
	return recent;
}

static const struct vg_bundle_file *file_of(const struct vg_bundle_files *files, const char *name)
{
	for (size_t i = 0; i < files->n; i++) {
		if (strcmp(files->list[i].name, name) == 0)
			return &files->list[i];
	}
	return NULL;
}

static void add_line(struct vg_recent *lines, const char *addr, const char *line)
{
	struct vg_addr of = addr_of(addr);

	vg_recent_add(lines, &of, line, strlen(line) + 1);
}

static struct vg_frame frame_of(const char *addr, uint8_t first, uint32_t len)
{
	struct vg_frame frame = { .addr = addr_of(addr),
				  .how = VG_HOW_ARP_REPLY,
				  .ifindex = 2,
				  .ifname = "eth0",
				  .who = { .pid = 812, .comm = "kube-vip" },
				  .dropped = true,
				  .time_ns = 90 * VG_NS_PER_SEC,
				  .last_ns = 90 * VG_NS_PER_SEC,
				  .times = 1,
				  .len = len };

	for (size_t i = 0; i < sizeof(frame.bytes); i++)
		frame.bytes[i] = (uint8_t)(first + i);
	return frame;
}

static json_t *new_bundle(void)
{
	struct vg_addr addr = addr_of(VIP);

	return vg_bundle_new("cp1", &addr, NOW_NS);
}

/* ---- frames */

static uint32_t word(const struct vg_bundle_file *file, size_t at)
{
	const uint8_t *p = (const uint8_t *)file->data + at;

	assert_true(at + 4 <= file->size);
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void frames_to_files(struct vg_recent *frames, struct vg_bundle_files *ret_files)
{
	struct vg_addr addr = addr_of(VIP);
	json_auto_t *bundle = new_bundle();

	assert_int_equal(vg_bundle_put_frames(bundle, frames, &addr, &now), 0);
	assert_int_equal(vg_bundle_to_files(bundle, ret_files), 0);
	assert_int_equal(vg_bundle_add_readme(bundle, ret_files), 0);
}

static void pcap(void **state)
{
	VG_CLEANUP(vg_recent_freep) struct vg_recent *frames = recent_of(10);
	VG_CLEANUP(vg_bundle_files_deinit) struct vg_bundle_files files = { .n = 0 };
	struct vg_frame repeated = frame_of(VIP, 1, 60), tagged = frame_of(VIP, 2, 300), other = frame_of("192.0.2.11", 3, 60);
	const struct vg_bundle_file *file;

	repeated.last_ns = 99 * VG_NS_PER_SEC;
	repeated.times = 5;
	tagged.time_ns = tagged.last_ns = 95 * VG_NS_PER_SEC + 250000000;
	tagged.tag = 0x81000064;
	vg_recent_add(frames, &repeated.addr, &repeated, sizeof(repeated));
	vg_recent_add(frames, &tagged.addr, &tagged, sizeof(tagged));
	vg_recent_add(frames, &other.addr, &other, sizeof(other));
	frames_to_files(frames, &files);
	file = file_of(&files, "frames.pcap");
	assert_non_null(file);
	assert_int_equal(word(file, 0), 0xa1b2c3d4);
	assert_int_equal(word(file, 4), 0x00040002);
	assert_int_equal(word(file, 20), 1);
	/* the first time, the tagged one in between, the last time */
	assert_int_equal(word(file, 24), NOW_NS / VG_NS_PER_SEC - 10);
	assert_int_equal(word(file, 32), 60);
	assert_int_equal(word(file, 36), 60);
	assert_memory_equal(file->data + 40, repeated.bytes, 60);
	assert_int_equal(word(file, 100), NOW_NS / VG_NS_PER_SEC - 5);
	assert_int_equal(word(file, 104), 250000);
	assert_int_equal(word(file, 108), VG_FRAME_BYTES + 4);
	assert_int_equal(word(file, 112), 304);
	assert_memory_equal(file->data + 116, tagged.bytes, 12);
	assert_memory_equal(file->data + 128, "\x81\x00\x00\x64", 4);
	assert_memory_equal(file->data + 132, tagged.bytes + 12, VG_FRAME_BYTES - 12);
	assert_int_equal(word(file, 248), NOW_NS / VG_NS_PER_SEC - 1);
	assert_int_equal(file->size, 248 + 16 + 60);
	file = file_of(&files, "frames.json");
	assert_non_null(strstr(file->data, "\"comm\": \"kube-vip\""));
	assert_non_null(strstr(file->data, "\"times\": 5"));
	assert_null(strstr(file->data, "\"bytes\""));
}

static void no_frames(void **state)
{
	VG_CLEANUP(vg_recent_freep) struct vg_recent *frames = recent_of(1);
	VG_CLEANUP(vg_bundle_files_deinit) struct vg_bundle_files files = { .n = 0 };
	struct vg_frame other = frame_of("192.0.2.11", 3, 60);

	vg_recent_add(frames, &other.addr, &other, sizeof(other));
	vg_recent_add(frames, &other.addr, &other, sizeof(other));
	frames_to_files(frames, &files);
	assert_null(file_of(&files, "frames.pcap"));
	assert_non_null(strstr(files.list[0].data, "frames.pcap: no frame that announces the address was seen"));
	assert_non_null(strstr(files.list[0].data, "frames of any address that the guard had no room for any more: 1"));
}

/* ---- events */

static void events(void **state)
{
	VG_CLEANUP(vg_recent_freep) struct vg_recent *lines = recent_of(100);
	VG_CLEANUP(vg_bundle_files_deinit) struct vg_bundle_files files = { .n = 0 };
	struct vg_addr addr = addr_of(VIP);
	json_auto_t *bundle = new_bundle();
	const char *readme;

	add_line(lines, "::", "{\"time\":\"2026-11-22T10:00:00Z\",\"event\":\"started\"}");
	for (int i = 0; i < 40; i++)
		add_line(
			lines, VIP,
			"{\"time\":\"2026-11-22T10:00:01Z\",\"event\":\"bind\",\"verdict\":\"violation\",\"reason\":\"owner-never-binds\","
			"\"action\":\"denied\",\"interface\":\"eth0\",\"how\":\"netlink\",\"pid\":812,\"comm\":\"kube-vip\\u001b[31m\",\"count\":2}");
	add_line(lines, "192.0.2.11", "{\"time\":\"2026-11-22T10:00:02Z\",\"event\":\"bind\",\"address\":\"192.0.2.11\"}");
	assert_int_equal(vg_bundle_put_events(bundle, lines, &addr), 0);
	assert_int_equal(vg_bundle_to_files(bundle, &files), 0);
	assert_int_equal(vg_bundle_add_readme(bundle, &files), 0);
	assert_string_equal(files.list[0].name, "README.txt");
	readme = files.list[0].data;
	assert_non_null(strstr(readme, "bind (netlink) on eth0 by kube-vip\\x1b[31m[812]: violation, owner-never-binds: denied, 64 times\n"));
	assert_non_null(strstr(readme, "lines on this address between the first and the last ones: 8\n"));
	assert_non_null(strstr(file_of(&files, "events.jsonl")->data, "\"started\""));
	assert_null(strstr(file_of(&files, "events.jsonl")->data, "192.0.2.11"));
}

/* ---- secrets */

static void hidden(void **state)
{
	static const struct {
		const char *text, *clean; /* NULL: nothing to hide */
	} cases[] = {
		{ "", NULL },
		{ "kube-vip", NULL },
		{ "eyJ", NULL },
		{ "eyJhbGciOiJSUzI1NiIsImtp", NULL },
		{ "x eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2ln y", "x [hidden] y" },
		{ "Authorization: Bearer abc, next", "Authorization: Bearer [hidden], next" },
		{ "basic words", NULL },
		{ "basic dXNlcjpwYXNzd29yZDEyMzQ1Ng==", "basic [hidden]" },
		{ "https://user:pa:ss@host:6443/x?y=z@z", "https://[hidden]@host:6443/x?y=z@z" },
		{ "https://host:6443/x@y", NULL },
		{ "a -----BEGIN PRIVATE KEY-----\nx", "a [hidden]" },
		{ "://a@://b@", "://[hidden]@://[hidden]@" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r;
		_cleanup_free_ char *clean = vg_redact_text(cases[i].text, &r);

		assert_case(cases[i].text, r == 0);
		assert_case(cases[i].text, cases[i].clean ? clean && !strcmp(clean, cases[i].clean) : !clean);
	}
}

static void hidden_deep(void **state)
{
	json_auto_t *json =
		json_loads("{\"a\":[{\"Token\":\"t1\",\"why\":\"Bearer t2\"}],\"password\":{\"x\":\"t3\"},\"secret\":null,\"pod\":\"p\"}", 0, NULL);
	_cleanup_free_ char *text = NULL;

	assert_int_equal(vg_redact_json(json), 0);
	text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text,
			    "{\"a\":[{\"Token\":\"[hidden]\",\"why\":\"Bearer [hidden]\"}],\"password\":\"[hidden]\",\"pod\":\"p\",\"secret\":null}");
}

/* An answer of another guard may have anything in its places. */
static void odd_forms(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"events\":{},\"frames\":7,\"objects\":\"x\",\"status\":[],\"explain\":[1],\"missing\":{}}",
		"{\"events\":[1,null,[]],\"frames\":[1,{},{\"first\":\"2026-11-22T10:00:00Z\",\"bytes\":\"0\",\"length\":-5,\"tag\":-1}]}",
		"{\"frames\":[{\"first\":\"2026-11-22T10:00:00Z\",\"last\":9,\"bytes\":\"zz\",\"length\":99999999,\"tag\":4294967295}]}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		VG_CLEANUP(vg_bundle_files_deinit) struct vg_bundle_files files = { .n = 0 };
		json_auto_t *bundle = json_loads(texts[i], 0, NULL);

		assert_int_equal(vg_bundle_to_files(bundle, &files), 0);
		assert_int_equal(vg_bundle_add_readme(bundle, &files), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcap),	  cmocka_unit_test(no_frames),	 cmocka_unit_test(events),
		cmocka_unit_test(hidden), cmocka_unit_test(hidden_deep), cmocka_unit_test(odd_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
