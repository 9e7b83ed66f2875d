// SPDX-License-Identifier: GPL-2.0
#include "measure.h"
#include "series.h"

struct point {
	const char *plot;
	const char *curve;
	double x;
	double y;
};

static struct point points[60];
static size_t n_points;

void series_point(const char *plot, const char *curve, double x, double y)
{
	struct point *p = &points[n_points++];

	must(n_points <= sizeof(points) / sizeof(points[0]), "too many points");
	*p = (struct point){ plot, curve, x, y };
}

void series_json(FILE *f)
{
	const struct point *p;

	fprintf(f, "[");
	for (p = points; p < points + n_points; p++)
		fprintf(f, "%s\n  {\"plot\": \"%s\", \"curve\": \"%s\", \"x\": %.0f, \"y\": %.0f}",
			p == points ? "" : ",", p->plot, p->curve, p->x, p->y);
	fprintf(f, "]");
}
