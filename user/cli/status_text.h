/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_STATUS_TEXT_H
#define CLI_STATUS_TEXT_H

#include <stdio.h>

#include <jansson.h>

/* The guard's status for people. What is not in it is not printed; counters that are 0 are left out. */
void vg_status_print(FILE *out, const json_t *status);

#endif
