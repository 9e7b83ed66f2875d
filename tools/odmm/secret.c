// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "secret.h"

#define DIGITS (2 * SECRET_LEN)

static int complain(const char *file, const char *why)
{
	fprintf(stderr, "Error: %s: %s\n", file, why);
	return -1;
}

static int write_random(int fd)
{
	uint8_t secret[SECRET_LEN];
	char text[DIGITS + 2];
	ssize_t written;
	size_t i;

	if (getrandom(secret, sizeof(secret), 0) != sizeof(secret))
		return -1;
	for (i = 0; i < sizeof(secret); i++)
		sprintf(text + 2 * i, "%02x", secret[i]);
	text[DIGITS] = '\n';
	written = write(fd, text, DIGITS + 1);
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(text, sizeof(text));
	return written == DIGITS + 1 ? fsync(fd) : -1;
}

/*
 * Whole or not at all: a key cut short by a crash would change every fixed
 * address. And never over one that is there, so two at a time agree.
 */
static int create_by_rename(const char *file, char *temporary)
{
	int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	int failed, error;

	if (fd < 0)
		return -1;
	failed = write_random(fd);
	failed |= close(fd);
	if (!failed && !renameat2(AT_FDCWD, temporary, AT_FDCWD, file, RENAME_NOREPLACE))
		return 0;
	error = errno;
	unlink(temporary);
	errno = error;
	return error == EEXIST ? 0 : -1;
}

int secret_create(const char *file)
{
	char *temporary;
	int ret;

	if (!access(file, F_OK))
		return 0;
	if (asprintf(&temporary, "%s.XXXXXX", file) < 0)
		return complain(file, strerror(ENOMEM));
	ret = create_by_rename(file, temporary);
	free(temporary);
	return ret ? complain(file, strerror(errno)) : 0;
}

static uint8_t digit(char c)
{
	int value = isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;

	return (uint8_t)value;
}

/* Exactly the digits, and a line end or not. */
static int parse(const char *text, size_t len, uint8_t *secret)
{
	size_t i;

	if (len == DIGITS + 1 && text[DIGITS] == '\n')
		len--;
	if (len != DIGITS)
		return -1;
	for (i = 0; i < DIGITS; i++)
		if (!isxdigit((unsigned char)text[i]))
			return -1;
	for (i = 0; i < SECRET_LEN; i++)
		secret[i] = (uint8_t)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
	return 0;
}

int secret_read(const char *file, uint8_t secret[SECRET_LEN])
{
	char text[DIGITS + 2];	/* one more than is good */
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t len;
	int ret;

	if (fd < 0)
		return complain(file, strerror(errno));
	len = read(fd, text, sizeof(text));
	if (len < 0)
		ret = complain(file, strerror(errno));
	else if (parse(text, (size_t)len, secret))
		ret = complain(file, "not a secret: 32 hexadecimal digits are expected");
	else
		ret = 0;
	explicit_bzero(text, sizeof(text));
	close(fd);
	return ret;
}
