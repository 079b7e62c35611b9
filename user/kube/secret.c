/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages of its own for each secret: madvise() takes whole pages, and nothing else shares them. What a library is handed it copies
 * as it likes (libyaml and jansson while a kubeconfig is read, libcurl and OpenSSL in their buffers): those copies are beyond us.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "kube/access.h"

struct vg_secret {
	size_t mapped;
	size_t n;
	char bytes[]; /* n, and a NUL */
};

int vg_secret_new(const void *bytes, size_t n, struct vg_secret **ret_secret)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), mapped;
	struct vg_secret *secret;

	if (__builtin_add_overflow(n, sizeof(*secret) + page, &mapped))
		return -ENOMEM;
	mapped -= mapped % page; /* still more than n + sizeof: the NUL fits */
	secret = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (secret == MAP_FAILED)
		return -ENOMEM;
	madvise(secret, mapped, MADV_DONTDUMP); /* fails only on pages that are not ours */
	secret->mapped = mapped;
	secret->n = n;
	if (n)
		memcpy(secret->bytes, bytes, n);
	*ret_secret = secret;
	return 0;
}

const char *vg_secret_text(const struct vg_secret *secret)
{
	return secret ? secret->bytes : "";
}

size_t vg_secret_size(const struct vg_secret *secret)
{
	return secret ? secret->n : 0;
}

void vg_secret_free(struct vg_secret *secret)
{
	if (!secret)
		return;
	explicit_bzero(secret->bytes, secret->n);
	munmap(secret, secret->mapped);
}
