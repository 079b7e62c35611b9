/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

#define METRIC_TEXT(id, name, type, help) { name, help, sizeof(#type) == sizeof("COUNTER") ? "counter" : "gauge" },
static const struct {
	const char *name, *help, *type;
} metrics[] = { VG_METRIC_LIST(METRIC_TEXT) };

struct vg_page {
	FILE *out;
	char *text; /* of out */
	size_t n;
	int r; /* what went wrong first */
	int metric; /* the last one; -1: none yet */
	uint8_t begun[VG_METRIC_MAX];
};

const char *vg_metric_name(enum vg_metric metric)
{
	return metrics[metric].name;
}

int vg_page_new(struct vg_page **ret_page)
{
	VG_CLEANUP(vg_page_freep) struct vg_page *page = calloc(1, sizeof(*page));

	if (!page)
		return -ENOMEM;
	page->metric = -1;
	page->out = open_memstream(&page->text, &page->n);
	if (!page->out)
		return -ENOMEM;
	*ret_page = TAKE_PTR(page);
	return 0;
}

void vg_page_free(struct vg_page *page)
{
	if (!page)
		return;
	if (page->out)
		fclose(page->out);
	free(page->text);
	free(page);
}

static void begin(struct vg_page *page, enum vg_metric metric)
{
	if (page->metric == (int)metric)
		return;
	if (page->begun[metric])
		page->r = page->r ?: -EINVAL;
	page->begun[metric] = 1;
	page->metric = (int)metric;
	fprintf(page->out, "# HELP %s %s\n# TYPE %s %s\n", metrics[metric].name, metrics[metric].help, metrics[metric].name, metrics[metric].type);
}

static void put_value_of_label(struct vg_page *page, const char *value)
{
	size_t n = strlen(value);
	_cleanup_free_ char *clean = malloc(3 * n + 1);

	if (!clean) {
		page->r = page->r ?: -ENOMEM;
		return;
	}
	n = vg_utf8_repair(value, n, clean);
	for (size_t i = 0; i < n; i++) {
		if (clean[i] == '\n')
			fputs("\\n", page->out);
		else if (clean[i] == '"' || clean[i] == '\\')
			fprintf(page->out, "\\%c", clean[i]);
		else
			fputc(clean[i], page->out);
	}
}

static void put_labels(struct vg_page *page, va_list labels)
{
	const char *name, *before = "{";

	while ((name = va_arg(labels, const char *))) {
		fprintf(page->out, "%s%s=\"", before, name);
		put_value_of_label(page, va_arg(labels, const char *));
		fputc('"', page->out);
		before = ",";
	}
	if (*before == ',')
		fputc('}', page->out);
}

static void put_sample(struct vg_page *page, enum vg_metric metric, va_list labels, const char *value)
{
	if (page->r < 0 || ftell(page->out) > VG_PAGE_BYTES_MAX) {
		page->r = page->r ?: -E2BIG;
		return;
	}
	begin(page, metric);
	fputs(metrics[metric].name, page->out);
	put_labels(page, labels);
	fprintf(page->out, " %s\n", value);
}

void vg_page_count(struct vg_page *page, enum vg_metric metric, uint64_t value, ...)
{
	char text[24];
	va_list labels;

	snprintf(text, sizeof(text), "%" PRIu64, value);
	va_start(labels, value);
	put_sample(page, metric, labels, text);
	va_end(labels);
}

void vg_page_real(struct vg_page *page, enum vg_metric metric, double value, ...)
{
	char text[40];
	va_list labels;

	if (isfinite(value))
		snprintf(text, sizeof(text), "%.15g", value);
	else
		strcpy(text, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
	va_start(labels, value);
	put_sample(page, metric, labels, text);
	va_end(labels);
}

int vg_page_take(struct vg_page *page, char **ret_text, size_t *ret_n)
{
	bool bad = ferror(page->out);

	bad |= fclose(TAKE_PTR(page->out)) != 0;
	if (page->r < 0 || bad)
		return page->r ?: -ENOMEM;
	if (page->n > VG_PAGE_BYTES_MAX)
		return -E2BIG;
	*ret_text = TAKE_PTR(page->text);
	*ret_n = page->n;
	return 0;
}
