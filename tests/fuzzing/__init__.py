"""Hostile cases for every door of the program, each run in a process of its own with limits, and judged.

    python -m tests.fuzzing                 the corpus: each case with its outcome, seconds and megabytes
    python -m tests.fuzzing --cases 200     the generated cases of every door, 200 each
    python -m tests.fuzzing --door meta --seed 7 --only 12 --keep folder    one of them, its files kept

`case` says what a case is, `server` runs it, `oracle` judges it. `corpus` holds those that once did harm;
`doors` makes new ones from grammars and by damaging valid files.
"""
