"""What a measurement stood in: the machine, the variables, our build."""
import datetime
import os
import platform
import re
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# Variables that change which instructions, threads or allocators a participant uses.
TELLING = re.compile(r"^((OMP|GOMP|KMP|MKL|ONEDNN|DNNL|OPENBLAS|BLIS|ATEN|TORCH|TORCHINDUCTOR|XLA|TACHO|MALLOC|OV)_|TF_(ENABLE|XLA|NUM)"
                     r"|LD_PRELOAD$|GLIBC_TUNABLES$)")


def output_of(*command):
    """What it prints; empty where it cannot be run."""
    try:
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout.strip()
    except OSError:
        return ""


def telling(variables):
    """Of an environment, what may explain a time."""
    return {name: value for name, value in sorted(variables.items()) if TELLING.match(name)}


def processor():
    """Fields of lscpu: model, cores, caches, instruction sets; empty where there is none."""
    fields = {}
    for line in output_of("lscpu").splitlines():
        name, _, value = line.partition(":")
        fields[name.strip()] = value.strip()
    kept = ("Model name", "CPU family", "Model", "Stepping", "CPU(s)", "Thread(s) per core", "Core(s) per socket", "Hypervisor vendor",
            "L1d cache", "L1i cache", "L2 cache", "L3 cache", "Flags")
    return {name: fields[name] for name in kept if name in fields}


def build_type():
    """Of the program that ./tacho runs."""
    cache = ROOT / "build/release/CMakeCache.txt"
    found = re.search(r"^CMAKE_BUILD_TYPE:\w+=(.*)$", cache.read_text(), re.M) if cache.exists() else None
    return found[1] if found else "unknown"


def processor_times():
    """Seconds that the machine's cores have worked or lost to the host; None where Linux does not say."""
    try:
        fields = [int(field) for field in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    except (OSError, ValueError):
        return None
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / os.sysconf("SC_CLK_TCK")


def others_busy(seconds=0.2):
    """How many cores are at work while we wait; 0 where Linux does not say."""
    before = processor_times()
    time.sleep(seconds)
    return 0.0 if before is None else (processor_times() - before) / seconds


def environment():
    changed = output_of("git", "diff", "--name-only", "HEAD")
    return {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "processor": processor(),
            "cores": os.cpu_count(), "kernel": platform.platform(), "libc": " ".join(platform.libc_ver()), "python": platform.python_version(),
            "variables": telling(os.environ), "commit": output_of("git", "rev-parse", "HEAD") or "unknown",
            "changed_files": changed.splitlines(), "build_type": build_type()}
