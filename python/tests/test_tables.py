"""Tables against the command's JSON Lines, and through every reader of Arrow."""

import struct

import pytest
from conftest import LTTNG, SAMPLE, SMALL, command, json_lines

import tracemend


def single(value):
    """A number as the nearest of 32 bits: JSON has the shortest decimal that means it."""
    return None if value is None else struct.unpack("f", struct.pack("f", value))[0]


def event(row):
    others = [{**other, "probability": single(other["probability"])} for other in row["alternatives"]]
    return {**row, "confidence": single(row["confidence"]), "alternatives": others}


def test_events_are_those_of_the_command(repair, written):
    columns = {"gap_id": "gap"}
    rows = [row for row in repair.events.rows() if row["sample"] is None]
    assert len(rows) == len(written["event"]) == 7228
    for ours, theirs in zip(rows, written["event"]):
        theirs = event(theirs)
        for name in set(ours) - {"stream", "sample", "ret", "dur_ns"}:
            assert ours[name] == theirs[columns.get(name, name)], (name, ours, theirs)
    samples = [row for row in repair.events.rows() if row["sample"] is not None]
    assert [row["name"] for row in samples] == [row["name"] for row in written["sample"]]


def test_gaps_and_compositions_are_those_of_the_command(repair, written):
    for ours, theirs, composition in zip(repair.gaps.rows(), written["gap"], written["composition"], strict=True):
        for name, value in theirs.items():
            assert ours[name] == value, name
        assert [ours[name] for name in ("id", "estimated", "estimated_low", "estimated_high")] == [
            composition[name] for name in ("gap", "lost", "lost_low", "lost_high")
        ]
    flat = [
        {"gap_id": row["gap"], "by": by, **part}
        for row in written["composition"]
        for by in ("event", "thread")
        for part in row[f"by_{by}"]
    ]
    assert repair.composition.rows() == flat


def test_statistics_are_those_of_the_command(repair, written):
    for ours, theirs in zip(repair.statistics.rows(), written["statistics"], strict=True):
        for name, value in theirs.items():
            if not name.startswith("latency"):
                assert ours[name] == value, name
                continue
            assert ours[f"{name}_calls"] == (value and value["calls"])
            for quantile in ("p50", "p90", "p95", "p99"):
                assert ours[f"{name}_{quantile}_ns"] == (value and value[quantile]["value"])
                assert ours[f"{name}_{quantile}_low_ns"] == (value and value[quantile]["low"])
                assert ours[f"{name}_{quantile}_high_ns"] == (value and value[quantile]["high"])


def test_merged_has_every_event_by_time():
    repair = tracemend.repair(SMALL)
    theirs = json_lines("repair", SMALL, "--merge", "--quiet")["event"]
    rows = repair.merged.rows()
    assert [(row["time_ns"], row["name"], row["inferred"], row["ret"]) for row in rows] == [
        (row["time_ns"], row["name"], row["inferred"], row.get("ret")) for row in theirs
    ]
    recorded = [row for row in rows if not row["inferred"]]
    trace = tracemend.open(SMALL)
    assert len(trace) == len(recorded)
    assert trace.events.rows() == [{name: row[name] for name in trace.events.column_names} for row in recorded]


@pytest.mark.parametrize("path", [SAMPLE, SMALL, LTTNG])
def test_listed_gaps_are_those_of_the_command(path):
    theirs = json_lines("gaps", path, "--json")["gap"]
    for ours, theirs in zip(tracemend.gaps(path).rows(), theirs, strict=True):
        for name in ours:
            assert ours[name] == theirs.get(name), name


def test_an_opened_trace_knows_its_header():
    trace = tracemend.open(SAMPLE)
    assert trace.header["format"] == "ftrace"
    assert {"name": "cpu0", "cpu": 0} in trace.header["streams"]
    assert trace.gaps.rows() == tracemend.gaps(SAMPLE).rows()


def tables(repair):
    trace = tracemend.open(SMALL)
    return [repair.events, repair.gaps, repair.composition, repair.statistics, repair.merged, trace.events, trace.gaps]


def test_pyarrow_reads_every_table(repair):
    pyarrow = pytest.importorskip("pyarrow")
    for table in tables(repair):
        read = pyarrow.table(table)
        read.validate(full=True)
        assert read.column_names == table.column_names
        assert read.to_pylist() == table.rows()


def test_polars_reads_every_table(repair):
    polars = pytest.importorskip("polars")
    for table in tables(repair):
        read = polars.DataFrame(table)
        assert read.columns == table.column_names
        assert read.to_dicts() == table.rows()


def test_pandas_reads_every_table(repair):
    pandas = pytest.importorskip("pandas")
    pyarrow = pytest.importorskip("pyarrow")
    for table in tables(repair):
        from_arrow = getattr(pandas.DataFrame, "from_arrow", lambda table: pyarrow.table(table).to_pandas())
        read = from_arrow(table)
        assert list(read.columns) == table.column_names
        assert len(read) == len(table)
    events = pyarrow.table(repair.events).to_pandas()
    assert list(events["name"]) == repair.events.column("name")


def test_duckdb_reads_every_table(repair):
    duckdb = pytest.importorskip("duckdb")
    for number, given in enumerate(tables(repair)):
        counted = duckdb.sql("SELECT count(*) FROM given").fetchall()[0][0]
        assert counted == len(given), number
    events = repair.events
    by_name = dict(duckdb.sql("SELECT name, count(*) FROM events GROUP BY name").fetchall())
    names = events.column("name")
    assert by_name == {name: names.count(name) for name in set(names)}


def test_a_table_says_which_columns_it_has(repair):
    with pytest.raises(KeyError, match="no column is called .nothing."):
        repair.events.column("nothing")
    assert repair.events.column("name") == [row["name"] for row in repair.events.rows()]


def test_parquet_has_the_same_columns(repair, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    repair.write(tmp_path / "repaired.parquet")
    read = parquet.read_table(tmp_path / "repaired.parquet")
    assert set(read.column_names) == set(repair.events.column_names)
    ours = repair.events.rows()
    theirs = read.to_pylist()
    assert [{name: row[name] for name in theirs[0]} for row in ours] == theirs


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "txt", "parquet", "perfetto-trace"])
def test_files_are_those_of_the_command(suffix, tmp_path):
    ours, theirs = tmp_path / f"ours.{suffix}", tmp_path / f"theirs.{suffix}"
    tracemend.repair(SMALL).write(ours)
    command("repair", SMALL, "--quiet", "-o", theirs)
    assert ours.read_bytes() == theirs.read_bytes()


def test_a_folder_is_that_of_the_command(tmp_path):
    tracemend.repair(SMALL).write(tmp_path / "ours.ctf", merge=True)
    command("repair", SMALL, "--quiet", "--merge", "-o", tmp_path / "theirs.ctf")

    def files(folder):
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    assert files(tmp_path / "ours.ctf") == files(tmp_path / "theirs.ctf")
