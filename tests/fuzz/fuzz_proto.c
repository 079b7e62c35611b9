/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: protobuf of a server, of any bytes and cut anywhere. Where it was cut must make no difference, nothing may be handed out
 * that is not in the stream, and what is read of an object goes through its reducer. The first byte says the form, the second
 * where the cuts are and the kind.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "kube/proto.h"
#include "kube/proto_split.h"
#include "kube/reduce.h"

struct sum {
	uint64_t hash;
	uint64_t objects, refused, bytes;
};

struct reading {
	struct sum sum;
	enum vg_split_form form;
	enum vg_kind kind;
	struct vg_reducer *reducer; /* NULL: objects are only counted */
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

/* Whatever was read of it is JSON that can be said. */
static void look_at(json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	must(text);
	free(text);
}

static void read_object(const struct reading *reading, const char *bytes, size_t n)
{
	const struct vg_object *object;
	struct vg_error error = { "" };
	json_t *json = json_object();
	bool list = reading->form == VG_SPLIT_LIST;
	char *exact = malloc(n + !n); /* so that a read behind it is seen */
	int r;

	must(json && exact);
	if (n)
		memcpy(exact, bytes, n);
	r = list ? vg_proto_read_item(reading->kind, exact, n, json, &error) : vg_proto_read_event(reading->kind, exact, n, json, &error);
	must(r == 0 || (r == -EINVAL && error.text[0]));
	look_at(json);
	if (r == 0)
		vg_reduce(reading->reducer, reading->kind, list ? json : json_object_get(json, "object"), &error, &object);
	json_decref(json);
	free(exact);
}

static int on_object(void *ctx, const char *bytes, size_t n)
{
	struct reading *reading = ctx;

	must(n <= VG_SPLIT_OBJECT_MAX && bytes[n] == '\0');
	mix(&reading->sum, bytes, n);
	reading->sum.objects++;
	reading->sum.bytes += n;
	if (reading->reducer)
		read_object(reading, bytes, n);
	return 0;
}

static void on_refused(void *ctx, const char *why, const char *head, size_t n)
{
	struct reading *reading = ctx;

	must(*why && n < 128);
	mix(&reading->sum, head, n);
	reading->sum.refused++;
}

static void read_meta(struct vg_proto_split *split)
{
	json_t *json = json_object();
	struct vg_error error = { "" };
	const char *bytes;
	size_t n;
	int r;

	must(json);
	r = vg_proto_split_meta(split, &bytes, &n);
	must(r == 0);
	r = vg_proto_read(VG_KIND_MAX, bytes, n, json, &error);
	must(r == 0 || (r == -EINVAL && error.text[0]));
	look_at(json);
	json_decref(json);
}

static int run(struct reading *reading, const char *bytes, size_t n, size_t piece)
{
	const struct vg_split_sink sink = { .ctx = reading, .object = on_object, .refused = on_refused };
	struct vg_error error = { "" };
	struct vg_proto_split *split;
	int r = 0;

	reading->sum = (struct sum){ 0 };
	must(vg_proto_split_new(reading->form, &sink, &split) == 0);
	for (size_t at = 0; at < n && r == 0; at += piece)
		r = vg_proto_split_feed(split, bytes + at, n - at < piece ? n - at : piece, &error);
	if (r == 0)
		r = vg_proto_split_end(split, &error);
	must(r == 0 || (r == -EBADMSG && error.text[0]));
	must(vg_proto_split_refused(split) == reading->sum.refused);
	if (r == 0 && reading->form == VG_SPLIT_LIST)
		read_meta(split);
	vg_proto_split_free(split);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading whole = { 0 }, cut, bytewise;
	const char *bytes = (const char *)data + 2;
	int r;

	if (size < 3)
		return 0;
	size -= 2;
	whole.form = data[0] % 2 ? VG_SPLIT_LIST : VG_SPLIT_LINES;
	whole.kind = data[1] % VG_KIND_MAX;
	cut = bytewise = whole;
	must(vg_reducer_new(&whole.reducer) == 0);
	r = run(&whole, bytes, size, size);
	must(run(&cut, bytes, size, 1 + data[1]) == r && run(&bytewise, bytes, size, 1) == r);
	must(!memcmp(&whole.sum, &cut.sum, sizeof(whole.sum)) && !memcmp(&whole.sum, &bytewise.sum, sizeof(whole.sum)));
	must(whole.sum.bytes <= size);
	vg_reducer_free(whole.reducer);
	return 0;
}
