// SPDX-License-Identifier: GPL-2.0
/* The one file that the tracepoints of trace.h are built into. */
#define CREATE_TRACE_POINTS
#include "trace.h"
