#!/usr/bin/env python3
"""Measures repairs of real losses and writes docs/real-losses.md with its pictures. Usage: tools/real_losses.py SHARED [COMMIT]

SHARED holds pairs/: runs recorded twice at once, with loss and in full. One call of `evaluate truth` measures all of them; its
output is cached in target/results by commit; COMMIT names an earlier one whose measurement is shown instead. Needs a release build (cargo build --release).
"""
import json, pathlib, subprocess, sys
from results_networks import machine, this_commit

BINARY = pathlib.Path("target/release/tracemend")
PAGE = pathlib.Path("docs/real-losses.md")
IMAGES = pathlib.Path("docs/images")
# One CPU's counter falls and rises again in it: it shows a fault of counting, not how gaps are filled.
LEFT_OUT = "lttng-apache-backwards"
FILES = {"ftrace": ("lossy.txt.zst", "full.txt.zst"), "lttng": ("ctf", "ctf"), "perf": ("lossy.data.zst", "full.data.zst")}
LENGTHS = {1: "1-9", 10: "10-39", 40: "40-167", 168: "168-699", 700: "700 and more"}


def measured(pairs, commit):
    """Rows of `evaluate truth` over all twins, by type."""
    store = pathlib.Path("target/results") / commit / "real-losses.jsonl"
    if not store.exists():
        twins = [folder for folder in sorted(pairs.glob("*-*")) if folder.name != LEFT_OUT]
        command = [BINARY.resolve(), "evaluate", "truth", "--json", "--quiet"]
        for option, side in (("--lossy", 0), ("--full", 1)):
            command += [option, *(f"{twin.name}/{FILES[twin.name.split('-')[0]][side]}" for twin in twins)]
        done = subprocess.run(command, cwd=pairs, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        store.parent.mkdir(parents=True, exist_ok=True)
        part = store.with_suffix(".tmp")
        part.write_text(done.stdout)
        part.rename(store)
    rows = {}
    for line in store.read_text().splitlines():
        row = json.loads(line)
        rows.setdefault(row["type"], []).append(row["data"])
    return rows


def figure(value, digits=3):
    return "" if value is None else f"{value:.{digits}f}"


def by_twin(scores):
    """data -> method -> metric -> row."""
    found = {}
    for row in scores:
        found.setdefault(row["data"], {}).setdefault(row["method"], {})[row["metric"]] = row
    return found


def chart(title, groups, series, note):
    """A bar chart as SVG: `series` has a name, a colour and a value of each group."""
    width, height, left, bottom = 720, 300, 50, 56
    step = (width - left - 10) / len(groups)
    bar = step * 0.8 / len(series)
    top = lambda value: 34 + (height - bottom - 34) * (1 - value)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" role="img" aria-label="{title}">',
             f'<rect width="{width}" height="{height}" fill="#fff"/>', f'<text x="{left}" y="18" font-size="14">{title}</text>']
    for tick in (0, 0.25, 0.5, 0.75, 1):
        parts.append(f'<path d="M{left} {top(tick):.1f}H{width - 10}" stroke="#ddd"/><text x="{left - 6}" y="{top(tick) + 4:.1f}" text-anchor="end">{tick}</text>')
    for place, group in enumerate(groups):
        begin = left + place * step + step * 0.1
        for number, (_, colour, values) in enumerate(series):
            if values[place] is not None:
                y = top(values[place])
                parts.append(f'<rect x="{begin + number * bar:.1f}" y="{y:.1f}" width="{bar - 1:.1f}" height="{top(0) - y:.1f}" fill="{colour}"/>')
        parts.append(f'<text x="{begin + step * 0.4:.1f}" y="{top(0) + 16:.1f}" text-anchor="middle">{group}</text>')
    x = left
    for name, colour, _ in series:
        parts.append(f'<rect x="{x}" y="{height - 20}" width="11" height="11" fill="{colour}"/><text x="{x + 16}" y="{height - 10}">{name}</text>')
        x += 30 + 7 * len(name)
    parts.append(f'<text x="{width - 10}" y="18" text-anchor="end" fill="#555">{note}</text></svg>')
    return "\n".join(parts) + "\n"


def main():
    pairs, commit = pathlib.Path(sys.argv[1]) / "pairs", sys.argv[2] if len(sys.argv) > 2 else this_commit()
    rows = measured(pairs, commit)
    twins = by_twin(rows["score"])
    pooled = next(name for name in twins if name.startswith("all "))
    names = [name for name in twins if name != pooled]
    value = lambda data, method, metric: twins[data].get(method, {}).get(metric, {}).get("value")
    baselines = sorted({method for data in names for method in twins[data]} - {"engine", "-"})
    mean = lambda method, metric: sum(value(data, method, metric) or 0 for data in names) / len(names)
    lost = {}
    for row in rows["truth"]:
        lost[row["data"]] = lost.get(row["data"], 0) + row["lost_true"]
    out = ["# Real losses", "",
           f"Written by `tools/real_losses.py SHARED`; never edited by hand. Commit {commit}, {machine()}.", "",
           f"{len(names)} runs, each recorded twice at once: with buffers that overflowed, and in full. `evaluate truth` repairs the lossy recording with what "
           "its own intact rest teaches, and compares with the full one. No run is seen in training.", "",
           "- *right*: lost events that are put on their thread in their order, of all lost (`thread_lcs`); beside it the best of the baselines "
           f"({', '.join(baselines)}) on this very run, chosen afterwards.",
           "- *ECE*: how far the probabilities are from the share that is right, on average. *coverage*: 90 % intervals of counts that hold the truth.",
           "- *p >= 0.9*: lost events that are given such a probability and are right, of all lost; and how many of those given it are right.",
           "- *counts off*: half the summed difference of the counts by event name, of all lost (`composition_tv`).",
           "- *latency*: error of the median and of the 95th percentile, recorded events alone -> after the repair.", "",
           "| run | lost | right | best baseline | ECE | coverage | p >= 0.9 | of these right | counts off | latency p50 | latency p95 |", "|---|---|---|---|---|---|---|---|---|---|---|"]
    for data in [*names, pooled]:
        of = lambda metric, method="engine": value(data, method, metric)
        best = max(baselines, key=lambda method: of("thread_lcs", method) or 0)
        row = twins[data]["engine"]["thread_lcs"]
        # Traces of whole calls without durations have no latencies.
        errors = [(of(f"latency_error_{kind}_before"), of(f"latency_error_{kind}")) for kind in ("median", "p95")]
        latency = ["" if after is None else f"{figure(before)} -> {figure(after)}" for before, after in errors]
        cells = [data.split("/")[0], f"{lost.get(data, sum(lost.values())):,}", f"{figure(row['value'])} [{figure(row['low'])} {figure(row['high'])}]",
                 f"{figure(of('thread_lcs', best))} {best}", figure(of("ece")), figure(of("coverage")), figure(of("recall_at_90")), figure(of("precision_at_90")),
                 figure(of("composition_tv")), *latency]
        out.append(f"| {' | '.join(cells)} |")
    out += ["", f"Means over the runs: right {mean('engine', 'thread_lcs'):.3f}, ECE {mean('engine', 'ece'):.3f}, counts off {mean('engine', 'composition_tv'):.3f}.", "",
            "## All methods", "", "Means over the runs; pooled: over all lost events.", "", "| method | right, mean | right, pooled | counts off, mean |", "|---|---|---|---|"]
    for method in ["engine", *baselines]:
        out.append(f"| {method} | {mean(method, 'thread_lcs'):.3f} | {figure(value(pooled, method, 'thread_lcs'))} | {mean(method, 'composition_tv'):.3f} |")
    strata = [row for row in rows["stratum"] if row["data"] == pooled]
    part = lambda method, by, begin: next((row for row in strata if (row["method"], row["by"], row["from"]) == (method, by, begin)), {})
    lengths = [begin for begin in LENGTHS if part("engine", "length", begin)]
    best = max(baselines, key=lambda method: value(pooled, method, "thread_lcs") or 0)
    IMAGES.mkdir(exist_ok=True)
    colours = ["#1f5fa8", "#b0b7c0", "#d98c2b"]
    of_method = lambda method: [part(method, "length", begin).get("thread_lcs") for begin in lengths]
    IMAGES.joinpath("real-losses-length.svg").write_text(chart("Lost events put right, by the length of the gap", [LENGTHS[begin] for begin in lengths],
        [("engine", colours[0], of_method("engine")), (f"{best}, best baseline", colours[1], of_method(best))], f"{len(names)} runs with real losses"))
    told = [part("engine", "length", begin).get("probability") for begin in lengths]
    right = [part("engine", "length", begin).get("right") for begin in lengths]
    IMAGES.joinpath("real-losses-reliability.svg").write_text(chart("What is told and what is right, by the length of the gap", [LENGTHS[begin] for begin in lengths],
        [("mean probability", colours[2], told), ("share right", colours[0], right)], f"{len(names)} runs with real losses"))
    out += ["", "## By length and by rate", "", "![Lost events put right, by the length of the gap](images/real-losses-length.svg)", "",
            "![Mean probability and share right, by the length of the gap](images/real-losses-reliability.svg)", "",
            "| part | gaps | lost | right | best baseline | mean probability | p >= 0.9 |", "|---|---|---|---|---|---|---|"]
    for row in (row for row in strata if row["method"] == "engine"):
        what = f"{LENGTHS.get(row['from'], row['from'])} events lost" if row["by"] == "length" else f"{row['by'].replace('_', ' ')} {row['from']}"
        cells = [what, str(row["gaps"]), f"{row['lost']:,}", figure(row["thread_lcs"]), figure(part(best, row["by"], row["from"]).get("thread_lcs")), figure(row["probability"]), figure(row["recall_at_90"])]
        out.append(f"| {' | '.join(cells)} |")
    PAGE.write_text("\n".join(out) + "\n")


main()
