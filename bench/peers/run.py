#!/usr/bin/env python3
"""Training (or inference) steps of Tachograph beside PyTorch, TensorFlow, ONNX Runtime and OpenVINO, in alternation in one run.

    bench/peers/install.sh /tmp/peers
    /tmp/peers/bin/python bench/peers/run.py --json peers.json
    /tmp/peers/bin/python bench/peers/run.py --rows simplenn-4,resnet18 --threads 1 --rounds 5

Every peer is first tried in each of its settings for a moment (--screen-seconds); the best of each framework, and a second that came
near it, are then measured in full, each in a new process. All train on the same examples. Each participant has a process of its own; in each round each one
takes as many steps as fit into --seconds, the others are stopped. Printed: the median of all its steps, the spread (5 to 95 %), how
many, and the peak memory; then, for each row, the best peer's median over ours, its spread over the rounds, and the bar.
--json keeps every sample of every participant, the settings that were tried, and the machine, variables, versions and build.
Rows without --rows: the training (or inference) table's; table.py makes the tables.
"""
import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

import figures
from environment import ROOT, environment, others_busy, telling
from nursery import Nursery
from participants import Ours, Peer, write_examples, write_onnx
from rows import INFERRED, ROWS, TRAINED, bar_of, description_of
from settings import PEERS, known, screened

WITH_ONNX = ("onnxruntime", "openvino")


def say(text):
    """What happens now, on a terminal's last line."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


class Bench:
    """One row: who takes part in it, and what came of it."""

    def __init__(self, row, options, folder, nursery=None):
        self.nursery = nursery
        self.row, self.options, self.folder, self.failed, self.others = row, options, folder, {}, []
        self.network = description_of(options.tacho, row)
        batch = ROWS[row].batch
        self.job = {"network": self.network, "batch": batch, "threads": options.threads, "inference": options.inference,
                    "warmup": options.warmup, "quiet": not options.verbose, "examples": write_examples(folder, self.network, batch)}

    def start(self, name, patience, nursery=None):
        if PEERS[name].framework in WITH_ONNX and "onnx" not in self.job:
            self.job["onnx"] = write_onnx(self.job, self.folder)
        if nursery:
            return nursery.start(name, self.job, self.folder, patience)
        return Peer(name, sys.executable, self.job, self.folder, self.options.isa, patience)

    def ours(self):
        return Ours(self.options.tacho, self.row, self.options.threads, self.options.inference, self.job["examples"], self.options.isa)

    def screen(self, names):
        """Each setting for a moment, alone. Ours too: its first use chooses kernels, which is no part of a step."""
        tried = {}
        for number, name in enumerate(["tachograph", *names]):
            say(f"{self.row}: trying {number + 1} of {len(names) + 1}, {name}")
            try:
                with contextlib.closing(self.ours() if name == "tachograph" else self.start(name, self.options.patience, self.nursery)) as participant:
                    participant.run(self.options.screen_seconds)
                    tried[name] = record(participant)
            except RuntimeError as error:
                self.failed[name] = str(error)
        return tried

    def measure(self, names):
        """All of them in alternation; who fails is out."""
        with contextlib.ExitStack() as stack:
            participants = [self.ours()]
            for name in names:
                say(f"{self.row}: starting {name}")
                try:
                    participants.append(stack.enter_context(contextlib.closing(self.start(name, self.options.patience))))
                except RuntimeError as error:
                    self.failed[name] = str(error)
            for turn in range(self.options.rounds):
                self.others.append(others_busy())
                for participant in list(participants):
                    say(f"{self.row}: round {turn + 1} of {self.options.rounds}, {participant.name}")
                    try:
                        participant.run(self.options.seconds)
                    except RuntimeError as error:
                        self.failed[participant.name] = str(error)
                        participants.remove(participant)
            return {participant.name: record(participant) for participant in participants}


def record(participant):
    """Everything that is kept of a participant."""
    setting = PEERS.get(participant.name)
    kept = {"framework": setting.framework if setting else participant.name, "options": setting.options if setting else {},
            "environment": telling(participant.environment), "versions": participant.versions}
    kept |= figures.summary(participant.rounds) | {"peak_rss_bytes": participant.peak, "rounds_ns": participant.rounds}
    if participant.cpu_ns:
        kept["cores_busy"] = participant.cpu_ns / sum(participant.times)
    return kept


def run_row(row, options, among=None, nursery=None):
    """Measures one row. `among`: of which settings the best are looked for, where options.peers is `best`; `nursery`: who starts these."""
    tried, around = {}, environment()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(row, options, folder, nursery)
        names = options.peers
        if names == "best":
            tried = bench.screen(among or screened(options.inference, options.threads))
            medians = {name: t["median_ns"] for name, t in tried.items() if name in PEERS}
            names = figures.best_settings(medians, {name: PEERS[name].framework for name in medians}, options.best)
        participants = bench.measure(names)
    say("")
    bar = bar_of(row, options.inference, options.threads, options.isa)
    return {"row": row, "label": ROWS[row].label, "network": ROWS[row].network, "input": bench.network["input"], "batch": ROWS[row].batch,
            "inference": options.inference, "threads": options.threads, "isa": options.isa, "environment": around, "screened": tried,
            "participants": participants, "failed": bench.failed, "others_busy": bench.others,
            "verdict": figures.verdict(participants, bar, options.inference)}


def written(path, rows):
    """As JSON, at once or not at all."""
    new = Path(f"{path}.new")
    new.parent.mkdir(parents=True, exist_ok=True)
    new.write_text(json.dumps({"schema": "tacho.peers", "schema_version": 2, "rows": rows}) + "\n")
    new.replace(path)


def add_common(parser):
    """Options of run.py and of table.py, which end in order when they are told to: peers are stopped and would stay."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser.add_argument("--tacho", default=str(ROOT / "tacho"), help="the program (default: the repository's ./tacho)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.7, help="of each participant in each round (0.7)")
    parser.add_argument("--screen-seconds", type=float, default=0.3, help="of each setting that is tried (0.3)")
    parser.add_argument("--best", type=int, default=2, help="at most so many settings of each framework are measured in full (2)")
    parser.add_argument("--patience", type=float, default=400, help="seconds within which a peer must start, and answer (400)")
    parser.add_argument("--warmup", type=int, default=3, help="steps of each peer before its first round, and 3 more (3)")
    parser.add_argument("--verbose", action="store_true", help="show what the peers print on standard error")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common(parser)
    parser.add_argument("--rows", help="of " + ",".join(ROWS))
    parser.add_argument("--peers", default="best", help="best, all, or of " + ",".join(PEERS))
    parser.add_argument("--inference", action="store_true", help="forward only")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--isa", choices=["avx2"], help="limit everybody to these instructions")
    parser.add_argument("--json", help="keeps everything measured, each row as soon as it is there")
    options = parser.parse_args()
    rows = options.rows.split(",") if options.rows else INFERRED if options.inference else TRAINED
    possible = known(options.inference)
    if options.peers == "all":
        options.peers = screened(options.inference, options.threads)
    elif options.peers != "best":
        options.peers = options.peers.split(",")
    for kind, asked, names in (("row", rows, ROWS), ("peer", options.peers if options.peers != "best" else [], possible)):
        for name in asked:
            if name not in names:
                parser.error(f"unknown {kind} {name!r}; known: {', '.join(names)}")
    results = []
    with Nursery(sys.executable, options.isa, options.verbose) as nursery:
        for row in rows:
            results.append(run_row(row, options, nursery=nursery))
            print(figures.text_of(results[-1]), flush=True)
            if options.json:
                written(options.json, results)


if __name__ == "__main__":
    main()
