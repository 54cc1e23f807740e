#!/usr/bin/env python3
"""Checks that files stay small: the median of *.cc and *.h at most 150 lines, none over 600.

Usage: tools/check_sizes.py [ROOT]. Prints `file: message` for each violation, then a summary line; exits 1 on a violation.
The median is over src/ and include/ without tests; the cap also holds for tests, bench/ and examples/. A longer file needs
a line `path: reason` in tools/size_exceptions.txt; a line there that nothing needs any more is a violation too.
"""
import statistics
import sys
from pathlib import Path

MEDIAN_CAP = 150
FILE_CAP = 600
EXCEPTIONS = "tools/size_exceptions.txt"


def read_exceptions(root):
    """path -> line number of its exception, and messages for lines without a reason."""
    exceptions, messages = {}, []
    for number, line in enumerate((root / EXCEPTIONS).read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        path, _, reason = line.partition(":")
        if not reason.strip():
            messages.append(f"{EXCEPTIONS}:{number}: expected `path: reason`, got `{line}`")
        exceptions[path.strip()] = number
    return exceptions, messages


def check(root):
    """Messages for the tree at root, and the summary line."""
    root = Path(root).resolve()
    exceptions, messages = read_exceptions(root)
    sizes, counted = {}, []
    for folder in ("src", "include", "tests", "bench", "examples"):
        for file in sorted((root / folder).glob("**/*")):
            if file.suffix in (".cc", ".h", ".cu") and file.is_file():
                path = file.relative_to(root).as_posix()
                sizes[path] = len(file.read_text(errors="replace").splitlines())
                if folder in ("src", "include") and not file.name.endswith("_test.cc"):
                    counted.append(sizes[path])
    for path, size in sizes.items():
        if size > FILE_CAP and path not in exceptions:
            messages.append(f"{path}: {size} lines, over {FILE_CAP}; split it, or give the reason in {EXCEPTIONS}")
    for path, number in exceptions.items():
        if sizes.get(path, 0) <= FILE_CAP:
            what = f"has {sizes[path]} lines" if path in sizes else "does not exist"
            messages.append(f"{EXCEPTIONS}:{number}: {path} {what}, so it needs no exception; remove the line")
    if not counted:
        return messages + ["src: no source file found"], "sizes: nothing to measure"
    median = statistics.median(counted)
    if median > MEDIAN_CAP:
        messages.append(f"src: the median file has {median:g} lines, over {MEDIAN_CAP}; split the large ones")
    largest = max(sizes, key=sizes.get)
    summary = (f"sizes: {len(sizes)} files, {sum(sizes.values())} lines; without tests {len(counted)} files, "
               f"median {median:g} lines; largest {largest} ({sizes[largest]})")
    return messages, summary


def main():
    messages, summary = check(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent)
    print("\n".join([*messages, summary]))
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
