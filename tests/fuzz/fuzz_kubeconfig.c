/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: no text may crash the reader of kubeconfigs; what it accepts is whole and safe (one server, no half of a key pair, no
 * credentials over plain HTTP to others); what it refuses says where. The YAML below it gives JSON that can be written, and lines of the same shape; in a
 * manifest the places of kube-vip's settings lie within the text.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "conf/yaml_json.h"
#include "conf/yaml_lines.h"
#include "kube/access.h"
#include "kube/manifest.h"

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* What is a value in one is a line of the text in the other. */
static void check_shape(const json_t *json, const json_t *lines, unsigned last)
{
	const char *key;
	json_t *value;
	size_t i;

	must(json_array_size(json) == json_array_size(lines) && json_object_size(json) == json_object_size(lines));
	must(json_is_array(json) || json_is_object(json) || (json_integer_value(lines) >= 1 && json_integer_value(lines) <= last));
	json_array_foreach(json, i, value) check_shape(value, json_array_get(lines, i), last);
	json_object_foreach((json_t *)json, key, value) check_shape(value, json_object_get(lines, key), last);
}

/* Each break that YAML knows begins a line, CR and those of Unicode too: there are never more lines than bytes. */
static void check_lines(const char *text, size_t size, const json_t *documents)
{
	unsigned end = (unsigned)size + 1;
	struct vg_manifest manifest;
	struct vg_error error;
	json_t *lines = NULL;

	must(vg_yaml_lines(text, size, "fuzz.yaml", &error, &lines) == 0);
	check_shape(documents, lines, end);
	json_decref(lines);
	if (vg_manifest_read(text, size, "fuzz.yaml", "cp1", "kube-system/kube-vip-cp1", &manifest) != 1)
		return;
	for (int i = 0; i < VG_WORD_MAX; i++) {
		const struct vg_manifest_place *place = &manifest.of[i];

		must(place->first <= place->last && place->last <= end && memchr(place->value, 0, sizeof(place->value)));
	}
}

static void check_yaml(const char *text, size_t size)
{
	struct vg_error error = { "" };
	json_t *documents = NULL;
	char *json;

	if (vg_yaml_to_json(text, size, "fuzz.yaml", &error, &documents) < 0) {
		must(!documents && !strncmp(error.text, "fuzz.yaml:", 10));
		return;
	}
	must(json_is_array(documents));
	check_lines(text, size, documents);
	json = json_dumps(documents, JSON_COMPACT);
	must(json);
	free(json);
	json_decref(documents);
}

static void check_access(struct vg_access *access)
{
	const char *server = access->servers[0];
	bool secret = access->token || access->user;
	struct vg_error error;

	must(access->n_servers == 1 && server && server[strlen(server) - 1] != '/' && !strpbrk(server, " \r\n@?#"));
	must(!(access->insecure && (access->ca_file || access->ca_data)));
	must((access->cert_file || access->cert_data) == (access->key_file || access->key_data));
	must(!access->token || !strpbrk(vg_secret_text(access->token), "\r\n"));
	must(!(access->token && access->user));
	must(access->from && vg_access_refresh(access, &error) <= 0);
	must((vg_access_prefer(access, "http://192.0.2.1", &error) < 0) == secret);
	must(access->n_servers <= 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	VG_CLEANUP(vg_access_freep) struct vg_access *access = NULL;
	_cleanup_close_ int fd = memfd_create("kubeconfig", MFD_CLOEXEC);
	struct vg_error error = { "" };
	char path[32];

	check_yaml((const char *)data, size);
	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (vg_access_kubeconfig(path, NULL, &error, &access) < 0) {
		must(!access && error.text[0]);
		return 0;
	}
	check_access(access);
	return 0;
}
