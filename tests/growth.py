#!/usr/bin/env python3
"""The growth promises, each replayed: an operation, a backend and a command are new files and no edit elsewhere.

Usage: tests/growth.py STAGE SOURCE_DIR BUILD_DIR, as ctest calls it (growth.STAGE). The templates under tests/templates
become TACHO_EXTRA_DIR of a second build folder, BUILD_DIR/growth, which shares BUILD_DIR's objects. Stages:
  build      configures and builds it; the others look at what came out, or at folders of their own:
  operation  the laws run for the new operation and hold; so do the tests beside it
  backend    the agreement test runs for the new backend; --backend takes it
  command    it is in the overview and runs
  misnamed   a row that is named otherwise than its file does not link
  missing    a backend that lacks something on this machine drops out with its reason
  recipes    CONTRIBUTING.md shows the templates as they are, and they keep the layer rule
"""
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path


class Growth:
    def __init__(self, source, build):
        self.source, self.main = Path(source).resolve(), Path(build).resolve()
        self.templates = self.source / "tests/templates"
        self.folder = self.main / "growth"
        self.tacho = self.folder / "all/src/tacho"
        self.tests = self.folder / "all/tests/tacho_tests"

    def run(self, *command, status=0):
        """Standard output and error together; another exit status than `status` (None: any but 0) fails the test."""
        result = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        expected = result.returncode != 0 if status is None else result.returncode == status
        if not expected:
            sys.exit(f"growth: {' '.join(map(str, command))}: exit status {result.returncode}\n{result.stdout}")
        return result.stdout

    def cached(self, name):
        """A variable of the main build's CMakeCache.txt."""
        found = re.search(rf"^{name}:\w+=(.*)$", (self.main / "CMakeCache.txt").read_text(), re.MULTILINE)
        return found[1] if found else ""

    def configure(self, name, extra, *more):
        same = [f"-D{v}={self.cached(v)}" for v in ("CMAKE_BUILD_TYPE", "CMAKE_CXX_COMPILER", "CMAKE_MAKE_PROGRAM")]
        return self.run("cmake", "-G", self.cached("CMAKE_GENERATOR"), "-S", self.source, "-B", self.folder / name, *same,
                        f"-DTACHO_PREBUILT={self.main}", f"-DTACHO_EXTRA_DIR={extra}", *more)

    def gtest(self, pattern):
        """Runs tests and returns how many ran; all of them must hold."""
        output = self.run(self.tests, f"--gtest_filter={pattern}", "--gtest_color=no")
        print(output[output.rindex("[==========]"):].strip())
        return int(re.search(r"\[==========\] (\d+) tests? from", output)[1]), output

    def extra_copy(self, name, *paths):
        """A fresh TACHO_EXTRA_DIR with these parts of the templates."""
        copy = self.folder / f"{name}.extra"
        shutil.rmtree(copy, ignore_errors=True)
        for path in paths:
            target = copy / path
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (self.templates / path).is_dir() else shutil.copy)(self.templates / path, target)
        return copy

    def stage_build(self):
        self.configure("all", self.templates)
        print(self.run("cmake", "--build", self.folder / "all", "--target", "tacho", "tacho_tests").splitlines()[-1])
        compiled = json.loads((self.folder / "all/compile_commands.json").read_text())
        shared = [entry["file"] for entry in compiled if f"{self.source}/src/" in entry["file"]]
        check(shared == [f"{self.source}/src/cli/main.cc"], "of src/, only main.cc is compiled again", shared)

    def stage_operation(self):
        count, output = self.gtest("*OpLaws*/smooth_relu")
        check(count >= 7, f"{count} laws ran for smooth_relu", output)
        for law in ("Shapes", "Types", "Counts", "Slices", "Gradients"):
            check(f"OK ] Ops/OpLaws.{law}/smooth_relu" in output, f"law {law} ran and held", output)
        count, output = self.gtest("SmoothRelu.*")
        check(count == 2, f"{count} tests beside smooth_relu.cc", output)

    def stage_backend(self):
        count, output = self.gtest("*BackendAgreement.Operations/wide")
        check(count == 1 and re.search(r"wide: .*: [1-9]\d* taken\b.*, [1-9]\d* refused", output), "wide takes and refuses", output)
        plan = json.loads(self.run(self.tacho, "plan", "--batch-size", 4, "--fusion", "off", "--backend", "wide,blas,reference",
                                   "--json", "-"))
        relus = [node for node in plan["nodes"] if node["op"] == "relu"]
        check(relus and all(node["backend"] == "wide" for node in relus), "wide runs every relu", relus)
        others = [r for node in plan["nodes"] for r in node["refusals"] if r["backend"] == "wide"]
        check(any(r["reason"].startswith("not relu: ") for r in others), "its refusals keep their reasons", others)
        error = self.run(self.tacho, "plan", "--backend", "narrow", status=2)
        check("wide" in error, "the error for an unknown backend names it among the known", error)

    def stage_command(self):
        overview = self.run(self.tacho, "--help")
        check(re.search(r"^  kinds +how many operations of each kind a step has$", overview, re.MULTILINE), "in the overview", overview)
        check("--batch-size" in self.run(self.tacho, "kinds", "--help"), "its --help lists its flags")
        kinds = self.run(self.tacho, "kinds", "simplenn-4", "--convolution", "direct")
        check(re.search(r"^    3  conv2d$", kinds, re.MULTILINE), "it counts the three convolutions", kinds)
        check("unknown flag" in self.run(self.tacho, "kinds", "--high", status=2), "a wrong flag is a user's mistake")

    def stage_misnamed(self):
        extra = self.extra_copy("misnamed", "ops/smooth_relu.h", "ops/smooth_relu.cc")
        (extra / "ops/smooth_relu.cc").rename(extra / "ops/otherwise.cc")
        self.configure("misnamed", extra, "-DTACHO_TESTS=OFF")
        output = self.run("cmake", "--build", self.folder / "misnamed", "--target", "tacho", status=None)
        check("undefined reference to `tacho::op_otherwise'" in output, "the linker names the row", output)

    def stage_missing(self):
        extra = self.extra_copy("missing", "backends/wide")
        requirements = extra / "backends/wide/requirements.cmake"
        requirements.write_text(requirements.read_text().replace("cmath", "no/such/header"))
        output = self.configure("missing", extra, "-DTACHO_TESTS=OFF")
        check("backend wide left out: the header <no/such/header> is missing" in output, "configuring prints the reason", output)
        table = (self.folder / "missing/tables/backend_table.cc").read_text()
        check("backend_reference" in table and "backend_wide" not in table, "the table has no row for it", table)

    def stage_recipes(self):
        print(self.run(sys.executable, self.source / "tools/update_contributing.py", "--check", self.source).strip())
        shown = re.findall(r"^<!-- file: (\S+) -->$", (self.source / "CONTRIBUTING.md").read_text(), re.MULTILINE)
        for file in sorted(self.templates.rglob("*")):
            if file.is_file() and not file.name.endswith(("_test.cc", ".md")):
                check(str(file.relative_to(self.source)) in shown, f"CONTRIBUTING.md shows {file.relative_to(self.source)}", shown)
        tree = self.folder / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        for path in ("src", "include", "tests/support"):
            shutil.copytree(self.source / path, tree / path)
        shutil.copytree(self.templates, tree / "src", dirs_exist_ok=True)
        (tree / "tools").mkdir()
        shutil.copy(self.source / "tools/layers.txt", tree / "tools")
        print(self.run(sys.executable, self.source / "tools/check_layers.py", tree).strip())


def check(condition, what, seen=""):
    if not condition:
        sys.exit(f"growth: not so: {what}\n{seen}")
    print(f"growth: {what}"[:200])


def main():
    stage, source, build = sys.argv[1:]
    os.environ.pop("MAKEFLAGS", None)
    getattr(Growth(source, build), f"stage_{stage}")()


if __name__ == "__main__":
    main()
