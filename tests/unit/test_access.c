/* SPDX-License-Identifier: Apache-2.0 */
/* How we are let in: kubeconfigs good and bad, the service account, servers that are preferred, tokens that change, secrets. */
#include "unit.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/base64.h"
#include "kube/access.h"

#define PEM "-----BEGIN CERTIFICATE-----\nx\n"
#define PEM64 "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCngK" /* of PEM */
#define HEAD "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
#define CONTEXT "contexts:\n- name: c\n  context: {cluster: k, user: u}\n"
#define CLUSTER(keys) "clusters:\n- name: other\n  cluster: {}\n- name: k\n  cluster: {" keys "}\n"
#define USER(keys) "users:\n- name: u\n  user: {" keys "}\n"
#define SERVER "server: 'https://192.0.2.10:6443'"
#define WHOLE(cluster, user) HEAD CONTEXT CLUSTER(cluster) USER(user)

static char folder[32];

static const char *path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static const char *put(const char *name, const char *text)
{
	const char *path = path_of(name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	return path;
}

static struct vg_access *read_good(const char *text)
{
	struct vg_access *access = NULL;
	struct vg_error error = { "" };

	if (vg_access_kubeconfig(put("kubeconfig", text), NULL, &error, &access) < 0)
		fail_msg("%s", error.text);
	return access;
}

static void whole(void **state)
{
	struct vg_access *access;

	put("token", " abc.def \n");
	put("cert.pem", "x");
	put("key.pem", "x");
	access = read_good(WHOLE("server: 'https://api.example.test:6443/k8s/', certificate-authority-data: " PEM64
				 ", tls-server-name: name.example.test, proxy-url: 'http://me:pass@192.0.2.1:3128', extensions: [{}]",
				 "client-certificate: cert.pem, client-key: ./key.pem, token: unused, tokenFile: token, new-key: {a: [1]}"));
	assert_int_equal(access->n_servers, 1);
	assert_string_equal(access->servers[0], "https://api.example.test:6443/k8s");
	assert_string_equal(vg_secret_text(access->ca_data), PEM);
	assert_int_equal(vg_secret_size(access->ca_data), strlen(PEM));
	assert_null(access->ca_file);
	assert_string_equal(access->tls_server_name, "name.example.test");
	assert_string_equal(access->proxy_url, "http://me:pass@192.0.2.1:3128");
	assert_string_equal(access->cert_file, path_of("cert.pem"));
	assert_string_equal(access->key_file, path_of("./key.pem"));
	assert_string_equal(access->token_file, path_of("token"));
	assert_string_equal(vg_secret_text(access->token), "abc.def");
	assert_false(access->insecure);
	assert_non_null(strstr(access->from, "/kubeconfig, context c"));
	vg_access_free(access);
}

static void as_json(void **state)
{
	struct vg_access *access =
		read_good("{\"current-context\": \"c\", \"contexts\": [{\"name\": \"c\", \"context\": {\"cluster\": \"k\"}}],"
			  " \"clusters\": [{\"name\": \"k\", \"cluster\": {\"server\": \"http://[::1]:8080\", \"insecure-skip-tls-verify\": true}}],"
			  " \"users\": null}");

	assert_string_equal(access->servers[0], "http://[::1]:8080");
	assert_true(access->insecure);
	assert_null(access->token);
	vg_access_free(access);
}

static void a_context_is_chosen(void **state)
{
	static const char text[] =
		"contexts:\n- {name: a, context: {cluster: k, user: ''}}\n- {name: b, context: {cluster: k, user: u}}\n" CLUSTER(SERVER)
			USER("username: me, password: 'secret'");
	struct vg_access *access = NULL;
	struct vg_error error;
	const char *path = put("kubeconfig", text);

	assert_int_equal(vg_access_kubeconfig(path, "b", &error, &access), 0);
	assert_string_equal(access->user, "me");
	assert_string_equal(vg_secret_text(access->password), "secret");
	vg_access_free(access);
	assert_int_equal(vg_access_kubeconfig(path, "a", &error, &access), 0);
	assert_null(access->user);
	vg_access_free(access);
	assert_int_equal(vg_access_kubeconfig(path, NULL, &error, &access), -EINVAL);
	assert_non_null(strstr(error.text, "current-context: found nothing; expected the name of a context"));
	assert_int_equal(vg_access_kubeconfig(path, "no", NULL, &access), -EINVAL);
	assert_int_equal(vg_access_kubeconfig(path_of("absent"), NULL, &error, &access), -ENOENT);
}

/* "hidden" is in every secret: it must not be in any error. */
static void bad_ones(void **state)
{
	static const struct {
		const char *yaml, *text;
		int r;
	} cases[] = {
		{ "", "found nothing; expected one kubeconfig", -EINVAL },
		{ "- a\n", "found a list; expected one kubeconfig", -EINVAL },
		{ "a: b\n---\nc: d\n", "found several documents", -EINVAL },
		{ "a: *hidden", ":1: found an anchor or alias", -EINVAL },
		{ "kind: Pod\n", "kind: found \"Pod\"; expected Config", -EINVAL },
		{ "apiVersion: v2\n", "apiVersion: found \"v2\"; expected v1", -EINVAL },
		{ "current-context: c\n", "contexts: found no entry of that name; expected \"c\"", -EINVAL },
		{ "current-context: 7\n", "current-context: found a number without quotation marks", -EINVAL },
		{ "current-context: c\ncontexts: {}\n", "contexts: found a mapping; expected a list", -EINVAL },
		{ HEAD "contexts: [{name: c, context: {user: u}}]\n", "contexts[0] (c).context.cluster: found nothing", -EINVAL },
		{ HEAD "contexts: [3, null, {name: c, context: 3}]\n", "contexts[2] (c).context: found a number", -EINVAL },
		{ HEAD CONTEXT, "clusters: found no entry of that name; expected \"k\"", -EINVAL },
		{ HEAD CONTEXT CLUSTER(SERVER), "users: found no entry of that name; expected \"u\"", -EINVAL },
		{ HEAD "contexts: [{name: c, context: {}}, {name: c, context: {}}]", "contexts: found one more entry of the same name", -EINVAL },
		{ WHOLE("", ""), "clusters[1] (k).cluster.server: found nothing; expected https://HOST[:PORT]", -EINVAL },
		{ WHOLE("server: 'ftp://192.0.2.1'", ""), "server: found something else", -EINVAL },
		{ WHOLE("server: 192.0.2.1", ""), "server: found something else", -EINVAL },
		{ WHOLE("server: 'https://a:hidden@192.0.2.1'", ""), "without user, query and fragment", -EINVAL },
		{ WHOLE("server: 'https://192.0.2.1/?x=1'", ""), "without user, query and fragment", -EINVAL },
		{ WHOLE(SERVER ", proxy-url: 'ftp://hidden@192.0.2.1'", ""), "proxy-url: found something else", -EINVAL },
		{ WHOLE(SERVER ", tls-server-name: 'a/b'", ""), "tls-server-name: found \"a/b\"; expected a host name", -EINVAL },
		{ WHOLE(SERVER ", insecure-skip-tls-verify: 'true'", ""), "insecure-skip-tls-verify: found a text; expected true or false", -EINVAL },
		{ WHOLE(SERVER ", insecure-skip-tls-verify: true, certificate-authority-data: " PEM64, ""),
		  "found true beside a certificate-authority; expected one of the two", -EINVAL },
		{ WHOLE(SERVER ", certificate-authority-data: 'aGlkZGVu'", ""), "certificate-authority-data: found no PEM in the base64", -EINVAL },
		{ WHOLE(SERVER ", certificate-authority: absent.pem", ""), "certificate-authority: cannot read", -ENOENT },
		{ WHOLE(SERVER, "client-certificate-data: 'hidden!'"),
		  "users[0] (u).user.client-certificate-data: found no base64; expected PEM in base64", -EINVAL },
		{ WHOLE(SERVER, "client-certificate-data: " PEM64), "client-key: found nothing", -EINVAL },
		{ WHOLE(SERVER, "client-key-data: " PEM64), "client-certificate: found nothing", -EINVAL },
		{ WHOLE(SERVER, "token: [hidden]"), "users[0] (u).user.token: found a list; expected a text", -EINVAL },
		{ WHOLE(SERVER, "token: \"hidden\\r\\nX: y\""), "token: found a line break", -EINVAL },
		{ WHOLE(SERVER, "password: 1234, username: me"), "password: found a number without quotation marks", -EINVAL },
		{ WHOLE(SERVER, "token: hidden, username: me"), "username: found a name beside a token", -EINVAL },
		{ WHOLE(SERVER, "tokenFile: absent"), "tokenFile: cannot read", -ENOENT },
		{ WHOLE(SERVER, "exec: {command: hidden}"), "users[0] (u).user.exec: found a plugin to run; expected token, tokenFile", -ENOTSUP },
		{ WHOLE(SERVER, "auth-provider: {name: x}"), "auth-provider: found a plugin", -ENOTSUP },
		{ WHOLE(SERVER, "as: somebody"), "user.as: found an impersonation", -ENOTSUP },
		{ WHOLE("server: 'http://192.0.2.1'", "token: hidden"), "would send a token or password over plain HTTP", -EINVAL },
		{ WHOLE("server: 'HTTP://api.example.test'", "username: me, password: hidden"), "over plain HTTP", -EINVAL },
		{ WHOLE("server: 'http://127.0.0.1:1', proxy-url: 'http://192.0.2.1'", "token: hidden"), "over plain HTTP", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vg_access *access = NULL;
		struct vg_error error = { "" };
		const char *path = put("kubeconfig", cases[i].yaml);
		int r = vg_access_kubeconfig(path, NULL, &error, &access);

		if (r != cases[i].r || !strstr(error.text, cases[i].text) || strstr(error.text, "hidden") || access)
			fail_msg("case \"%s\": %d, \"%s\"", cases[i].yaml, r, error.text);
		assert_case(cases[i].yaml, !strncmp(error.text, path, strlen(path)) || strstr(cases[i].text, "plain HTTP"));
	}
}

static void plain_to_this_host(void **state)
{
	vg_access_free(read_good(WHOLE("server: 'http://127.0.0.1:8080'", "token: x")));
	vg_access_free(read_good(WHOLE("server: 'http://localhost:8080'", "token: x")));
	vg_access_free(read_good(WHOLE("server: 'http://[::1]'", "username: x")));
	vg_access_free(read_good(WHOLE("server: 'http://192.0.2.1'", ""))); /* nothing to lose */
}

/* ---- in the cluster */

static void in_cluster(void **state)
{
	struct vg_access *access = NULL;
	struct vg_error error;

	unsetenv("KUBERNETES_SERVICE_HOST");
	setenv("KUBERNETES_SERVICE_PORT", "443", 1);
	assert_int_equal(vg_access_in_cluster(folder, &error, &access), -ENOENT);
	assert_non_null(strstr(error.text, "not in a cluster"));
	setenv("KUBERNETES_SERVICE_HOST", "2001:db8::1", 1);
	put("token", "abc\n");
	unlink(path_of("ca.crt"));
	assert_int_equal(vg_access_in_cluster(folder, &error, &access), -ENOENT);
	assert_non_null(strstr(error.text, "ca.crt"));
	put("ca.crt", PEM);
	assert_int_equal(vg_access_in_cluster(folder, &error, &access), 0);
	assert_string_equal(access->servers[0], "https://[2001:db8::1]:443");
	assert_string_equal(access->from, "in-cluster");
	assert_string_equal(access->ca_file, path_of("ca.crt"));
	assert_string_equal(vg_secret_text(access->token), "abc");
	vg_access_free(access);
	setenv("KUBERNETES_SERVICE_PORT", "443/x", 1);
	assert_int_equal(vg_access_in_cluster(folder, &error, &access), -EINVAL);
	setenv("KUBERNETES_SERVICE_PORT", "443", 1);
	put("token", " \n");
	assert_int_equal(vg_access_in_cluster(folder, &error, &access), -EINVAL);
	put("token", "a\nb");
	assert_int_equal(vg_access_in_cluster(folder, &error, &access), -EINVAL);
	setenv("KUBERNETES_SERVICE_HOST", "user@192.0.2.1", 1);
	assert_int_equal(vg_access_in_cluster(folder, &error, &access), -EINVAL);
}

/* As the kubelet does it: TOKEN -> ..data/token, ..data -> a folder, and ..data is swapped. */
static void swap_link(const char *target)
{
	char next[64], now[64];

	snprintf(next, sizeof(next), "%s/..next", folder);
	snprintf(now, sizeof(now), "%s/..data", folder);
	assert_return_code(symlink(target, next), errno);
	assert_return_code(rename(next, now), errno);
}

static void a_token_changes(void **state)
{
	struct vg_access access = { 0 };
	struct vg_error error;

	assert_int_equal(vg_access_refresh(&access, &error), 0); /* no file, nothing to do */
	assert_return_code(mkdir(path_of("v1"), 0700), errno);
	assert_return_code(mkdir(path_of("v2"), 0700), errno);
	put("v1/sa", "one");
	put("v2/sa", "two");
	swap_link("v1");
	assert_true(asprintf(&access.token_file, "%s/..data/sa", folder) > 0);
	assert_int_equal(vg_access_refresh(&access, &error), 1);
	assert_int_equal(vg_access_refresh(&access, &error), 0);
	swap_link("v2");
	assert_int_equal(vg_access_refresh(&access, &error), 1);
	assert_string_equal(vg_secret_text(access.token), "two");
	put("v1/sa", "two");
	swap_link("v1");
	assert_int_equal(vg_access_refresh(&access, &error), 0); /* another file, the same token */
	put("v1/sa", "");
	assert_int_equal(vg_access_refresh(&access, &error), -EINVAL);
	assert_string_equal(vg_secret_text(access.token), "two"); /* kept */
	assert_return_code(unlink(path_of("v1/sa")), errno);
	assert_int_equal(vg_access_refresh(&access, &error), -ENOENT);
	assert_return_code(mkfifo(path_of("v1/sa"), 0600), errno);
	assert_int_equal(vg_access_refresh(&access, &error), -EINVAL);
	free(access.token_file);
	vg_secret_free(access.token);
}

/* ---- servers */

static void preferred_servers(void **state)
{
	struct vg_access *access = read_good(WHOLE(SERVER, "token: x"));
	struct vg_error error;

	assert_int_equal(vg_access_prefer(access, "https://127.0.0.1:6443, https://[::1]:6443/", &error), 0);
	assert_int_equal(access->n_servers, 3);
	assert_string_equal(access->servers[0], "https://127.0.0.1:6443");
	assert_string_equal(access->servers[1], "https://[::1]:6443");
	assert_string_equal(access->servers[2], "https://192.0.2.10:6443");
	assert_int_equal(vg_access_prefer(access, "https://192.0.2.10:6443", &error), 0); /* moved to the front */
	assert_int_equal(access->n_servers, 3);
	assert_string_equal(access->servers[0], "https://192.0.2.10:6443");
	assert_int_equal(vg_access_prefer(access, "http://192.0.2.10", &error), -EINVAL); /* there is a token */
	assert_int_equal(vg_access_prefer(access, "", &error), -EINVAL);
	assert_int_equal(vg_access_prefer(access, "https://a.test,,", &error), -EINVAL);
	assert_int_equal(vg_access_prefer(access, "https://1.test,https://2.test,https://3.test,https://4.test,https://5.test,https://6.test",
					  &error),
			 -EINVAL);
	assert_non_null(strstr(error.text, "more than 8 API servers"));
	assert_int_equal(access->n_servers, 3); /* as before */
	assert_string_equal(access->servers[1], "https://127.0.0.1:6443");
	vg_access_free(access);
}

/* ---- secrets and base64 */

static bool has_flag(const void *address, const char *flag)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	unsigned long start, end;
	bool ours = false, has = false;
	char line[512];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			ours = start <= (uintptr_t)address && (uintptr_t)address < end;
		else if (ours && !strncmp(line, "VmFlags:", 8))
			has = strstr(line, flag);
	}
	fclose(file);
	return has;
}

static void secrets(void **state)
{
	static const size_t sizes[] = { 0, 1, 4079, 4080, 4081, 4096, 100000 };
	static char bytes[100000];
	struct vg_secret *secret;

	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_int_equal(vg_secret_new(bytes, sizes[i], &secret), 0);
		assert_int_equal(vg_secret_size(secret), sizes[i]);
		assert_int_equal(strlen(vg_secret_text(secret)), sizes[i]);
		assert_true(has_flag(secret, " dd")); /* don't dump */
		vg_secret_free(secret);
	}
	assert_string_equal(vg_secret_text(NULL), "");
	assert_int_equal(vg_secret_size(NULL), 0);
	vg_secret_free(NULL);
	vg_access_free(NULL);
}

static void base64(void **state)
{
	static const struct {
		const char *text, *bytes;
	} cases[] = {
		{ "", "" },
		{ "Zg==", "f" },
		{ "Zm8=", "fo" },
		{ "Zm9v", "foo" },
		{ "Zm9vYg==", "foob" },
		{ "Zm9v\r\nYmE=\n", "fooba" },
		{ "+/+/", "\xfb\xff\xbf" },
		{ "Zg", NULL },
		{ "Zg=", NULL },
		{ "Zm8==", NULL },
		{ "Z", NULL },
		{ "Z===", NULL },
		{ "=", NULL },
		{ "Zm9v=", NULL },
		{ "Zh==", NULL },
		{ "Zm9=", NULL },
		{ "Zg==Zg==", NULL },
		{ "Zm 9v", NULL },
		{ "-_-_", NULL },
		{ "Zm9vZ", NULL },
		{ "Zg==x", NULL },
		{ "Zm9v==", NULL },
	};
	char out[16];
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r = vg_base64_decode(cases[i].text, strlen(cases[i].text), out, &n);

		assert_case(cases[i].text, r == (cases[i].bytes ? 0 : -EINVAL));
		assert_case(cases[i].text, r < 0 || (n == strlen(cases[i].bytes) && !memcmp(out, cases[i].bytes, n)));
	}
}

static int make_folder(void **state)
{
	strcpy(folder, "/tmp/vg-access-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(as_json),
		cmocka_unit_test(a_context_is_chosen),
		cmocka_unit_test(bad_ones),
		cmocka_unit_test(plain_to_this_host),
		cmocka_unit_test(in_cluster),
		cmocka_unit_test(a_token_changes),
		cmocka_unit_test(preferred_servers),
		cmocka_unit_test(secrets),
		cmocka_unit_test(base64),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
