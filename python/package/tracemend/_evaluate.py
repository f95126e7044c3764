"""Measuring repairs: the command's `evaluate`, in a process of its own."""

import json
import subprocess
import sys
from typing import Any

from ._tracemend import TracemendError


def evaluate(protocol: str, **options: Any) -> list[dict[str, Any]]:
    """Measures repairs where the lost events are known, and returns the rows of `tracemend evaluate PROTOCOL --json`.

    `protocol` is "self" (`test=`), "truth" (`lossy=`, `full=`) or another one of the command. Options are those of the command with
    underscores: `gaps=100`, `blackout=[10, 40]`, `seed=1`. Each row is a dict with the key "type": score, stratum, truth, ...
    """
    command = [sys.executable, "-m", "tracemend", "evaluate", protocol, "--json", "--quiet"]
    for name, value in options.items():
        if value is None or value is False:
            continue
        flag = "--" + name.replace("_", "-")
        if value is True:
            command.append(flag)
        elif isinstance(value, (list, tuple)):
            command.append(flag + "=" + ",".join(str(part) for part in value))
        else:
            command.append(f"{flag}={value}")
    done = subprocess.run(command, capture_output=True, text=True)
    # 1: a bound of `fail_under` does not hold. The rows say which figure.
    if done.returncode not in (0, 1):
        raise TracemendError(done.stderr.strip().removeprefix("error: "))
    rows = (json.loads(line) for line in done.stdout.splitlines())
    return [{"type": row["type"], **row["data"]} for row in rows if "data" in row]
