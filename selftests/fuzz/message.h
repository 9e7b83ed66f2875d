/* SPDX-License-Identifier: GPL-2.0 */
/* Makes what is sent. */
#ifndef FUZZ_MESSAGE_H
#define FUZZ_MESSAGE_H

#include "pool.h"

#define DATAGRAM_MAX	(384 * 1024)
#define MESSAGES_MAX	8	/* in a datagram */

/**
 * struct datagram - one or several messages
 * @len: bytes
 * @n: messages
 * @headers: where they begin
 * @data: they
 */
struct datagram {
	size_t len;
	unsigned int n;
	size_t headers[MESSAGES_MAX];
	unsigned char data[DATAGRAM_MAX];
};

/*
 * Messages are counted by rows: two for each operation (do, dump) if nothing
 * is wrong with their form, else one for what is wrong. The row is the sequence
 * number of the message.
 */
unsigned int message_rows(void);
void message_row_name(unsigned int row, char *name, size_t size);
const struct operation *message_row_operation(unsigned int row, bool *dump);

void message_make(struct rng *r, const struct pool *pool, uint16_t family,
		  struct datagram *d);

#endif /* FUZZ_MESSAGE_H */
