"""Traces, and what the command says of them."""

import json
import os
import pathlib
import shlex
import subprocess
import sys

import pytest

import tracemend

ROOT = pathlib.Path(__file__).parents[2]
SMALL = ROOT / "crates/tracemend/tests/fixtures/succeed/small_lost.txt"
SAMPLE = ROOT / "samples/ftrace_pipe_lost.txt.zst"
FULL = ROOT / "samples/ftrace_full.txt.zst"
LTTNG = ROOT / "samples/lttng_lost"
# The program that TRACEMEND names, or the one in the wheel.
COMMAND = shlex.split(os.environ.get("TRACEMEND", "")) or [str(pathlib.Path(sys.executable).with_name("tracemend"))]


def command(*arguments, code=0):
    """Standard output of the command."""
    done = subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stdout


def json_lines(*arguments):
    """Rows of the command's JSON Lines, by type."""
    rows = {}
    for line in command(*arguments).splitlines():
        row = json.loads(line)
        rows.setdefault(row["type"], []).append(row.get("data"))
    return rows


@pytest.fixture(scope="session")
def repair():
    return tracemend.repair(SAMPLE, seed=3, samples=1)


@pytest.fixture(scope="session")
def written():
    return json_lines("repair", SAMPLE, "--seed", 3, "--samples", 1, "--quiet")
