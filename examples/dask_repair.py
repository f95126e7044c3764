"""Repairs many traces with Dask: each shard learns a model, models are merged as a tree, every trace is repaired with the sum.

    python examples/dask_repair.py TRACE... -o FOLDER

Traces and outputs are files that every worker sees. The result is the same for any number of workers, byte for byte.
"""

import argparse
import pathlib

import dask

import tracemend


@dask.delayed
def learn(trace):
    return tracemend.train([trace])


@dask.delayed
def merge(models):
    return tracemend.merge(models)


@dask.delayed
def repair(trace, model, folder):
    path = folder / f"{pathlib.Path(trace).name}.parquet"
    tracemend.repair(trace, model=model, threads=1).write(path)
    return path


def tree(models, width=8):
    """Merges `width` at a time, so that no worker holds them all."""
    while len(models) > 1:
        models = [merge(models[at : at + width]) for at in range(0, len(models), width)]
    return models[0]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("traces", nargs="+", metavar="TRACE")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    model = tree([learn(trace) for trace in args.traces])
    for path in dask.compute(*[repair(trace, model, args.output) for trace in args.traces], scheduler="threads"):
        print(path)
