/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/tar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"

/* Numbers are octal digits, each field with its NUL. */
struct head {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char chksum[8]; /* spaces while it is reckoned */
	char typeflag;
	char linkname[100];
	char magic[6];
	char version[2];
	char uname[32];
	char gname[32];
	char devmajor[8];
	char devminor[8];
	char prefix[155];
	char pad[12];
};

_Static_assert(sizeof(struct head) == VG_TAR_BLOCK, "a head is one block");

static void put_sum(struct head *head)
{
	const unsigned char *bytes = (const unsigned char *)head;
	unsigned sum = 0;

	memset(head->chksum, ' ', sizeof(head->chksum));
	for (size_t i = 0; i < sizeof(*head); i++)
		sum += bytes[i];
	snprintf(head->chksum, sizeof(head->chksum), "%06o", sum & 0777777);
}

int vg_tar_head(const char *name, uint64_t size, uint64_t real_ns, char ret_block[VG_TAR_BLOCK])
{
	struct head head = { .magic = "ustar", .version = { '0', '0' } };
	size_t n = strlen(name);
	bool folder = n > 0 && name[n - 1] == '/';

	if (n > VG_TAR_NAME_MAX)
		return -ENAMETOOLONG;
	if (size > VG_TAR_SIZE_MAX)
		return -EFBIG;
	memcpy(head.name, name, n);
	strcpy(head.mode, folder ? "0000700" : "0000600");
	strcpy(head.uid, "0000000");
	strcpy(head.gid, "0000000");
	snprintf(head.size, sizeof(head.size), "%011" PRIo64, size);
	snprintf(head.mtime, sizeof(head.mtime), "%011" PRIo64, (uint64_t)(real_ns / VG_NS_PER_SEC & VG_TAR_SIZE_MAX));
	head.typeflag = folder ? '5' : '0';
	strcpy(head.uname, "root");
	strcpy(head.gname, "root");
	put_sum(&head);
	memcpy(ret_block, &head, sizeof(head));
	return 0;
}
