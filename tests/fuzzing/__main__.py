"""The cases from the command line; see the package."""

import argparse
import csv
import sys
import tempfile
from pathlib import Path

from .runs import DOORS, Result, beside, corpus, generated, run, summary


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    asked.add_argument("--cases", type=int, help="generated cases of each door, instead of the corpus")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--door", action="append", choices=DOORS, help="only this door")
    asked.add_argument("--only", help="only this case: its number, or a part of its name")
    asked.add_argument("--seconds", type=float, help="of a processor for each case")
    asked.add_argument("--megabytes", type=float, help="for each case")
    asked.add_argument("--keep", type=Path, help="a folder for the files of each case")
    asked.add_argument("--tell", action="store_true", help="print what each case wrote on stderr")
    asked.add_argument("--csv", type=Path, help="write the table to this file")
    asked.add_argument("--beside", type=Path, help="a table that --csv wrote: also print it beside this one")
    given = asked.parse_args()
    cases = (
        corpus()
        if given.cases is None and not (given.only or "").isdigit()
        else generated(given.cases, given.seed, given.door, given.only)
    )
    if given.door:
        cases = [case for case in cases if case.door in given.door]
    if given.only and not given.only.isdigit():
        cases = [case for case in cases if given.only in case.name]
    found: list[Result] = []
    with tempfile.TemporaryDirectory() as cache:
        for result in run(
            cases, Path(cache), keep=given.keep, seconds=given.seconds, megabytes=given.megabytes
        ):
            found.append(result)
            print(result, flush=True)
            if given.tell:
                print(ascii(result.outcome.stderr[:300].decode("utf-8", "replace")), flush=True)
    if given.csv:
        with given.csv.open("w", newline="", encoding="utf-8") as file:
            written = csv.writer(file)
            written.writerow(("door", "case", "outcome", "seconds", "megabytes", "faults"))
            written.writerows(result.row() for result in found)
    print("\n".join(summary(found)))
    if given.beside:
        with given.beside.open(newline="", encoding="utf-8") as file:
            print("\n".join(beside(list(csv.DictReader(file)), found)))
    sys.exit(any(result.faults for result in found))


if __name__ == "__main__":
    main()
