// SPDX-License-Identifier: GPL-2.0
/*
 * The applications of the demo.
 *
 *   demo-app NAME talk ADDRESS PORT TYPE...
 *	asks with setsc() for the first TYPE that is supported, connects and
 *	converses. It starts anew when its conversation is aborted, or gets no
 *	answer and its address is lost.
 *	SIGUSR1: report now, and when the next answer comes. SIGTERM: end.
 *   demo-app NAME serve ADDRESS PORT
 *	the correspondent, who says everything back.
 *
 * Each writes what happens to it to stdout, a line an event: microseconds,
 * name, event, value, address, text; "|" between them. Only what was read from
 * sockets goes in there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <odmm.h>

#define MESSAGE		1000	/* bytes */
#define PAUSE_MS	100	/* from an answer to the next message */
#define PATIENCE_MS	1000	/* then it looks why there is no answer */
#define FIRST_MESSAGES	5	/* then it says that it talks */
#define MAX_TYPES	4
#define MAX_TALKS	64

static const char *name;
static struct sockaddr_in6 server = { .sin6_family = AF_INET6 };

struct app {
	int fd, signals;
	sc_type wanted[MAX_TYPES], type;	/* type: the one it got */
	int n_wanted;
	uint64_t bytes;		/* that came back, in all */
	uint64_t messages;
	int64_t answered;	/* when the last answer came */
	bool marked;		/* to report the next answer */
	bool told;		/* that it waits for this answer */
};

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

/* One write, so that lines of several programs do not mix in a pipe. */
__attribute__((format(printf, 4, 5)))
static void record(const char *event, int64_t value, const char *address, const char *format, ...)
{
	char text[128], line[512];
	va_list args;
	int len;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	len = snprintf(line, sizeof(line), "%" PRId64 "|%s|%s|%" PRId64 "|%s|%s\n",
		       now_us(), name, event, value, address, text);
	if (write(STDOUT_FILENO, line, (size_t)len) != len)
		exit(2);
}

__attribute__((noreturn))
static void die(const char *what)
{
	record("failed", errno, strerrorname_np(errno), "%s failed", what);
	exit(1);
}

static const char *address_text(const struct in6_addr *addr)
{
	static char text[INET6_ADDRSTRLEN];

	return inet_ntop(AF_INET6, addr, text, sizeof(text));
}

static const char *state_name(uint32_t state)
{
	static const char * const names[] = {
		"idle", "pending", "granted", "deprecated", "lost", "failed"
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

static void get_status(int fd, struct odmm_status *status)
{
	socklen_t len = sizeof(*status);

	memset(status, 0, sizeof(*status));
	if (getsockopt(fd, IPPROTO_IPV6, IPV6_SC_STATUS, status, &len))
		die("IPV6_SC_STATUS");
}

static void end(const struct app *a)
{
	record("end", (int64_t)a->bytes, "-", "ends; %" PRIu64 " bytes came back in all", a->bytes);
	exit(0);
}

static void on_signal(struct app *a)
{
	struct signalfd_siginfo info;

	if (read(a->signals, &info, sizeof(info)) != sizeof(info))
		die("signalfd");
	if (info.ssi_signo == SIGTERM)
		end(a);
	record("count", (int64_t)a->bytes, "-", "%" PRIu64 " bytes came back so far", a->bytes);
	a->marked = true;
}

/* What has come is taken first: a report counts it. */
static bool wait_readable(struct app *a, int fd, int64_t until)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = a->signals, .events = POLLIN },
	};
	int64_t left;

	while ((left = until - now_us()) > 0) {
		if (poll(fds, 2, (int)(left / 1000) + 1) < 0)
			die("poll");
		if (fds[0].revents)
			return true;
		if (fds[1].revents)
			on_signal(a);
	}
	return false;
}

/* Says which type was not there, or why there will be no address at all. */
static void refused(int result, sc_type type, int error)
{
	if (result != EAI_REQUIREDIPNOTSUPPORTED) {
		record("failed", error, strerrorname_np(error), "%s: EAI_REQUIREDIPFAILED",
		       sc_type_name(type));
		exit(1);
	}
	record("refused", error, strerrorname_np(error), "is refused: EAI_REQUIREDIPNOTSUPPORTED");
}

static bool ask(struct app *a, sc_type type, struct in6_addr *addr)
{
	int64_t start = now_us(), waited;
	int result;

	record("asks", type, "-", "asks for %s", sc_type_name(type));
	result = setsc(a->fd, addr, type);
	if (result) {
		refused(result, type, errno);
		return false;
	}
	waited = now_us() - start;
	a->type = type;
	record("got", waited / 1000, address_text(addr), "is given, after %.3f s",
	       (double)waited / 1e6);
	return true;
}

/* As the draft says: another type is tried if one is not supported. */
static void ask_all(struct app *a, struct in6_addr *addr)
{
	int i;

	for (i = 0; i < a->n_wanted; i++)
		if (ask(a, a->wanted[i], addr))
			return;
	record("failed", 0, "-", "has no address");
	exit(1);
}

static void open_socket(struct app *a)
{
	struct sockaddr_in6 own = { .sin6_family = AF_INET6 };
	socklen_t len = sizeof(own);

	a->fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (a->fd < 0)
		die("socket");
	ask_all(a, &own.sin6_addr);
	if (bind(a->fd, (struct sockaddr *)&own, sizeof(own)))
		die("bind");
	if (connect(a->fd, (struct sockaddr *)&server, sizeof(server)))
		die("connect");
	if (getsockname(a->fd, (struct sockaddr *)&own, &len))
		die("getsockname");
	record("connected", ntohs(own.sin6_port), address_text(&own.sin6_addr),
	       "is connected, port %u", ntohs(own.sin6_port));
}

/* No answer: is it worth waiting for one? Says so, if not. */
static bool is_cut_off(struct app *a, int error)
{
	struct odmm_status status;

	get_status(a->fd, &status);
	if (!error && status.state != ODMM_STATE_LOST) {
		if (!a->told)
			record("waits", status.state, address_text(&status.addr),
			       "no answer for 1 s; status %s: waits", state_name(status.state));
		a->told = true;
		return false;
	}
	if (error)
		record("cut", error, strerrorname_np(error), "is cut off: %s",
		       strerrorname_np(error));
	else
		record("cut", 0, "-", "has no answer for 1 s");
	record("lost", status.state, address_text(&status.addr), "status %s",
	       state_name(status.state));
	return true;
}

/* False if there will be none. */
static bool wait_answer(struct app *a)
{
	while (!wait_readable(a, a->fd, now_us() + PATIENCE_MS * 1000LL))
		if (is_cut_off(a, 0))
			return false;
	return true;
}

/* False if the conversation is cut off. */
static bool receive(struct app *a, char *answer)
{
	size_t got;
	ssize_t len;

	for (got = 0; got < MESSAGE; got += (size_t)len) {
		if (!wait_answer(a))
			return false;
		len = recv(a->fd, answer + got, MESSAGE - got, 0);
		if (len <= 0)
			return !is_cut_off(a, len ? errno : ECONNRESET);
		a->bytes += (uint64_t)len;
	}
	return true;
}

static void on_answer(struct app *a)
{
	double silence = (double)(now_us() - a->answered) / 1e6;

	a->answered = now_us();
	a->told = false;
	if (!a->marked)
		return;
	a->marked = false;
	record("again", (int64_t)(silence * 1000), "-", "is answered again, after %.3f s", silence);
}

static bool exchange(struct app *a)
{
	char message[MESSAGE], answer[MESSAGE];

	memset(message, 'a' + (int)(a->messages % 26), sizeof(message));
	snprintf(message, sizeof(message), "%s %" PRIu64 "\n", name, a->messages++);
	if (send(a->fd, message, sizeof(message), MSG_NOSIGNAL) != sizeof(message))
		return !is_cut_off(a, errno);
	if (!receive(a, answer))
		return false;
	if (memcmp(message, answer, sizeof(message))) {
		record("failed", 0, "-", "got back something else than it sent");
		exit(1);
	}
	on_answer(a);
	return true;
}

/* One conversation, to the day that no answer comes. */
static void converse(struct app *a)
{
	uint64_t before = a->bytes;
	int n;

	a->marked = false;
	a->told = false;
	a->answered = now_us();
	for (n = 1; exchange(a); n++) {
		if (n == FIRST_MESSAGES)
			record("talks", (int64_t)(a->bytes - before), "-",
			       "talks; %" PRIu64 " bytes came back", a->bytes - before);
		wait_readable(a, -1, now_us() + PAUSE_MS * 1000);
	}
}

static int open_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		die("signalfd");
	return fd;
}

static int talk(int argc, char **argv)
{
	struct app a = { .signals = open_signals() };

	for (; a.n_wanted < argc && a.n_wanted < MAX_TYPES; a.n_wanted++) {
		a.wanted[a.n_wanted] = sc_type_from_name(argv[a.n_wanted]);
		if (a.wanted[a.n_wanted] == ODMM_TYPE_NONE)
			return 2;
	}
	for (;;) {
		open_socket(&a);
		converse(&a);
		close(a.fd);
	}
}

/* The other end of a conversation, as the correspondent sees it */
struct peer {
	struct sockaddr_in6 addr;
	uint64_t bytes;
};

static struct pollfd talks[1 + MAX_TALKS];	/* the first one listens */
static struct peer peers[1 + MAX_TALKS];
static nfds_t n_talks;

static void listen_at_server(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		die("socket");
	if (bind(fd, (struct sockaddr *)&server, sizeof(server)) || listen(fd, MAX_TALKS))
		die("bind");
	talks[n_talks++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	record("ready", ntohs(server.sin6_port), address_text(&server.sin6_addr),
	       "listens at port %u", ntohs(server.sin6_port));
}

static void greet(void)
{
	struct peer *p = &peers[n_talks];
	socklen_t len = sizeof(p->addr);
	int fd = accept4(talks[0].fd, (struct sockaddr *)&p->addr, &len, SOCK_CLOEXEC);

	if (fd < 0 || n_talks > MAX_TALKS)
		die("accept");
	p->bytes = 0;
	talks[n_talks++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	record("accept", ntohs(p->addr.sin6_port), address_text(&p->addr.sin6_addr),
	       "is called from port %u", ntohs(p->addr.sin6_port));
}

static void part(nfds_t i)
{
	struct peer *p = &peers[i];
	char event[32];

	snprintf(event, sizeof(event), "over-%u", ntohs(p->addr.sin6_port));
	record(event, (int64_t)p->bytes, address_text(&p->addr.sin6_addr),
	       "port %u is done; %" PRIu64 " bytes said back", ntohs(p->addr.sin6_port), p->bytes);
	close(talks[i].fd);
	talks[i] = talks[--n_talks];
	peers[i] = peers[n_talks];
}

static void say_back(nfds_t i)
{
	char buf[4096];
	ssize_t len = recv(talks[i].fd, buf, sizeof(buf), 0);

	if (len <= 0 || send(talks[i].fd, buf, (size_t)len, MSG_NOSIGNAL) != len)
		part(i);
	else
		peers[i].bytes += (uint64_t)len;
}

static int serve(void)
{
	nfds_t i;

	listen_at_server();
	for (;;) {
		if (poll(talks, n_talks, -1) < 0)
			die("poll");
		/* Downwards: one that parts is replaced by the last. */
		for (i = n_talks - 1; i > 0; i--)
			if (talks[i].revents)
				say_back(i);
		if (talks[0].revents)
			greet();
	}
}

int main(int argc, char **argv)
{
	if (argc < 5 || inet_pton(AF_INET6, argv[3], &server.sin6_addr) != 1) {
		fputs("usage: demo-app NAME talk ADDRESS PORT TYPE...\n"
		      "       demo-app NAME serve ADDRESS PORT\n", stderr);
		return 2;
	}
	name = argv[1];
	server.sin6_port = htons((uint16_t)atoi(argv[4]));
	if (!strcmp(argv[2], "serve"))
		return serve();
	return talk(argc - 5, argv + 5);
}
