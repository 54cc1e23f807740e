"""Who takes steps: a peer in a process that stays, Tachograph in one that is started anew each round."""
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
from pathlib import Path

from rows import ROWS
from settings import ISA_LIMITS, PEERS, environment_of

HERE = Path(__file__).resolve().parent
EXAMPLE_BYTES = 32 << 20


def write_examples(folder, description, batch):
    """What everybody trains on: a file of some batches, each example noise around one picture per class. Its path."""
    import numpy

    random, path = numpy.random.default_rng(0), Path(folder) / "examples.npz"
    shape, classes = description["input"], description["classes"]
    count = max(4 * batch, min(512, EXAMPLE_BYTES // (4 * int(numpy.prod(shape)))) // batch * batch)
    y = numpy.arange(count) % classes
    pictures = random.random((classes, *shape), numpy.float32)
    x = (pictures[y] + random.random((count, *shape), numpy.float32)) / 2
    numpy.savez(path, x=x, y=y)
    return str(path)


def write_onnx(job, folder):
    """The network as an ONNX file, made by a process that ends, so that no participant carries its memory. Its path."""
    path, description = Path(folder) / "network.onnx", Path(folder) / "network.json"
    description.write_text(json.dumps(job | {"onnx": str(path)}))
    done = subprocess.run([sys.executable, HERE / "worker.py", "export", description], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError("the ONNX file: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1])
    return str(path)


class Participant:
    """`rounds`: the times of its steps in nanoseconds, a list for each round."""

    def __init__(self, name):
        self.name, self.rounds, self.peak, self.cpu_ns, self.versions = name, [], 0, 0, {}

    @property
    def times(self):
        return [time for times in self.rounds for time in times]

    def close(self):
        pass


class Peer(Participant):
    """A worker process, stopped while others run. `job`: network, batch, threads, inference, examples, warmup, quiet; `isa` limits it.
    `launch` makes the process from the description's path, where it is not a new one.
    Raises RuntimeError where it does not start within `patience` seconds, or ends."""

    def __init__(self, name, python, job, folder, isa=None, patience=600, launch=None):
        super().__init__(name)
        setting = PEERS[name]
        description = Path(folder) / f"{name}.json"
        description.write_text(json.dumps(job | setting.options))
        self.environment = environment_of(name, job["threads"]) | ISA_LIMITS[isa]
        self.patience, self.typical, self.late = patience, None, False
        self.process = launch(description) if launch else subprocess.Popen(
            [python, HERE / "worker.py", setting.framework, description], text=True, env=os.environ | self.environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL if job["quiet"] else None)
        try:
            self.versions = self.answer()["ready"]
            self.typical = statistics.median(self.steps(3))
        except RuntimeError:
            self.close()
            raise
        self.process.send_signal(signal.SIGSTOP)

    def give_up(self):
        self.late = True
        self.process.kill()

    def answer(self):
        timer = threading.Timer(self.patience, self.give_up)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        if not line:
            status = self.process.wait()
            raise RuntimeError(f"no answer within {self.patience} s" if self.late else f"ended with status {status}")
        return json.loads(line)

    def steps(self, count):
        self.process.stdin.write(f"steps {count}\n")
        self.process.stdin.flush()
        answer = self.answer()
        self.peak = max(self.peak, answer["peak_rss_bytes"])
        self.cpu_ns += answer["cpu_ns"]
        return answer["times"]

    def run(self, seconds):
        """As many steps as fit into so many seconds, at least 3."""
        self.process.send_signal(signal.SIGCONT)
        if not self.rounds:
            self.cpu_ns = 0  # what came before was warming up
        self.rounds.append(self.steps(max(3, int(seconds * 1e9 / self.typical))))
        self.typical = statistics.median(self.rounds[-1])
        self.process.send_signal(signal.SIGSTOP)

    def close(self):
        self.process.send_signal(signal.SIGCONT)  # where it has ended already, nothing is sent
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Ours(Participant):
    """`tacho analyze`; its warm-up is not counted, as the peers' is not. `examples`: a file; None: the built-in set."""

    def __init__(self, tacho, row, threads, inference, examples=None, isa=None):
        super().__init__("tachograph")
        network, image, batch, _ = ROWS[row]
        self.command = [tacho, "analyze", network, "--batch-size", str(batch), "--threads", str(threads), "--json", "-"]
        self.command += ["--ways", "off", "--apart", "off", "--gains", "off"]
        self.command += ["--image", image] if image else []
        self.command += ["--data", examples] if examples else []
        self.command += ["--inference"] if inference else []
        self.environment = ISA_LIMITS[isa]

    def run(self, seconds):
        done = subprocess.run([*self.command, "--seconds", str(seconds)], capture_output=True, text=True, env=os.environ | self.environment)
        if done.returncode:
            raise RuntimeError(f"{self.name}: {done.stderr.strip()}")
        report = json.loads(done.stdout)
        self.rounds.append(report["step"]["samples_ns"])
        self.versions = report["versions"]
        self.machine = report["machine"]["hardware"]
        self.peak = max(self.peak, report["memory"]["peak_rss_bytes"])
