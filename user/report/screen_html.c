/* SPDX-License-Identifier: Apache-2.0 */
#include "report/screen_html.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "report/json.h"
#include "report/screen.h"

int vg_screen_new_nonce(char out[VG_SCREEN_NONCE_MAX])
{
	unsigned char bytes[(VG_SCREEN_NONCE_MAX - 1) / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -EIO;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

void vg_screen_policy(const char *nonce, char out[VG_SCREEN_POLICY_MAX])
{
	snprintf(out, VG_SCREEN_POLICY_MAX,
		 "default-src 'none'; style-src 'nonce-%s'; script-src 'nonce-%s'; connect-src 'self'; img-src data:; base-uri 'none'; "
		 "form-action 'none'; frame-ancestors 'none'",
		 nonce, nonce);
}

/* U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069 (Unicode's UAX 9), in UTF-8. */
static bool turns(const unsigned char *c)
{
	if (c[0] != 0xe2)
		return false;
	return (c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xaa && c[2] <= 0xae))) || (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9);
}

void vg_html_put(FILE *out, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		const char *entity = *c == '&'	  ? "&amp;"
				     : *c == '<'  ? "&lt;"
				     : *c == '>'  ? "&gt;"
				     : *c == '"'  ? "&quot;"
				     : *c == '\'' ? "&#39;"
						  : NULL;

		if (entity) {
			fputs(entity, out);
		} else if (*c < 0x20 || *c == 0x7f) {
			fprintf(out, "\\x%02x", *c);
		} else if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) {
			fprintf(out, "\\x%02x", *++c);
		} else if (turns(c)) {
			fputs("\xef\xbf\xbd", out);
			c += 2;
		} else {
			fputc(*c, out);
		}
	}
}

static void put_key(FILE *out, const json_t *object, const char *key)
{
	vg_html_put(out, vg_json_get_text(object, key));
}

/* ---- head */

static void put_pair(FILE *out, const char *name, const char *class, const char *value)
{
	fprintf(out, "<div><dt>%s</dt><dd class=\"%s\">", name, class);
	vg_html_put(out, value);
	fputs("</dd></div>", out);
}

static void put_source(FILE *out, const json_t *source)
{
	bool stale = json_is_true(json_object_get(source, "stale")), failed = json_is_true(json_object_get(source, "failed"));
	char text[192];

	snprintf(text, sizeof(text), "%s, %" JSON_INTEGER_FORMAT " entries, %s", vg_json_get_text(source, "name"),
		 json_integer_value(json_object_get(source, "assignments")),
		 stale	  ? "STALE"
		 : failed ? "last reload FAILED"
			  : "fresh");
	put_pair(out, "source", stale || failed ? "bad" : "good", text);
}

static void put_head(FILE *out, const json_t *screen)
{
	const char *mode = vg_json_get_text(screen, "mode"), *unready = vg_json_get_text(screen, "unready");
	const json_t *paused = json_object_get(screen, "paused"), *breaker = json_object_get(screen, "breaker");
	json_int_t held = json_integer_value(json_object_get(breaker, "held"));
	char text[160];

	fputs("<dl id=\"head\" data-live>", out);
	put_pair(out, "node", "", vg_json_get_text(screen, "node"));
	put_pair(out, "mode", strcmp(mode, "enforce") == 0 ? "good" : "warn", mode);
	put_pair(out, "ready", *unready ? "warn" : "good", *unready ? unready : "yes");
	put_source(out, json_object_get(screen, "source"));
	if (paused) {
		snprintf(text, sizeof(text), "until %.19s UTC: nothing is refused, dropped or removed", vg_json_get_text(paused, "until"));
		put_pair(out, "paused", "warn", text);
	}
	if (held) {
		snprintf(text, sizeof(text), "holds %" JSON_INTEGER_FORMAT " addresses: look at the source, then vipguard resume", held);
		put_pair(out, "breaker", "bad", text);
	}
	fputs("<div><dt>as of</dt><dd>", out);
	vg_screen_print_time(out, vg_json_get_text(screen, "time"));
	fputs(" UTC</dd></div></dl>\n", out);
}

/* How many VIPs are in which state: news, so a screen reader says it when it changes. */
static void put_counts(FILE *out, const json_t *screen)
{
	const json_t *states = json_object_get(screen, "states");

	fputs("<ul class=\"counts\" id=\"counts\" data-live role=\"status\" aria-live=\"polite\">", out);
	for (int i = 0; i < VG_SCREEN_STATE_MAX; i++) {
		const char *name = vg_screen_state_to_str(i);
		json_int_t n = json_integer_value(json_object_get(states, name));

		if (n || i == VG_SCREEN_WRONG)
			fprintf(out, "<li title=\"%s\"><b class=\"%s\">%" JSON_INTEGER_FORMAT "</b> %s</li>", vg_screen_state_meaning(i),
				n ? name : "good", n,
				i == VG_SCREEN_ABSENT		 ? "elsewhere"
				: i == VG_SCREEN_WRONG && n != 1 ? "violations"
								 : vg_screen_state_word(i));
	}
	fputs("</ul>\n", out);
}

static void put_degraded(FILE *out, const json_t *screen)
{
	const json_t *degraded = json_object_get(screen, "degraded");
	json_t *one;
	size_t i;

	fputs("<div id=\"degraded\" data-live>", out);
	if (json_array_size(degraded))
		fputs("<h2>Missing</h2><ul>", out);
	json_array_foreach(degraded, i, one)
	{
		fputs("<li><b class=\"warn\">", out);
		put_key(out, one, "what");
		fputs("</b>: ", out);
		put_key(out, one, "loss");
		fputs(" <span class=\"faint\">", out);
		if (*vg_json_get_text(one, "why")) {
			fputs("(", out);
			put_key(out, one, "why");
			fputs(") ", out);
		}
		fputs("Cure: ", out);
		put_key(out, one, "cure");
		fputs("</span></li>", out);
	}
	fputs(json_array_size(degraded) ? "</ul></div>\n" : "</div>\n", out);
}

/* ---- table */

static void put_list(FILE *out, const json_t *list, const char *key)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		fputs(i ? ", " : "", out);
		vg_html_put(out, key ? vg_json_get_text(one, key) : json_string_value(one));
	}
}

static void put_here(FILE *out, const json_t *vip)
{
	const json_t *bound = json_object_get(vip, "bound");

	fputs("<td data-label=\"here\">", out);
	if (bound)
		fputs("bound on ", out);
	put_list(out, bound, "interface");
	if (json_is_true(json_object_get(vip, "announced")))
		fputs(bound ? ", announced" : "announced", out);
	fputs("</td>", out);
}

static void put_row(FILE *out, const json_t *vip)
{
	enum vg_screen_state state = vg_screen_state_from_str(vg_json_get_text(vip, "state"));
	const json_t *nodes = json_object_get(vip, "assigned_nodes"), *last = json_object_get(vip, "last");
	const char *name = vg_screen_state_to_str(state), *action = vg_json_get_text(last, "action");

	fprintf(out, "<tr class=\"is-%s\"><th scope=\"row\">", name);
	put_key(out, vip, "address");
	fputs("</th><td data-label=\"service\">", out);
	put_key(out, vip, "service");
	fputs("</td><td data-label=\"holder\">", out);
	fputs(nodes && !json_array_size(nodes) ? "nobody" : "", out);
	put_list(out, nodes, NULL);
	fputs("</td>", out);
	put_here(out, vip);
	fprintf(out, "<td data-label=\"verdict\"><span class=\"%s\" title=\"%s\">%s</span> ", name, vg_screen_state_meaning(state),
		vg_screen_state_word(state));
	put_key(out, vip, "reason");
	fputs("</td><td data-label=\"action\">", out);
	vg_html_put(out, strcmp(action, "none") == 0 ? "" : action);
	fputs("</td><td data-label=\"last actor\" class=\"who\">", out);
	vg_screen_print_actor(out, json_object_get(vip, "actor"));
	fputs("</td><td data-label=\"seen\">", out);
	vg_screen_print_time(out, vg_json_get_text(last, "time"));
	fputs("</td></tr>\n", out);
}

static void put_table(FILE *out, const json_t *screen)
{
	const json_t *vips = json_object_get(screen, "vips");
	json_int_t more = json_integer_value(json_object_get(screen, "vips_left_out"));
	json_t *vip;
	size_t i;

	fputs("<h2 id=\"vips\">VIPs</h2>\n<p id=\"search\" hidden><label>Filter <input type=\"search\" id=\"filter\" autocomplete=\"off\"></label> "
	      "<span id=\"matches\" role=\"status\"></span></p>\n"
	      "<div class=\"scroll\" role=\"region\" aria-labelledby=\"vips\" tabindex=\"0\"><table>"
	      "<caption>What may be on this node and what is, the worst first; times are UTC.</caption>\n"
	      "<thead><tr><th scope=\"col\">VIP</th><th scope=\"col\">Service</th><th scope=\"col\">Holder</th><th scope=\"col\">Here</th>"
	      "<th scope=\"col\">Verdict</th><th scope=\"col\">Action</th><th scope=\"col\">Last actor</th><th scope=\"col\">Seen</th></tr></thead>\n"
	      "<tbody id=\"rows\" data-live>",
	      out);
	json_array_foreach(vips, i, vip) put_row(out, vip);
	fputs("</tbody></table></div>\n<p id=\"more\" data-live class=\"faint\">", out);
	if (more)
		fprintf(out, "%" JSON_INTEGER_FORMAT " more not shown.", more);
	fputs("</p>\n", out);
}

static void put_why_no_names(FILE *out)
{
	fputs("<p>Anybody who reaches this address may read this page, so it names no VIP, Service or process. The guard does so here with "
	      "<code>--metrics-vips</code>; and always on its socket, for root: <code>vipguard watch</code>, or "
	      "<code>ssh -L 9477:/run/vipguard/vipguard.sock root@NODE</code> and then <code>http://localhost:9477/</code>.</p>\n",
	      out);
}

void vg_screen_print_html(FILE *out, const json_t *screen, const char *nonce)
{
	fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>vipguard: ", out);
	put_key(out, screen, "node");
	fprintf(out,
		"</title><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><link rel=\"icon\" href=\"data:,\">\n"
		"<style nonce=\"%s\">\n%s</style></head>\n<body><header><h1>vipguard</h1>\n",
		nonce, vg_screen_css);
	put_head(out, screen);
	put_counts(out, screen);
	fputs("<p id=\"said\" class=\"bad\" role=\"alert\"></p></header>\n<main>", out);
	if (json_object_get(screen, "vips"))
		put_table(out, screen);
	else
		put_why_no_names(out);
	put_degraded(out, screen);
	if (json_object_get(screen, "vips"))
		vg_screen_print_histories(out, screen);
	fputs("</main>\n<footer>vipguard ", out);
	put_key(out, screen, "version");
	fprintf(out, ". Read-only; it is asked again while you look at it.</footer>\n<script nonce=\"%s\">\n%s</script></body></html>\n", nonce,
		vg_screen_js);
}
