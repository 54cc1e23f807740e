#!/usr/bin/env python3
"""Training (or inference) steps of Tachograph beside PyTorch, TensorFlow, ONNX Runtime and OpenVINO, in alternation in one run.

    bench/peers/install.sh /tmp/peers
    /tmp/peers/bin/python bench/peers/run.py --json peers.json
    /tmp/peers/bin/python bench/peers/run.py --rows simplenn-4,resnet18 --threads 1 --rounds 5

Every participant stays in a process of its own; in each round each one takes as many steps as fit into --seconds, the others wait
asleep. Printed: the median of all its steps, the spread (5 to 95 %), how many, and the peak memory; then, for each row, the best
peer's median over ours.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ROWS = {  # name: network, image, batch
    "simplenn-4": ("simplenn-4", None, 128),
    "simplenn-4-cifar": ("simplenn-4", "3x32x32", 128),
    "simplenn-7": ("simplenn-7", None, 128),
    "lenet5": ("lenet5", None, 128),
    "vgg16": ("vgg16", None, 64),
    "resnet18": ("resnet18", None, 64),
    "resnet50-224": ("resnet50", "3x224x224", 8),
    "mobilenet-v2": ("mobilenet-v2", None, 64),
    "mobilenet-v2-b16": ("mobilenet-v2", None, 16),
    "mobilenet-v2-b1": ("mobilenet-v2", None, 1),
    "simplenn-4-b1": ("simplenn-4", None, 1),
    "simplenn-4-b8": ("simplenn-4", None, 8),
    "simplenn-4-b32": ("simplenn-4", None, 32),
    "simplenn-7-b1": ("simplenn-7", None, 1),
    "vgg16-b1": ("vgg16", None, 1),
    "resnet18-b1": ("resnet18", None, 1),
    "resnet50-224-b1": ("resnet50", "3x224x224", 1),
}
BUILT_IN = ("1x28x28", "3x32x32")  # images of tacho's own data sets
# An allocator that gives nothing back, and OpenMP threads that spin between regions: what helps PyTorch most.
TUNED = {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "1073741824", "GOMP_SPINCOUNT": "10000"}
# name: framework, settings, environment; training, inference
PEERS = {
    "pytorch": ("torch", {}, {}, True, True),
    "pytorch-tuned": ("torch", {}, TUNED, True, True),
    "pytorch-cl-tuned": ("torch", {"channels_last": True}, TUNED, True, True),
    "pytorch-compile": ("torch", {"compile": True, "channels_last": True}, TUNED, True, True),
    "pytorch-frozen": ("torch", {"frozen": True, "channels_last": True}, TUNED, False, True),
    "tensorflow": ("tensorflow", {}, {}, True, True),
    "tensorflow-tuned": ("tensorflow", {}, TUNED, True, True),
    "tensorflow-xla": ("tensorflow", {"xla": True}, TUNED, True, True),
    "tensorflow-eager": ("tensorflow", {"eager": True}, TUNED, True, True),
    # By itself TensorFlow uses oneDNN only on processors that it knows to gain; here said either way.
    "tensorflow-onednn": ("tensorflow", {}, TUNED | {"TF_ENABLE_ONEDNN_OPTS": "1"}, True, True),
    "tensorflow-eager-onednn": ("tensorflow", {"eager": True}, TUNED | {"TF_ENABLE_ONEDNN_OPTS": "1"}, True, True),
    "tensorflow-eigen": ("tensorflow", {}, TUNED | {"TF_ENABLE_ONEDNN_OPTS": "0"}, True, True),
    "tensorflow-eager-eigen": ("tensorflow", {"eager": True}, TUNED | {"TF_ENABLE_ONEDNN_OPTS": "0"}, True, True),
    "onnxruntime": ("onnxruntime", {}, {}, False, True),
    "openvino": ("openvino", {}, {}, False, True),
}


class Peer:
    """A worker process; `run` takes steps for about so many seconds."""

    def __init__(self, name, python, job, folder):
        framework, settings, environment, *_ = PEERS[name]
        description = Path(folder) / f"{name}.json"
        description.write_text(json.dumps(job | settings))
        threads = {"OMP_NUM_THREADS": str(job["threads"]), "TF_CPP_MIN_LOG_LEVEL": "3"}
        self.name, self.times, self.peak, self.typical = name, [], 0, None
        self.process = subprocess.Popen([python, HERE / "worker.py", framework, description], text=True,
                                        env=os.environ | threads | environment, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL if job["quiet"] else None)
        self.version = self.answer()["ready"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with status {self.process.wait()}")
        return json.loads(line)

    def steps(self, count):
        self.process.stdin.write(f"steps {count}\n")
        self.process.stdin.flush()
        answer = self.answer()
        self.peak = max(self.peak, answer["peak_rss_bytes"])
        return answer["times"]

    def run(self, seconds):
        if self.typical is None:
            self.typical = statistics.median(self.steps(3))
        self.times += self.steps(max(3, int(seconds * 1e9 / self.typical)))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def random_examples(folder, image, batch):
    """Four batches of noise in a file, where no built-in data set has images of that size."""
    import numpy

    random, path = numpy.random.default_rng(0), Path(folder) / "examples.npz"
    count = 4 * batch
    numpy.savez(path, x=random.standard_normal((count, *map(int, image.split("x"))), numpy.float32), y=numpy.arange(count) % 10)
    return str(path)


class Ours:
    """`tacho analyze`, started anew each round: its warm-up is not counted, as the peers' is not. `folder`: for rows that need a file."""

    def __init__(self, tacho, row, threads, inference, folder=None):
        network, image, batch = ROWS[row]
        self.command = [tacho, "analyze", network, "--batch-size", str(batch), "--threads", str(threads), "--ways", "off", "--json", "-"]
        self.command += ["--image", image] if image else []
        if image and image not in BUILT_IN:
            self.command += ["--data", random_examples(folder, image, batch)]
        self.command += ["--inference"] if inference else []
        self.name, self.medians, self.low, self.high, self.repetitions, self.peak = "tachograph", [], [], [], 0, 0
        self.version = subprocess.run([tacho, "--version"], capture_output=True, text=True, check=True).stdout.strip()

    def run(self, seconds):
        done = subprocess.run([*self.command, "--seconds", str(seconds)], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        report = json.loads(done.stdout)
        step = report["step"]
        self.medians.append(step["median_ns"])
        self.low.append(step["p05_ns"])
        self.high.append(step["p95_ns"])
        self.repetitions += step["repetitions"]
        self.peak = max(self.peak, report["memory"]["peak_rss_bytes"])


def summary(participant):
    if isinstance(participant, Ours):
        return {"median_ns": statistics.median(participant.medians), "p05_ns": min(participant.low),
                "p95_ns": max(participant.high), "steps": participant.repetitions, "peak_rss_bytes": participant.peak,
                "version": participant.version}
    times = sorted(participant.times)
    return {"median_ns": statistics.median(times), "p05_ns": times[len(times) // 20], "p95_ns": times[len(times) * 19 // 20],
            "steps": len(times), "peak_rss_bytes": participant.peak, "version": participant.version}


def description_of(tacho, row):
    network, image, _ = ROWS[row]
    text = subprocess.run([tacho, "inspect", network, *(["--image", image] if image else []), "--toml"], check=True,
                          capture_output=True, text=True).stdout
    return tomllib.loads(text)


def run_row(row, options):
    job = {"network": description_of(options.tacho, row), "batch": ROWS[row][2], "threads": options.threads,
           "inference": options.inference, "warmup": options.warmup, "quiet": not options.verbose}
    failed, results = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        participants = [Ours(options.tacho, row, options.threads, options.inference, folder)]
        for name in options.peers:
            try:
                participants.append(Peer(name, sys.executable, job, folder))
            except RuntimeError as error:
                failed[name] = str(error)
        for turn in range(options.rounds):
            for participant in list(participants):
                print(f"\r{row}: round {turn + 1} of {options.rounds}, {participant.name}          ", end="", file=sys.stderr)
                try:
                    participant.run(options.seconds)
                except RuntimeError as error:
                    failed[participant.name] = str(error)
                    participants.remove(participant)
        print("\r" + " " * 70 + "\r", end="", file=sys.stderr)
        for participant in participants:
            results[participant.name] = summary(participant)
            if isinstance(participant, Peer):
                participant.close()
    return {"row": row, "batch": job["batch"], "results": results, "failed": failed}


def show(row):
    print(f"{row['row']} (batch {row['batch']})")
    ours = row["results"].get("tachograph")
    peers = {name: result for name, result in row["results"].items() if name != "tachograph"}
    for name, result in sorted(row["results"].items(), key=lambda item: item[1]["median_ns"]):
        ratio = f"{result['median_ns'] / ours['median_ns']:6.2f}x" if ours else ""
        print(f"  {name:18} {result['median_ns'] / 1e6:9.3f} ms   5-95 %: {result['p05_ns'] / 1e6:.3f}-{result['p95_ns'] / 1e6:.3f}"
              f"   {result['steps']:5} steps  {result['peak_rss_bytes'] / 1e6:6.0f} MB  {ratio}")
    for name, why in row["failed"].items():
        print(f"  {name:18} failed: {why}")
    if ours and peers:
        best = min(peers, key=lambda name: peers[name]["median_ns"])
        print(f"  best peer {best}: {peers[best]['median_ns'] / ours['median_ns']:.2f}x our step")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tacho", default=str(ROOT / "tacho"), help="the program (default: the repository's ./tacho)")
    parser.add_argument("--rows", default=",".join(ROWS), help="of " + ",".join(ROWS))
    parser.add_argument("--peers", help="of " + ",".join(PEERS))
    parser.add_argument("--inference", action="store_true", help="forward only")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each participant in each round")
    parser.add_argument("--warmup", type=int, default=5, help="steps of each peer before its first round")
    parser.add_argument("--verbose", action="store_true", help="show what the peers print on standard error")
    parser.add_argument("--json", help="keeps everything measured")
    options = parser.parse_args()
    known = [name for name, peer in PEERS.items() if peer[4 if options.inference else 3]]
    options.peers = options.peers.split(",") if options.peers else known
    for kind, asked, names in (("row", options.rows.split(","), ROWS), ("peer", options.peers, known)):
        for name in asked:
            if name not in names:
                parser.error(f"unknown {kind} {name!r}; known: {', '.join(names)}")
    rows = []
    for row in options.rows.split(","):
        rows.append(run_row(row, options))
        show(rows[-1])
    if options.json:
        environment = {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count(), "threads": options.threads,
                       "load": os.getloadavg(), "inference": options.inference, "tuned": TUNED}
        Path(options.json).write_text(json.dumps({"schema": "tacho.peers", "environment": environment, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
