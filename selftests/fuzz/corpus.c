// SPDX-License-Identifier: GPL-2.0
/* Plays files of calls and messages. */
#include <stdlib.h>
#include <string.h>

#include "corpus.h"
#include "port.h"
#include "text.h"

/**
 * struct player - plays a file
 * @reader: hears what a message gave
 * @result: the first that it gave, -1 if none
 * @family: number of the netlink family
 * @port: by which messages are sent
 * @arena: of the calls
 * @line: number of the line
 * @bad: lines that gave something else than they say
 * @call: a call
 * @d: a message
 */
struct player {
	struct reader reader;
	int result;
	uint16_t family;
	int port;
	struct arena *arena;
	unsigned int line;
	unsigned int bad;
	struct call call;
	struct datagram d;
};

static void hear_result(struct reader *reader, uint32_t seq, uint16_t type, int error)
{
	struct player *player = (struct player *)reader;

	(void)seq;
	(void)type;
	if (player->result < 0)
		player->result = error;
}

static void hear_answer(struct reader *reader, const struct nlmsghdr *nlh)
{
	(void)reader;
	(void)nlh;
}

static int play_message(struct player *player)
{
	int err = port_send(player->port, &player->d);

	player->result = -1;
	if (err)
		return err;
	port_read(player->port, &player->reader);
	return player->result;
}

static const char *result_name(int result)
{
	if (result < 0)
		return "silence";
	return result ? strerrorname_np(result) : "ok";
}

static void judge(struct player *player, int result, const char *expected)
{
	const char *got = result_name(result);
	bool good = !expected || !strcmp(expected, got);

	player->bad += !good;
	printf("%u: %s%s%s\n", player->line, got, good ? "" : ", expected ",
	       good ? "" : expected);
}

static void play_line(struct player *player, char *line)
{
	const char *wrong = NULL;
	char *expected;
	int result;

	switch (line_parse(line, player->family, &player->call, &player->d,
			   &expected)) {
	case LINE_EMPTY:
		return;
	case LINE_MESSAGE:
		judge(player, play_message(player), expected);
		return;
	case LINE_CALL:
		result = call_make(player->arena, &player->call, &wrong);
		judge(player, result, wrong ?: expected);
		return;
	case LINE_BAD:
		printf("%u: not a line of a corpus\n", player->line);
		player->bad++;
	}
}

int corpus_play(const char *name, uint16_t family)
{
	static struct player player = {
		.reader = { hear_result, hear_answer },
	};
	FILE *file = fopen(name, "r");
	char *line = NULL;
	size_t size = 0;

	if (!file) {
		perror(name);
		return 2;
	}
	player.family = family;
	player.port = port_open();
	player.arena = arena_new();
	while (getline(&line, &size, file) >= 0) {
		player.line++;
		play_line(&player, line);
	}
	free(line);
	fclose(file);
	return player.bad > 0;
}
