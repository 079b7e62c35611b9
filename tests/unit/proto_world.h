/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf by hand, and what a real server sent (tests/data/kube/proto). */
#ifndef UNIT_PROTO_WORLD_H
#define UNIT_PROTO_WORLD_H

#include "unit.h"

#include <stdlib.h>

#include "base/error.h"

#define PROTO_DATA "tests/data/kube/proto/"

struct message {
	char bytes[8192];
	size_t n;
};

static inline void put(struct message *message, const void *bytes, size_t n)
{
	assert_true(n <= sizeof(message->bytes) - message->n);
	memcpy(message->bytes + message->n, bytes, n);
	message->n += n;
}

static inline void put_number(struct message *message, uint64_t number)
{
	for (; number >= 0x80; number >>= 7)
		put(message, &(char){ (char)(number | 0x80) }, 1);
	put(message, &(char){ (char)number }, 1);
}

static inline void put_key(struct message *message, unsigned field, unsigned wire)
{
	put_number(message, field << 3 | wire);
}

static inline void put_field(struct message *message, unsigned field, const void *bytes, size_t n)
{
	put_key(message, field, 2);
	put_number(message, n);
	put(message, bytes, n);
}

static inline void put_text(struct message *message, unsigned field, const char *text)
{
	put_field(message, field, text, strlen(text));
}

static inline void put_inner(struct message *message, unsigned field, const struct message *inner)
{
	put_field(message, field, inner->bytes, inner->n);
}

static inline void put_int(struct message *message, unsigned field, uint64_t number)
{
	put_key(message, field, 0);
	put_number(message, number);
}

/* A Service with an address, as the API has it. */
static inline struct message a_service(const char *name, const char *version, const char *address)
{
	struct message meta = { .n = 0 }, spec = { .n = 0 }, ingress = { .n = 0 }, balancer = { .n = 0 }, status = { .n = 0 }, service = { .n = 0 };

	put_text(&meta, 1, name);
	put_text(&meta, 2, "");
	put_text(&meta, 3, "shop");
	put_text(&meta, 6, version);
	put_text(&spec, 4, "LoadBalancer");
	put_text(&ingress, 1, address);
	put_inner(&balancer, 1, &ingress);
	put_inner(&status, 1, &balancer);
	put_inner(&service, 1, &meta);
	put_inner(&service, 2, &spec);
	put_inner(&service, 3, &status);
	return service;
}

static inline struct message in_envelope(const char *kind, const struct message *raw)
{
	struct message told = { .n = 0 }, whole = { .n = 0 };

	put_text(&told, 1, "v1");
	put_text(&told, 2, kind);
	put(&whole, "k8s", 4);
	put_inner(&whole, 1, &told);
	put_inner(&whole, 2, raw);
	put_text(&whole, 3, "");
	put_text(&whole, 4, "");
	return whole;
}

static inline struct message an_event(const char *type, const char *kind, const struct message *object)
{
	struct message whole = in_envelope(kind, object), raw = { .n = 0 }, event = { .n = 0 };

	put_inner(&raw, 1, &whole);
	put_text(&event, 1, type);
	put_inner(&event, 2, &raw);
	return event;
}

static inline void put_frame(struct message *stream, const struct message *event)
{
	size_t n = event->n;
	unsigned char length[4] = { (unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8), (unsigned char)n };

	put(stream, length, sizeof(length));
	put(stream, event->bytes, n);
}

static inline struct message list_meta(const char *version, const char *token)
{
	struct message meta = { .n = 0 };

	put_text(&meta, 1, "");
	put_text(&meta, 2, version);
	put_text(&meta, 3, token);
	return meta;
}

/* Of exactly its size, so that a read behind its end is seen. */
static inline char *data_of(const char *name, size_t *ret_n)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_fclose_ FILE *file = NULL;
	char raw[1 << 14], *copy;

	assert_true(asprintf(&path, PROTO_DATA "%s", name) > 0);
	file = fopen(path, "re");
	*ret_n = file ? fread(raw, 1, sizeof(raw), file) : 0;
	if (!*ret_n || *ret_n == sizeof(raw))
		fail_msg("cannot read %s", path);
	copy = malloc(*ret_n);
	return memcpy(copy, raw, *ret_n);
}

#endif
