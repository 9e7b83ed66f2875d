/* SPDX-License-Identifier: GPL-2.0 */
/* Calls and messages as lines of text. */
#ifndef FUZZ_TEXT_H
#define FUZZ_TEXT_H

#include <stdio.h>

#include "call.h"
#include "message.h"

enum line {
	LINE_EMPTY,
	LINE_MESSAGE,
	LINE_CALL,
	LINE_BAD,
};

void datagram_print(FILE *file, uint16_t family, const struct datagram *d);

/* Takes @line apart. *@expected is the result that the line names, or NULL. */
enum line line_parse(char *line, uint16_t family, struct call *call,
		     struct datagram *d, char **expected);

#endif /* FUZZ_TEXT_H */
