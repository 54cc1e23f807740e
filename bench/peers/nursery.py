"""Peers for screening without their start: a process for each setting imports its framework once and forks a peer for each row."""
import contextlib
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from participants import HERE, Peer
from settings import ISA_LIMITS, PEERS, environment_of


class Forked:
    """What Peer asks of a process, of one that another has forked: its pipes lie at `path`.in and `path`.out."""

    def __init__(self, pid, path):
        self.pid, self.returncode = pid, None
        self.stdin, self.stdout = open(f"{path}.in", "w"), open(f"{path}.out")

    def send_signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout=60):
        """Its status is its parent's to know."""
        until = time.monotonic() + timeout
        while Path(f"/proc/{self.pid}").exists():
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(f"peer {self.pid}", timeout)
            time.sleep(0.002)
        return "unknown"


def end(process):
    """Its status."""
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    process.stdout.close()
    return process.wait()


class Nursery:
    """Use as a context. `verbose`: show what the processes print on standard error."""

    def __init__(self, python, isa=None, verbose=False):
        self.python, self.isa, self.verbose, self.parents = python, isa, verbose, {}
        self.folder = tempfile.TemporaryDirectory()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for parent in self.parents.values():
            end(parent)
        self.folder.cleanup()

    def parent(self, name, threads):
        """The process with the setting's variables and its framework imported."""
        key = name, threads
        if key not in self.parents:
            variables = environment_of(name, threads) | ISA_LIMITS[self.isa]
            self.parents[key] = subprocess.Popen([self.python, HERE / "worker.py", "nursery", PEERS[name].framework], text=True, bufsize=1,
                                                 env=os.environ | variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                                 stderr=None if self.verbose else subprocess.DEVNULL)
        return self.parents[key]

    def launch(self, name, description, threads):
        """For Peer: one that does what the description says."""
        parent, path = self.parent(name, threads), Path(self.folder.name) / f"{name}-{time.monotonic_ns()}"
        for pipe in ("in", "out"):
            os.mkfifo(f"{path}.{pipe}")
        try:
            parent.stdin.write(f"{path} {description}\n")
            pid = parent.stdout.readline()
        except BrokenPipeError:
            pid = ""
        if not pid:
            raise RuntimeError(f"{PEERS[name].framework} does not start: status {end(self.parents.pop((name, threads)))}")
        return Forked(int(pid), path)

    def start(self, name, job, folder, patience):
        return Peer(name, self.python, job, folder, self.isa, patience, lambda description: self.launch(name, description, job["threads"]))
