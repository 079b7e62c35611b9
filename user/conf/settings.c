/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/settings.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "conf/file.h"
#include "conf/names.h"
#include "conf/yaml.h"

struct reader {
	struct vg_yaml yaml;
	struct vg_names seen; /* keys */
	vg_setting_fn fn;
	void *ctx;
};

static int call(struct reader *reader)
{
	struct vg_error why = { "" };
	const char *value;
	int r;

	r = vg_yaml_expect_scalar(&reader->yaml, "a value", &value);
	if (r < 0)
		return r;
	r = reader->fn(reader->ctx, reader->yaml.key, value, &why);
	return r < 0 ? vg_yaml_fail(&reader->yaml, r, vg_yaml_line(&reader->yaml), "%s", why.text) : 0;
}

static int call_each(struct reader *reader)
{
	bool more, any = false;
	int r;

	for (;;) {
		r = vg_yaml_next_item(&reader->yaml, reader->yaml.key, &more);
		if (r < 0)
			return r;
		if (!more && !any) /* would leave the default, which is everything for `act` */
			return vg_yaml_fail(&reader->yaml, -EINVAL, reader->yaml.key_line, "%s: found an empty list; expected a value",
					    reader->yaml.key);
		if (!more)
			return 0;
		any = true;
		r = call(reader);
		if (r < 0)
			return r;
	}
}

/* The callback knows its keys, so what gets here again and again is one of few. */
static int refuse_repeat(struct reader *reader)
{
	const char *const *keys = vg_names_list(&reader->seen);
	int r;

	for (size_t i = 0; keys && i < reader->seen.n; i++) {
		if (!strcmp(keys[i], reader->yaml.key))
			return vg_yaml_fail(&reader->yaml, -EINVAL, reader->yaml.key_line, "%s: found twice; expected once", keys[i]);
	}
	r = vg_names_add(&reader->seen, reader->yaml.key);
	return r < 0 ? vg_yaml_fail(&reader->yaml, r, reader->yaml.key_line, "%s", strerror(-r)) : 0;
}

static int read_all(struct reader *reader)
{
	bool more;
	int r;

	r = vg_yaml_enter_root(&reader->yaml, "a mapping of settings");
	if (r < 0)
		return r;
	for (;;) {
		r = vg_yaml_next_key(&reader->yaml, &more);
		if (r < 0)
			return r;
		if (!more)
			return vg_yaml_leave_root(&reader->yaml);
		r = refuse_repeat(reader);
		if (r < 0)
			return r;
		r = reader->yaml.event.type == YAML_SEQUENCE_START_EVENT ? call_each(reader) : call(reader);
		if (r < 0)
			return r;
	}
}

int vg_settings_parse(const char *text, size_t size, const char *name, vg_setting_fn fn, void *ctx, struct vg_error *ret_error)
{
	struct reader reader = { .fn = fn, .ctx = ctx };
	int r;

	r = vg_yaml_init(&reader.yaml, text, size, name, ret_error);
	if (r < 0)
		return r;
	r = read_all(&reader);
	vg_names_deinit(&reader.seen);
	vg_yaml_deinit(&reader.yaml);
	return r;
}

int vg_settings_read(const char *path, vg_setting_fn fn, void *ctx, struct vg_error *ret_error)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	r = vg_file_read(path, ret_error, &text, &size);
	if (r < 0)
		return r;
	return vg_settings_parse(text, size, path, fn, ctx, ret_error);
}
