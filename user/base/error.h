/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with an input, for a person: where (file, line), what was found, what was expected. Parsers fill it and
 * return -errno; nobody else prints it.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#define VG_ERROR_MAX 512

struct vg_error {
	char text[VG_ERROR_MAX]; /* "assignments.yaml:7: address: \"192.0.2.300\" is no IP address, CIDR or range" */
};

/* Fills error (NULL is fine; a longer text is cut) and returns r. */
int vg_error_set(struct vg_error *error, int r, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
