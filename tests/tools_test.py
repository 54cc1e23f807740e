#!/usr/bin/env python3
"""The checks under tools/ find what they are for: each test plants one violation in a small tree and expects its message."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import check_docs  # noqa: E402
import check_layers  # noqa: E402
import check_names  # noqa: E402
import check_sizes  # noqa: E402
import update_contributing  # noqa: E402
import update_readme  # noqa: E402

SOUND = {
    "tools/layers.txt": "# comment\nbase:\ntensor:\nop: tensor\nops: tensor op\nbackends: op ops/*.h\npasses: ops/*.h\ncli: *\n",
    "tools/size_exceptions.txt": "# none\n",
    "src/base/error.h": "#pragma once\n",
    "src/base/README.md": "Errors.\n",
    "src/tensor/shape.h": '#include <vector>\n#include "base/error.h"\n',
    "src/tensor/README.md": "Shapes: `shape.h`; may include `base/`.\n",
    "src/op/op_def.h": '#include "tensor/shape.h"\n',
    "src/op/README.md": "Contracts.\n",
    "src/ops/relu.h": '#include "op/op_def.h"\n',
    "src/ops/relu.cc": '#include "ops/relu.h"\n#include "relu.h"\n',
    "src/ops/relu_test.cc": '#include "cli/command.h"\n#include "tests/support/near.h"\n',
    "src/ops/detail/loops.h": "\n",
    "src/ops/detail/README.md": "Loops.\n",
    "src/ops/README.md": "Catalogue.\n",
    "src/passes/dead.cc": '#include "ops/relu.h"\n',
    "src/passes/README.md": "Passes.\n",
    "src/backends/README.md": "One folder each.\n",
    "src/backends/blas/backend.cc": '#include "backends/blas/load.h"\n#include "load.h"\n#include "ops/relu.h"\n',
    "src/backends/blas/load.h": "\n",
    "src/backends/simd/gemm.h": "\n",
    "src/cli/README.md": "Commands.\n",
    "src/cli/command.h": '#include "passes/pass.h"\n#include "tacho/tacho.h"\n',
    "src/passes/pass.h": "\n",
    "src/cli/commands/README.md": "One file each.\n",
    "src/cli/commands/analyze.cc": '#include "cli/command.h"\n',
    "src/cli/commands/inspect.cc": "\n",
    "include/tacho/tacho.h": '#include "cli/command.h"\n',
    "tests/support/near.h": "\n",
    "tacho": "",
    "README.md": "Run `./tacho analyze`, see [more](CONTRIBUTING.md#names) and [us](https://example.org/none), `src/ops/relu.h:12`.\n"
                 "`tacho serve` and `python/` are planned. `ops/<name>.h`, `../shared/data`, `build/release`, `--flag`, `N/s`.\n"
                 "```\n$ ./tacho summary --json - | head\nconv1/conv2d/forward  12 %  ops/s\n```\n",
    "CONTRIBUTING.md": "Start at `ops/relu.h`, `relu.h` or `src/ops/`.\n",
}


class KernelIdentity(unittest.TestCase):
    def test_follows_kernels_names_and_compiler_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            kernel, other, out = folder / "a.cc", folder / "b.h", folder / "made" / "identity.cc"
            kernel.write_text("one\n")
            other.write_text("two\n")

            def made(files, compiler="GNU 13"):
                subprocess.run(["cmake", f"-DFILES={';'.join(str(f) for f in files)}", f"-DFOLDER={folder}", f"-DCOMPILER={compiler}",
                                f"-DOUT={out}", "-P", str(ROOT / "cmake" / "kernel_identity.cmake")], check=True)
                return out.read_text()
            first = made([kernel, other])
            os.utime(out, (1, 1))
            self.assertEqual(made([kernel, other]), first)
            self.assertEqual(out.stat().st_mtime, 1, "what is the same is not written again")
            self.assertNotEqual(made([kernel, other], "GNU 14"), first)
            self.assertNotEqual(made([kernel]), first)
            kernel.write_text("one.\n")
            self.assertNotEqual(made([kernel, other]), first)
            kernel.write_text("one\n")
            self.assertEqual(made([kernel, other]), first)


class Planted(unittest.TestCase):
    """A sound tree in a temporary folder, with changes on top."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        for path, text in SOUND.items():
            self.write(path, text)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def expect(self, check, *fragments):
        """Exactly one message, which holds all fragments."""
        messages = check(self.root)[0]
        self.assertEqual(len(messages), 1, messages)
        for fragment in fragments:
            self.assertIn(fragment, messages[0])


class Layers(Planted):
    check = staticmethod(check_layers.check)

    def test_sound_tree_passes(self):
        messages, seen = self.check(self.root)
        self.assertEqual(messages, [])
        self.assertEqual(seen, 15)

    def test_room_outside_the_row(self):
        self.write("src/tensor/shape.h", '\n#include "op/op_def.h"\n')
        self.expect(self.check, "src/tensor/shape.h:2:", "may not include", "op/op_def.h")

    def test_a_relative_path_is_no_way_around(self):
        self.write("src/tensor/shape.h", '#include "../op/op_def.h"\n')
        self.expect(self.check, "src/tensor/shape.h:1:", "may not include")

    def test_headers_only_excludes_sub_folders(self):
        self.write("src/passes/dead.cc", '#include "ops/detail/loops.h"\n')
        self.expect(self.check, "src/passes/dead.cc:1:", "ops/detail/loops.h")

    def test_sibling_backend(self):
        self.write("src/backends/blas/load.h", '#include "backends/simd/gemm.h"\n')
        self.expect(self.check, "src/backends/blas/load.h:1:", "may not include")

    def test_facade_is_not_for_the_rooms(self):
        self.write("src/op/op_def.h", '#include "tacho/tacho.h"\n')
        self.expect(self.check, "src/op/op_def.h:1:", "may not include")

    def test_missing_header(self):
        self.write("src/op/op_def.h", '#include "tensor/absent.h"\n')
        self.expect(self.check, "src/op/op_def.h:1:", "does not exist")

    def test_included_source(self):
        self.write("src/ops/relu.h", '#include "ops/relu.cc"\n')
        self.expect(self.check, "is no header")

    def test_unknown_room_and_file_in_no_room(self):
        self.write("src/attic/old.cc", "\n")
        self.expect(self.check, "src/attic/old.cc:1:", "no room")
        (self.root / "src/attic/old.cc").rename(self.root / "src/old.cc")
        self.expect(self.check, "src/old.cc:1:", "no room")

    def test_table_names_only_rooms(self):
        self.write("tools/layers.txt", SOUND["tools/layers.txt"] + "lower: opps\n")
        self.expect(self.check, "tools/layers.txt:9:", "`opps`")


class Sizes(Planted):
    check = staticmethod(check_sizes.check)

    def test_sound_tree_passes(self):
        messages, summary = self.check(self.root)
        self.assertEqual(messages, [])
        self.assertIn("median 1 lines", summary)

    def test_long_file_needs_a_reason(self):
        self.write("src/op/op_def.h", "\n" * 601)
        self.expect(self.check, "src/op/op_def.h: 601 lines")
        self.write("tools/size_exceptions.txt", "src/op/op_def.h:  \n")
        self.expect(self.check, "size_exceptions.txt:1:", "reason")
        self.write("tools/size_exceptions.txt", "src/op/op_def.h: one generated table\n")
        self.assertEqual(self.check(self.root)[0], [])

    def test_long_tests_count_too(self):
        self.write("tests/laws_test.cc", "\n" * 601)
        self.expect(self.check, "tests/laws_test.cc: 601 lines")

    def test_unused_exceptions(self):
        self.write("tools/size_exceptions.txt", "src/op/op_def.h: was long\n")
        self.expect(self.check, "has 1 lines", "remove")
        self.write("tools/size_exceptions.txt", "src/op/gone.h: was long\n")
        self.expect(self.check, "does not exist", "remove")

    def test_median(self):
        for path in SOUND:
            if path.endswith((".h", ".cc")) and "_test" not in path:
                self.write(path, "\n" * 151)
        self.expect(self.check, "median file has 151 lines")


class Docs(Planted):
    check = staticmethod(check_docs.check)

    def readme(self, text):
        self.write("README.md", "# Tree\n" + text + "\n")

    def test_sound_tree_passes(self):
        messages, documents = self.check(self.root)
        self.assertEqual(messages, [])
        self.assertEqual(documents, 11)

    def test_paths(self):
        for path in ("src/ops/absent.h", "ops/absent.h", "docs/absent", "absent.cc", "tools/lower/", "./absent", "src/ops/absent.h:3"):
            self.readme(f"See `passes/` and `{path}`.")
            self.expect(self.check, "README.md:2:", "does not exist")

    def test_path_in_a_block(self):
        self.readme("```\ncat tests/absent_test.cc\n```")
        self.expect(self.check, "README.md:3:", "tests/absent_test.cc")

    def test_commands(self):
        for text in ("`tacho fly`", "`./tacho fly --high`", "`TACHO_THREADS=2 build/release/src/tacho fly`", "`./tacho analyze; ./tacho fly`"):
            self.readme(text)
            self.expect(self.check, "README.md:2:", "`tacho fly`")
        self.readme("```sh\n$ ./tacho fly\n```")
        self.expect(self.check, "README.md:3:", "`tacho fly`")

    def test_links(self):
        self.readme("See [this](docs/absent.md#part).")
        self.expect(self.check, "README.md:2:", "docs/absent.md")

    def test_readme_of_a_folder(self):
        (self.root / "src/ops/detail/README.md").unlink()
        self.expect(self.check, "src/ops/detail:1:", "README.md")

    def test_missing_documents(self):
        (self.root / "CONTRIBUTING.md").unlink()
        self.readme("Nothing.")
        self.expect(self.check, "CONTRIBUTING.md:1: missing")


class Names(Planted):
    check = staticmethod(check_names.check)

    def test_one_type_in_two_files(self):
        self.write("src/op/value.h", "namespace tacho {\nstruct Row : Base {\n  int a;\n};\n}  // namespace tacho\n")
        self.write("src/ops/row.cc", "namespace tacho {\nclass Row;\nnamespace {\nstruct Row {};\n}  // namespace\n}  // namespace tacho\n")
        self.write("src/ops/detail/row.h", "namespace tacho::detail {\nstruct Row {};\n}  // namespace tacho::detail\n")
        self.assertEqual(self.check(self.root), ([], 3), "forward declarations, anonymous and other namespaces are no clash")
        self.write("tests/support/near.h", "namespace tacho {\n\nstruct Row {\n  double b;\n};\n}  // namespace tacho\n")
        self.expect(self.check, "tests/support/near.h:3:", "tacho::Row", "src/op/value.h:2")

    def test_helpers_of_tests(self):
        anonymous = "namespace tacho {\nnamespace {\n%s\n}  // namespace\n}  // namespace tacho\n"
        self.write("src/op/a_test.cc", anonymous % "Tensor made(int n) {\n}\nconst Shape kSmall{2};\nint used() { return made(1); }")
        self.write("src/op/a.cc", anonymous % "int used() { return 1; }")
        self.write("src/op/c.cc", anonymous % "int used(int n) { return n; }")
        self.write("src/ops/c.cc", anonymous % "int used() { return 2; }")
        self.write("src/op/b_test.cc", anonymous.replace("tacho", "tacho::b") % "const Tensor& made(int n) {\n}")
        self.assertEqual(self.check(self.root)[0], [], "sources and other namespaces are no clash")
        self.write("tests/c_test.cc", anonymous % "constexpr int kSmall = 3;")
        self.expect(self.check, "tests/c_test.cc:3:", "tacho::kSmall", "src/op/a_test.cc:5")
        (self.root / "tests/c_test.cc").unlink()
        self.write("src/op/d.cc", anonymous % "long used(int many = 1) { return many; }")
        self.expect(self.check, "src/op/d.cc:3:", "op's helper tacho::used(int)", "src/op/c.cc:3")
        (self.root / "src/op/d.cc").unlink()
        self.write("tests/support/groups.h", "namespace tacho::support {\nint used();\n}  // namespace tacho::support\n")
        self.expect(self.check, "src/op/a_test.cc:6:", "tacho::used", "tests/support/groups.h:2")


class Scripts(Planted):
    """The same through the command line: exit status and output."""

    def test_exit_status(self):
        for name in ("layers", "sizes", "docs"):
            command = [sys.executable, "-B", ROOT / f"tools/check_{name}.py", self.root]
            self.assertEqual(subprocess.run(command, capture_output=True).returncode, 0, name)
        self.write("src/tensor/shape.h", '#include "op/op_def.h"\n' + "\n" * 600)
        self.write("README.md", "`tacho fly`\n")
        for name in ("layers", "sizes", "docs"):
            command = [sys.executable, "-B", ROOT / f"tools/check_{name}.py", self.root]
            self.assertEqual(subprocess.run(command, capture_output=True).returncode, 1, name)

    def test_format(self):
        command = [ROOT / "tools/check_format.sh", self.root]
        self.write(".clang-format", (ROOT / ".clang-format").read_text())
        for path in SOUND:
            if path.endswith((".h", ".cc")):
                self.write(path, "\n")
        self.write("src/op/op_def.h", "int  a ;\n")
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode == 77:
            self.skipTest(result.stdout.strip())
        self.assertEqual(result.returncode, 1)
        self.assertIn("src/op/op_def.h:1: not formatted", result.stdout)
        self.write("src/op/op_def.h", "int a;\n")
        result = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout)


class Contributing(Planted):
    SHOWN = "1. Write\n\n<!-- file: src/ops/relu.h -->\n```cpp\n%s```\n2. Done\n"

    def test_block_equals_its_file(self):
        text = self.SHOWN % SOUND["src/ops/relu.h"]
        self.assertEqual(update_contributing.differences(text, self.root), ([], 1))
        self.assertEqual(update_contributing.updated(self.SHOWN % "", self.root), text)

    def test_what_differs(self):
        for text, message in [(self.SHOWN % "old\n", "CONTRIBUTING.md:3: differs from src/ops/relu.h"),
                              (self.SHOWN.replace("relu", "gone") % "", "src/ops/gone.h does not exist"),
                              ((self.SHOWN % SOUND["src/ops/relu.h"]) + "<!-- file: src/op/op_def.h -->\n", "1 markers without"),
                              ("No recipe.\n", "shows no file")]:
            messages = update_contributing.differences(text, self.root)[0]
            self.assertEqual(len(messages), 1, messages)
            self.assertIn(message, messages[0])


class Readme(unittest.TestCase):
    def test_output_stands_between_the_markers(self):
        before = "# T\n<!-- main-job -->\n%s<!-- /main-job -->\nmore\n"
        after = before % "```text\n$ ./tacho analyze\nSTEP  1 ms\n\nLEDGER\n```\n"
        for old in ("", "```text\n$ ./tacho analyze\nSTEP  2 ms\n```\n"):
            self.assertEqual(update_readme.with_output(before % old, "./tacho analyze", "\nSTEP  1 ms  \n\nLEDGER\n"), after)

    def test_without_markers(self):
        with self.assertRaises(SystemExit):
            update_readme.with_output("# T\n<!-- main-job -->\n", "./tacho analyze", "STEP")


class Launcher(unittest.TestCase):
    """tacho in a tiny tree of its own: builds on first use, rebuilds only when a source changed, passes everything on."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        for path, text in {
            "CMakeLists.txt": "cmake_minimum_required(VERSION 3.22)\nproject(tiny LANGUAGES CXX)\nadd_subdirectory(src)\n",
            "CMakePresets.json": (ROOT / "CMakePresets.json").read_text(),
            "cmake/none.cmake": "",
            "include/none.h": "",
            "src/CMakeLists.txt": "add_executable(tacho main.cc)\n",
            "src/main.cc": '#include <cstdio>\nint main(int n, char** a) { std::puts(n > 1 ? a[n - 1] : "none"); return n; }\n',
            "tools/build.sh": (ROOT / "tools/build.sh").read_text(),
            "tools/install.sh": (ROOT / "tools/install.sh").read_text(),
            "tacho": (ROOT / "tacho").read_text(),
        }.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        os.chmod(self.root / "tacho", 0o755)
        os.chmod(self.root / "tools/install.sh", 0o755)

    def tacho(self, *arguments):
        return subprocess.run([self.root / "tacho", *arguments], capture_output=True, text=True, cwd="/")

    def test_life_of_a_build(self):
        # Two first calls at once: one builds, the other waits, both run.
        calls = [subprocess.Popen([self.root / "tacho", "a b"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                 for _ in range(2)]
        outputs = [call.communicate() for call in calls]
        self.assertEqual([call.returncode for call in calls], [2, 2], outputs)
        self.assertEqual([out for out, _ in outputs], ["a b\n", "a b\n"])
        self.assertEqual(sum("configuring" in err for _, err in outputs), 1, outputs)

        later = self.tacho()
        self.assertEqual((later.returncode, later.stdout, later.stderr), (1, "none\n", ""))
        program = self.root / "build/release/src/tacho"
        built = program.stat().st_mtime_ns
        (self.root / "src/some_test.cc").write_text("broken")
        self.assertEqual(self.tacho().stdout, "none\n")
        self.assertEqual(program.stat().st_mtime_ns, built, "a test file must not cause a build")

        source = self.root / "src/main.cc"
        source.write_text(source.read_text().replace("none", "edited"))
        self.assertEqual(self.tacho().stdout, "edited\n")
        source.write_text("broken")
        broken = self.tacho()
        self.assertEqual((broken.returncode, broken.stdout), (2, ""))
        self.assertIn("error", broken.stderr)
        self.assertIn("the build failed", broken.stderr)

class TwoWhyResults(unittest.TestCase):
    """tools/compare_why.py on two made-up results."""

    def compare(self, ns, low, high, difference=None, other=None):
        def result(value):
            term = {"switch": "gemm", "from": "reference", "to": "blas", "ns": value, "samples_low_ns": low, "samples_high_ns": high}
            return {"schema": "tacho.why", "network": {"name": "net"}, "batch_size": 8, "dtype": "float32", "machine": {"model": "m"},
                    "from": {"step_ns": 9_000_000}, "to": {"step_ns": 9_000_000 - value},
                    "difference_ns": value if difference is None else difference, "terms": [term]}

        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / "one.json", Path(folder) / "two.json"]
            for path, value in zip(paths, ns):
                path.write_text(json.dumps(result(value) | (other or {})))
                other = None
            done = subprocess.run([sys.executable, ROOT / "tools/compare_why.py", *paths], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def test_a_term_within_its_interval_holds(self):
        self.assertEqual(self.compare([5_000_000, 5_300_000], 4_900_000, 5_400_000)[0], 0)

    def test_a_term_that_moved_further_is_named(self):
        code, text = self.compare([5_000_000, 5_600_000], 4_900_000, 5_400_000)
        self.assertEqual(code, 1)
        self.assertIn("MOVED MORE", text)

    def test_terms_that_do_not_sum_and_other_steps_are_refused(self):
        self.assertEqual(self.compare([5_000_000, 5_000_000], 0, 1, difference=5_000_001)[0], 2)
        self.assertEqual(self.compare([5_000_000, 5_000_000], 0, 1, other={"batch_size": 16})[0], 2)


if __name__ == "__main__":
    unittest.main()
