/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "kube/access_state.h"

VG_DEFINE_CLEANUP(CURLU *, curl_url_cleanup)

static bool has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

static bool part_is(CURLU *url, CURLUPart part, const char *const *list)
{
	char *text = NULL;
	bool is = false;

	if (curl_url_get(url, part, &text, 0) != CURLUE_OK)
		return false;
	for (; *list && !is; list++)
		is = !strcasecmp(text, *list);
	curl_free(text);
	return is;
}

int vg_access_server_parse(const char *text, const char **ret_expected, char **ret_server)
{
	static const char *const schemes[] = { "http", "https", NULL };
	VG_CLEANUP(curl_url_cleanupp) CURLU *url = curl_url();
	size_t n = strlen(text);

	*ret_expected = "https://HOST[:PORT]";
	if (!url)
		return -ENOMEM;
	if (curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK || !part_is(url, CURLUPART_SCHEME, schemes))
		return -EINVAL;
	*ret_expected = "https://HOST[:PORT] without user, query and fragment";
	if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD) || has_part(url, CURLUPART_QUERY) ||
	    has_part(url, CURLUPART_FRAGMENT) || strpbrk(text, "?#@"))
		return -EINVAL;
	while (n && text[n - 1] == '/')
		n--;
	*ret_server = strndup(text, n);
	return *ret_server ? 0 : -ENOMEM;
}

int vg_access_proxy_check(const char *text)
{
	static const char *const schemes[] = { "http", "https", "socks5", "socks5h", NULL };
	VG_CLEANUP(curl_url_cleanupp) CURLU *url = curl_url();

	if (!url)
		return -ENOMEM;
	if (curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK || !part_is(url, CURLUPART_SCHEME, schemes))
		return -EINVAL;
	return 0;
}

static bool is_loopback(const char *host)
{
	size_t n = strlen(host);
	struct in6_addr v6;
	struct in_addr v4;
	char inner[INET6_ADDRSTRLEN];

	if (!strcasecmp(host, "localhost"))
		return true;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	if (host[0] != '[' || n < 3 || n - 2 >= sizeof(inner))
		return false;
	memcpy(inner, host + 1, n - 2);
	inner[n - 2] = '\0';
	return inet_pton(AF_INET6, inner, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool is_plain_to_others(const char *server, bool proxy)
{
	static const char *const https[] = { "https", NULL };
	VG_CLEANUP(curl_url_cleanupp) CURLU *url = curl_url();
	char *host = NULL;
	bool loopback;

	if (!url || curl_url_set(url, CURLUPART_URL, server, 0) != CURLUE_OK || curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return true; /* out of memory, rather than send a password who knows where */
	loopback = is_loopback(host);
	curl_free(host);
	return !part_is(url, CURLUPART_SCHEME, https) && (!loopback || proxy);
}

int vg_access_check_plain(const struct vg_access *access, struct vg_error *error)
{
	if (!access->token && !access->token_file && !access->user)
		return 0;
	for (size_t i = 0; i < access->n_servers; i++) {
		if (is_plain_to_others(access->servers[i], access->proxy_url))
			return vg_error_set(error, -EINVAL,
					    "%s: would send a token or password over plain HTTP; expected https:// (or this host itself)",
					    access->servers[i]);
	}
	return 0;
}

struct list {
	char *servers[VG_SERVERS_MAX];
	size_t n;
};

static void list_deinit(struct list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->servers[i]);
}

static bool list_has(const struct list *list, const char *server)
{
	for (size_t i = 0; i < list->n; i++) {
		if (!strcmp(list->servers[i], server))
			return true;
	}
	return false;
}

/* server is taken over. A server that is there already stays where it is. */
static int list_add(struct list *list, char *server, struct vg_error *error)
{
	_cleanup_free_ char *owned = server;

	if (list_has(list, owned))
		return 0;
	if (list->n == VG_SERVERS_MAX)
		return vg_error_set(error, -EINVAL, "more than %d API servers; expected fewer", VG_SERVERS_MAX);
	list->servers[list->n++] = TAKE_PTR(owned);
	return 0;
}

static int list_parse(struct list *list, const char *servers, struct vg_error *error)
{
	_cleanup_free_ char *copy = strdup(servers);
	char *rest = copy, *item, *server;
	const char *expected;
	int r;

	if (!copy)
		return vg_error_set(error, -ENOMEM, "%s", strerror(ENOMEM));
	while ((item = strsep(&rest, ","))) {
		item += strspn(item, " \t");
		item[strcspn(item, " \t")] = '\0';
		r = vg_access_server_parse(item, &expected, &server);
		if (r < 0)
			return vg_error_set(error, r, "API server %zu of the list: found something else; expected %s", list->n + 1, expected);
		r = list_add(list, server, error);
		if (r < 0)
			return r;
	}
	return 0;
}

int vg_access_prefer(struct vg_access *access, const char *servers, struct vg_error *ret_error)
{
	VG_CLEANUP(list_deinit) struct list list = { .n = 0 };
	struct vg_access trial = *access;
	int r;

	r = list_parse(&list, servers, ret_error);
	for (size_t i = 0; r == 0 && i < access->n_servers; i++) {
		char *copy = strdup(access->servers[i]);

		r = copy ? list_add(&list, copy, ret_error) : -ENOMEM;
	}
	if (r < 0)
		return r;
	memcpy(trial.servers, list.servers, sizeof(list.servers));
	trial.n_servers = list.n;
	r = vg_access_check_plain(&trial, ret_error);
	if (r < 0)
		return r;
	/* swapped, so that the old ones are freed with the list */
	memcpy(list.servers, access->servers, sizeof(list.servers));
	list.n = access->n_servers;
	memcpy(access->servers, trial.servers, sizeof(trial.servers));
	access->n_servers = trial.n_servers;
	return 0;
}
