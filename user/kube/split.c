/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two machines. The inner one (kube/split_scan.h) finds where a value ends. This is the outer one, which walks the members of an
 * object that may be a list, and the values of its "items".
 *
 * A value is gathered in a buffer as it comes in, so where the input was cut can make no difference.
 */
#include "kube/split.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kube/split_buffer.h"
#include "kube/split_scan.h"

#define ITEMS "items"

enum place {
	OUTSIDE, /* between values of the stream */
	OVER, /* behind the one list of VG_SPLIT_LIST */
	FIRST_KEY, /* behind { */
	NEXT_KEY, /* behind a comma */
	KEY,
	COLON,
	MEMBER, /* where its value begins */
	MEMBER_VALUE, /* in it */
	MEMBER_END, /* a comma or } */
	FIRST_ITEM, /* behind [ */
	NEXT_ITEM,
	ITEM_VALUE,
	ITEM_END, /* a comma or ] */
	WHOLE_VALUE, /* a value of the stream that is not looked into */
};

struct vg_split {
	enum vg_split_form form;
	struct vg_split_sink sink;
	enum place place;
	int failed;
	uint64_t at; /* bytes before the one at hand */
	uint64_t refusals;
	struct vg_split_buffer value; /* what is handed out next */
	struct vg_split_buffer around; /* the list without its items */
	bool is_list; /* the object at hand has "items" */
	bool passing_over; /* the value at hand was refused */
	struct vg_split_scan scan; /* of the value at hand */
	/* the key at hand, as far as it can be "items" */
	bool key_escaped;
	size_t key_n;
	char key[sizeof(ITEMS)];
};

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool begins_value(char c)
{
	return c && strchr("{[\"-0123456789tfn", c);
}

int vg_split_new(enum vg_split_form form, const struct vg_split_sink *sink, struct vg_split **ret_split)
{
	struct vg_split *split = calloc(1, sizeof(*split));

	if (!split)
		return -ENOMEM;
	split->sink = *sink;
	split->form = form;
	*ret_split = split;
	return 0;
}

void vg_split_free(struct vg_split *split)
{
	if (!split)
		return;
	free(split->value.bytes);
	free(split->around.bytes);
	free(split);
}

void vg_split_reset(struct vg_split *split, enum vg_split_form form)
{
	struct vg_split fresh = { .form = form, .sink = split->sink, .refusals = split->refusals };

	vg_split_buffer_empty(&split->value);
	vg_split_buffer_empty(&split->around);
	fresh.value = split->value;
	fresh.around = split->around;
	*split = fresh;
}

static void refuse(struct vg_split *split, const char *why)
{
	size_t n = split->value.n < VG_SPLIT_HEAD_MAX ? split->value.n : VG_SPLIT_HEAD_MAX;

	split->refusals++;
	split->passing_over = true;
	if (split->sink.refused)
		split->sink.refused(split->sink.ctx, why, n ? split->value.bytes : "", n);
	vg_split_buffer_empty(&split->value);
}

/* A member's value is one deeper than what the inner machine sees. */
static size_t depth_max(const struct vg_split *split)
{
	return split->place == MEMBER_VALUE ? VG_SPLIT_DEPTH_MAX - 1 : VG_SPLIT_DEPTH_MAX;
}

static int gather_value(struct vg_split *split, const char *bytes, size_t n)
{
	bool too_long = n > VG_SPLIT_OBJECT_MAX - split->value.n;
	int r;

	if (split->passing_over)
		return 0;
	if (too_long)
		n = split->value.n < VG_SPLIT_HEAD_MAX ? VG_SPLIT_HEAD_MAX - split->value.n : 0;
	r = vg_split_append(&split->value, bytes, n);
	if (r < 0)
		return r;
	if (too_long)
		refuse(split, "longer than 4 MiB");
	else if (split->scan.depth > depth_max(split))
		refuse(split, "nested deeper than 128");
	return 0;
}

/* Where the bytes of the object go that may be a list: a list's own are kept apart from its items. */
static int gather_around(struct vg_split *split, const char *bytes, size_t n, struct vg_error *error)
{
	if (!split->is_list && split->form != VG_SPLIT_LIST)
		return gather_value(split, bytes, n);
	if (n > VG_SPLIT_META_MAX - split->around.n)
		return vg_error_set(error, -EBADMSG, "more than %d bytes around the items of a list", VG_SPLIT_META_MAX);
	return vg_split_append(&split->around, bytes, n);
}

static int complain(const struct vg_split *split, char found, const char *expected, struct vg_error *error)
{
	unsigned long long at = split->at;
	unsigned char c = (unsigned char)found;

	if (c > ' ' && c < 0x7f)
		return vg_error_set(error, -EBADMSG, "byte %llu: expected %s, found '%c'", at, expected, c);
	return vg_error_set(error, -EBADMSG, "byte %llu: expected %s, found byte 0x%02x", at, expected, c);
}

static int hand_out(struct vg_split *split)
{
	int r = 0;

	if (!split->passing_over) {
		split->value.bytes[split->value.n] = '\0';
		r = split->sink.object(split->sink.ctx, split->value.bytes, split->value.n);
	}
	split->value.n = 0;
	split->passing_over = false;
	return r < 0 ? r : 0;
}

static int tell_list(struct vg_split *split, bool over)
{
	int r;

	split->around.bytes[split->around.n] = '\0';
	if (!split->sink.list)
		return 0;
	r = split->sink.list(split->sink.ctx, over, split->around.bytes, split->around.n);
	return r < 0 ? r : 0;
}

/* What came before "items" is of a list, then. The list is told with its end, which is taken back. */
static int begin_items(struct vg_split *split, struct vg_error *error)
{
	int r = 0;

	split->is_list = true;
	if (split->form == VG_SPLIT_ANY)
		r = gather_around(split, split->value.bytes, split->value.n, error);
	split->value.n = 0;
	if (r == 0)
		r = gather_around(split, "[]}", 3, error);
	if (r < 0)
		return r;
	split->place = FIRST_ITEM;
	r = tell_list(split, false);
	split->around.n--;
	return r;
}

static bool key_is_items(const struct vg_split *split)
{
	return split->key_n == sizeof(ITEMS) - 1 && !memcmp(split->key, ITEMS, sizeof(ITEMS) - 1);
}

/* c: the first byte of a member's value, which is taken only if it begins the items. */
static int take_member(struct vg_split *split, char c, struct vg_error *error, size_t *ret_n)
{
	*ret_n = 0;
	if (key_is_items(split) && !split->passing_over) {
		if (split->is_list)
			return vg_error_set(error, -EBADMSG, "byte %llu: a second \"items\"", (unsigned long long)split->at);
		if (c == '[') {
			*ret_n = 1;
			return begin_items(split, error);
		}
		if (split->form == VG_SPLIT_LIST && c != 'n')
			return complain(split, c, "\"items\" to be an array", error);
	}
	if (!begins_value(c))
		return complain(split, c, "a value", error);
	vg_split_scan_begin(&split->scan, c);
	split->place = MEMBER_VALUE;
	return 0;
}

static int take_open(struct vg_split *split, char c, struct vg_error *error, size_t *ret_n)
{
	*ret_n = 0;
	if (c != '{')
		return complain(split, c, "an object", error);
	vg_split_scan_begin(&split->scan, c);
	split->place = WHOLE_VALUE;
	if (split->form == VG_SPLIT_LINES)
		return 0;
	*ret_n = 1;
	split->place = FIRST_KEY;
	return gather_around(split, &c, 1, error);
}

static int take_close(struct vg_split *split, struct vg_error *error)
{
	int r = gather_around(split, "}", 1, error);

	if (r < 0)
		return r;
	split->place = split->form == VG_SPLIT_LIST ? OVER : OUTSIDE;
	if (!split->is_list && split->form != VG_SPLIT_LIST)
		return hand_out(split);
	r = tell_list(split, true);
	if (split->form != VG_SPLIT_LIST)
		split->around.n = 0;
	split->is_list = false;
	return r;
}

/* What stands between keys and values. */
static int take_mark(struct vg_split *split, char c, struct vg_error *error)
{
	static const struct {
		const char *expected;
		char mark;
		enum place next;
		char end;
	} marks[] = {
		[FIRST_KEY] = { "a key or '}'", '"', KEY, '}' },
		[NEXT_KEY] = { "a key", '"', KEY, '\0' },
		[COLON] = { "':'", ':', MEMBER, '\0' },
		[MEMBER_END] = { "',' or '}'", ',', NEXT_KEY, '}' },
	};
	enum place place = split->place;

	if (marks[place].end && c == marks[place].end)
		return take_close(split, error);
	if (c != marks[place].mark)
		return complain(split, c, marks[place].expected, error);
	split->place = marks[place].next;
	if (split->place == KEY) {
		split->key_n = 0;
		split->key_escaped = false;
	}
	return gather_around(split, &c, 1, error);
}

/* An item's first byte is not taken: the inner machine sees it. */
static int take_item(struct vg_split *split, char c, struct vg_error *error, size_t *ret_n)
{
	*ret_n = 1;
	if (c == ']' && split->place != NEXT_ITEM) {
		split->place = MEMBER_END;
		return 0;
	}
	if (split->place == ITEM_END) {
		split->place = NEXT_ITEM;
		return c == ',' ? 0 : complain(split, c, "',' or ']'", error);
	}
	if (!begins_value(c))
		return complain(split, c, "an item", error);
	vg_split_scan_begin(&split->scan, c);
	split->place = ITEM_VALUE;
	*ret_n = 0;
	return 0;
}

static int take_byte(struct vg_split *split, char c, struct vg_error *error, size_t *ret_n)
{
	*ret_n = 1;
	if (is_space(c))
		return 0;
	switch (split->place) {
	case OUTSIDE: return take_open(split, c, error, ret_n);
	case OVER: return complain(split, c, "nothing behind the list", error);
	case MEMBER: return take_member(split, c, error, ret_n);
	case FIRST_ITEM:
	case NEXT_ITEM:
	case ITEM_END: return take_item(split, c, error, ret_n);
	default: return take_mark(split, c, error);
	}
}

/* To the closing quotation mark at most. Returns how many bytes. */
static size_t run_key(struct vg_split *split, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool escaped = split->key_escaped;

		split->key_escaped = !escaped && bytes[i] == '\\';
		if (bytes[i] == '"' && !escaped) {
			split->place = COLON;
			return i + 1;
		}
		if (split->key_n < sizeof(split->key))
			split->key[split->key_n++] = bytes[i];
	}
	return n;
}

static int take_key(struct vg_split *split, const char *bytes, size_t n, struct vg_error *error, size_t *ret_n)
{
	*ret_n = run_key(split, bytes, n);
	return gather_around(split, bytes, *ret_n, error);
}

static int end_value(struct vg_split *split)
{
	if (split->place == MEMBER_VALUE) {
		split->place = MEMBER_END;
		return 0;
	}
	split->place = split->place == ITEM_VALUE ? ITEM_END : OUTSIDE;
	return hand_out(split);
}

static int take_value(struct vg_split *split, const char *bytes, size_t n, struct vg_error *error, size_t *ret_n)
{
	/* one that is refused is run over without stopping where it gets too deep */
	size_t depth = split->passing_over ? SIZE_MAX : depth_max(split);
	bool whole;
	int r;

	r = vg_split_scan_run(&split->scan, bytes, n, depth, ret_n, &whole);
	if (r < 0) {
		split->at += *ret_n - 1;
		return complain(split, bytes[*ret_n - 1], "the bracket that was opened last to be closed", error);
	}
	r = split->place == MEMBER_VALUE ? gather_around(split, bytes, *ret_n, error) : gather_value(split, bytes, *ret_n);
	return r < 0 ? r : whole ? end_value(split) : 0;
}

static int feed(struct vg_split *split, const char *bytes, size_t n, struct vg_error *error)
{
	size_t taken;
	int r = 0;

	for (; n && r == 0; bytes += taken, n -= taken) {
		if (split->place == MEMBER_VALUE || split->place == ITEM_VALUE || split->place == WHOLE_VALUE)
			r = take_value(split, bytes, n, error, &taken);
		else if (split->place == KEY)
			r = take_key(split, bytes, n, error, &taken);
		else
			r = take_byte(split, *bytes, error, &taken);
		if (r == 0)
			split->at += taken;
	}
	return r;
}

int vg_split_feed(struct vg_split *split, const char *bytes, size_t n, struct vg_error *ret_error)
{
	if (split->failed < 0)
		return vg_error_set(ret_error, split->failed, "the stream has ended with an error before");
	split->failed = feed(split, bytes, n, ret_error);
	return split->failed;
}

int vg_split_end(struct vg_split *split, struct vg_error *ret_error)
{
	if (split->failed < 0)
		return vg_error_set(ret_error, split->failed, "the stream has ended with an error before");
	if (split->place == OVER || (split->place == OUTSIDE && split->form != VG_SPLIT_LIST))
		return 0;
	split->failed = -EBADMSG;
	if (split->place == OUTSIDE)
		return vg_error_set(ret_error, -EBADMSG, "nothing came where a list was expected");
	return vg_error_set(ret_error, -EBADMSG, "cut short after %llu bytes, the last %zu of them of a value that is not whole",
			    (unsigned long long)split->at, split->value.n);
}

const char *vg_split_meta(const struct vg_split *split, size_t *ret_n)
{
	bool over = split->form == VG_SPLIT_LIST && split->place == OVER;

	*ret_n = over ? split->around.n : 0;
	return over ? split->around.bytes : "";
}

uint64_t vg_split_refused(const struct vg_split *split)
{
	return split->refusals;
}
