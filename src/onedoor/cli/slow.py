"""`python -m onedoor.cli.slow RESULTS.xml ...`: write `tests/slow.txt` anew, what `./check fast` leaves out for its cost.

From the results of a check (`.onedoor/check/*.xml`). `./check fast` has a minute: a test function is slow when one case of
it takes long on average, or all its cases together do. A file of which little else is left stands by its own name. Tests
marked slow where they stand need no line, and new tests are quick until they have been timed.
"""

import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from onedoor.cli.supervisor.place import checkout

CASE_SECONDS = 0.08
ALL_SECONDS = 1.0
ALWAYS = ("tests/architecture/",)
"""Who breaks an arrow should know at once."""

REST = 0.2
"""A file stands whole when no more than this share of its functions is quick."""


def slow(functions: Mapping[str, Sequence[float]]) -> list[str]:
    """Names of slow functions and files, sorted. `functions` has the seconds of each case by "path/of/file.py::function"."""
    files: dict[str, set[str]] = defaultdict(set)
    found: dict[str, set[str]] = defaultdict(set)
    for name, seconds in functions.items():
        file = name.partition("::")[0]
        files[file].add(name)
        long = sum(seconds) / len(seconds) > CASE_SECONDS or sum(seconds) > ALL_SECONDS
        if long and not name.startswith(ALWAYS):
            found[file].add(name)
    whole = {file for file, names in found.items() if len(names) > 2 and len(names) >= (1 - REST) * len(files[file])}
    return sorted(whole | {name for file, names in found.items() if file not in whole for name in names})


def read(results: Iterable[Path], root: Path) -> dict[str, list[float]]:
    """The seconds of each case of each function, as pytest's results give them."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for file in results:
        for case in ElementTree.parse(file).getroot().iter("testcase"):
            name = _name(root, case.get("classname", ""), case.get("name", ""))
            seconds[name].append(float(case.get("time", 0)))
    return seconds


def _name(root: Path, place: str, name: str) -> str:
    """As pytest calls it: results join folders, file and class by points."""
    parts = place.split(".")
    for many in range(len(parts), 0, -1):
        file = Path(*parts[:many]).with_suffix(".py")
        if (root / file).exists():
            return "::".join([file.as_posix(), *parts[many:], name.partition("[")[0]])
    return f"{place}::{name}"


def main(arguments: Sequence[str]) -> int:
    root = checkout()
    lines = slow(read([Path(argument) for argument in arguments], root))
    (root / "tests" / "slow.txt").write_text("".join(f"{line}\n" for line in lines))
    print(f"{len(lines)} lines in tests/slow.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
