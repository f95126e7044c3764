#!/bin/sh
# Writes a repair as Parquet, and prints counts by call. Argument: the folder to write to.
set -eu
tracemend=${TRACEMEND:-tracemend}

"$tracemend" repair samples/ftrace_pipe_lost.txt.zst --merge -o "$1/repaired.parquet"
python=${TRACEMEND_PYTHON:-python3}
if "$python" -c 'import duckdb' 2> /dev/null; then
    "$python" - "$1/repaired.parquet" << 'PYTHON'
import sys
import duckdb
for row in duckdb.connect().execute(f"""
    select name, count(*) filter (not inferred) as recorded, round(sum(confidence) filter (inferred), 1) as inferred_right
    from '{sys.argv[1]}' where phase = 'entry' group by name order by recorded desc limit 5""").fetchall():
    print(*row)
PYTHON
fi
