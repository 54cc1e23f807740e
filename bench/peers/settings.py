"""The ways in which each peer is run: layouts, compilers, allocators, threads."""
import glob
from typing import NamedTuple

# An allocator that gives nothing back, and OpenMP threads that spin between regions: what helps PyTorch most.
TUNED = {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "1073741824", "GOMP_SPINCOUNT": "10000"}
ONEDNN, EIGEN = {"TF_ENABLE_ONEDNN_OPTS": "1"}, {"TF_ENABLE_ONEDNN_OPTS": "0"}
# Libraries put before a process's own; Debian's packages libjemalloc2, libtcmalloc-minimal4, libomp5.
PRELOADED = {"jemalloc": "libjemalloc.so.2", "tcmalloc": "libtcmalloc_minimal.so.4", "iomp": "libiomp5.so"}
LIBRARY_FOLDERS = ("/usr/lib/*-linux-gnu", "/usr/lib/llvm-*/lib", "/usr/lib64", "/usr/lib", "/usr/local/lib")
# What limits every participant to AVX2. OpenVINO and ONNX Runtime have no such switch.
ISA_LIMITS = {None: {}, "avx2": {"TACHO_SIMD_TARGET": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2",
                                 "MKL_ENABLE_INSTRUCTIONS": "AVX2", "OPENBLAS_CORETYPE": "Haswell",
                                 "XLA_FLAGS": "--xla_cpu_max_isa=AVX2"}}


class Setting(NamedTuple):
    framework: str  # of worker.py
    options: dict = {}  # what worker.py is told besides the job
    environment: dict = {}
    training: bool = True  # takes part by itself; by its name it always can
    inference: bool = False
    preload: tuple = ()  # of PRELOADED
    threads: int = 1  # sense only with so many threads and more


CHANNELS_LAST = {"channels_last": True}
FUSED = CHANNELS_LAST | {"fused": True}
FROZEN = CHANNELS_LAST | {"frozen": True}
# Short spinning: what Intel's guide for PyTorch recommends with its OpenMP.
IOMP = {"KMP_BLOCKTIME": "1", "KMP_AFFINITY": "granularity=fine,compact,1,0"}
PEERS = {
    "pytorch": Setting("torch", inference=True),
    "pytorch-tuned": Setting("torch", {}, TUNED),
    "pytorch-cl": Setting("torch", CHANNELS_LAST),
    "pytorch-cl-tuned": Setting("torch", CHANNELS_LAST, TUNED, inference=True),
    "pytorch-cl-fused": Setting("torch", FUSED, TUNED),
    "pytorch-cl-jemalloc": Setting("torch", FUSED, TUNED, preload=("jemalloc",)),
    "pytorch-cl-tcmalloc": Setting("torch", FUSED, TUNED, preload=("tcmalloc",)),
    "pytorch-cl-iomp": Setting("torch", FUSED, IOMP, preload=("iomp", "jemalloc"), threads=2),
    "pytorch-compile-plain": Setting("torch", {"compile": True, "fused": True}, TUNED, inference=True),
    "pytorch-compile": Setting("torch", FUSED | {"compile": True}, TUNED, inference=True),
    "pytorch-frozen": Setting("torch", FROZEN, TUNED, training=False, inference=True),
    "pytorch-frozen-plain": Setting("torch", {"frozen": True}, TUNED, training=False, inference=True),
    "pytorch-frozen-tcmalloc": Setting("torch", FROZEN, TUNED, training=False, inference=True, preload=("tcmalloc",)),
    "tensorflow": Setting("tensorflow"),
    "tensorflow-tuned": Setting("tensorflow", {}, TUNED),
    "tensorflow-inter": Setting("tensorflow", {"inter": True}, TUNED, threads=2),
    "tensorflow-xla": Setting("tensorflow", {"xla": True}, TUNED),
    # By itself TensorFlow uses oneDNN only on processors that it knows to gain; here said either way.
    "tensorflow-onednn": Setting("tensorflow", {}, TUNED | ONEDNN),
    "tensorflow-eigen": Setting("tensorflow", {}, TUNED | EIGEN),
    "tensorflow-jemalloc": Setting("tensorflow", {}, TUNED, preload=("jemalloc",)),
    "tensorflow-tcmalloc": Setting("tensorflow", {}, TUNED, preload=("tcmalloc",)),
    "tensorflow-eager": Setting("tensorflow", {"eager": True}, TUNED, training=False),
    "tensorflow-eager-onednn": Setting("tensorflow", {"eager": True}, TUNED | ONEDNN, training=False),
    "tensorflow-eager-eigen": Setting("tensorflow", {"eager": True}, TUNED | EIGEN, training=False),
    # Both with all optimisations of the graph; ONNX Runtime's threads spin, OpenVINO has one stream.
    "onnxruntime": Setting("onnxruntime", training=False, inference=True),
    "onnxruntime-binding": Setting("onnxruntime", {"binding": True}, training=False, inference=True),
    "onnxruntime-tcmalloc": Setting("onnxruntime", {"binding": True}, training=False, inference=True, preload=("tcmalloc",)),
    "openvino": Setting("openvino", {"openvino": {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1}}, training=False, inference=True),
    "openvino-no-hint": Setting("openvino", {"openvino": {"NUM_STREAMS": 1}}, training=False, inference=True),
    "openvino-unpinned": Setting("openvino", {"openvino": {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "ENABLE_CPU_PINNING": False}},
                                 training=False, inference=True),
}


def known(inference):
    """Every setting that can do that."""
    trains = {name: s.framework in ("torch", "tensorflow") and "frozen" not in s.options for name, s in PEERS.items()}
    return [name for name in PEERS if inference or trains[name]]


def screened(inference, threads):
    """The settings among which the best is looked for."""
    return [name for name, s in PEERS.items() if (s.inference if inference else s.training) and threads >= s.threads]


def library(name):
    """The path of a library of PRELOADED; None where it is not installed."""
    found = [path for folder in LIBRARY_FOLDERS for path in sorted(glob.glob(f"{folder}/{PRELOADED[name]}"))]
    return found[0] if found else None


def environment_of(name, threads):
    """What the setting adds to a process's environment. RuntimeError where a library is not installed."""
    setting, paths = PEERS[name], []
    for wanted in setting.preload:
        path = library(wanted)
        if path is None:
            raise RuntimeError(f"{PRELOADED[wanted]} is not installed")
        paths.append(path)
    preload = {"LD_PRELOAD": ":".join(paths)} if paths else {}
    return {"OMP_NUM_THREADS": str(threads), "TF_CPP_MIN_LOG_LEVEL": "3"} | setting.environment | preload
