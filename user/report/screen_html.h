/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status page, of a screen (report/screen.h): one document with its style and script, which nothing else is fetched for and which needs no script.
 * What others chose is text in it, never markup.
 */
#ifndef REPORT_SCREEN_HTML_H
#define REPORT_SCREEN_HTML_H

#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#define VG_SCREEN_NONCE_MAX 33 /* 128 random bits in hex, and a NUL */
#define VG_SCREEN_POLICY_MAX 320
#define VG_SCREEN_HISTORIES_MAX 64 /* VIPs whose lines are on the page */

/* nonce: of this page alone; style and script bear it. */
void vg_screen_print_html(FILE *out, const json_t *screen, const char *nonce);
/* Content-Security-Policy (w3.org/TR/CSP3): style and script of this nonce, questions to where the page came from, and nothing else. */
void vg_screen_policy(const char *nonce, char out[VG_SCREEN_POLICY_MAX]);
int vg_screen_new_nonce(char out[VG_SCREEN_NONCE_MAX]); /* -errno */
/* Text as text: markup escaped, control characters as \xNN, what turns the direction of writing replaced. */
void vg_html_put(FILE *out, const char *text);

/* screen_history.c */
void vg_screen_print_histories(FILE *out, const json_t *screen);
void vg_screen_print_actor(FILE *out, const json_t *event); /* "kube-vip[812] kube-system/kube-vip-cp1", as text */
void vg_screen_print_time(FILE *out, const char *rfc3339);

/* screen_files.c: with a NUL */
extern const char vg_screen_css[], vg_screen_js[];

#endif
