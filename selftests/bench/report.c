// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "report.h"
#include "series.h"

struct row {
	const char *name;
	double median;
	double p5;
	double p95;
	size_t n;
};

struct figure {
	const char *name;
	double value;
};

struct target {
	const char *name;
	double value;
	double low;
	double high;
};

static struct row rows[120];
static size_t n_rows;

static struct figure figures[40];
static size_t n_figures;

static struct target targets[60];
static size_t n_targets;

struct loose {
	const char *name;
	const char *why;
};

static struct loose loose[20];
static size_t n_loose;

static const char *peer_name;

const char *report_name(const char *a, const char *b)
{
	char *name;

	must(asprintf(&name, "%s%s", a, b) >= 0, "asprintf");
	return name;
}

double report_row(const char *name, struct samples *s)
{
	struct row *r = &rows[n_rows++];

	must(n_rows <= sizeof(rows) / sizeof(rows[0]), "too many rows");
	r->name = name;
	r->median = samples_median(s);
	r->p5 = samples_quantile(s, .05);
	r->p95 = samples_quantile(s, .95);
	r->n = s->n;
	samples_free(s);
	return r->median;
}

void report_loose(const char *name, const char *why)
{
	struct loose *l = &loose[n_loose++];

	must(n_loose <= sizeof(loose) / sizeof(loose[0]), "too many loose");
	*l = (struct loose){ name, why };
}

void report_peer(const char *name)
{
	peer_name = name;
}

void report_figure(const char *name, double value)
{
	struct figure *f = &figures[n_figures++];

	must(n_figures <= sizeof(figures) / sizeof(figures[0]),
	     "too many figures");
	*f = (struct figure){ name, value };
}

/* It is met if @value lies between @low and @high. */
void report_target(const char *name, double value, double low, double high)
{
	struct target *t = &targets[n_targets++];

	must(n_targets <= sizeof(targets) / sizeof(targets[0]),
	     "too many targets");
	*t = (struct target){ name, value, low, high };
}

double report_median(const char *name)
{
	size_t i;

	for (i = 0; i < n_rows; i++)
		if (!strcmp(rows[i].name, name))
			return rows[i].median;
	must(0, name);
	return 0;
}

static bool met(const struct target *t)
{
	return t->value >= t->low && t->value <= t->high;
}

void report_table(void)
{
	double peer = report_median(peer_name);
	const struct row *r;
	const struct figure *f;
	const struct target *t;

	printf("%-52s %12s %10s %10s %7s %9s\n", "instructions", "median",
	       "p5", "p95", "runs", "x empty");
	for (r = rows; r < rows + n_rows; r++)
		printf("%-52s %12.0f %10.0f %10.0f %7zu %9.2f\n", r->name,
		       r->median, r->p5, r->p95, r->n, r->median / peer);
	printf("\n\"empty\" is: %s\n\n", peer_name);
	for (f = figures; f < figures + n_figures; f++)
		printf("%-62s %10.3f\n", f->name, f->value);
	printf("\n");
	for (t = targets; t < targets + n_targets; t++)
		printf("%s  %-56s %10.3f, wanted %g to %g\n",
		       met(t) ? "pass" : "FAIL", t->name, t->value, t->low,
		       t->high);
}

static void json_loose(FILE *f, const char *name)
{
	const struct loose *l;

	for (l = loose; l < loose + n_loose; l++)
		if (!strcmp(l->name, name))
			fprintf(f, ", \"loose\": \"%s\"", l->why);
	fprintf(f, "}");
}

static void json_rows(FILE *f)
{
	const struct row *r;

	for (r = rows; r < rows + n_rows; r++) {
		fprintf(f, "%s\n  {\"name\": \"%s\", \"median\": %.0f, \"p5\": %.0f, \"p95\": %.0f, \"runs\": %zu",
			r == rows ? "" : ",", r->name, r->median, r->p5,
			r->p95, r->n);
		json_loose(f, r->name);
	}
}

static void json_figures(FILE *f)
{
	const struct figure *g;

	for (g = figures; g < figures + n_figures; g++) {
		fprintf(f, "%s\n  {\"name\": \"%s\", \"value\": %.4f",
			g == figures ? "" : ",", g->name, g->value);
		json_loose(f, g->name);
	}
}

static void json_targets(FILE *f)
{
	const struct target *t;

	for (t = targets; t < targets + n_targets; t++)
		fprintf(f, "%s\n  {\"name\": \"%s\", \"value\": %.4f, \"low\": %g, \"high\": %g, \"met\": %s}",
			t == targets ? "" : ",", t->name, t->value, t->low,
			t->high, met(t) ? "true" : "false");
}

/*
 * Many versions of Debian's kernels have one release name; theirs is in
 * "#1 SMP Debian 6.1.192-2 (2026-10-05)".
 */
static void json_release(FILE *f)
{
	const char *version, *end;
	struct utsname u;

	must(!uname(&u), "uname");
	fprintf(f, "\"release\": \"%s", u.release);
	version = strstr(u.version, "Debian ");
	end = version ? strstr(version, " (") : NULL;
	if (end)
		fprintf(f, ", %.*s", (int)(end - version), version);
	fprintf(f, "\"");
}

/* Names hold nothing that JSON would want to have escaped. */
void report_json(const char *path)
{
	FILE *f = fopen(path, "w");

	must(!!f, path);
	fprintf(f, "{\"unit\": \"instructions\",\n ");
	json_release(f);
	fprintf(f, ",\n \"rows\": [");
	json_rows(f);
	fprintf(f, "],\n \"figures\": [");
	json_figures(f);
	fprintf(f, "],\n \"targets\": [");
	json_targets(f);
	fprintf(f, "],\n \"series\": ");
	series_json(f);
	fprintf(f, "}\n");
	must(!fclose(f), path);
}
