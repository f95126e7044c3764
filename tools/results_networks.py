#!/usr/bin/env python3
"""Measures trained networks and writes docs/networks.md.

Networks are not trained here: training takes hours. Every run folder that lies in target/models is measured:

    target/models/paper/DATASET/NAME       tracemend train --model … --data SHARED/paper/pts.npz --dataset DATASET --set length=200 -o …
    target/models/cross-run/NAME           tracemend train --model … --data SET -o …

where SET is the data set that `dataset_command` names, of all workloads of the corpus; such a network is measured on each of
them. A measurement (one method at one gap length) is cached in target/results as it ends, so that an interrupted run goes on
where it was. A part of the page whose networks are not at hand stays as it is; each says which commit it is of. With
--against, networks are timed beside PyTorch in that virtual environment. Needs a release build.
"""
import argparse, csv, json, os, pathlib, platform, subprocess, sys

MODELS = pathlib.Path("target/models")
PAGE = pathlib.Path("docs/networks.md")
BINARY = "target/release/tracemend"
BLACKOUTS = "1,10,40"
SAMPLES = "5"
# By gap length: windows of longer gaps cover a run sooner.
GAPS = {"10": "2000", "40": "1000"}
# By whose smallest runs it is decided when training has done enough.
VALIDATED = ["apache", "gccbuild", "pgbench", "pybench", "shell", "unpack"]
METRICS = ["accuracy", "perfect_rate", "rouge_l", "macro_accuracy", "ece", "seconds_per_gap"]


def workloads(shared):
    """The corpus."""
    return sorted(path.name for path in (shared / "corpus").iterdir() if path.is_dir())


def divided(shared, workload):
    """Test, validation and training runs of a workload: run 1 is tested; of the others the smallest chooses weights."""
    runs = [shared / "corpus" / workload / f"run{number}.csv.zst" for number in (1, 2, 3, 4)]
    valid = min(runs[1:], key=lambda run: run.stat().st_size)
    return runs[0], valid, [run for run in runs[1:] if run != valid]


def dataset_command(shared, folder):
    """What makes the data set that networks for `cross-run` have to be trained on. Runs 1, which are tested, are not in it."""
    train = [divided(shared, workload)[2] for workload in workloads(shared)]
    valid = [divided(shared, workload)[1] for workload in VALIDATED]
    runs = [run for each in zip(*train) for run in each]
    return ["dataset", "build", *map(str, runs), "--valid", *map(str, valid), "-o", str(folder)]


def evaluated(binary, store, name, arguments, models):
    """Rows of an evaluation of these models, by type."""
    options = [f"--model={folder.name}={folder / 'best.safetensors'}" for folder in models]
    command = [binary, "evaluate", *arguments, *options, "--resume", str(store / f"cache-{name}"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{name}: {done.stderr}")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {kind: [row["data"] for row in rows if row["type"] == kind] for kind in ("score", "difference")}


def trained(folder):
    """Run folders in a folder."""
    return sorted(run.parent for run in folder.glob("*/best.safetensors"))


def weights(store, blackout, runs):
    """A line on what was chosen for each method at a gap length, from what the evaluation cached."""
    lines = []
    for method in ["ppm-rescored", *(f"ppm+{run.name}" for run in runs)]:
        for file in store.glob(f"*-k-{blackout}-{method.replace('+', '-')}-weights-{'[0-9a-f]' * 12}.json"):
            found = json.loads(file.read_text())
            said = "no gain beyond chance, left out" if found is None else ", ".join(f"{name} {found[name]}" for name in found)
            lines.append(f"- k={blackout}, {method}: {said}")
    return lines


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
            out.append(f"\nShare of {where} that also occur in the training data: {row['value']:.3f}")
    out.append("")


def this_commit():
    """The commit that is checked out."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def machine():
    """What this is."""
    names = [line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return f"{platform.system()} {platform.machine()}, {names[0] if names else 'unknown'}, {len(names)} cores"


def paper(shared, store, dataset, runs):
    """The part on one set of published windows."""
    arguments = ["paper", "--data", str(shared / "paper/pts.npz"), "--dataset", dataset, "--length", "200", "--blackout", BLACKOUTS, "--samples", SAMPLES]
    rows = evaluated(BINARY, store, f"paper-{dataset}", arguments, runs)
    out = [f"`tracemend evaluate paper --data pts.npz --dataset {dataset} --length 200 --blackout {BLACKOUTS} --samples {SAMPLES} --model …`", "", *sizes(BINARY, runs), ""]
    table(by_length([*rows["score"], *published(shared, dataset)]), METRICS, out)
    return out + verdicts(rows["difference"])


def cross_run(shared, store, workload, runs):
    """The part on one workload's other runs."""
    test, valid, train = divided(shared, workload)
    rows, chosen, commands = {"score": [], "difference": []}, [], []
    names = " ".join(run.name.split(".")[0] for run in train)
    for blackout, gaps in GAPS.items():
        name, last = f"cross-{workload}-{blackout}", ["--blackout", blackout, "--gaps", gaps, "--seed", "1"]
        found = evaluated(BINARY, store, name, ["cross-run", "--train", *map(str, train), "--valid", str(valid), "--test", str(test), *last], runs)
        rows = {kind: rows[kind] + found[kind] for kind in rows}
        chosen += weights(store / f"cache-{name}", blackout, runs)
        commands += [f"`tracemend evaluate cross-run --train {names} --valid {valid.name.split('.')[0]} --test run1 {' '.join(last)} --model …`", ""]
    leakage = [row for row in rows["score"] if row["metric"] == "leakage"]
    out = commands
    table(by_length([row for row in rows["score"] if row not in leakage[1:]]), METRICS, out)
    room = {row["blackout"]: row["gaps"] for row in rows["score"] if row["blackout"]}
    out += ["Gaps, as many as there is room for: " + ", ".join(f"{room[k]} of k={k}" for k in sorted(room)), ""]
    out += ["Chosen by the smallest run of 2-4:", "", *chosen, ""]
    return out + verdicts(rows["difference"]) + added(rows["difference"])


def added(differences):
    """Compares ppm and a network together with ppm, and with ppm rescored without a network."""
    lines = []
    for row in differences:
        pair = {row["better"], row["worse"]}
        if row["metric"] != "accuracy" or not row["by"] or not any(name.startswith("ppm+") for name in pair) or not pair & {"ppm", "ppm-rescored"}:
            continue
        chance = "" if row["real"] else ", no more than chance"
        lines.append(f"- k={row['blackout']}: {row['better']} has more accuracy than {row['worse']}, by {row['by']:.4f} [{row['low']:.4f} {row['high']:.4f}]{chance}")
    return lines


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
LEARNED = [
    "Run 1 of a workload is tested; no two of its gaps share an event. Networks learned from two of the runs 2-4 of every workload of",
    "the corpus, not of the tested one alone; by the smallest of 2-4 of six workloads it was decided when training had done enough.",
    "`ppm` and the other methods learned the tested workload's own three. `ppm-rescored` scores the fillings of `ppm` again by",
    "how long the gap took and what the calls around it returned, and predicts position by position; `ppm+NAME` does so with the",
    "network. The smallest of 2-4, which `ppm` has not learned for this purpose, decides how; a step whose gain there may be",
    "chance is left out (`window/ensemble.rs`).",
]
ABOUT = {
    WINDOWS: ["Beside methods that look windows up. `published` rows are recomputed from the published arrays, without intervals."],
    RUNS: [],
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
        elif section and (name or line.startswith("Commit ") or (section, "") in found):
            found.setdefault((section, name), []).append(line)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=pathlib.Path, help="holds corpus/ and paper/")
    parser.add_argument("--against", metavar="VENV", help="time networks beside PyTorch in this virtual environment")
    given = parser.parse_args()
    shared, head = given.shared, this_commit()
    store = pathlib.Path("target/results") / head
    store.mkdir(parents=True, exist_ok=True)
    label = f"Commit {head}, {machine()}."
    page = parts(PAGE.read_text()) if PAGE.exists() else {}
    for folder in sorted((MODELS / "paper").glob("*")):
        if trained(folder):
            page[WINDOWS, folder.name] = ["", label, "", *paper(shared, store, folder.name, trained(folder)), ""]
    runs = trained(MODELS / "cross-run")
    if runs:
        page[RUNS, ""] = ["", label, "", *sizes(BINARY, runs), "", *LEARNED, ""]
    for workload in workloads(shared) if runs else []:
        page[RUNS, workload] = ["", label, "", *cross_run(shared, store, workload, runs), ""]
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
