/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cgroup.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define UUID_LEN 36
#define HASH_LEN 32 /* MD5 */
#define ID_LEN (VG_CONTAINER_MAX - 1)

/* A part of a path, not terminated. */
struct part {
	const char *text;
	size_t n;
};

/* What a path may end in once its cgroup is gone (proc(5)). */
static const char deleted[] = " (deleted)";

static size_t path_length(const char *path)
{
	size_t n = strcspn(path, "\n"), tail = sizeof(deleted) - 1;

	return n >= tail && !memcmp(path + n - tail, deleted, tail) ? n - tail : n;
}

/* The part at *at; moves *at behind it and what ends it. A runtime that was not told of systemd leaves systemd's "slice:prefix:name". */
static struct part next_part(const char **at, const char *end)
{
	struct part part = { .text = *at };

	while (part.text + part.n < end && part.text[part.n] != '/' && part.text[part.n] != ':')
		part.n++;
	*at = part.text + part.n < end ? part.text + part.n + 1 : end;
	return part;
}

static bool cut_tail(struct part *part, const char *tail)
{
	size_t n = strlen(tail);

	if (part->n < n || memcmp(part->text + part->n - n, tail, n))
		return false;
	part->n -= n;
	return true;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_hex_all(const char *text, size_t n)
{
	size_t i = 0;

	while (i < n && is_hex(text[i]))
		i++;
	return i == n;
}

static bool is_uuid(const char *text)
{
	for (size_t i = 0; i < UUID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' && text[i] != '_' : !is_hex(text[i]))
			return false;
	}
	return true;
}

/* "pod<uid>", or the end of "kubepods-burstable-pod<uid>" */
static bool read_uid(struct part part, size_t n, char out[VG_POD_UID_MAX])
{
	const char *uid = part.text + part.n - n;

	if (part.n < n + 3 || memcmp(uid - 3, "pod", 3) || !(n == UUID_LEN ? is_uuid(uid) : is_hex_all(uid, n)))
		return false;
	for (size_t i = 0; i < n; i++)
		out[i] = uid[i] == '_' ? '-' : uid[i];
	out[n] = '\0';
	return true;
}

static bool has_word(struct part part, const char *word)
{
	return memmem(part.text, part.n, word, strlen(word));
}

static bool read_pod(struct part part, char out[VG_POD_UID_MAX])
{
	bool slice = cut_tail(&part, ".slice");

	if (!read_uid(part, UUID_LEN, out) && !read_uid(part, HASH_LEN, out))
		return false;
	if (slice ? has_word(part, "kubepods") : part.n == strlen(out) + 3)
		return true;
	out[0] = '\0';
	return false;
}

/* "<id>", "crio-<id>", "cri-containerd-<id>.scope"; but "crio-conmon-<id>.scope" is of the process that watches over the container. */
static bool read_container(struct part part, char out[VG_CONTAINER_MAX])
{
	const char *id;

	cut_tail(&part, ".scope");
	if (part.n < ID_LEN)
		return false;
	id = part.text + part.n - ID_LEN;
	if (!is_hex_all(id, ID_LEN) || (part.n > ID_LEN && id[-1] != '-') || has_word(part, "conmon"))
		return false;
	memcpy(out, id, ID_LEN);
	out[ID_LEN] = '\0';
	return true;
}

struct vg_cgroup vg_cgroup_parse(const char *path)
{
	const char *end = path + path_length(path), *at = path;
	struct vg_cgroup cgroup = { "", "" };

	while (at < end && !*cgroup.pod_uid) {
		struct part part = next_part(&at, end);

		/* a node that is a container itself: its Pods are below */
		if (read_pod(part, cgroup.pod_uid))
			cgroup.container[0] = '\0';
		else if (!*cgroup.container)
			read_container(part, cgroup.container);
	}
	if (at < end && *cgroup.pod_uid) {
		bool colon = at[-1] == ':';

		if (!read_container(next_part(&at, end), cgroup.container) && colon)
			read_container(next_part(&at, end), cgroup.container);
	}
	return cgroup;
}

int vg_cgroup_weigh_line(const char *line, const char **ret_path)
{
	const char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;
	struct vg_cgroup cgroup;

	if (!path)
		return -1;
	*ret_path = path + 1;
	cgroup = vg_cgroup_parse(*ret_path);
	/* beside version 1 that of version 2 is often a cgroup for all; systemd's own tree is the one that always says something */
	return (*cgroup.pod_uid ? 8 : 0) + (*cgroup.container ? 4 : 0) +
	       (!strncmp(line, "0::", 3)		      ? 2
		: !strncmp(controllers, ":name=systemd:", 14) ? 1
							      : 0);
}
