// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The list of sockets that hold an address for an MPTCP socket.
 *
 * Nothing tells a library that a descriptor has been closed. So the list
 * remembers which file was behind each, and every call sweeps out those whose
 * number now means another file, or none.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "private.h"

static struct holder *list;
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;

static void before_fork(void)
{
	pthread_mutex_lock(&list_lock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&list_lock);
}

/* The child has no thread that would go on with what others were doing. */
static void after_fork_in_child(void)
{
	struct holder *h;

	for (h = list; h; h = h->next)
		h->users = 0;
	pthread_mutex_unlock(&list_lock);
}

/* So that connect(2) in a child can ask for an address; see odmm-run. */
__attribute__((constructor)) static void prepare_for_forks(void)
{
	pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

static int identify(int fd, struct file_id *id)
{
	struct stat st;

	if (fstat(fd, &st))
		return -1;
	id->dev = st.st_dev;
	id->ino = st.st_ino;
	return 0;
}

static bool is_still(int fd, const struct file_id *id)
{
	struct file_id now;

	return !identify(fd, &now) && now.dev == id->dev && now.ino == id->ino;
}

static int netns_cookie(int fd, uint64_t *cookie)
{
	socklen_t len = sizeof(*cookie);

	return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &len);
}

/*
 * A socket is made in the namespace of the thread, and addresses are good in
 * one namespace only.
 */
static int check_netns(int owner, int fd)
{
	uint64_t theirs, ours;

	if (netns_cookie(owner, &theirs) || netns_cookie(fd, &ours))
		return -1;
	if (theirs == ours)
		return 0;
	errno = EXDEV;
	return -1;
}

static int copy_device(int owner, int fd)
{
	int ifindex = socket_option(owner, SO_BINDTOIFINDEX);

	if (ifindex <= 0)
		return ifindex;
	return setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &ifindex, sizeof(ifindex));
}

/*
 * UDP, although the address is for a stream: where MPTCP is forced upon
 * programs (mptcpize, BPF) a new TCP socket would become an MPTCP one again.
 */
int holder_socket(int owner)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	int error;

	if (fd < 0)
		return -1;
	if (!check_netns(owner, fd) && !copy_device(owner, fd))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static void holder_free(struct holder *h)
{
	/* The application may have closed all that it did not know. */
	if (is_still(h->fd, &h->fd_id))
		close(h->fd);
	free(h);
}

static struct holder *holder_make(int owner)
{
	struct holder *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->owner = owner;
	h->fd = holder_socket(owner);
	if (h->fd < 0)
		goto err_free;
	if (identify(owner, &h->owner_id) || identify(h->fd, &h->fd_id))
		goto err_close;
	return h;

err_close:
	close(h->fd);
err_free:
	free(h);
	return NULL;
}

static void unlink_holder(struct holder *h)
{
	struct holder **p = &list;

	while (*p && *p != h)
		p = &(*p)->next;
	if (*p)
		*p = h->next;
}

static bool is_stale(const struct holder *h)
{
	return !is_still(h->owner, &h->owner_id) || !is_still(h->fd, &h->fd_id);
}

/* One in use is left to a later sweep: its descriptor must not be reused. */
void holders_sweep(void)
{
	struct holder **p = &list, *h;

	pthread_mutex_lock(&list_lock);
	while ((h = *p)) {
		if (h->users || !is_stale(h)) {
			p = &h->next;
			continue;
		}
		*p = h->next;
		holder_free(h);
	}
	pthread_mutex_unlock(&list_lock);
}

static struct holder *find_locked(int owner)
{
	struct holder *h;

	for (h = list; h; h = h->next)
		if (h->owner == owner && !h->released && !is_stale(h)) {
			h->users++;
			return h;
		}
	return NULL;
}

/* The holder of @owner or NULL; ends with holder_put() or holder_drop(). */
struct holder *holder_find(int owner)
{
	struct holder *h;

	pthread_mutex_lock(&list_lock);
	h = find_locked(owner);
	pthread_mutex_unlock(&list_lock);
	return h;
}

struct holder *holder_find_or_make(int owner)
{
	struct holder *h;

	pthread_mutex_lock(&list_lock);
	h = find_locked(owner);
	if (!h) {
		h = holder_make(owner);
		if (h) {
			h->users = 1;
			h->next = list;
			list = h;
		}
	}
	pthread_mutex_unlock(&list_lock);
	return h;
}

static void put(struct holder *h, bool drop)
{
	bool last;

	pthread_mutex_lock(&list_lock);
	h->released |= drop;
	last = !--h->users && h->released;
	if (last)
		unlink_holder(h);
	pthread_mutex_unlock(&list_lock);
	if (last)
		holder_free(h);
}

void holder_put(struct holder *h)
{
	put(h, false);
}

/* It holds no longer: nobody finds it again, its last user frees it. */
void holder_drop(struct holder *h)
{
	put(h, true);
}
