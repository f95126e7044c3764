#!/bin/sh
# Writes a trace for ui.perfetto.dev, and the report. Argument: the folder to write to.
set -eu
tracemend=${TRACEMEND:-tracemend}

"$tracemend" repair samples/ftrace_pipe_lost.txt.zst -o "$1/repaired.perfetto-trace" --report "$1/report.html"
ls -l "$1"
