#!/usr/bin/env python3
"""Checks every quoted #include under src/ and include/ against tools/layers.txt.

Usage: tools/check_layers.py [ROOT]. Prints `file:line: message` for each violation and exits 1 if there is one.
A file in src/X may include X, base and what X's row lists: a room, `room/*.h` (headers that stand directly in it) or `*`.
A backend may include its own sub-folder only, never a sibling. *_test.cc and include/tacho/ may include anything.
"""
import re
import sys
from pathlib import Path, PurePosixPath

SOURCES = {".h", ".cc", ".cu"}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]*)"')


def read_table(path):
    """The rooms: name -> list of what it may include. Malformed lines and unknown names are messages."""
    rooms, messages, lines = {}, [], {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        room, colon, allowed = line.partition(":")
        if not colon or room in rooms:
            messages.append(f"tools/layers.txt:{number}: expected one `room: names` line for each room, got `{line}`")
            continue
        rooms[room], lines[room] = allowed.split(), number
    for room, allowed in rooms.items():
        for entry in allowed:
            if entry != "*" and entry.removesuffix("/*.h") not in rooms:
                messages.append(f"tools/layers.txt:{lines[room]}: `{room}` lists `{entry}`, which has no line of its own")
    return rooms, messages


def resolve(root, file, name):
    """The included file, relative to root, or None: beside the includer first (as the compiler does), src/, include/."""
    for base in (file.parent, root / "src", root / "include"):
        path = (base / name).resolve()
        if path.is_file() and path.is_relative_to(root):
            return PurePosixPath(path.relative_to(root).as_posix())
    return None


def permitted(rooms, includer, included):
    """Whether includer (below src/) may include the file included (relative to the root); both are PurePosixPaths."""
    room = includer.parts[0]
    allowed = rooms[room]
    if included.parts[0] != "src":
        return "*" in allowed
    below = included.relative_to("src")
    if room == "backends" and below.parts[0] == "backends":
        return len(includer.parts) > 2 and below.parts[:2] == includer.parts[:2]
    if below.parts[0] in (room, "base") or "*" in allowed or below.parts[0] in allowed:
        return True
    return f"{below.parts[0]}/*.h" in allowed and len(below.parts) == 2 and below.suffix == ".h"


def check(root):
    """Messages for the tree at root, and how many includes were looked at."""
    root = Path(root).resolve()
    rooms, messages = read_table(root / "tools/layers.txt")
    seen = 0
    for file in sorted([*root.glob("src/**/*"), *root.glob("include/**/*")]):
        if not file.is_file() or file.suffix not in SOURCES:
            continue
        path = PurePosixPath(file.relative_to(root).as_posix())
        below_src = path.relative_to("src") if path.parts[0] == "src" else None
        if below_src and (len(below_src.parts) < 2 or below_src.parts[0] not in rooms):
            messages.append(f"{path}:1: stands in no room of tools/layers.txt; move it into one, or give its folder a line there")
            continue
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            seen += 1
            free = below_src is None or path.name.endswith("_test.cc")
            included = resolve(root, file, match[1])
            if included is None:
                if not (free and (root / match[1]).is_file()):
                    messages.append(f'{path}:{number}: "{match[1]}" does not exist under src/ or include/ (a system header takes <>)')
            elif included.suffix != ".h":
                messages.append(f'{path}:{number}: "{match[1]}" is no header')
            elif not free and not permitted(rooms, below_src, included):
                row = " ".join(["base", *rooms[below_src.parts[0]]])
                messages.append(f'{path}:{number}: {below_src.parts[0]}/ may not include "{match[1]}"; it may include itself and: {row}')
    return messages, seen


def main():
    messages, seen = check(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent)
    print("\n".join([*messages, f"layers: {seen} includes, {len(messages)} violations"]))
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
