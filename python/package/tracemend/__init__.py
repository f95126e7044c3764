"""Repairs execution traces that lost events.

    import tracemend

    repair = tracemend.repair("trace.dat")
    print(repair.summary)
    repair.write("repaired.parquet")
    pandas.DataFrame.from_arrow(repair.events)  # or polars.DataFrame(repair.events), pyarrow.table(repair.events)

Tables hand their columns over by the Arrow PyCapsule interface; no Arrow library is needed to make them.
"""

from ._tracemend import (
    Imputer,
    Model,
    Repair,
    Table,
    Trace,
    TracemendError,
    __version__,
    gaps,
    merge,
    open,
    repair,
    train,
)
from ._windows import impute
from ._evaluate import evaluate

__all__ = [
    "Imputer",
    "Model",
    "Repair",
    "Table",
    "Trace",
    "TracemendError",
    "__version__",
    "evaluate",
    "gaps",
    "impute",
    "merge",
    "open",
    "repair",
    "train",
]
