"""Repairs execution traces that lost events: finds the gaps, and reconstructs the lost events, each with a probability."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any, final

__all__ = [
    "Imputer",
    "Model",
    "Repair",
    "Table",
    "Trace",
    "TracemendError",
    "__version__",
    "gaps",
    "main",
    "merge",
    "open",
    "repair",
    "train",
]

__version__: str

_Path = str | PathLike[str]

class TracemendError(Exception):
    """An input that cannot be read, or an output that cannot be written. The message says what to do next."""

    path: str | None
    """The file concerned."""
    offset: int | None
    """Byte in the decompressed input."""
    line: int | None
    """Line from 1, in a text format."""

@final
class Table:
    """Columns in memory. Whatever reads the Arrow PyCapsule interface reads it: `polars.DataFrame(table)`, `pyarrow.table(table)`,
    `pandas.DataFrame.from_arrow(table)`, or in DuckDB the variable's name in a query."""

    @property
    def column_names(self) -> list[str]:
        """Names of the columns."""

    def column(self, name: str) -> list[Any]:
        """One column as a list."""

    def rows(self) -> list[dict[str, Any]]:
        """All rows, each as a dict by the columns' names. For a few rows, or where no data frame library is there."""

    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class Trace:
    """A trace in memory."""

    @property
    def events(self) -> Table:
        """The recorded events: time_ns, stream, cpu, tid, comm, name, phase, ret, dur_ns."""

    @property
    def gaps(self) -> Table:
        """Where events were lost, how many, why, and which option of the tracer would have kept them."""

    @property
    def header(self) -> dict[str, Any]:
        """`format`, `streams` (dicts of name and cpu), and `warnings`: what the reader passed over."""

    @property
    def path(self) -> str:
        """Where it was read from."""

    def __len__(self) -> int: ...

@final
class Repair:
    """A repaired trace. Inferred events are never shown as recorded ones."""

    @property
    def events(self) -> Table:
        """The inferred events: the columns of a trace's events, and time_err_ns, inferred, confidence, alternatives (a list of name,
        tid, phase, probability), gap_id, model, sample (a number in reconstructions drawn at random, else null)."""

    @property
    def merged(self) -> Table:
        """Recorded and inferred events by time, in the columns of `events`. It is made anew by every access."""

    @property
    def gaps(self) -> Table:
        """The gaps with how the repair of each went: inferred, withheld, left_open, and the estimated number of lost events with its
        90 % interval."""

    @property
    def composition(self) -> Table:
        """What each gap lost by kind of event, with 90 % intervals. Rows with `by` = "event" are sums over the rows "thread"."""

    @property
    def statistics(self) -> Table:
        """Counts and latencies by kind of event, as recorded and with what was lost. It is made anew by every access."""

    @property
    def summary(self) -> str:
        """The repair in words, one sentence a line."""

    def write(self, path: _Path, format: str | None = None, *, merge: bool = False) -> None:
        """Writes the repair to `path`, which appears whole or not at all. Without `format` the suffix decides: .jsonl, .csv, .txt,
        .parquet, .ctf, .perfetto-trace. `merge` writes the recorded events too."""

    def report(self, path: _Path) -> None:
        """Writes the report: one HTML page with a timeline, the gaps and their compositions, that works offline."""

    def _repr_html_(self) -> str: ...

@final
class Model:
    """What was learned from traces, for what a trace itself does not teach."""

    @staticmethod
    def load(path: _Path) -> Model:
        """Reads a model file."""

    def save(self, path: _Path) -> None:
        """Writes the model to a file, which appears whole or not at all. Models of the same traces give the same bytes, however they
        were merged."""

    @property
    def events(self) -> int:
        """Events learned from."""

@final
class Imputer:
    """Fills masked positions of flat windows by looking up what stood between like contexts, and by n-grams."""

    def __new__(cls, sequences: Sequence[Sequence[int]]) -> Imputer: ...
    def fill(
        self, windows: Sequence[Sequence[int]], observed: Sequence[Sequence[bool]]
    ) -> tuple[list[list[int]], list[list[float]]]:
        """Fills windows where `observed` is false; returns the tokens and their probabilities, 1 where observed."""

def open(path: _Path, format: str | None = None) -> Trace:
    """Reads a trace: a file, a folder, or "-" for the standard input; packed or not. `format` names its format where it is not
    recognised by the content."""

def gaps(path: _Path, format: str | None = None) -> Table:
    """Lists the gaps of a trace in one pass, without keeping its events."""

def repair(
    trace: Trace | _Path,
    *,
    model: Model | _Path | None = None,
    seed: int = 0,
    threads: int = 0,
    params: Mapping[str, Any] | None = None,
    samples: int = 0,
    max_lost: int | None = None,
    min_confidence: float = 0.0,
    format: str | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Repair:
    """Reconstructs what a trace lost, with `model` and what the intact rest of the trace teaches.

    The same seed gives the same repair for any number of threads (0: one per core). `params` changes constants by their names in
    docs/parameters.md. `samples` draws so many further reconstructions. Gaps that lost more than `max_lost` events stay open, and
    events below `min_confidence` are left out. `progress` is called with the gaps done and all gaps. Ctrl-C ends the repair.
    """

def train(traces: Sequence[Trace | _Path], *, seed: int = 0, threads: int = 0) -> Model:
    """Learns a model from traces of the same program; of traces with gaps, from their intact parts."""

def merge(models: Sequence[Model | _Path]) -> Model:
    """Adds models up. Neither order nor grouping matters."""

def main(args: Sequence[str]) -> int:
    """Runs the command with these arguments, the program's name first, and returns its exit code."""
