// SPDX-License-Identifier: GPL-2.0
/* How often each kind of call had which result. */
#include <string.h>

#include "worker.h"

void tally(struct worker *w, unsigned int row, int error)
{
	if (error < 0 || error >= ERRNO_MAX) {
		finding(w, "an error number that is the kernel's own");
		return;
	}
	w->tally[row][error]++;
}

void tally_add(struct worker *to, const struct worker *from, unsigned int rows)
{
	unsigned int row, error;

	for (row = 0; row < rows; row++)
		for (error = 0; error < ERRNO_MAX; error++)
			to->tally[row][error] += from->tally[row][error];
	to->findings += from->findings;
}

static void print_row(const char *kind, const char *name,
		      const unsigned long results[ERRNO_MAX])
{
	unsigned int error;

	printf("%s: %s:", kind, name);
	for (error = 0; error < ERRNO_MAX; error++)
		if (results[error])
			printf(" %s=%lu", error ? strerrorname_np(error) : "ok",
			       results[error]);
	printf("\n");
}

/* What never happened is not mentioned. */
void tally_print(const struct worker *w, const struct trade *trade)
{
	static const unsigned long none[ERRNO_MAX];
	unsigned int row;
	char name[64];

	for (row = 0; row < trade->rows(); row++) {
		trade->row_name(row, name, sizeof(name));
		if (memcmp(w->tally[row], none, sizeof(none)))
			print_row(trade->kind, name, w->tally[row]);
	}
}
