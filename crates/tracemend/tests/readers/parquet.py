"""Compares a Parquet file with the JSON Lines of the same repair, through DuckDB and through pandas."""
import json
import struct
import sys

try:
    import duckdb
    import pandas
    import pyarrow.parquet
except ImportError as missing:
    sys.stderr.write(f"{missing}; pip install duckdb pandas pyarrow\n")
    sys.exit(77)

parquet, jsonl = sys.argv[1:]
rows, gaps = [], []
for line in open(jsonl, encoding="utf-8"):
    row = json.loads(line)
    if row["type"] in ("event", "sample"):
        rows.append(row["data"])
    elif row["type"] in ("gap", "composition"):
        gaps.append(row)

PLAIN = ["time_ns", "time_err_ns", "cpu", "tid", "comm", "name", "phase", "ret", "dur_ns", "inferred", "model", "sample"]


def wanted(row):
    others = [(o["name"], o["tid"], o["phase"], single(o["probability"])) for o in row["alternatives"]]
    return tuple(row.get(name) for name in PLAIN) + (single(row["confidence"]), row["gap"], tuple(others))


def found(row):
    others = [(o["name"], none(o["tid"]), o["phase"], single(o["probability"])) for o in row["alternatives"]]
    return tuple(none(row[name]) for name in PLAIN) + (single(none(row["confidence"])), none(row["gap_id"]), tuple(others))


def single(value):
    """A number in the precision that the columns have."""
    return None if value is None else struct.unpack("f", struct.pack("f", value))[0]


def none(value):
    return None if value is None or value is pandas.NA or value != value else value


def same(found, expected, reader):
    assert len(found) == len(expected), f"{reader} reads {len(found)} rows instead of {len(expected)}"
    for number, pair in enumerate(zip(found, expected)):
        assert pair[0] == pair[1], f"{reader} reads row {number} as {pair[0]} instead of {pair[1]}"


expected = [wanted(row) for row in rows]
cursor = duckdb.connect().execute(f"select * from read_parquet('{parquet}', file_row_number=true) order by file_row_number")
names = [column[0] for column in cursor.description]
by_duckdb = [found(dict(zip(names, row))) for row in cursor.fetchall()]
same(by_duckdb, expected, "DuckDB")
frame = pandas.read_parquet(parquet, dtype_backend="numpy_nullable")
by_pandas = [found(row) for row in frame.to_dict("records")]
same(by_pandas, expected, "pandas")
kept = pyarrow.parquet.read_metadata(parquet).metadata[b"tracemend.repair"].decode()
assert [json.loads(line) for line in kept.splitlines()][1:] == gaps, "the gaps in the metadata are others"
query = f"select max(len(alternatives)), count(*) from read_parquet('{parquet}') where inferred"
most = duckdb.connect().execute(query).fetchone()
print(f"equal: {len(expected)} rows, {most[1]} inferred, up to {most[0]} alternatives")
