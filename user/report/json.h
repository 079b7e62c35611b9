/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers around jansson for text that others choose: names of processes, links and cgroups may hold any byte. jansson takes
 * valid UTF-8 only, and a terminal obeys control characters.
 */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/* Each returns 0 or -ENOMEM, also for a NULL object, so that results can be added up. */
int vg_json_set(json_t *object, const char *key, json_t *value); /* steals value; NULL is -ENOMEM */
int vg_json_set_text(json_t *object, const char *key, const char *text); /* NULL or "": the key is left out */
int vg_json_set_number(json_t *object, const char *key, uint64_t number); /* 0: the key is left out */
/* A new string, bytes that are no UTF-8 replaced by U+FFFD. */
json_t *vg_json_text(const char *text);
json_t *vg_json_texts(const char *const *texts, size_t n); /* a new array of them */

/* Prints with control characters as \xNN. */
void vg_text_put(FILE *out, const char *text);
/* A string, number or boolean as a person reads it; "" for NULL, lists with commas in between. */
void vg_text_put_value(FILE *out, const json_t *value);
const char *vg_json_get_text(const json_t *object, const char *key); /* "" if it is not there */

#endif
