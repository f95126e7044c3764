"""Repairs: options, errors, interrupts, notebooks."""

import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import FULL, SAMPLE, SMALL, command

import tracemend


def test_the_summary_is_that_of_the_command(tmp_path):
    shown = subprocess.run(
        [sys.executable, "-m", "tracemend", "repair", SMALL, "-o", tmp_path / "out.jsonl"], capture_output=True, text=True
    )
    assert tracemend.repair(SMALL).summary == shown.stderr.strip()


def test_the_report_is_that_of_the_command(tmp_path):
    tracemend.repair(SMALL).report(tmp_path / "ours.html")
    command("repair", SMALL, "-q", "-o", tmp_path / "out.jsonl", "--report", tmp_path / "theirs.html")
    assert (tmp_path / "ours.html").read_bytes() == (tmp_path / "theirs.html").read_bytes()


def test_threads_do_not_matter_and_seeds_do():
    events = [tracemend.repair(SMALL, seed=5, threads=threads, samples=2).events.rows() for threads in (1, 3)]
    assert events[0] == events[1]
    other = tracemend.repair(SMALL, seed=6, samples=2).events.rows()
    assert [row["time_ns"] for row in other] != [] and other != events[0]


def test_options_reach_the_repair():
    trace = tracemend.open(SMALL)
    assert len(tracemend.repair(trace, max_lost=0).events) == 0
    sure = tracemend.repair(trace, min_confidence=0.5)
    assert all(confidence >= 0.5 for confidence in sure.events.column("confidence"))
    # The alternatives of an event are limited by a parameter.
    few = tracemend.repair(trace, params={"search.alternatives": 1})
    assert max(len(others) for others in few.events.column("alternatives")) <= 1
    with pytest.raises(tracemend.TracemendError, match="no parameter is called `search.nothing`"):
        tracemend.repair(trace, params={"search.nothing": 1})
    with pytest.raises(tracemend.TracemendError, match="give a number from 0 to 1"):
        tracemend.repair(trace, min_confidence=2)


def test_models_are_learned_saved_merged_and_used(tmp_path):
    one, two = tracemend.train([FULL]), tracemend.train([tracemend.open(SMALL)])
    one.save(tmp_path / "one.model")
    two.save(tmp_path / "two.model")
    command("train", FULL, "-q", "-o", tmp_path / "command.model")
    assert (tmp_path / "one.model").read_bytes() == (tmp_path / "command.model").read_bytes()
    loaded = tracemend.Model.load(tmp_path / "one.model")
    assert loaded.events == one.events > 0
    tracemend.merge([one, two]).save(tmp_path / "ours.model")
    tracemend.merge([tmp_path / "two.model", loaded]).save(tmp_path / "turned.model")
    assert (tmp_path / "ours.model").read_bytes() == (tmp_path / "turned.model").read_bytes()
    rows = tracemend.repair(SMALL, model=loaded).events.rows()
    assert {row["model"] for row in rows} == {"engine:one.model"}
    assert rows == tracemend.repair(SMALL, model=tmp_path / "one.model").events.rows()
    # What was learned a moment ago and what was read from its file are the same model.
    fresh = tracemend.repair(SMALL, model=one).events.rows()
    assert [{**row, "model": ""} for row in fresh] == [{**row, "model": ""} for row in rows]


def test_errors_say_where(tmp_path):
    with pytest.raises(tracemend.TracemendError) as caught:
        tracemend.open(tmp_path / "none")
    assert caught.value.path == str(tmp_path / "none")
    assert (caught.value.offset, caught.value.line) == (None, None)
    damaged = tmp_path / "damaged.dat"
    damaged.write_bytes(b"\x17\x08\x44tracing6\0" + bytes(40))
    with pytest.raises(tracemend.TracemendError) as caught:
        tracemend.open(damaged)
    assert caught.value.path == str(damaged)
    assert isinstance(caught.value.offset, int)
    assert f"byte {caught.value.offset}" in str(caught.value)
    with pytest.raises(tracemend.TracemendError, match="not a model file") as caught:
        tracemend.Model.load(SMALL)
    assert caught.value.path == str(SMALL)
    with pytest.raises(tracemend.TracemendError, match="use one of ftrace"):
        tracemend.open(SMALL, format="nothing")
    with pytest.raises(tracemend.TracemendError, match="give one of jsonl, csv") as caught:
        tracemend.repair(SMALL).write(tmp_path / "out.nothing")
    assert caught.value.path == str(tmp_path / "out.nothing")
    with pytest.raises(tracemend.TracemendError, match="choose another place"):
        tracemend.repair(SMALL).write(tmp_path / "no" / "out.jsonl")


def test_other_threads_run_meanwhile():
    counted = 0
    done = threading.Event()

    def count():
        nonlocal counted
        while not done.is_set():
            counted += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    before = time.monotonic()
    tracemend.repair(SAMPLE)
    seconds = time.monotonic() - before
    done.set()
    thread.join()
    assert counted > 50 * seconds


def test_progress_is_told_and_may_stop():
    seen = []
    tracemend.repair(SAMPLE, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (21, 21)
    assert seen == sorted(seen)

    def stop(done, total):
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        tracemend.repair(SAMPLE, progress=stop)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interrupt_ends_a_repair():
    program = (
        "import sys, time, tracemend\n"
        f"trace = tracemend.open({str(SAMPLE)!r})\n"
        "print('ready', flush=True)\n"
        "try:\n"
        "    for seed in range(1000): tracemend.repair(trace, seed=seed)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', time.monotonic(), flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        word, at = process.stdout.readline().split()
        assert word == "interrupted" and float(at) - sent < 1
        assert process.wait(timeout=30) == 0


def test_a_notebook_shows_summary_and_picture():
    repair = tracemend.repair(SAMPLE)
    html = repair._repr_html_()
    assert repair.summary.splitlines()[0].replace(">", "&gt;") in html
    assert html.count("<rect") == 21
    for opened in ("div", "pre", "svg", "text", "rect", "title"):
        assert len(re.findall(f"<{opened}[ >]", html)) == html.count(f"</{opened}>")
    assert "svg" not in tracemend.repair(FULL)._repr_html_()


def test_the_command_is_in_the_package():
    script = pathlib.Path(sys.executable).with_name("tracemend")
    for command in ([script], [sys.executable, "-m", "tracemend"]):
        shown = subprocess.run([*command, "--version"], capture_output=True, text=True).stdout
        assert shown.split() == ["tracemend", tracemend.__version__]
        assert subprocess.run([*command, "gaps", SMALL, "--fail-on-loss"], capture_output=True).returncode == 1


def test_every_public_name_is_documented_and_typed():
    stub = pathlib.Path(tracemend.__file__).with_name("_tracemend.pyi").read_text()
    for name in tracemend.__all__:
        value = getattr(tracemend, name)
        if name == "__version__":
            continue
        assert value.__doc__, name
        if value.__module__ not in ("tracemend._windows", "tracemend._evaluate"):
            assert re.search(rf"^(class|def) {name}\b", stub, re.MULTILINE), name
    for kind in (tracemend.Trace, tracemend.Repair, tracemend.Model, tracemend.Table, tracemend.Imputer):
        for name, value in vars(kind).items():
            if not name.startswith("_"):
                assert value.__doc__, (kind, name)
                assert re.search(rf"^    def {name}\b", stub, re.MULTILINE), (kind, name)


def test_the_types_are_those_of_the_module(tmp_path):
    pytest.importorskip("mypy")
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "tracemend"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
