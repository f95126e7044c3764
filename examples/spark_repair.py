"""Repairs many traces with Spark: one row a trace goes in, one row an inferred event comes out.

    spark-submit examples/spark_repair.py TRACE... -o FOLDER

Every executor needs the Python package `tracemend` and sees the traces under the same paths.
"""

import argparse

import pyarrow
from pyspark.sql import SparkSession

import tracemend

COLUMNS = ["time_ns", "cpu", "tid", "name", "phase", "confidence", "gap_id"]
SCHEMA = "trace string, time_ns long, cpu long, tid int, name string, phase string, confidence float, gap_id long"
TYPES = [pyarrow.int64(), pyarrow.int64(), pyarrow.int32(), pyarrow.string(), pyarrow.string(), pyarrow.float32(), pyarrow.int64()]


def repair(batches):
    for batch in batches:
        for path in batch.column("trace").to_pylist():
            events = pyarrow.table(tracemend.repair(path, threads=1).events).select(COLUMNS)
            events = events.cast(pyarrow.schema(list(zip(COLUMNS, TYPES))))
            yield from events.add_column(0, "trace", pyarrow.array([path] * len(events), pyarrow.string())).to_batches()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("traces", nargs="+", metavar="TRACE")
    parser.add_argument("-o", "--output", required=True)
    args = parser.parse_args()
    spark = SparkSession.builder.appName("tracemend").getOrCreate()
    traces = spark.createDataFrame([(path,) for path in args.traces], "trace string").repartition(len(args.traces))
    traces.mapInArrow(repair, SCHEMA).write.parquet(args.output)
    print(spark.read.parquet(args.output).groupBy("trace").count().collect())
