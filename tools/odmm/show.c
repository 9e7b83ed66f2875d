// SPDX-License-Identifier: GPL-2.0
/*
 * Rows to text and JSON.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "show.h"

static void print_json(json_t *value)
{
	json_dumpf(value, stdout, options.pretty ? JSON_INDENT(4) : JSON_COMPACT);
	putchar('\n');
}

static void print_list(json_t *list, const char *separator)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		printf("%s%s", i ? separator : "",
		       json_string_value(json_array_get(list, i)));
	if (!i)
		fputs("none", stdout);
}

static void print_range(json_t *range)
{
	json_int_t min = json_integer_value(json_object_get(range, "min"));
	json_int_t max = json_integer_value(json_object_get(range, "max"));

	printf("%" JSON_INTEGER_FORMAT, min);
	if (max != min)
		printf("-%" JSON_INTEGER_FORMAT, max);
}

/* The numbers that have a meaning of their own are written as they are read. */
static void print_number(enum field_kind kind, json_int_t number)
{
	if (kind == FIELD_SECONDS && number == ODMM_LFT_INFINITY)
		fputs("forever", stdout);
	else if ((kind == FIELD_LIMIT && !number) ||
		 (kind == FIELD_TIMEOUT && number == UINT32_MAX))
		fputs("none", stdout);
	else
		printf("%" JSON_INTEGER_FORMAT, number);
}

static void print_value(const struct field *f, json_t *value)
{
	if (json_is_array(value))
		print_list(value, f->kind == FIELD_FLAGS ? " " : ",");
	else if (json_is_object(value))
		print_range(value);
	else if (json_is_string(value))
		fputs(json_string_value(value), stdout);
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "on" : "off", stdout);
	else
		print_number(f->kind, json_integer_value(value));
}

static bool has_no_name(enum field_kind kind)
{
	return kind == FIELD_FLAGS || kind == FIELD_WORD || kind == FIELD_RANGE;
}

/*
 * "name value", but flags, and a prefix at the beginning, speak for
 * themselves.
 */
static void print_text(const struct field *fields, json_t *row, const char *between)
{
	const char *separator = "";
	const struct field *f;
	json_t *value;

	for (f = fields; f->name; f++) {
		value = json_object_get(row, f->name);
		if (!value)
			continue;
		fputs(separator, stdout);
		if (!has_no_name(f->kind) && (f != fields || !json_is_string(value)))
			printf("%s ", f->name);
		print_value(f, value);
		separator = between;
	}
	putchar('\n');
}

static void print_rows(const struct field *fields, json_t *rows, const char *between)
{
	size_t i;

	if (options.json)
		print_json(rows);
	else
		for (i = 0; i < json_array_size(rows); i++)
			print_text(fields, json_array_get(rows, i), between);
	json_decref(rows);
}

/* One row a line. Takes @rows. */
void show_rows(const struct field *fields, json_t *rows)
{
	print_rows(fields, rows, " ");
}

/* One field a line, for rows of many numbers. Takes @rows. */
void show_columns(const struct field *fields, json_t *rows)
{
	print_rows(fields, rows, "\n");
}

/* An object on its own, in JSON. Takes @object. */
void show_object(json_t *object)
{
	print_json(object);
	json_decref(object);
}

static void now(char *text, size_t size)
{
	struct timespec ts;
	char zone[8];
	struct tm tm;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	len = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	snprintf(text + len, size - len, ".%06ld%.3s:%s", ts.tv_nsec / 1000, zone, zone + 3);
}

/* One line of a stream: @head says what the row is. Takes @row. */
void show_line(const struct field *fields, const char *head, json_t *row)
{
	json_t *line = json_object();
	char time[64];

	if (options.timestamp) {
		now(time, sizeof(time));
		json_object_set_new(line, "time", json_string(time));
		if (!options.json)
			printf("%s ", time);
	}
	json_object_set_new(line, "event", json_string(head));
	json_object_update(line, row);
	if (options.json) {
		print_json(line);
	} else {
		printf("%s%s", head, json_object_size(row) ? " " : "");
		print_text(fields, row, " ");
	}
	json_decref(line);
	json_decref(row);
	fflush(stdout);
}

/* "show" without further words: dump, pick, print; an exit code. */
int show_all(uint8_t cmd, const struct field *fields, genl_filter filter, const void *arg)
{
	struct genl g;
	json_t *rows;

	if (genl_open(&g))
		return EXIT_REFUSED;
	rows = genl_rows(&g, genl_request(&g, cmd, NLM_F_DUMP), fields, filter, arg);
	if (rows)
		show_rows(fields, rows);
	genl_close(&g);
	return rows ? EXIT_OK : EXIT_REFUSED;
}

/* A full disk must not look like success. */
int show_end(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_OK;
	perror("Error: odmm: write");
	return EXIT_REFUSED;
}
