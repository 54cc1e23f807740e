#!/usr/bin/env python3
"""Runs the main job and puts what it prints into README.md, between `<!-- main-job -->` and `<!-- /main-job -->`.

Usage: tools/update_readme.py [ARGUMENTS OF tacho analyze]. Run it on a quiet machine: the numbers stay until the next run.
The document is changed only if the command succeeds.
"""
import shlex
import subprocess
import sys
from pathlib import Path

BEGIN, END = "<!-- main-job -->", "<!-- /main-job -->"


def with_output(text, command, output):
    """The document with a block of `command` and what it printed between the markers."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        sys.exit(f"update_readme: README.md lacks {BEGIN} or {END}")
    lines = "\n".join(line.rstrip() for line in output.strip("\n").splitlines())
    return f"{head}{BEGIN}\n```text\n$ {command}\n{lines}\n```\n{END}{tail}"


def main():
    root = Path(__file__).resolve().parent.parent
    arguments = ["analyze", *sys.argv[1:]]
    result = subprocess.run([root / "tacho", *arguments, "--color", "never"], cwd=root, stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        sys.exit(f"update_readme: tacho analyze ended with exit status {result.returncode}; README.md is unchanged")
    readme = root / "README.md"
    readme.write_text(with_output(readme.read_text(), shlex.join(["./tacho", *arguments]), result.stdout))
    print("update_readme: README.md shows this run")


if __name__ == "__main__":
    main()
