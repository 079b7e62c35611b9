/* SPDX-License-Identifier: Apache-2.0 */
#include "kern/unix_owner.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <libmnl/libmnl.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

#include "base/cleanup.h"

#define RECEIVE_BYTES 65536
#define ATTR_UID 7 /* UNIX_DIAG_UID, UDIAG_SHOW_UID: since 5.3 */
#define SHOW_UID 0x40

struct search {
	const char *name;
	size_t len;
	bool named; /* this socket has the name */
	bool has_uid;
	uint32_t uid;
	bool found;
	uid_t owner;
};

VG_DEFINE_CLEANUP(struct mnl_socket *, mnl_socket_close)

static int take_attr(const struct nlattr *attr, void *data)
{
	struct search *search = data;
	uint16_t type = mnl_attr_get_type(attr), len = mnl_attr_get_payload_len(attr);

	if (type == UNIX_DIAG_NAME)
		search->named = len == search->len && memcmp(mnl_attr_get_payload(attr), search->name, len) == 0;
	if (type == ATTR_UID && len == sizeof(search->uid)) {
		search->uid = mnl_attr_get_u32(attr);
		search->has_uid = true;
	}
	return MNL_CB_OK;
}

static int take_socket(const struct nlmsghdr *header, void *data)
{
	struct search *search = data;

	search->named = search->has_uid = false;
	if (mnl_attr_parse(header, sizeof(struct unix_diag_msg), take_attr, search) < 0)
		return MNL_CB_ERROR;
	if (search->named && search->has_uid) {
		search->owner = search->uid;
		search->found = true;
	}
	return MNL_CB_OK;
}

static int ask(const struct mnl_socket *socket)
{
	unsigned char buffer[MNL_ALIGN(sizeof(struct nlmsghdr)) + MNL_ALIGN(sizeof(struct unix_diag_req))];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct unix_diag_req *request;

	header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request = mnl_nlmsg_put_extra_header(header, sizeof(*request));
	request->sdiag_family = AF_UNIX;
	request->udiag_states = UINT32_MAX;
	request->udiag_show = UDIAG_SHOW_NAME | SHOW_UID;
	return mnl_socket_sendto(socket, header, header->nlmsg_len) < 0 ? -errno : 0;
}

int vg_unix_find_owner(const char *name, size_t len, uid_t *ret_uid)
{
	VG_CLEANUP(mnl_socket_closep) struct mnl_socket *socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	_cleanup_free_ unsigned char *answer = malloc(RECEIVE_BYTES);
	const struct timeval limit = { .tv_sec = 1 };
	struct search search = { .name = name, .len = len };
	ssize_t n;
	int r;

	if (!socket || !answer)
		return -errno;
	if (setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		return -errno;
	r = ask(socket);
	if (r < 0)
		return r;
	do {
		n = mnl_socket_recvfrom(socket, answer, RECEIVE_BYTES);
		r = n < 0 ? -1 : mnl_cb_run(answer, (size_t)n, 0, 0, take_socket, &search);
	} while (r > 0);
	if (r < 0)
		return -errno;
	if (!search.found)
		return -ENOENT;
	*ret_uid = search.owner;
	return 0;
}
