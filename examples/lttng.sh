#!/bin/sh
# Writes an overlay of an LTTng trace, and one merged trace with its losses. Argument: the folder to write to.
set -eu
tracemend=${TRACEMEND:-tracemend}

"$tracemend" repair samples/lttng_lost -o "$1/overlay.ctf"
"$tracemend" repair samples/lttng_lost --merge -o "$1/repaired.ctf"
"$tracemend" gaps "$1/repaired.ctf" | tail -n 4
if command -v babeltrace2 > /dev/null; then
    babeltrace2 samples/lttng_lost "$1/overlay.ctf" 2> /dev/null | grep -m 3 confidence
fi
