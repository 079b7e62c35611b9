/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kubeconfig as client-go reads it. Unknown keys are passed over (there are extensions); a key that would change who we are or
 * how we prove it, and that we cannot follow, is refused by name. No value of a secret key is ever shown.
 *
 * The text and the parsed tree are wiped. libyaml's own input buffer is not ours to wipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <jansson.h>

#include "base/base64.h"
#include "conf/file.h"
#include "conf/text.h"
#include "conf/yaml_json.h"
#include "kube/access_state.h"

#define PLACE_MAX 160

/* An object of the file, and what to call it: "users[2] (admin).user" */
struct place {
	const char *file;
	const json_t *object;
	char path[PLACE_MAX];
	struct vg_error *error;
};

static int fail(const struct place *place, int r, const char *key, const char *found, const char *expected)
{
	return vg_error_set(place->error, r, "%s: %s%s%s: found %s; expected %s", place->file, place->path, *place->path ? "." : "", key, found,
			    expected);
}

static const char *kind_of(const json_t *value)
{
	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_OBJECT: return "a mapping";
	case JSON_ARRAY: return "a list";
	case JSON_STRING: return "a text";
	case JSON_INTEGER:
	case JSON_REAL: return "a number without quotation marks";
	case JSON_TRUE:
	case JSON_FALSE: return "true or false without quotation marks";
	default: return "nothing";
	}
}

/* *ret_text NULL: not there, or empty, which is the same in a kubeconfig. It belongs to the tree. */
static int get_text(const struct place *place, const char *key, const char **ret_text)
{
	const json_t *value = json_object_get(place->object, key);

	*ret_text = NULL;
	if (!value || json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return fail(place, -EINVAL, key, kind_of(value), "a text");
	if (json_string_length(value))
		*ret_text = json_string_value(value);
	return 0;
}

/* Beside get_text(): a copy, free() it. */
static int copy_text(const struct place *place, const char *key, char **ret_copy)
{
	const char *text;
	int r = get_text(place, key, &text);

	if (r < 0 || !text)
		return r;
	*ret_copy = strdup(text);
	return *ret_copy ? 0 : fail(place, -ENOMEM, key, "a text", "memory for it");
}

static bool is_visible(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	}
	return true;
}

static int get_secret(const struct place *place, const char *key, struct vg_secret **ret_secret)
{
	const char *text;
	int r = get_text(place, key, &text);

	if (r < 0 || !text)
		return r;
	if (!is_visible(text))
		return fail(place, -EINVAL, key, "a line break or another control character", "one line");
	r = vg_secret_new(text, strlen(text), ret_secret);
	return r < 0 ? fail(place, r, key, "a text", "memory for it") : 0;
}

static int decode(const char *text, struct vg_secret **ret_secret)
{
	size_t n = strlen(text), size = n / 4 * 3 + 3;
	unsigned char *bytes = malloc(size);
	int r;

	if (!bytes)
		return -ENOMEM;
	r = vg_base64_decode(text, n, bytes, &n);
	if (r == 0)
		r = vg_secret_new(bytes, n, ret_secret);
	explicit_bzero(bytes, size);
	free(bytes);
	return r;
}

/* KEY-data: PEM in base64. */
static int get_pem(const struct place *place, const char *key, struct vg_secret **ret_secret)
{
	VG_CLEANUP(vg_secret_freep) struct vg_secret *secret = NULL;
	const char *text;
	int r = get_text(place, key, &text);

	if (r < 0 || !text)
		return r;
	r = decode(text, &secret);
	if (r == -EINVAL)
		return fail(place, r, key, "no base64", "PEM in base64");
	if (r < 0)
		return fail(place, r, key, "a text", "memory for it");
	if (!strstr(vg_secret_text(secret), "-----BEGIN "))
		return fail(place, -EINVAL, key, "no PEM in the base64", "PEM in base64");
	*ret_secret = TAKE_PTR(secret);
	return 0;
}

/* A path, relative to the kubeconfig's folder. */
static int get_file(const struct place *place, const char *key, char **ret_path)
{
	const char *text, *slash = strrchr(place->file, '/');
	_cleanup_free_ char *path = NULL;
	int r = get_text(place, key, &text);

	if (r < 0 || !text)
		return r;
	if (asprintf(&path, "%.*s%s", text[0] == '/' || !slash ? 0 : (int)(slash - place->file + 1), place->file, text) < 0) {
		path = NULL;
		return fail(place, -ENOMEM, key, "a path", "memory for it");
	}
	if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0) {
		char quote[VG_QUOTE_MAX];

		r = -errno;
		vg_text_quote(path, quote);
		return vg_error_set(place->error, r, "%s: %s.%s: cannot read %s: %s", place->file, place->path, key, quote, strerror(-r));
	}
	*ret_path = TAKE_PTR(path);
	return 0;
}

static int get_bool(const struct place *place, const char *key, bool *ret_value)
{
	const json_t *value = json_object_get(place->object, key);

	if (!value || json_is_null(value))
		return 0;
	if (!json_is_boolean(value))
		return fail(place, -EINVAL, key, kind_of(value), "true or false");
	*ret_value = json_is_true(value);
	return 0;
}

/* ---- cluster */

static int read_server(const struct place *place, struct vg_access *access)
{
	const char *text, *expected = "https://HOST[:PORT]";
	int r = get_text(place, "server", &text);

	if (r < 0)
		return r;
	if (!text)
		return fail(place, -EINVAL, "server", "nothing", expected);
	r = vg_access_server_parse(text, &expected, &access->servers[0]);
	if (r < 0) /* what was found may hold a password */
		return fail(place, r, "server", "something else", expected);
	access->n_servers = 1;
	return 0;
}

static int read_proxy(const struct place *place, struct vg_access *access)
{
	int r = copy_text(place, "proxy-url", &access->proxy_url);

	if (r < 0 || !access->proxy_url)
		return r;
	r = vg_access_proxy_check(access->proxy_url);
	return r < 0 ? fail(place, r, "proxy-url", "something else", "http://, https://, socks5:// or socks5h:// and a host") : 0;
}

/* Put into a URL as host. */
static int read_server_name(const struct place *place, struct vg_access *access)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
	char quote[VG_QUOTE_MAX];
	int r = copy_text(place, "tls-server-name", &access->tls_server_name);

	if (r < 0 || !access->tls_server_name || !access->tls_server_name[strspn(access->tls_server_name, set)])
		return r;
	vg_text_quote(access->tls_server_name, quote);
	return fail(place, -EINVAL, "tls-server-name", quote, "a host name");
}

static int read_cluster(const struct place *place, struct vg_access *access)
{
	int r;

	r = read_server(place, access);
	if (r == 0)
		r = read_proxy(place, access);
	if (r == 0)
		r = read_server_name(place, access);
	if (r == 0)
		r = get_bool(place, "insecure-skip-tls-verify", &access->insecure);
	if (r == 0)
		r = get_pem(place, "certificate-authority-data", &access->ca_data);
	if (r == 0 && !access->ca_data)
		r = get_file(place, "certificate-authority", &access->ca_file);
	if (r < 0)
		return r;
	if (access->insecure && (access->ca_data || access->ca_file))
		return fail(place, -EINVAL, "insecure-skip-tls-verify", "true beside a certificate-authority", "one of the two");
	return 0;
}

/* ---- user */

static const struct {
	const char *key;
	const char *found;
	const char *expected;
} refused[] = {
	{ "exec", "a plugin to run",
	  "token, tokenFile or a client certificate: no plugin is ever run; a service account's token does (kubectl create token)" },
	{ "auth-provider", "a plugin", "token, tokenFile or a client certificate; a service account's token does (kubectl create token)" },
	{ "as", "an impersonation", "a user with rights of its own" },
	{ "as-uid", "an impersonation", "a user with rights of its own" },
	{ "as-groups", "an impersonation", "a user with rights of its own" },
	{ "as-user-extra", "an impersonation", "a user with rights of its own" },
};

static int refuse_plugins(const struct place *place)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		const json_t *value = json_object_get(place->object, refused[i].key);

		if (value && !json_is_null(value) && !(json_is_string(value) && !json_string_length(value)))
			return fail(place, -ENOTSUP, refused[i].key, refused[i].found, refused[i].expected);
	}
	return 0;
}

static int read_certificate(const struct place *place, struct vg_access *access)
{
	int r;

	r = get_pem(place, "client-certificate-data", &access->cert_data);
	if (r == 0 && !access->cert_data)
		r = get_file(place, "client-certificate", &access->cert_file);
	if (r == 0)
		r = get_pem(place, "client-key-data", &access->key_data);
	if (r == 0 && !access->key_data)
		r = get_file(place, "client-key", &access->key_file);
	if (r < 0)
		return r;
	if ((access->cert_data || access->cert_file) && !access->key_data && !access->key_file)
		return fail(place, -EINVAL, "client-key", "nothing", "the key of client-certificate");
	if ((access->key_data || access->key_file) && !access->cert_data && !access->cert_file)
		return fail(place, -EINVAL, "client-certificate", "nothing", "the certificate of client-key");
	return 0;
}

static int read_token(const struct place *place, struct vg_access *access)
{
	struct vg_error why;
	int r;

	r = get_file(place, "tokenFile", &access->token_file);
	if (r < 0)
		return r;
	if (!access->token_file)
		return get_secret(place, "token", &access->token);
	r = vg_access_first_token(access, &why);
	return r < 0 ? vg_error_set(place->error, r, "%s: %s.tokenFile: %s", place->file, place->path, why.text) : 0;
}

static int read_user(const struct place *place, struct vg_access *access)
{
	int r;

	r = refuse_plugins(place);
	if (r == 0)
		r = read_certificate(place, access);
	if (r == 0)
		r = read_token(place, access);
	if (r == 0)
		r = copy_text(place, "username", &access->user);
	if (r == 0)
		r = get_secret(place, "password", &access->password);
	if (r < 0)
		return r;
	if (access->user && access->token)
		return fail(place, -EINVAL, "username", "a name beside a token", "one of the two");
	return 0;
}

/* ---- the file */

/* "users[2] (admin).user" */
static void name_place(struct place *place, const char *list, size_t i, const char *name, const char *key)
{
	char quote[VG_QUOTE_MAX];

	vg_text_quote(name, quote);
	snprintf(place->path, sizeof(place->path), "%s[%zu] (%.*s).%s", list, i, (int)strlen(quote) - 2, quote + 1, key);
}

/* The entry NAME of a list of { name: NAME, KEY: {...} }: its KEY. There must be just one. */
static int find(const struct place *root, const char *list, const char *key, const char *name, struct place *ret_place)
{
	const json_t *entries = json_object_get(root->object, list), *entry;
	char quote[VG_QUOTE_MAX];
	size_t i;

	*ret_place = (struct place){ .file = root->file, .error = root->error };
	if (entries && !json_is_array(entries) && !json_is_null(entries))
		return fail(root, -EINVAL, list, kind_of(entries), "a list");
	vg_text_quote(name, quote);
	json_array_foreach(entries, i, entry)
	{
		const char *found = json_string_value(json_object_get(entry, "name"));

		if (!found || strcmp(found, name))
			continue;
		if (ret_place->object)
			return fail(root, -EINVAL, list, "one more entry of the same name", quote);
		name_place(ret_place, list, i, name, key);
		ret_place->object = json_object_get(entry, key);
		if (!json_is_object(ret_place->object))
			return vg_error_set(root->error, -EINVAL, "%s: %s: found %s; expected a mapping", root->file, ret_place->path,
					    kind_of(ret_place->object));
	}
	return ret_place->object ? 0 : fail(root, -EINVAL, list, "no entry of that name", quote);
}

static int check_kind(const struct place *root)
{
	static const char *const want[][2] = { { "apiVersion", "v1" }, { "kind", "Config" } };
	char quote[VG_QUOTE_MAX];
	const char *text;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		r = get_text(root, want[i][0], &text);
		if (r < 0)
			return r;
		if (!text || !strcmp(text, want[i][1]))
			continue;
		vg_text_quote(text, quote);
		return fail(root, -EINVAL, want[i][0], quote, want[i][1]);
	}
	return 0;
}

static int read_context(const struct place *root, const char *name, struct vg_access *access)
{
	const char *cluster, *user;
	struct place context, part;
	int r;

	r = find(root, "contexts", "context", name, &context);
	if (r < 0)
		return r;
	r = get_text(&context, "cluster", &cluster);
	if (r == 0)
		r = get_text(&context, "user", &user);
	if (r < 0)
		return r;
	if (!cluster)
		return fail(&context, -EINVAL, "cluster", "nothing", "the name of a cluster");
	r = find(root, "clusters", "cluster", cluster, &part);
	if (r == 0)
		r = read_cluster(&part, access);
	if (r < 0 || !user) /* nobody in particular: a server may let such in */
		return r;
	r = find(root, "users", "user", user, &part);
	return r < 0 ? r : read_user(&part, access);
}

static int read_root(const struct place *root, const char *name, struct vg_access *access)
{
	int r;

	r = check_kind(root);
	if (r == 0 && !name)
		r = get_text(root, "current-context", &name);
	if (r < 0)
		return r;
	if (!name)
		return fail(root, -EINVAL, "current-context", "nothing", "the name of a context");
	r = read_context(root, name, access);
	if (r < 0)
		return r;
	if (asprintf(&access->from, "%s, context %s", root->file, name) < 0) {
		access->from = NULL;
		return vg_error_set(root->error, -ENOMEM, "%s: %s", root->file, strerror(ENOMEM));
	}
	return vg_access_check_plain(access, root->error);
}

static void wipe(json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_string(value))
		explicit_bzero((void *)(uintptr_t)json_string_value(value), json_string_length(value));
	json_array_foreach(value, i, item) wipe(item);
	json_object_foreach(value, key, item) wipe(item);
}

static int read_text(const char *path, const char *text, size_t size, const char *context, struct vg_error *error, struct vg_access *access)
{
	struct place root = { .file = path, .error = error };
	json_t *documents;
	int r;

	r = vg_yaml_to_json(text, size, path, error, &documents);
	if (r < 0)
		return r;
	root.object = json_array_get(documents, 0);
	if (json_array_size(documents) != 1 || !json_is_object(root.object))
		r = vg_error_set(error, -EINVAL, "%s: found %s; expected one kubeconfig", path,
				 json_array_size(documents) > 1 ? "several documents" : kind_of(root.object));
	else
		r = read_root(&root, context, access);
	wipe(documents);
	json_decref(documents);
	return r;
}

int vg_access_kubeconfig(const char *path, const char *context, struct vg_error *ret_error, struct vg_access **ret_access)
{
	VG_CLEANUP(vg_access_freep) struct vg_access *access = calloc(1, sizeof(*access));
	struct vg_error unused;
	char *text;
	size_t size;
	int r;

	ret_error = ret_error ? ret_error : &unused;
	if (!access)
		return vg_error_set(ret_error, -ENOMEM, "%s: %s", path, strerror(ENOMEM));
	r = vg_file_read(path, ret_error, &text, &size);
	if (r < 0)
		return r;
	r = read_text(path, text, size, context, ret_error, access);
	explicit_bzero(text, size);
	free(text);
	if (r < 0)
		return r;
	*ret_access = TAKE_PTR(access);
	return 0;
}
