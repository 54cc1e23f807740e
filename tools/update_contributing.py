#!/usr/bin/env python3
"""Keeps the code in CONTRIBUTING.md equal to the files that it shows.

Usage: tools/update_contributing.py [--check] [ROOT]. A line `<!-- file: PATH -->` says that the code block below it is that
file (relative to ROOT, the repository by default). Without --check the blocks are rewritten from the files. With it nothing
is written: prints `CONTRIBUTING.md:line: message` for each block that differs, and exits 1 if there is one.
"""
import re
import sys
from pathlib import Path

BLOCK = re.compile(r"^<!-- file: (?P<path>\S+) -->\n```\w*\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
MARKER = "<!-- file: "


def differences(text, root):
    """Messages for blocks that are not the file they name, and how many blocks there are."""
    messages, blocks = [], list(BLOCK.finditer(text))
    for block in blocks:
        line, file = text.count("\n", 0, block.start()) + 1, root / block["path"]
        if not file.is_file():
            messages.append(f"CONTRIBUTING.md:{line}: {block['path']} does not exist")
        elif file.read_text() != block["code"]:
            messages.append(f"CONTRIBUTING.md:{line}: differs from {block['path']}; tools/update_contributing.py repairs this")
    if len(blocks) != text.count(MARKER):
        messages.append(f"CONTRIBUTING.md:1: {text.count(MARKER) - len(blocks)} markers without a code block below them")
    if not blocks:
        messages.append("CONTRIBUTING.md:1: shows no file")
    return messages, len(blocks)


def updated(text, root):
    """The text with every block rewritten from its file; other languages than C++ keep their own word."""
    def block_of(match):
        path = match["path"]
        return f"<!-- file: {path} -->\n```{'cpp' if path.endswith(('.cc', '.h')) else 'cmake'}\n{(root / path).read_text()}```"
    return BLOCK.sub(block_of, text)


def main():
    arguments = [word for word in sys.argv[1:] if word != "--check"]
    root = Path(arguments[0] if arguments else Path(__file__).parent.parent).resolve()
    document = root / "CONTRIBUTING.md"
    if "--check" not in sys.argv:
        document.write_text(updated(document.read_text(), root))
    messages, count = differences(document.read_text(), root)
    print("\n".join([*messages, f"recipes: {count} code blocks, {len(messages)} violations"]))
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
