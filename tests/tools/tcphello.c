/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcphello: tells a client which node it has reached.
 *
 * `serve` writes one line to whoever connects and hangs up; `ask` connects, prints what it was told and fails when nothing was. The
 * time-out of `ask` bounds all of it together: resolution of the neighbour, connection and answer.
 */
#include "tools.h"

#include <fcntl.h>
#include <getopt.h>
#include <poll.h>

struct tcphello {
	struct tool_addr address;
	bool has_address;
	unsigned long port, timeout_ms;
	const char *say;
};

static socklen_t tcphello_sockaddr(const struct tcphello *hello, struct sockaddr_storage *ret_address)
{
	struct sockaddr_storage address = { .ss_family = (sa_family_t)hello->address.family };
	struct sockaddr_in *sin = (void *)&address;
	struct sockaddr_in6 *sin6 = (void *)&address;
	bool v4 = hello->address.family == AF_INET;

	if (v4)
		sin->sin_port = htons((uint16_t)hello->port);
	else
		sin6->sin6_port = htons((uint16_t)hello->port);
	memcpy(v4 ? (void *)&sin->sin_addr : (void *)&sin6->sin6_addr, hello->address.bytes, tool_addr_len(&hello->address));
	*ret_address = address;
	return v4 ? sizeof(*sin) : sizeof(*sin6);
}

static int tcphello_socket(const struct tcphello *hello)
{
	int fd = socket(hello->address.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		tool_die(1, "socket: %s", strerror(errno));
	return fd;
}

/* --- serve --- */

/* `::` leaves IPv4 to a second server on the same port. */
static int tcphello_listen(const struct tcphello *hello)
{
	struct sockaddr_storage address;
	socklen_t len = tcphello_sockaddr(hello, &address);
	const int on = 1;
	int fd = tcphello_socket(hello);

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    (hello->address.family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0) ||
	    bind(fd, (const void *)&address, len) < 0 || listen(fd, 64) < 0)
		tool_die(1, "%s port %lu: %s", hello->address.text, hello->port, strerror(errno));
	return fd;
}

/* The answer fits any send buffer: one send, no waiting for a slow client. */
static void tcphello_answer(int listener, const char *say)
{
	char line[256];
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int len = snprintf(line, sizeof(line), "%s\n", say);

	if (fd < 0)
		return;
	if (send(fd, line, (size_t)len, MSG_NOSIGNAL) != len)
		fprintf(stderr, "tcphello: answer not sent: %s\n", strerror(errno));
	close(fd);
}

static int tcphello_serve(const struct tcphello *hello)
{
	struct pollfd waits[2] = { { .events = POLLIN }, { .events = POLLIN } };

	waits[0].fd = tool_stop_fd();
	waits[1].fd = tcphello_listen(hello);
	tool_stdout_lines();
	printf("READY pid=%d\n", getpid());
	while (!waits[0].revents) {
		if (poll(waits, 2, -1) < 0 && errno != EINTR)
			tool_die(1, "poll: %s", strerror(errno));
		if (waits[1].revents)
			tcphello_answer(waits[1].fd, hello->say);
	}
	return 0;
}

/* --- ask --- */

static void tcphello_wait(int fd, short events, int64_t end)
{
	struct pollfd wait = { .fd = fd, .events = events };
	int r;

	do {
		int64_t left = end - tool_now_ms();

		r = poll(&wait, 1, left > 0 ? (int)left : 0);
	} while (r < 0 && errno == EINTR);
	if (r <= 0)
		tool_die(1, "no answer in time");
}

static void tcphello_connect(const struct tcphello *hello, int fd, int64_t end)
{
	struct sockaddr_storage address;
	socklen_t len = tcphello_sockaddr(hello, &address), error_len = sizeof(int);
	int error = 0;

	if (!connect(fd, (const void *)&address, len))
		return;
	if (errno != EINPROGRESS)
		tool_die(1, "%s port %lu: %s", hello->address.text, hello->port, strerror(errno));
	tcphello_wait(fd, POLLOUT, end);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_len) < 0 || error)
		tool_die(1, "%s port %lu: %s", hello->address.text, hello->port, strerror(error ? error : errno));
}

static int tcphello_ask(const struct tcphello *hello)
{
	int64_t end = tool_now_ms() + (int64_t)hello->timeout_ms;
	int fd = tcphello_socket(hello);
	char answer[256];
	size_t len = 0;
	ssize_t got;

	tcphello_connect(hello, fd, end);
	do {
		tcphello_wait(fd, POLLIN, end);
		got = recv(fd, answer + len, sizeof(answer) - len, 0);
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			tool_die(1, "reading the answer: %s", strerror(errno));
		len += got > 0 ? (size_t)got : 0;
	} while (got && len < sizeof(answer));
	if (!len)
		tool_die(1, "an empty answer");
	return fwrite(answer, 1, len, stdout) != len;
}

static void tcphello_parse(struct tcphello *hello, int argc, char **argv)
{
	static const struct option options[] = {
		{ "address", required_argument, NULL, 'a' },
		{ "port", required_argument, NULL, 'p' },
		{ "say", required_argument, NULL, 's' },
		{ "timeout", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'a':
			hello->address = tool_addr_arg("address", optarg);
			hello->has_address = true;
			break;
		case 'p': hello->port = tool_number_arg("port", optarg, 1, 65535); break;
		case 's': hello->say = optarg; break;
		case 't': hello->timeout_ms = tool_number_arg("timeout", optarg, 1, 3600000); break;
		default: exit(2);
		}
	}
	if (optind < argc)
		tool_die(2, "%s: unexpected", argv[optind]);
	if (!hello->has_address || !hello->port)
		tool_die(2, "--address and --port are required");
	if (hello->say && (!*hello->say || strlen(hello->say) > 200))
		tool_die(2, "--say: expected 1 to 200 characters");
}

int main(int argc, char **argv)
{
	struct tcphello hello = { .timeout_ms = 2000 };

	if (argc < 2 || (strcmp(argv[1], "serve") && strcmp(argv[1], "ask")))
		tool_die(2, "usage: tcphello serve --address ADDRESS --port PORT --say NAME\n"
			    "       tcphello ask --address ADDRESS --port PORT [--timeout MS]");
	tcphello_parse(&hello, argc - 1, argv + 1);
	if (!strcmp(argv[1], "ask"))
		return tcphello_ask(&hello);
	if (!hello.say)
		tool_die(2, "serve: --say is required");
	return tcphello_serve(&hello);
}
