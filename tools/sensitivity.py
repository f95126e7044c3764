#!/usr/bin/env python3
"""Measures how much each constant of the repair matters, and writes docs/parameters.md. Usage: tools/sensitivity.py

Repairs the same blackouts of two recordings of this repository, learned from their own rest, with each constant at its default,
halved and doubled: some ten minutes. What was measured is kept in target/sensitivity, for the same commit and command. Needs a release
build of the command with `eval`: cargo build --release -p tracemend --no-default-features --features eval.
"""
import json
import pathlib
import re
import subprocess
import sys
from results_networks import machine, this_commit

binary = "target/release/tracemend"
TRACES = ["crates/tracemend-eval/tests/fixtures/twins/pybench.full.txt.zst", "samples/ftrace_full.txt.zst"]
BLACKOUTS, GAPS = "40", "16"
head = this_commit()
store = pathlib.Path("target/sensitivity") / head
store.mkdir(parents=True, exist_ok=True)


def figures(change):
    """thread_lcs and ece, each the mean over the workloads."""
    file = store / (re.sub(r"[^\w.=-]", "_", change or "default") + ".json")
    if not file.exists():
        found = []
        for trace in TRACES:
            command = [binary, "evaluate", "self", "--test", trace, "--blackout", BLACKOUTS, "--gaps", GAPS, "--seed", "1"]
            command += ["--method", "engine", "--json"] + (["--param", change] if change else [])
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{change}: {done.stderr}")
            rows = [json.loads(line)["data"] for line in done.stdout.splitlines() if '"type":"score"' in line]
            found.append({row["metric"]: row["value"] for row in rows if row["method"] == "engine"})
        file.write_text(json.dumps({metric: sum(one[metric] for one in found) / len(found) for metric in ("thread_lcs", "ece")}))
    return json.loads(file.read_text())


def constants(values, prefix):
    for name, value in values.items():
        if isinstance(value, dict):
            yield from constants(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def scaled(value, factor):
    """The value times a factor: whole numbers stay whole and above 0."""
    if isinstance(value, list):
        return [scaled(one, factor) for one in value]
    if isinstance(value, int):
        return max(1, round(value * factor))
    return value * factor


def documentation():
    """The comment of each field of params.rs: first sentence and origin."""
    docs, comment = {}, []
    for line in pathlib.Path("crates/tracemend-repair/src/params.rs").read_text().splitlines():
        line = line.strip()
        if line.startswith("/// "):
            comment.append(line[4:])
        else:
            field = re.match(r"pub (\w+):", line)
            if field:
                docs[field[1]] = " ".join(comment)
            comment = []
    return docs


defaults = json.loads(subprocess.run([binary, "reference", "--params"], capture_output=True, text=True, check=True).stdout)
docs = documentation()
base = figures(None)
rows = []
for name, value in constants(defaults, ""):
    text = docs.get(name.rsplit(".", 1)[1], "")
    if isinstance(value, bool):
        changes = [f"{name}={json.dumps(not value)}", None]
    else:
        changes = [f"{name}={json.dumps(scaled(value, factor))}" for factor in (0.5, 2)]
    cells = []
    for change in changes:
        if change is None:
            cells += ["", ""]
            continue
        found = figures(change)
        cells += [f"{found[metric] - base[metric]:+.3f}" for metric in ("thread_lcs", "ece")]
    rows.append(f"| `{name}` | {json.dumps(value)} | {' | '.join(cells)} | {text} |")
    print(rows[-1], file=sys.stderr)
pathlib.Path("docs/parameters.md").write_text(
    "\n".join(
        [
            "# Constants of the repair",
            "",
            f"Written by `tools/sensitivity.py`; never edited by hand. Commit {head}, {machine()}.",
            "",
            f"Means over {' and '.join(TRACES)}, learned from their own rest, {GAPS} gaps of {BLACKOUTS} events each:",
            f"thread_lcs {base['thread_lcs']:.3f}, ece {base['ece']:.3f} with the defaults. The columns say how much they change when one constant",
            "is halved and when it is doubled (a switch: turned over). Changes below .01 in `thread_lcs` are within what another seed does.",
            "+0.000 in all columns: these gaps do not use the constant, or the answer does not depend on it. `--param NAME=VALUE` changes one.",
            "",
            "| constant | default | halved: thread_lcs | ece | doubled: thread_lcs | ece | meaning and origin |",
            "|---|---|---|---|---|---|---|",
            *rows,
            "",
            "Origins: *cross-validation*: the best of a few values when runs 3 and 4 of a workload are learned and run 2 is repaired. *Cost*: the",
            "largest value that keeps a 1,000-event gap within its time. *Guard*: any value of this order serves. *Definition*: part of what a",
            "figure means.",
            "",
        ]
    )
)
