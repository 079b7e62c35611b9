/* SPDX-License-Identifier: Apache-2.0 */
#include "app/process.h"

#include <dirent.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/time.h"

static uint64_t count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t n = 0;

	if (!dir)
		return 0;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n > 3 ? n - 3 : 0; /* ".", "..", and the folder itself */
}

/* Fields 22 to 24 of /proc/self/stat; the name before them may hold anything, a parenthesis too. */
static void read_stat(struct vg_process *process)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/stat", "re");
	uint64_t start = 0, size = 0, pages = 0, hertz = (uint64_t)sysconf(_SC_CLK_TCK);
	char line[1024];
	const char *at;

	if (!file || !fgets(line, sizeof(line), file))
		return;
	at = strrchr(line, ')');
	if (!at || sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64 " %" SCNu64 " %" SCNu64,
			  &start, &size, &pages) != 3)
		return;
	process->virtual_bytes = size;
	process->resident_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
	process->start_seconds =
		(double)(vg_time_real_ns() - vg_time_boot_ns()) / (double)VG_NS_PER_SEC + (double)start / (double)(hertz ? hertz : 100);
}

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

void vg_process_read(struct vg_process *ret_process)
{
	struct vg_process process = { .fds = count_fds() };
	struct rusage usage;
	struct rlimit limit;

	read_stat(&process);
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		process.cpu_seconds = seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		process.fds_max = limit.rlim_cur;
	*ret_process = process;
}
