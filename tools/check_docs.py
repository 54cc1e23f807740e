#!/usr/bin/env python3
"""Checks that the documents tell the truth about the repository.

Usage: tools/check_docs.py [ROOT]. Prints `file:line: message` for each violation and exits 1 if there is one.
Read are README.md, CONTRIBUTING.md, docs/ and the READMEs in folders. Checked in code spans and code blocks: paths of the
repository exist, and `tacho COMMAND` has a src/cli/commands/COMMAND.cc; links lead somewhere; every folder under src/ that
holds files has a README.md (one for all backends). Left alone: lines that say "planned" or "to come", paths that lead
outside (../, /, ~), build/, and placeholders (with any of * < > { } $).
"""
import re
import sys
from pathlib import Path

MAIN_JOB = ("<!-- main-job -->", "<!-- /main-job -->")  # tools/update_readme.py fills what is between
FENCE = re.compile(r"^\s*(```|~~~)")
SPAN = re.compile(r"(`+)(.+?)\1")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)[^)]*\)")
WORD = re.compile(r"[\w.\-/]+")
# A command stands at the start of the line or of the next command on it, behind a prompt, assignments or a path to it.
COMMAND = re.compile(r"(?:^|[;&|] )\s*(?:\$ )?(?:[A-Z_]+=\S+ )*(?:[\w.\-/]*/)?tacho +([a-z][a-z0-9_-]*)")
FOREIGN = re.compile(r"\b(planned|to come)\b")
TOP = {"src", "include", "tests", "tools", "docs", "bench", "examples", "cmake", "python", ".ci"}
SOURCE_NAME = re.compile(r"\.(h|cc|cu|py|sh|md|cmake)$")
ALIASES = {"summary": "inspect"}


class Tree:
    """What exists under root: paths, file names, rooms (folders directly under src/)."""

    def __init__(self, root):
        self.root = root
        skipped = {".git", "build"}
        self.names = set()
        for top in root.iterdir():
            if top.name in skipped or top.name.startswith("build-"):
                continue
            self.names.add(top.name)
            if top.is_dir():
                self.names.update(path.name for path in top.glob("**/*"))
        table = root / "tools/layers.txt"
        lines = table.read_text().splitlines() if table.is_file() else []
        self.rooms = {line.split(":")[0] for line in lines if ":" in line and not line.startswith("#")}

    def lacks_path(self, word, document):
        """Whether word looks like a path of the repository and leads nowhere."""
        path = word.removeprefix("./")
        first, slash, rest = path.partition("/")
        bases = [self.root, document.parent, self.root / "src", self.root / "include"]
        if slash and first in TOP:
            return not any((base / path).exists() for base in bases)
        if slash and first in self.rooms and (not rest or SOURCE_NAME.search(rest)):
            return not any((base / path).exists() for base in bases)
        if word.startswith("./") and path and not (document.parent / path).exists():
            return not (self.root / path).exists()
        # A bare file name may stand for a file anywhere.
        return not slash and bool(SOURCE_NAME.search(path)) and not path.startswith(".") and path not in self.names


def words_of(code):
    """The words of a piece of code that could be paths, without line numbers and closing punctuation."""
    for word in code.split():
        word = re.sub(r"(:\d+)?[,.:;)]*$", "", word.strip("\"'(),"))
        if WORD.fullmatch(word) and not word.startswith(("..", "/", "-", "build/", "./build/")):
            yield word


def check_line(tree, document, line, fenced):
    """Messages about one line."""
    if FOREIGN.search(line):
        return
    pieces = [line] if fenced else [match[2] for match in SPAN.finditer(line)]
    for code in pieces:
        for match in COMMAND.finditer(code):
            command = ALIASES.get(match[1], match[1]).replace("-", "_")
            if not (tree.root / f"src/cli/commands/{command}.cc").is_file():
                yield f"`tacho {match[1]}` is named, but there is no src/cli/commands/{command}.cc"
        for word in words_of(code):
            # A block may print anything; there only what begins with a folder of the repository counts as its path.
            if fenced and word.removeprefix("./").partition("/")[0] not in TOP:
                continue
            if tree.lacks_path(word, document):
                yield f"`{word}` is named, but does not exist"
    if fenced:
        return
    for match in LINK.finditer(SPAN.sub("", line)):
        target = match[1].partition("#")[0]
        if not target or re.match(r"[a-z]+:", target):
            continue
        path = (document.parent / target).resolve()
        if path.is_relative_to(tree.root) and not path.exists():
            yield f"the link to {target} leads nowhere"


def missing_readmes(root):
    """Messages for folders under src/ that hold files but no README.md."""
    for folder in sorted(path for path in (root / "src").glob("**/*") if path.is_dir()):
        parts = folder.relative_to(root).parts
        if parts[1] == "backends" and len(parts) > 2:
            continue
        readme = folder / "README.md"
        if any(path.is_file() for path in folder.glob("**/*")) and not (readme.is_file() and readme.read_text().strip()):
            yield f"{'/'.join(parts)}:1: no README.md (purpose, entry file, what it may include; about ten lines)"


def check(root):
    """Messages for the tree at root, and how many documents were read."""
    root = Path(root).resolve()
    tree = Tree(root)
    documents = [root / name for name in ("README.md", "CONTRIBUTING.md") if (root / name).is_file()]
    documents += sorted(root.glob("docs/**/*.md"))
    for top in ("src", "tests", "bench", "examples", "tools", "python"):
        documents += sorted(root.glob(f"{top}/**/README.md"))
    messages = [f"{name}:1: missing" for name in ("README.md", "CONTRIBUTING.md") if not (root / name).is_file()]
    messages += missing_readmes(root)
    for document in documents:
        fenced = printed = False
        for number, line in enumerate(document.read_text().splitlines(), 1):
            # What the program printed is no claim of the document's: "examples/s" names no file.
            printed = (printed or line == MAIN_JOB[0]) and line != MAIN_JOB[1]
            if printed and not FENCE.match(line):
                continue
            if FENCE.match(line):
                fenced = not fenced
                continue
            for message in check_line(tree, document, line, fenced):
                messages.append(f"{document.relative_to(root)}:{number}: {message}")
    return messages, len(documents)


def main():
    messages, count = check(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent)
    print("\n".join([*messages, f"docs: {count} documents, {len(messages)} violations"]))
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
