/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: what the splitter makes of a stream must not depend on where it was cut, nothing may be handed out twice or in pieces,
 * and of what jansson takes for JSON it must find every object. The first byte says the form, the second where the cuts are.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "kube/split.h"

struct sum {
	uint64_t hash;
	uint64_t objects, refused, bytes, lists;
};

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void mix(struct sum *sum, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum->hash = (sum->hash ^ (unsigned char)bytes[i]) * 1099511628211ULL;
	sum->hash = (sum->hash ^ n) * 1099511628211ULL;
}

static int on_object(void *ctx, const char *bytes, size_t n)
{
	struct sum *sum = ctx;

	must(n > 0 && n <= VG_SPLIT_OBJECT_MAX && bytes[n] == '\0');
	mix(sum, bytes, n);
	sum->objects++;
	sum->bytes += n;
	return 0;
}

static void on_refused(void *ctx, const char *why, const char *head, size_t n)
{
	struct sum *sum = ctx;

	must(*why && n < 128);
	mix(sum, head, n);
	sum->refused++;
}

static int on_list(void *ctx, bool over, const char *meta, size_t n)
{
	struct sum *sum = ctx;

	must(n <= VG_SPLIT_META_MAX && meta[n] == '\0' && meta[0] == '{' && meta[n - 1] == '}');
	mix(sum, meta, n);
	sum->lists += over;
	return 0;
}

/* From memory of its own, so that a read behind the piece is seen. */
static int feed(struct vg_split *split, const char *bytes, size_t n, struct vg_error *error)
{
	char *copy;
	int r;

	if (n == 1)
		return vg_split_feed(split, bytes, n, error);
	copy = malloc(n);
	must(copy);
	memcpy(copy, bytes, n);
	r = vg_split_feed(split, copy, n, error);
	free(copy);
	return r;
}

static int run(enum vg_split_form form, const char *bytes, size_t n, size_t piece, struct sum *ret_sum)
{
	const struct vg_split_sink sink = { ret_sum, on_object, on_refused, on_list };
	struct vg_error error = { "" };
	struct vg_split *split;
	int r = 0;

	if (vg_split_new(form, &sink, &split) < 0)
		return 0;
	for (size_t at = 0; at < n && r == 0; at += piece)
		r = feed(split, bytes + at, n - at < piece ? n - at : piece, &error);
	if (r == 0)
		r = vg_split_end(split, &error);
	must(r <= 0 && (r == 0 || error.text[0]));
	must(vg_split_refused(split) == ret_sum->refused);
	vg_split_free(split);
	return r;
}

/* A key may be spelled with escapes, which the splitter does not look through. */
static void compare(enum vg_split_form form, const char *bytes, size_t n, int r, const struct sum *sum)
{
	json_t *json = memchr(bytes, '\\', n) ? NULL : json_loadb(bytes, n, JSON_REJECT_DUPLICATES, NULL);
	const json_t *items = json_object_get(json, "items");
	size_t expected = form != VG_SPLIT_LIST;

	if (json_is_object(json) && (form != VG_SPLIT_LIST || !items || json_is_array(items) || json_is_null(items))) {
		if (form != VG_SPLIT_LINES && json_is_array(items))
			expected = json_array_size(items);
		must(r == 0 && (sum->objects + sum->refused == expected || sum->refused));
	}
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sum whole = { 0 }, cut = { 0 }, bytewise = { 0 };
	enum vg_split_form form;
	const char *bytes;
	int r;

	if (size < 3)
		return 0;
	form = (enum vg_split_form)(data[0] % 3);
	bytes = (const char *)data + 2;
	size -= 2;
	r = run(form, bytes, size, size, &whole);
	must(run(form, bytes, size, 1 + data[1], &cut) == r && run(form, bytes, size, 1, &bytewise) == r);
	must(!memcmp(&whole, &cut, sizeof(whole)) && !memcmp(&whole, &bytewise, sizeof(whole)));
	must(whole.bytes <= size);
	compare(form, bytes, size, r, &whole);
	return 0;
}
