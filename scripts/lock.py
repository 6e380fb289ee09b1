"""Writes requirements/*.txt: every package that is installed anywhere, with its version and the hashes of its files.

    python3 scripts/lock.py              what pyproject.toml asks for and is not there yet; what is there stays
    python3 scripts/lock.py --upgrade    the newest of everything

The only way in which these files are changed. It needs Python 3.11 and a network. One resolution for all platforms and
Pythons settles the versions; then each layer is written without what the layers below it hold, so that no package of them
stands in two files that are installed together.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "requirements"
OLDEST = "3.11"
# Each layer with those below it, in the order of their writing. set_up.py installs them.
BELOW: dict[str, tuple[str, ...]] = {
    "lock": (),
    "pip": (),
    "build": (),
    "full": ("build",),
    "data": ("build", "full"),
    "test": ("build", "full", "data"),
    "bench": ("build", "full", "data"),
    "bench-fortran": ("build", "full", "data", "bench"),
}
HEADER = "# Written by scripts/lock.py: change pyproject.toml and run it again.\n"
_PIN = re.compile(r"^[A-Za-z0-9]")


def roots(layer: str) -> list[str]:
    """What a layer is asked to hold, as requirements."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    if layer in ("lock", "pip"):
        return [{"lock": "uv"}.get(layer, layer)]
    if layer == "build":
        return [*project["build-system"]["requires"], "editables"]  # which hatchling asks for on the way
    extras = project["project"]["optional-dependencies"]
    found, waiting = list(project["project"]["dependencies"]), [layer]
    while waiting:
        for requirement in extras[waiting.pop()]:
            own = re.fullmatch(r"openldn\[(.*)\]", requirement)
            (waiting.extend(own[1].split(",")) if own else found.append(requirement))
    return found


def blocks(text: str) -> dict[str, str]:
    """Each pin with its marker, to the lines of it and of its hashes."""
    found: dict[str, str] = {}
    pin = ""
    for line in text.splitlines(keepends=True):
        if _PIN.match(line):
            pin = line.rstrip(" \\\n")
            found[pin] = ""
        if pin and line.strip():
            found[pin] += line
    return found


def compiled(
    uv: str, wanted: list[str], place: Path, known: str = "", upgrade: bool = False
) -> dict[str, str]:
    """The blocks of what `wanted` takes. known: a file of versions that it keeps to."""
    asked, out = place / "asked.in", place / "out.txt"
    asked.write_text("\n".join(wanted) + "\n", "utf-8")
    out.write_text(known, "utf-8")
    subprocess.run(
        [uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes", f"--python-version={OLDEST}",
         "--no-header", "--no-annotate", *(["--upgrade"] if upgrade else []), "-o", str(out), str(asked)],
        check=True, stdout=subprocess.DEVNULL, cwd=place,
    )  # fmt: skip
    return blocks(out.read_text("utf-8"))


def tool(place: Path) -> str:
    """uv, in an environment of its own: the locked one where there is one."""
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    locked = FOLDER / "lock.txt"
    wanted = ["--require-hashes", "-r", str(locked)] if locked.exists() else ["uv"]
    subprocess.run([place / "bin" / "python", "-m", "pip", "install", "--quiet", *wanted], check=True)
    return str(place / "bin" / "uv")


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--upgrade", action="store_true", help="take the newest of everything")
    upgrade = options.parse_args().upgrade
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        uv = tool(place / "tool")
        before = blocks("".join(path.read_text("utf-8") for path in sorted(FOLDER.glob("*.txt"))))
        everything = sorted({requirement for layer in BELOW for requirement in roots(layer)})
        whole = "".join(compiled(uv, everything, place, "".join(before.values()), upgrade).values())
        written: dict[str, dict[str, str]] = {}
        for layer, below in BELOW.items():
            held = {pin for name in below for pin in written[name]}
            found = compiled(uv, roots(layer), place, whole)
            written[layer] = {pin: lines for pin, lines in found.items() if pin not in held}
        for layer, found in written.items():
            (FOLDER / f"{layer}.txt").write_text(HEADER + "".join(found.values()), "utf-8")
            print(f"{FOLDER.name}/{layer}.txt: {len(found)} packages")


if __name__ == "__main__":
    main()
