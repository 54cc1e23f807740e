#!/usr/bin/env python3
"""Why is TensorFlow faster? One training step of the reference experiment, executed in the ways between which the documents' hypotheses
differ, in alternation in one run.

    bench/peers/install.sh /tmp/peers; apt-get install octave
    /tmp/peers/bin/python bench/peers/why_tensorflow.py --json why_tensorflow.json
    /tmp/peers/bin/python bench/peers/why_tensorflow.py --threads 2 --rounds 1 --json part1.json     # or in parts,
    /tmp/peers/bin/python bench/peers/why_tensorflow.py --merge part1.json part2.json                # read together

Programs: the documents' formulas in Octave (bench/octave/step.m), Tachograph's ways, TensorFlow (eager and tf.function, oneDNN on and
off, XLA) and PyTorch, each with one thread and with all. A hypothesis is a pair of programs that differ in that alone; its factor is the
ratio of their medians. docs/why_tensorflow.md reads the figures.
"""
import argparse
import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from environment import ROOT
from participants import Ours, Peer, write_examples
from rows import description_of

OURS = {  # name: switches of `tacho analyze`
    "tacho procedural gather reference": ["--execution", "procedural", "--convolution", "gather", "--gemm", "reference"],
    "tacho procedural gather blas": ["--execution", "procedural", "--convolution", "gather", "--gemm", "blas"],
    "tacho procedural direct onednn": ["--execution", "procedural", "--convolution", "direct", "--backend", "onednn,blas,reference"],
    "tacho graph gather blas": ["--convolution", "gather", "--gemm", "blas"],
    "tacho graph direct onednn": ["--convolution", "direct", "--backend", "onednn,blas,reference"],
    "tacho": [],
}
PEERS = ["tensorflow-eager-eigen", "tensorflow-eager-onednn", "tensorflow-eigen", "tensorflow-onednn", "tensorflow-tuned", "tensorflow-xla",
         "pytorch-tuned"]
NAMED = ("tacho", "Octave", "PyTorch", "TensorFlow")  # programs of which the version is kept
HYPOTHESES = [  # what is said, slower, faster
    ("not efficiently implemented: Octave's statements against the same in C++", "octave", "tacho procedural gather blas"),
    ("optimised products (BLAS), under index manipulation", "tacho procedural gather reference", "tacho procedural gather blas"),
    ("computational graph, ours, under index manipulation", "tacho procedural gather blas", "tacho graph gather blas"),
    ("computational graph, ours, under convolution kernels", "tacho procedural direct onednn", "tacho graph direct onednn"),
    ("computational graph, TensorFlow's, with oneDNN", "tensorflow-eager-onednn", "tensorflow-onednn"),
    ("computational graph, TensorFlow's, without oneDNN", "tensorflow-eager-eigen", "tensorflow-eigen"),
    ("computational graph compiled (XLA) instead of interpreted", "tensorflow-tuned", "tensorflow-xla"),
    ("packages for networks (oneDNN), TensorFlow's graph", "tensorflow-eigen", "tensorflow-onednn"),
    ("packages for networks (oneDNN), TensorFlow eager", "tensorflow-eager-eigen", "tensorflow-eager-onednn"),
    ("packages for networks (oneDNN), our statements", "tacho procedural gather blas", "tacho procedural direct onednn"),
    ("packages for networks (oneDNN), our graph", "tacho graph gather blas", "tacho graph direct onednn"),
    ("the whole: the documents' program against TensorFlow as it comes", "octave", "tensorflow-tuned"),
    ("and TensorFlow as it comes against all of ours", "tensorflow-tuned", "tacho"),
]


class Way(Ours):
    def __init__(self, tacho, name, threads, examples):
        super().__init__(tacho, "simplenn-4", threads, False, examples)
        self.name = name
        self.command += OURS[name]


class Octave:
    """A process each round; its own warm-up step is left out."""

    def __init__(self, threads):
        self.name, self.times, self.versions = "octave", [], {}
        self.environment = os.environ | {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}

    def run(self, _seconds):
        done = subprocess.run(["octave-cli", "--quiet", ROOT / "bench/octave/step.m", "--steps", "3"], env=self.environment, text=True,
                              capture_output=True)
        samples, version = re.search(r"samples ms:([ \d.]+)", done.stdout), re.match(r"octave ([\d.]+)", done.stdout)
        if not samples or not version:
            raise RuntimeError(f"octave: {done.stderr.strip() or done.stdout.strip()}")
        self.times += [round(float(ms) * 1e6) for ms in samples[1].split()]
        self.versions = {"Octave": version[1]}


def measure(options, threads):
    network = description_of(options.tacho, "simplenn-4")
    job = {"network": network, "batch": 128, "threads": threads, "inference": False, "warmup": 3, "quiet": True}
    participants, results = [], {}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        job["examples"] = write_examples(folder, network, job["batch"])
        if shutil.which("octave-cli"):
            participants.append(Octave(threads))
        else:
            print("octave-cli is not installed: the documents' program is left out", file=sys.stderr)
        participants += [Way(options.tacho, name, threads, job["examples"]) for name in OURS]
        participants += [stack.enter_context(contextlib.closing(Peer(name, sys.executable, job, folder))) for name in PEERS]
        for turn in range(options.rounds):
            for participant in participants:
                print(f"\r{threads} threads, round {turn + 1} of {options.rounds}: {participant.name:40}", end="", file=sys.stderr)
                participant.run(options.seconds)
        print("\r" + " " * 80 + "\r", end="", file=sys.stderr)
        for participant in participants:
            version = next((text for name, text in participant.versions.items() if name in NAMED), "")
            results[participant.name] = {"samples_ns": participant.times, "version": version}
    return results


def merged(parts):
    """Samples of the same programs and threads together; by number of threads."""
    results = {}
    for part in parts:
        for threads, programs in part.items():
            for name, result in programs.items():
                known = results.setdefault(int(threads), {}).setdefault(name, {"samples_ns": [], "version": result["version"]})
                if known["version"] != result["version"]:
                    sys.exit(f"{name}: parts of {known['version']} and of {result['version']}")
                known["samples_ns"] += result["samples_ns"]
    return results


def median(result):
    return statistics.median(result["samples_ns"])


def spread(result):
    """5 and 95 %."""
    times = sorted(result["samples_ns"])
    return times[len(times) // 20], times[min(len(times) * 19 // 20, len(times) - 1)]


def show(results):
    counts = sorted(results)
    print(f"{'one training step, ms (5-95 %; steps)':36}" + "".join(f"{f'{n} thread' + ('s' if n > 1 else ''):>32}" for n in counts))
    for name in results[counts[0]]:
        cells = [results[n][name] for n in counts]
        print(f"{name:36}" + "".join(f"{median(c) / 1e6:10.2f} ({spread(c)[0] / 1e6:.1f}-{spread(c)[1] / 1e6:.1f}; {len(c['samples_ns'])})".rjust(32)
                                     for c in cells))
    print(f"\n{'hypothesis: factor between two that differ in it alone':78}" + "".join(f"{n:>8}" for n in counts))
    for text, slower, faster in HYPOTHESES:
        if all(slower in results[n] for n in counts):
            print(f"{text:78}" + "".join(f"{median(results[n][slower]) / median(results[n][faster]):8.2f}" for n in counts))
    if len(counts) > 1:
        print(f"\n{'threads: ' + str(counts[0]) + ' against ' + str(counts[-1]):40}")
        for name in results[counts[0]]:
            print(f"  {name:38}{median(results[counts[0]][name]) / median(results[counts[-1]][name]):8.2f}")
    print("versions: " + ", ".join(sorted({f"{name.split('-')[0]} {r['version']}" for name, r in results[counts[0]].items() if not name.startswith("tacho")})))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", default=str(ROOT / "tacho"))
    parser.add_argument("--threads", default=f"1,{os.cpu_count()}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--json")
    parser.add_argument("--merge", nargs="+", metavar="FILE", help="print what these results say together; measure nothing")
    options = parser.parse_args()
    if options.merge:
        results = merged([json.loads(Path(file).read_text())["threads"] for file in options.merge])
    else:
        results = merged([{n: measure(options, int(n))} for n in options.threads.split(",")])
    show(results)
    if options.json:
        Path(options.json).write_text(json.dumps({"schema": "tacho.why-tensorflow", "threads": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
