/* SPDX-License-Identifier: Apache-2.0 */
/* What this process costs, by /proc (proc_pid_stat(5)); what cannot be read is 0. */
#ifndef APP_PROCESS_H
#define APP_PROCESS_H

#include <stdint.h>

struct vg_process {
	double cpu_seconds; /* user and system */
	double start_seconds; /* since 1970 */
	uint64_t resident_bytes;
	uint64_t virtual_bytes;
	uint64_t fds;
	uint64_t fds_max;
};

void vg_process_read(struct vg_process *ret_process);

#endif
