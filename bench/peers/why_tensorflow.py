#!/usr/bin/env python3
"""Why is TensorFlow faster? One training step of the reference experiment, executed in the ways between which the documents' hypotheses
differ, in alternation in one run.

    bench/peers/install.sh /tmp/peers; apt-get install octave
    /tmp/peers/bin/python bench/peers/why_tensorflow.py --json why_tensorflow.json

Programs: the documents' formulas in Octave (bench/octave/step.m), Tachograph's ways, TensorFlow (eager and tf.function, oneDNN on and
off, XLA) and PyTorch, each with one thread and with all. A hypothesis is a pair of programs that differ in that alone; its factor is the
ratio of their medians. docs/why_tensorflow.md reads the figures.
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from run import HERE, ROOT, Ours, Peer, description_of, summary

OURS = {  # name: switches of `tacho analyze`
    "tacho procedural gather reference": ["--execution", "procedural", "--convolution", "gather", "--gemm", "reference"],
    "tacho procedural gather blas": ["--execution", "procedural", "--convolution", "gather", "--gemm", "blas"],
    "tacho procedural direct onednn": ["--execution", "procedural", "--convolution", "direct", "--backend", "onednn,blas,reference"],
    "tacho graph gather blas": ["--convolution", "gather", "--gemm", "blas"],
    "tacho graph direct onednn": ["--convolution", "direct", "--backend", "onednn,blas,reference"],
    "tacho": [],
}
PEERS = ["tensorflow-eager-eigen", "tensorflow-eager", "tensorflow-eigen", "tensorflow-tuned", "tensorflow-xla", "pytorch-tuned"]
HYPOTHESES = [  # what is said, slower, faster
    ("operations not efficiently implemented (MATLAB's own, index manipulation)", "octave", "tacho procedural gather blas"),
    ("optimised products (BLAS)", "tacho procedural gather reference", "tacho procedural gather blas"),
    ("the graph's overall optimisation, ours, on index manipulation", "tacho procedural gather blas", "tacho graph gather blas"),
    ("the graph's overall optimisation, ours, on convolution kernels", "tacho procedural direct onednn", "tacho graph direct onednn"),
    ("the graph's overall optimisation, TensorFlow's", "tensorflow-eager", "tensorflow-tuned"),
    ("the same without oneDNN", "tensorflow-eager-eigen", "tensorflow-eigen"),
    ("packages for neural networks (oneDNN), in TensorFlow's graph", "tensorflow-eigen", "tensorflow-tuned"),
    ("the same in eager mode", "tensorflow-eager-eigen", "tensorflow-eager"),
    ("packages for neural networks (oneDNN), ours", "tacho graph gather blas", "tacho graph direct onednn"),
    ("the whole: the documents' program against TensorFlow", "octave", "tensorflow-tuned"),
]


class Way(Ours):
    def __init__(self, tacho, name, threads):
        super().__init__(tacho, "simplenn-4", threads, False)
        self.name = name
        self.command += OURS[name]


class Octave:
    """A process each round; its own warm-up step is left out."""

    def __init__(self, threads):
        self.name, self.times = "octave", []
        self.environment = os.environ | {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}

    def run(self, _seconds):
        done = subprocess.run(["octave-cli", "--quiet", ROOT / "bench/octave/step.m", "--steps", "3"], env=self.environment, text=True,
                              capture_output=True)
        found = re.search(r"step ([\d.]+) ms", done.stdout)
        if not found:
            raise RuntimeError(f"octave: {done.stderr.strip() or done.stdout.strip()}")
        self.times.append(float(found[1]) * 1e6)

    def summary(self):
        times = sorted(self.times)
        return {"median_ns": statistics.median(times), "p05_ns": times[0], "p95_ns": times[-1], "steps": 3 * len(times)}


def measure(options, threads):
    job = {"network": description_of(options.tacho, "simplenn-4"), "batch": 128, "threads": threads, "inference": False, "warmup": 3,
           "quiet": True}
    participants, results = [], {}
    with tempfile.TemporaryDirectory() as folder:
        if shutil.which("octave-cli"):
            participants.append(Octave(threads))
        else:
            print("octave-cli is not installed: the documents' program is left out", file=sys.stderr)
        participants += [Way(options.tacho, name, threads) for name in OURS]
        participants += [Peer(name, sys.executable, job, folder) for name in PEERS]
        for turn in range(options.rounds):
            for participant in participants:
                print(f"\r{threads} threads, round {turn + 1} of {options.rounds}: {participant.name:40}", end="", file=sys.stderr)
                participant.run(options.seconds)
        print("\r" + " " * 80 + "\r", end="", file=sys.stderr)
        for participant in participants:
            results[participant.name] = participant.summary() if isinstance(participant, Octave) else summary(participant)
            if isinstance(participant, Peer):
                participant.close()
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", default=str(ROOT / "tacho"))
    parser.add_argument("--threads", default=f"1,{os.cpu_count()}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--json")
    options = parser.parse_args()
    counts = [int(n) for n in options.threads.split(",")]
    results = {n: measure(options, n) for n in counts}
    print(f"{'one training step, ms (5-95 %)':40}" + "".join(f"{f'{n} thread' + ('s' if n > 1 else ''):>26}" for n in counts))
    for name in results[counts[0]]:
        cells = [results[n][name] for n in counts]
        print(f"{name:40}" + "".join(f"{c['median_ns'] / 1e6:10.2f} ({c['p05_ns'] / 1e6:.1f}-{c['p95_ns'] / 1e6:.1f})".rjust(26) for c in cells))
    print(f"\n{'hypothesis: factor between two that differ in it alone':78}" + "".join(f"{n:>8}" for n in counts))
    for text, slower, faster in HYPOTHESES:
        if slower not in results[counts[0]]:
            continue
        print(f"{text:78}" + "".join(f"{results[n][slower]['median_ns'] / results[n][faster]['median_ns']:8.2f}" for n in counts))
    if len(counts) > 1:
        print(f"\n{'threads: ' + str(counts[0]) + ' against ' + str(counts[-1]):40}")
        for name in results[counts[0]]:
            print(f"  {name:38}{results[counts[0]][name]['median_ns'] / results[counts[-1]][name]['median_ns']:8.2f}")
    if options.json:
        Path(options.json).write_text(json.dumps({"schema": "tacho.why-tensorflow", "threads": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
