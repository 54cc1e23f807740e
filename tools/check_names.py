#!/usr/bin/env python3
"""Two different types of one name in one namespace are undefined behaviour that no compiler and no linker reports.

Usage: tools/check_names.py [ROOT]. Prints `file:line: message` for every struct, class or enum that src/, tests/ or bench/ defines at the
level of a namespace (anonymous ones aside) in more than one file, and exits 1 if there is one. Files ending in -inl.h are compiled once
per target, in a namespace of the target's own: there a name may come twice.
"""
import re
import sys
from collections import defaultdict
from pathlib import Path

OPEN = re.compile(r"namespace\s*([\w:]*)\s*\{")
CLOSE = re.compile(r"\}\s*//\s*namespace")
# At the beginning of a line: formatting puts members and locals behind spaces.
TYPE = re.compile(r"(?:struct|class|enum class|enum)\s+(?:alignas\(\w+\)\s*)?(\w+)(?!\w*::)\s*(?:final\s*)?(?::[^:;]*)?\{")


def definitions(path):
    spaces = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if opened := OPEN.match(line):
            spaces.append(opened[1])
        elif CLOSE.match(line):
            del spaces[-1:]
        elif (found := TYPE.match(line)) and "" not in spaces:
            yield "::".join([*spaces, found[1]]), number


def check(root):
    places = defaultdict(list)
    for folder in ("src", "tests", "bench"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".h", ".cc") and not path.name.endswith("-inl.h"):
                for name, number in definitions(path):
                    places[name].append((path.relative_to(root).as_posix(), number))
    messages = []
    for name, found in places.items():
        if len({file for file, _ in found}) > 1:
            (first, line), *others = found
            for file, number in others:
                messages.append(f"{file}:{number}: {name} is another type at {first}:{line}; one of them needs another name")
    return messages, len(places)


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    messages, types = check(root)
    print("\n".join([*messages, f"names: {types} types, {len(messages)} violations"]))
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
