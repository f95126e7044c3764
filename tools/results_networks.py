"""The part of docs/results.md about trained networks, which `tools/results` asks for.

Networks are not trained here: training takes hours. Every run folder that lies in target/models is measured:

    target/models/paper/DATASET/NAME       tracemend train --model … --data SHARED/paper/pts.npz --dataset DATASET --set length=200 -o …
    target/models/cross-run/WORKLOAD/NAME  tracemend train --model … --data SET -o …

where SET is the data set that `dataset_command` names. A cell (one method at one gap length) is kept as it ends, so that an
interrupted run goes on where it was.
"""
import csv, json, pathlib, subprocess, sys

MODELS = pathlib.Path("target/models")
BLACKOUTS = "1,5,10,20,30,40"
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
        lines.append(f"- `{run.name}`: {about['network']}, {about.get('parameters', '?')} parameters, {last} updates")
    return lines


def published(shared, dataset):
    """The published arrays' scores as rows of the table; missing where the folder has none."""
    file = shared / "paper" / "authors_results.csv"
    if not file.exists():
        return []
    rows = []
    for row in csv.DictReader(file.open()):
        if row["dataset"] != dataset or row["model"].endswith("_end"):
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


def section(binary, shared, store, table):
    """The lines of the section; `table` writes rows as Markdown."""
    out = []
    for dataset, runs in trained("paper").items():
        if not out:
            out += ["## Networks on the published windows, L=200, gap in the middle", "",
                    "Beside methods that look windows up. `published` rows are recomputed from the published arrays, without intervals.", ""]
        arguments = ["--protocol", "paper", "--data", str(shared / "paper/pts.npz"), "--dataset", dataset, "--length", "200", "--blackout", BLACKOUTS]
        rows = evaluated(binary, store, f"paper-{dataset}", arguments, runs)
        out += [f"### {dataset}", "", f"`tracemend evaluate --protocol paper --data pts.npz --dataset {dataset} --length 200 --blackout {BLACKOUTS} --model …`", "", *sizes(binary, runs), ""]
        table(by_length([*rows["score"], *published(shared, dataset)]), METRICS, out)
        out += [*verdicts(rows["difference"]), ""]
    head = len(out)
    for workload, runs in trained("cross-run").items():
        if len(out) == head:
            out += ["## Networks on other runs: windows of one thread's 200 events", "",
                    "Run 1 is tested. Networks learned two of the runs 2-4 and chose their weights by the smallest of the three; `counts` learned all three.",
                    "`counts+NAME` answers with both, weighed against each other by that smallest run, of which the counts then know nothing either.", ""]
        test, valid, train = divided(shared, workload)
        arguments = ["--protocol", "cross-run", "--train", *map(str, train), "--valid", str(valid), "--test", str(test),
                     "--blackout", "10,40", "--gaps", GAPS, "--seed", "1"]
        rows = evaluated(binary, store, f"cross-{workload}", arguments, runs)
        names = " ".join(run.name.split(".")[0] for run in train)
        out += [f"### {workload}", "", f"`tracemend evaluate --protocol cross-run --train {names} --valid {valid.name.split('.')[0]} --test run1 --blackout 10,40 --gaps {GAPS} --seed 1 --model …`", "",
                *sizes(binary, runs), ""]
        table(by_length(rows["score"]), METRICS, out)
        out += [*verdicts(rows["difference"]), ""]
    return out
