// SPDX-License-Identifier: GPL-2.0
/*
 * Reads a private key from a file, and prints it.
 *
 *   key FILE
 */
#include <stdio.h>
#include "../odmmd/key.h"

int main(int argc, char **argv)
{
	uint8_t key[KEY_LEN];
	const char *why;
	int i;

	if (argc != 2)
		return 1;
	why = key_from_file(argv[1], key);
	if (why)
		printf("%s", why);
	else
		for (i = 0; i < KEY_LEN; i++)
			printf("%02x", key[i]);
	putchar('\n');
	return why ? 2 : 0;
}
