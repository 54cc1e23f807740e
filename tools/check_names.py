#!/usr/bin/env python3
"""Two different types of one name in one namespace are undefined behaviour that no compiler and no linker reports.

Usage: tools/check_names.py [ROOT]. Prints `file:line: message` for every struct, class or enum that src/, tests/ or bench/ defines at the
level of a namespace (anonymous ones aside) in more than one file, and exits 1 if there is one. Files ending in -inl.h are compiled once
per target, in a namespace of the target's own: there a name may come twice. Files of a room are compiled several at a time
(cmake/unity.cmake), so what their anonymous namespaces define may not clash either: types, constants and functions that take the
same. In tests functions of one name clash whatever they take, also with tests/support, whose names every test sees.
"""
import re
import sys
from collections import defaultdict
from pathlib import Path

OPEN = re.compile(r"namespace\s*([\w:]*)\s*\{")
CLOSE = re.compile(r"\}\s*//\s*namespace")
# At the beginning of a line: formatting puts members and locals behind spaces.
TYPE = re.compile(r"(?:struct|class|enum class|enum)\s+(?:alignas\(\w+\)\s*)?(\w+)(?!\w*::)\s*(?:final\s*)?(?::[^:;]*)?\{")
HELPER = re.compile(r"(?!TEST|INSTANTIATE|MATCHER|using\b|return\b|extern\b|typedef\b|struct\b|class\b|enum\b|template\b|static_assert|friend\b)"
                    r"[A-Za-z_][\w:<>,&*\s\[\]]*?[\s&*](\w+)(?:\(|(?:\[\w*\])?(?:\s*=|\{))")


def in_namespaces(path):
    """Each line with the namespaces around it and its number."""
    spaces = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if opened := OPEN.match(line):
            spaces.append(opened[1])
        elif CLOSE.match(line):
            del spaces[-1:]
        else:
            yield line, spaces, number


def definitions(path):
    for line, spaces, number in in_namespaces(path):
        if (found := TYPE.match(line)) and "" not in spaces:
            yield "::".join([*spaces, found[1]]), number


def helpers(path):
    """What a test file defines for itself (what tests/support declares), by namespace; `support` is searched by every test."""
    shared = path.suffix == ".h"
    for line, spaces, number in in_namespaces(path):
        if (found := TYPE.match(line) or HELPER.match(line)) and (shared or "" in spaces):
            yield "helper " + "::".join([*filter(None, spaces), found[1]]).replace("tacho::support::", "tacho::"), number


def taken(line, start):
    """What a function's head takes, without names and defaults, as far as it stands in this line."""
    text = line[start:].split(")")[0] if "<" not in line[start:] else line[start:].rsplit(")", 1)[0]
    return ",".join(re.sub(r"(?<=[&*> ])\w+$", "", re.sub(r"\s*=.*", "", part.strip())).strip() for part in text.split(","))


def room_helpers(path):
    """What a source defines for itself; not those that are compiled alone (cmake/unity.cmake)."""
    text, room = path.as_posix(), re.search(r"/src/(\w+)/", path.as_posix())
    if not room or "/src/backends/" in text or "/src/cli/commands/" in text:
        return
    for line, spaces, number in in_namespaces(path):
        if "" in spaces and (found := TYPE.match(line) or HELPER.match(line)):
            operands = "(" + taken(line, found.end()) + ")" if line[found.end() - 1] == "(" else ""
            yield f"{room[1]}'s helper " + "::".join([*filter(None, spaces), found[1]]) + operands, number


def files_of(root, *folders):
    return [path for folder in folders for path in sorted((root / folder).rglob("*"))
            if path.suffix in (".h", ".cc") and not path.name.endswith("-inl.h")]


def check(root):
    places = defaultdict(list)
    sources = [(path, definitions) for path in files_of(root, "src", "tests", "bench")]
    sources += [(path, helpers) for path in files_of(root, "tests/support") if path.suffix == ".h"]
    sources += [(path, helpers) for path in files_of(root, "src", "tests") if path.name.endswith("_test.cc")]
    sources += [(path, room_helpers) for path in files_of(root, "src") if path.suffix == ".cc" and not path.name.endswith("_test.cc")]
    for path, names_in in sources:
        for name, number in names_in(path):
            places[name].append((path.relative_to(root).as_posix(), number))
    messages = []
    for name, found in places.items():
        if len({file for file, _ in found}) > 1:
            (first, line), *others = found
            for file, number in others:
                messages.append(f"{file}:{number}: {name} is another one at {first}:{line}; one of them needs another name")
    return messages, len(places)


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    messages, types = check(root)
    print("\n".join([*messages, f"names: {types} names, {len(messages)} violations"]))
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
