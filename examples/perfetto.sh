#!/bin/sh
# A trace for ui.perfetto.dev, and the report. Argument: a folder to write into.
set -eu
tracemend=${TRACEMEND:-tracemend}

"$tracemend" repair samples/ftrace_pipe_lost.txt.zst -o "$1/repaired.perfetto-trace" --report "$1/report.html"
ls -l "$1"
