#!/usr/bin/env python3
"""A PyTorch profile of training steps, for `tacho compare`: the network that `tacho inspect --toml` prints, momentum, made-up data.

    /tmp/peers/bin/python bench/peers/record_pytorch.py --out step.pt.trace.json.gz
    ./tacho analyze --ways off --json ours.json
    ./tacho compare ours.json step.pt.trace.json.gz --b-is threads=2,network=simplenn-4

Prints the step without the profiler, with it, and what --b-is may say of the trace, which does not say it itself.
"""
import argparse
import os
import statistics
import tempfile
import time

from environment import ROOT
from participants import write_examples
from rows import ROWS, description_of
from settings import TUNED
from worker import torch_step


def median_ms(step, count):
    times = []
    for _ in range(count):
        begin = time.perf_counter_ns()
        step()
        times.append((time.perf_counter_ns() - begin) / 1e6)
    return f"{statistics.median(times):.2f} ms (median of {count}; {min(times):.2f} to {max(times):.2f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, help="ends in .json or .json.gz")
    parser.add_argument("--tacho", default=str(ROOT / "tacho"))
    parser.add_argument("--row", default="simplenn-4", choices=ROWS)
    parser.add_argument("--batch", type=int, help="(the row's)")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--warmup", type=int, default=10, help="steps before, at least 1")
    parser.add_argument("--channels-last", action="store_true")
    options = parser.parse_args()
    for name, value in TUNED.items():  # the allocator reads its settings when the process starts
        if os.environ.get(name) != value:
            os.environ.update(TUNED)
            os.execv(os.sys.executable, [os.sys.executable, *os.sys.argv])
    import torch

    job = {"network": description_of(options.tacho, options.row), "batch": options.batch or ROWS[options.row].batch, "threads": options.threads,
           "inference": False, "channels_last": options.channels_last}
    with tempfile.TemporaryDirectory() as folder:
        job["examples"] = write_examples(folder, job["network"], job["batch"])
        step, versions = torch_step(job)
    version = versions["PyTorch"]
    for _ in range(options.warmup):
        step()
    print(f"PyTorch {version}, {options.row}, batch {job['batch']}, {options.threads} threads: {median_ms(step, options.steps)} without the profiler")
    # The schedule numbers the steps in the trace, so that it says itself how many came before.
    schedule = torch.profiler.schedule(wait=options.warmup - 1, warmup=1, active=options.steps, repeat=1)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], record_shapes=True, schedule=schedule,
                                acc_events=True) as profiler:
        def profiled():
            step()
            profiler.step()

        for _ in range(options.warmup):
            profiled()
        print(f"with it: {median_ms(profiled, options.steps)}")
    profiler.export_chrome_trace(options.out)
    print(f"--b-is threads={options.threads},network={options.row}")


if __name__ == "__main__":
    main()
