// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "key.h"

#define TEXT_LEN 44	/* in base64, the last one being "=" */

/* The six bits of a character, or -1. */
static int bits_of(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

bool key_from_text(const char *text, uint8_t key[KEY_LEN])
{
	uint32_t bits = 0;
	size_t i, n = 0;
	int digit;

	if (strlen(text) != TEXT_LEN || text[TEXT_LEN - 1] != '=')
		return false;
	for (i = 0; i < TEXT_LEN - 1; i++) {
		digit = bits_of(text[i]);
		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		/* Of each four digits all but the first end a byte. */
		if (i % 4)
			key[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	/* The last digit has two bits that belong to no byte. */
	return !(bits & 3);
}

/* NULL, or why it is not to be read. A device or a pipe might never answer. */
static const char *look_at(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a file";
	return st.st_mode & 077 ? "others than its owner may read or write it: chmod 600" : NULL;
}

static const char *read_key(int fd, uint8_t key[KEY_LEN])
{
	const char *why = look_at(fd);
	char text[TEXT_LEN + 2];
	ssize_t len;

	if (why)
		return why;
	len = read(fd, text, sizeof(text));
	if (len < 0)
		return strerror(errno);
	if (len == TEXT_LEN + 1 && text[TEXT_LEN] == '\n')
		len = TEXT_LEN;
	if (len == TEXT_LEN) {
		text[TEXT_LEN] = '\0';
		if (!key_from_text(text, key))
			len = 0;
	}
	explicit_bzero(text, sizeof(text));
	return len == TEXT_LEN ? NULL : "no key, as \"wg genkey\" writes one";
}

const char *key_from_file(const char *file, uint8_t key[KEY_LEN])
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *why;

	if (fd < 0)
		return strerror(errno);
	why = read_key(fd, key);
	close(fd);
	return why;
}
