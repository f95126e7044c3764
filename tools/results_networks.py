#!/usr/bin/env python3
"""Measures trained networks and writes docs/networks.md.

Networks are not trained here: training takes hours. Every run folder that lies in target/models is measured:

    target/models/paper/DATASET/NAME       tracemend train --model … --data SHARED/paper/pts.npz --dataset DATASET --set length=200 -o …
    target/models/cross-run/WORKLOAD/NAME  tracemend train --model … --data SET -o …

where SET is the data set that `dataset_command` names. A cell (one method at one gap length) is kept in target/results as it
ends, so that an interrupted run goes on where it was. A part of the page whose networks are not at hand stays as it is; each
says which commit it is of. With --against, networks are timed beside PyTorch in that virtual environment. Needs a release
build.
"""
import argparse, csv, json, os, pathlib, platform, subprocess, sys

MODELS = pathlib.Path("target/models")
PAGE = pathlib.Path("docs/networks.md")
BINARY = "target/release/tracemend"
BLACKOUTS = "1,10,40"
SAMPLES = "5"
GAPS = "300"
METRICS = ["accuracy", "perfect_rate", "rouge_l", "macro_accuracy", "ece", "seconds_per_gap"]


def divided(shared, workload):
    """Test, validation and training runs of a workload: run 1 is tested; of the others the smallest chooses weights."""
    runs = [shared / "corpus" / workload / f"run{number}.csv.zst" for number in (1, 2, 3, 4)]
    valid = min(runs[1:], key=lambda run: run.stat().st_size)
    return runs[0], valid, [run for run in runs[1:] if run != valid]


def dataset_command(shared, workload, folder):
    """What makes the data set that a network for `cross-run` has to be trained on."""
    test, valid, train = divided(shared, workload)
    return ["dataset", "build", *map(str, train), "--valid", str(valid), "--test", str(test), "-o", str(folder)]


def evaluated(binary, store, name, arguments, models):
    """Rows of an evaluation of these models, by type."""
    options = [f"--model={folder.name}={folder / 'best.safetensors'}" for folder in models]
    command = [binary, "evaluate", *arguments, *options, "--resume", str(store / f"cells-{name}"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{name}: {done.stderr}")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {kind: [row["data"] for row in rows if row["type"] == kind] for kind in ("score", "difference")}


def trained(protocol):
    """Run folders by data set or workload."""
    sets = sorted(folder for folder in (MODELS / protocol).glob("*") if folder.is_dir())
    found = {folder.name: sorted(run.parent for run in folder.glob("*/best.safetensors")) for folder in sets}
    return {name: runs for name, runs in found.items() if runs}


def sizes(binary, runs):
    """A line on each model: what it is and how long it was trained."""
    lines = []
    for run in runs:
        done = subprocess.run([binary, "models", "describe", "--json", str(run / "best.safetensors")], capture_output=True, text=True, check=True)
        about = json.loads(done.stdout.splitlines()[1])["data"]
        steps = sum(1 for _ in (run / "metrics.jsonl").open()) if (run / "metrics.jsonl").exists() else 0
        last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])["step"] if steps else "unknown"
        lines += [f"- `{run.name}`: {about['network']}, {about.get('parameters', '?')} parameters, {last} updates", *settings(run)]
    return lines


def published(shared, dataset):
    """The published arrays' scores as rows of the table; missing where the folder has none."""
    file = shared / "paper" / "authors_results.csv"
    if not file.exists():
        return []
    rows = []
    for row in csv.DictReader(file.open()):
        if row["dataset"] != dataset or row["model"].endswith("_end") or row["blackout"] not in BLACKOUTS.split(","):
            continue
        for metric in ("accuracy", "perfect_rate", "rouge_l", "macro_accuracy"):
            value = float(row[metric])
            rows.append({"blackout": int(row["blackout"]), "method": f"published {row['model']}", "metric": metric,
                         "value": value, "low": value, "high": value, "data": dataset})
    return rows


def verdicts(differences):
    """One line for each gap length: the method with the best accuracy, and whom it does not beat."""
    lines = []
    for blackout in sorted({row["blackout"] for row in differences}):
        pairs = [row for row in differences if row["blackout"] == blackout and row["metric"] == "accuracy"]
        losers = {row["worse"] for row in pairs}
        for best in sorted({row["better"] for row in pairs} - losers):
            equal = [row["worse"] for row in pairs if row["better"] == best and not row["real"]]
            lines.append(f"- k={blackout}: best is {best}" + (f", by no more than chance before {', '.join(equal)}" if equal else ", before all others outside the intervals"))
    return lines


def by_length(rows):
    """Rows in the order of gap length; methods as they come."""
    return sorted(rows, key=lambda row: row["blackout"])


def settings(run):
    """What a run was told that its preset does not say."""
    file = run / "command.txt"
    return [f"  `{file.read_text().strip()}`"] if file.exists() else []


def table(rows, metrics, out):
    """Rows as Markdown, one line for a method at one gap length."""
    out.append("| " + " | ".join(["k", "method", *metrics]) + " |")
    out.append("|" + "---|" * (2 + len(metrics)))
    values = {}
    for row in rows:
        values.setdefault((row["blackout"], row["method"]), {})[row["metric"]] = row
    for (blackout, method), found in values.items():
        if "leakage" in found:
            continue
        cells = []
        for metric in metrics:
            row = found.get(metric)
            digits = 5 if metric == "seconds_per_gap" else 3
            cells.append("" if row is None else f"{row['value']:.{digits}f} [{row['low']:.{digits}f} {row['high']:.{digits}f}]")
        out.append("| " + " | ".join([str(blackout), method, *cells]) + " |")
    for row in rows:
        if row["metric"] == "leakage" and not row["data"].startswith("mean"):
            where = f"gaps of {row['blackout']} events" if row["blackout"] else "test windows"
            out.append(f"\nShare of {where} that also stand in the training data: {row['value']:.3f}")
    out.append("")


def machine():
    """What this is."""
    names = [line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return f"{platform.system()} {platform.machine()}, {names[0] if names else 'unknown'}, {len(names)} cores"


def paper(shared, store, dataset, runs):
    """The part on one set of published windows."""
    arguments = ["--protocol", "paper", "--data", str(shared / "paper/pts.npz"), "--dataset", dataset, "--length", "200", "--blackout", BLACKOUTS, "--samples", SAMPLES]
    rows = evaluated(BINARY, store, f"paper-{dataset}", arguments, runs)
    out = [f"`tracemend evaluate --protocol paper --data pts.npz --dataset {dataset} --length 200 --blackout {BLACKOUTS} --samples {SAMPLES} --model …`", "", *sizes(BINARY, runs), ""]
    table(by_length([*rows["score"], *published(shared, dataset)]), METRICS, out)
    return out + verdicts(rows["difference"])


def cross_run(shared, store, workload, runs):
    """The part on one workload's other runs."""
    test, valid, train = divided(shared, workload)
    arguments = ["--protocol", "cross-run", "--train", *map(str, train), "--valid", str(valid), "--test", str(test),
                 "--blackout", "10,40", "--gaps", GAPS, "--seed", "1"]
    rows = evaluated(BINARY, store, f"cross-{workload}", arguments, runs)
    names = " ".join(run.name.split(".")[0] for run in train)
    out = [f"`tracemend evaluate --protocol cross-run --train {names} --valid {valid.name.split('.')[0]} --test run1 --blackout 10,40 --gaps {GAPS} --seed 1 --model …`", "",
           *sizes(BINARY, runs), ""]
    out += ["Where the mixture fills half of the smallest run no better than counts do, `counts+NAME` is the counts' answer.", ""]
    table(by_length(rows["score"]), METRICS, out)
    return out + verdicts(rows["difference"])


def against(venv):
    """The part on the cost of steps beside PyTorch."""
    done = subprocess.run(["benches/against_pytorch/run", "3"], capture_output=True, text=True, env={**os.environ, "VENV": venv})
    if done.returncode:
        sys.exit(f"against_pytorch: {done.stderr}")
    return ["CPU seconds of a reverse step and of a training step at the published sizes, batch 8, L=200, medians of alternating runs;",
            "`kept`: PyTorch keeps its kernels too. `VENV=… benches/against_pytorch/run 3`", "", "```", *done.stdout.splitlines(), "```"]


WINDOWS = "Networks on the published windows, L=200, gap in the middle"
RUNS = "Networks on other runs: windows of one thread's 200 events"
STEPS = "Networks beside PyTorch"
ABOUT = {
    WINDOWS: ["Beside methods that look windows up. `published` rows are recomputed from the published arrays, without intervals."],
    RUNS: ["Run 1 is tested. Networks learned two of the runs 2-4 and chose their weights by the smallest of the three; `counts` learned all three.",
           "`counts+NAME` answers with both, weighed against each other by that smallest run, of which the counts then know nothing either."],
    STEPS: [],
}


def parts(text):
    """The page's parts by section and name; a section without parts is one without a name."""
    found, section, name = {}, None, ""
    for line in text.splitlines():
        if line.startswith("## "):
            section, name = line[3:], ""
        elif line.startswith("### "):
            name = line[4:]
        elif section and (name or section == STEPS):
            found.setdefault((section, name), []).append(line)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=pathlib.Path, help="holds corpus/ and paper/")
    parser.add_argument("--against", metavar="VENV", help="time networks beside PyTorch in this virtual environment")
    given = parser.parse_args()
    shared, head = given.shared, subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    store = pathlib.Path("target/results") / head
    store.mkdir(parents=True, exist_ok=True)
    label = f"Commit {head}, {machine()}."
    page = parts(PAGE.read_text()) if PAGE.exists() else {}
    for section, protocol, measure in [(WINDOWS, "paper", paper), (RUNS, "cross-run", cross_run)]:
        for name, runs in trained(protocol).items():
            page[section, name] = ["", label, "", *measure(shared, store, name, runs), ""]
    if given.against:
        page[STEPS, ""] = ["", label, "", *against(given.against), ""]
    out = ["# Networks", "", "Written by `tools/results_networks.py SHARED`; never edited by hand. Each part says which commit it is of.",
           "Brackets: 95 % bootstrap intervals. Every method gets the same gaps.", ""]
    for section, about in ABOUT.items():
        own = {name: lines for (of, name), lines in sorted(page.items()) if of == section}
        if own:
            out += [f"## {section}", "", *about, *([""] if about else [])]
        for name, lines in own.items():
            body = "\n".join(lines).strip().splitlines()
            out += [*([f"### {name}", ""] if name else []), *body, ""]
    PAGE.write_text("\n".join(out).rstrip() + "\n")


if __name__ == "__main__":
    main()
