/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: no text may crash the reader of kubeconfigs; what it accepts is whole and safe (one server, no half of a key pair, no
 * credentials over plain HTTP to others); what it refuses says where. The YAML below it gives JSON that can be written.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "conf/yaml_json.h"
#include "kube/access.h"

static void must(bool condition)
{
	if (!condition)
		abort();
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
