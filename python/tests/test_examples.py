"""The examples in `examples/` that use the package."""

import ast
import json
import os
import subprocess
import sys

import pytest
from conftest import COMMAND, FULL, ROOT, SAMPLE, SMALL

import tracemend

EXAMPLES = ROOT / "examples"


def cells(path):
    """The code of a notebook's cells."""
    notebook = json.loads(path.read_text())
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_the_notebook_runs(monkeypatch):
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    monkeypatch.chdir(ROOT)
    names, shown = {}, []
    for number, cell in enumerate(cells(EXAMPLES / "notebook.ipynb")):
        body = ast.parse(cell, f"cell {number}")
        last = body.body.pop()
        # A cell shows the value of its last line.
        assert isinstance(last, ast.Expr), cell
        exec(compile(body, f"cell {number}", "exec"), names)
        shown.append(eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names))
    assert isinstance(shown[2], tracemend.Repair)
    inferred, sure, right = shown[3]
    assert inferred == 7228 and sure > right > 0.8 * sure
    compared = shown[-1]
    assert (abs(compared["expected"] - compared["true"]) <= abs(compared["recorded"] - compared["true"])).mean() > 0.7


def run(*command, **environment):
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_dask_repairs_many_traces(tmp_path):
    pytest.importorskip("dask")
    run(sys.executable, EXAMPLES / "dask_repair.py", SMALL, SAMPLE, "-o", tmp_path)
    model = tracemend.merge([tracemend.train([SAMPLE]), tracemend.train([SMALL])])
    tracemend.repair(SMALL, model=model).write(tmp_path / "alone.parquet")
    assert (tmp_path / "alone.parquet").read_bytes() == (tmp_path / f"{SMALL.name}.parquet").read_bytes()


def test_slurm_steps_repair_many_traces(tmp_path):
    tool = tmp_path / "tracemend"
    tool.write_text("#!/bin/sh\nexec " + " ".join(COMMAND) + ' "$@"\n')
    tool.chmod(0o755)
    traces = tmp_path / "traces"
    traces.write_text(f"{SMALL}\n{FULL}\n")
    out = tmp_path / "out"
    for step, tasks in (("learn", "12"), ("merge", "0"), ("repair", "12")):
        for task in tasks:
            run("sh", EXAMPLES / "slurm_repair.sh", step, traces, out, SLURM_ARRAY_TASK_ID=task, TRACEMEND=str(tool))
    tracemend.merge([out / "2.model", out / "1.model"]).save(tmp_path / "turned.model")
    assert (out / "all.model").read_bytes() == (tmp_path / "turned.model").read_bytes()
    assert sorted(path.name for path in out.glob("*.parquet")) == ["1.parquet", "2.parquet"]


def test_spark_repairs_many_traces(tmp_path):
    pytest.importorskip("pyspark")
    shown = run(sys.executable, EXAMPLES / "spark_repair.py", SMALL, SAMPLE, "-o", tmp_path / "out", PYSPARK_PYTHON=sys.executable)
    assert f"count={len(tracemend.repair(SAMPLE).events)}" in shown
