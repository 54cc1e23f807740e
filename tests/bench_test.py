#!/usr/bin/env python3
"""What bench/peers computes from samples, and its runs with participants that are made up: no framework, no measurement."""
import contextlib
import io
import json
import os
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench/peers"))
import environment  # noqa: E402
import figures  # noqa: E402
import nursery  # noqa: E402
import participants  # noqa: E402
import rows  # noqa: E402
import run  # noqa: E402
import settings  # noqa: E402
import table  # noqa: E402

WORKER = """#!/usr/bin/env python3
# Answers as bench/peers/worker.py does: steps of {ms} ms; {fault}
import json, sys, time
{fault}
print(json.dumps({{"ready": {{"Made up": "1"}}}}), flush=True)
for line in sys.stdin:
    count = int(line.split()[1])
    print(json.dumps({{"times": [{ms} * 1000000] * count, "cpu_ns": count * {ms} * 1500000, "peak_rss_bytes": 600000000}}), flush=True)
"""
TACHO = """#!/usr/bin/env python3
import json, sys
if sys.argv[1] == "inspect":
    print('input = [1, 4, 4]\\nclasses = 10\\n[[layer]]\\nname = "fc"\\nkind = "linear"')
else:
    assert sys.argv[sys.argv.index("--data") + 1].endswith(".npz"), sys.argv
    print(json.dumps({"step": {"samples_ns": [2000000] * 5}, "versions": {"tacho": "1"}, "machine": {"hardware": {}},
                      "memory": {"peak_rss_bytes": 150000000}}))
"""


# bench/peers/worker.py with a framework that is made up: a step takes as many milliseconds as the batch has examples.
NURSERY = """
import importlib.util, sys, time, types
sys.modules["torch"] = types.ModuleType("torch")
sys.modules.setdefault("numpy", types.SimpleNamespace(__version__="0"))
sys.path.insert(0, "{worker}".rpartition("/")[0])
spec = importlib.util.spec_from_file_location("worker", "{worker}")
worker = importlib.util.module_from_spec(spec)
spec.loader.exec_module(worker)
worker.MAKERS["torch"] = lambda job: (lambda: time.sleep(job["batch"] / 1000), {{"batch": job["batch"]}})
worker.main()
"""


def program(folder, name, text):
    path = Path(folder) / name
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def measured(framework, *rounds, peak=100):
    return figures.summary(rounds) | {"framework": framework, "peak_rss_bytes": peak}


class Figures(unittest.TestCase):
    def test_summary(self):
        s = figures.summary([[10, 30, 20], [40, 50, 60, 70]])
        self.assertEqual((s["median_ns"], s["min_ns"], s["steps"], s["round_medians_ns"]), (40, 10, 7, [20, 55]))
        s = figures.summary([list(range(1, 102))])
        self.assertEqual((s["p05_ns"], s["p95_ns"]), (6, 96))
        self.assertEqual(figures.quantile([7], 0.95), 7)

    def test_best_settings(self):
        frameworks = {"a": "torch", "b": "torch", "c": "torch", "d": "torch", "x": "tensorflow", "y": "tensorflow"}
        tried = {"a": 30, "b": 10, "c": 12, "d": 11, "x": 100, "y": 140}
        self.assertEqual(figures.best_settings(tried, frameworks, 2), ["b", "d", "x"])
        self.assertEqual(figures.best_settings(tried, frameworks, 3), ["b", "d", "c", "x"])
        self.assertEqual(figures.best_settings({"y": 5}, frameworks, 2), ["y"])

    def test_verdict(self):
        people = {"tachograph": measured("tachograph", [10, 10], [20, 20], [10, 10], peak=40),
                  "slow": measured("torch", [90], [90], [90], peak=60), "best": measured("tensorflow", [30], [40], [32], peak=100)}
        v = figures.verdict(people, 3.1, False)
        self.assertEqual((v["best"], v["leanest"], v["ratio"], v["round_ratios"]), ("best", "slow", 3.2, [3, 2, 3.2]))
        self.assertEqual((v["ratio_low"], v["ratio_high"], v["memory"]), (2, 3.2, 0.4))
        self.assertTrue(v["holds"] and v["memory_holds"])
        self.assertFalse(figures.verdict(people, 3.3, False)["holds"])
        people["tachograph"]["peak_rss_bytes"] = 51
        self.assertFalse(figures.verdict(people, 3.1, False)["memory_holds"])
        self.assertTrue(figures.verdict(people, 3.1, True)["memory_holds"], "memory has a bar in training only")
        self.assertIsNone(figures.verdict({"tachograph": people["tachograph"]}, 1, False))

    def test_digits(self):
        self.assertEqual([figures.digits(n) for n in (0.0214, 0.12, 5.171, 20.84, 465.6, 1234.5)], ["0.021", "0.120", "5.17", "20.8", "466", "1234"])

    def test_markdown(self):
        def row(label, people):
            return {"label": label, "participants": people, "verdict": figures.verdict(people, 3, False)}

        ours = measured("tachograph", [1000000] * 20, peak=60e6)
        both = {"tachograph": ours, "pytorch-cl": measured("torch", [2000000], peak=100e6), "pytorch": measured("torch", [9000000], peak=9e9),
                "tensorflow": measured("tensorflow", [4000000], peak=200e6)}
        lines = figures.markdown_of([row("net (1)", both), row("other (2)", {"tachograph": ours})]).splitlines()
        self.assertEqual(lines[0], "| network (batch) | Tachograph | PyTorch | TensorFlow | best / ours (by rounds) | bar | memory |")
        self.assertEqual(lines[2], "| net (1) | 1.00 (1.00-1.00, 20; 60 MB) | 2.00 (2.00-2.00, 1; 100 MB) cl | 4.00 (4.00-4.00, 1; 200 MB) default "
                                   "| **2.00** (2.00-2.00) | 3 | **0.60** |")
        self.assertEqual({line.count("|") for line in lines}, {8})
        said = figures.shortfalls([row("net (1)", both), row("other (2)", {"tachograph": ours})])
        self.assertEqual(said, ["net (1): 2.00 of pytorch-cl, bar 3", "net (1): 0.60 of the memory of pytorch-cl, bar 0.5", "other (2): not measured"])


    def test_text(self):
        people = {"tachograph": measured("tachograph", [1000000] * 20, peak=60e6),
                  "pytorch": measured("torch", [2000000], peak=100e6) | {"cores_busy": 1.8}}
        row = {"label": "net (1)", "threads": 1, "participants": people, "verdict": figures.verdict(people, 3, False), "others_busy": [0, 1.2],
               "screened": {"tensorflow": measured("tensorflow", [5000000])}, "failed": {"tensorflow-xla": "made up"}}
        text = figures.text_of(row)
        for line in ("net (1), 1 thread\n", "pytorch kept 1.8 cores busy", "others were at work: up to 1.2 cores", "tensorflow 5.00\n",
                     "tensorflow-xla           failed: made up", "2.00x our step (2.00-2.00 by rounds), bar 3   FALLS SHORT",
                     "0.60 of the best peer's, 0.60 of the leanest one's, bar 0.5   FALLS SHORT"):
            self.assertIn(line, text)
        row |= {"others_busy": [0.1], "threads": 2, "verdict": figures.verdict(people, 2, True)}
        text = figures.text_of(row)
        for line in ("kept", "at work", "SHORT"):
            self.assertNotIn(line, text)


class Bars(unittest.TestCase):
    def test_every_row_of_a_table_has_one(self):
        for name, t in rows.TABLES.items():
            for row in t.rows:
                bar = rows.bar_of(row, t.inference, 1 if t.one_thread else 2, t.isa)
                self.assertGreater(bar, 1, (name, row))
            self.assertIn(t.after, [None, *rows.TABLES])

    def test_the_right_one(self):
        self.assertEqual([rows.bar_of("vgg16", False, n) for n in (1, 2, 16)], [2.2, 2.3, 2.3])
        self.assertEqual([rows.bar_of("resnet50-224-b1", True, n) for n in (1, 2)], [1.1, 1.15])
        self.assertEqual([rows.bar_of("vgg16-b1", True, n) for n in (1, 2)], [1.4, 1.5])
        self.assertEqual(rows.bar_of("simplenn-4", False, 2, "avx2"), 1.5)
        self.assertEqual([rows.bar_of("mobilenet-v2", i, 2) for i in (False, True)], [1, 1])


class Settings(unittest.TestCase):
    def test_who_is_tried(self):
        for inference in (False, True):
            two, one = settings.screened(inference, 2), settings.screened(inference, 1)
            self.assertLessEqual(set(one), set(two))
            self.assertLessEqual(set(two), set(settings.known(inference)))
        self.assertLess(len(settings.screened(False, 1)), len(settings.screened(False, 2)), "settings of several threads, on one")
        self.assertNotIn("onnxruntime", settings.known(False))
        self.assertNotIn("pytorch-frozen", settings.known(False))

    def test_a_library_that_is_not_there(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(settings, "LIBRARY_FOLDERS", (folder,)):
            with self.assertRaisesRegex(RuntimeError, "libjemalloc"):
                settings.environment_of("pytorch-cl-jemalloc", 2)
            library = Path(folder) / "libjemalloc.so.2"
            library.touch()
            self.assertEqual(settings.environment_of("pytorch-cl-jemalloc", 2)["LD_PRELOAD"], str(library))

    def test_telling_variables(self):
        kept = environment.telling({"OMP_NUM_THREADS": "2", "LD_PRELOAD": "x", "HOME": "/", "TF_ENABLE_ONEDNN_OPTS": "0", "TF_CLI_CONFIG_FILE": "f",
                                    "MALLOC_TRIM_THRESHOLD_": "1", "COMPLETE": "x"})
        self.assertEqual(list(kept), ["LD_PRELOAD", "MALLOC_TRIM_THRESHOLD_", "OMP_NUM_THREADS", "TF_ENABLE_ONEDNN_OPTS"])


class Runs(unittest.TestCase):
    """With a program and peers that are made up."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def peer(self, ms=8, fault="", patience=30, name="pytorch"):
        job = {"threads": 2, "quiet": False}
        return participants.Peer(name, program(self.folder, f"worker{ms}", WORKER.format(ms=ms, fault=fault)), job, self.folder, None, patience)

    def test_a_peer(self):
        with contextlib.closing(self.peer()) as peer:
            stopped = Path(f"/proc/{peer.process.pid}/stat")
            for seconds in (0.08, 0.001):
                # A peer that waits is stopped; the signal takes a moment.
                self.assertTrue(any(stopped.read_text().rpartition(")")[2].split()[0] == "T" or time.sleep(0.01) for _ in range(1000)))
                peer.run(seconds)
        self.assertEqual([len(r) for r in peer.rounds], [10, 3])
        kept = run.record(peer)
        self.assertEqual((kept["steps"], kept["cores_busy"], kept["rounds_ns"][1], kept["framework"]), (13, 1.5, [8000000] * 3, "torch"))
        self.assertEqual(peer.process.returncode, 0)

    def test_peers_that_fail(self):
        with self.assertRaisesRegex(RuntimeError, "ended with status 3"):
            self.peer(fault="sys.exit(3)")
        with self.assertRaisesRegex(RuntimeError, "no answer within 0.3 s"):
            self.peer(fault="time.sleep(60)", patience=0.3)

    def test_a_peer_of_a_nursery(self):
        (self.folder / "worker.py").write_text(NURSERY.format(worker=ROOT / "bench/peers/worker.py"))
        job = {"threads": 2, "quiet": False, "warmup": 1}
        with mock.patch.object(nursery, "HERE", self.folder), nursery.Nursery(sys.executable) as home:
            for name, batch in (("pytorch", 2), ("pytorch", 5), ("pytorch-cl", 5)):
                with contextlib.closing(home.start(name, job | {"batch": batch}, self.folder, 30)) as peer:
                    peer.run(0.02)
                    self.assertEqual(peer.versions["batch"], batch)
                    self.assertGreaterEqual(peer.times[0], batch * 1000000)
                    self.assertEqual(peer.environment["OMP_NUM_THREADS"], "2")
                self.assertFalse(Path(f"/proc/{peer.process.pid}").exists())
            self.assertEqual(len(home.parents), 2, "one for each setting, not for each peer")
            with self.assertRaisesRegex(RuntimeError, "ended with status"):
                home.start("pytorch", job | {"batch": "none"}, self.folder, 30)
            with self.assertRaisesRegex(RuntimeError, "tensorflow does not start"):
                home.start("tensorflow", job | {"batch": 1}, self.folder, 30)

    def test_examples(self):
        try:
            import numpy
        except ImportError:
            self.skipTest("no numpy")
        for batch, count in ((1, 512), (128, 512), (100, 500), (600, 2400)):
            with numpy.load(participants.write_examples(self.folder, {"input": [2, 3, 4], "classes": 7}, batch)) as file:
                self.assertEqual((file["x"].shape, file["x"].dtype, file["y"].shape), ((count, 2, 3, 4), numpy.float32, (count,)))
                self.assertEqual(set(file["y"]), set(range(7)))
        with numpy.load(participants.write_examples(self.folder, {"input": [3, 512, 512], "classes": 7}, 3)) as file:
            self.assertEqual(len(file["x"]), 12, "large images: 32 MB or four batches")

    def table(self, *arguments):
        """table.py with made-up participants, whose steps take longer the longer their setting's name is."""
        tried = []

        def start(_bench, name, _patience, _nursery=None):
            tried.append(name)
            if name == "pytorch-compile":
                raise RuntimeError("made up")
            return self.peer(ms=len(name), name=name)

        command = ["table.py", "--tacho", program(self.folder, "tacho", TACHO), "--out", str(self.folder / "out"), "--rounds", "2",
                   "--seconds", "0", "--screen-seconds", "0", *arguments]
        out = io.StringIO()
        with mock.patch.object(run.Bench, "start", start), \
                mock.patch.object(run, "write_examples", lambda folder, *_: f"{folder}/examples.npz"), mock.patch.object(sys, "argv", command), contextlib.redirect_stdout(out), \
                contextlib.redirect_stderr(io.StringIO()), mock.patch.object(settings, "LIBRARY_FOLDERS", ()), \
                mock.patch.object(os, "cpu_count", lambda: 2):
            table.main()
        return tried, out.getvalue()

    def test_tables(self):
        tried, text = self.table("--tables", "training", "--rows", "lenet5")
        # All were tried; only the quickest were measured in full, as no other is near (pytorch 7 ms, pytorch-cl 10).
        self.assertEqual(tried, settings.screened(False, 2) + ["pytorch", "tensorflow"])
        row = json.loads((self.folder / "out/training/lenet5.json").read_text())["rows"][0]
        self.assertEqual(list(row["participants"]), ["tachograph", "pytorch", "tensorflow"])
        self.assertEqual(row["participants"]["tachograph"]["rounds_ns"], [[2000000] * 5] * 2)
        self.assertEqual(row["failed"]["pytorch-compile"], "made up")
        self.assertIn("is not installed", row["failed"]["tensorflow-jemalloc"])
        self.assertEqual((row["verdict"]["best"], row["verdict"]["ratio"], row["verdict"]["bar"]), ("pytorch", 3.5, 2.5))
        self.assertEqual(row["environment"]["cores"], 2)
        self.assertEqual((self.folder / "out/tables.md").read_text(), text[text.index("Training (forward"):])
        self.assertIn("9 rows are not measured yet", text)
        self.assertIn("momentum), 2 threads;", text)
        # What is there is not measured again; a table that follows tries the nearest settings only.
        tried, _ = self.table("--tables", "training,training-1", "--rows", "lenet5", "--among", "1")
        self.assertEqual(tried, ["pytorch", "tensorflow"] * 2)
        tried, text = self.table("--print")
        self.assertEqual((tried, text.count("| lenet5 (128) |")), ([], 2))


if __name__ == "__main__":
    unittest.main()
