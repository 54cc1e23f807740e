#!/usr/bin/env python3
"""Records PyTorch's losses for the test PyTorchAgreement into tests/data/pytorch_losses.json.

Usage: tools/record_pytorch_losses.py PROGRAM [TABLE], where PROGRAM is the built write_pytorch_inputs. From the root:

    cmake --preset release && cmake --build build/release --target write_pytorch_inputs
    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch numpy safetensors
    /tmp/venv/bin/python tools/record_pytorch_losses.py build/release/tests/write_pytorch_inputs

PROGRAM writes the weights before the first step, the examples and each run's description (network, optimiser,
learning rate); this script builds the same network in PyTorch, trains it in float64 and in float32 on one thread, and
writes every step's loss and, after the last step of float64, the running statistics. Record again when a run in
tests/support/pytorch_runs.cc, the initial weights or the built-in digits change. The table says which PyTorch made it.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors import safe_open

# What a layer's absent fields mean; PyTorch's own defaults are spelt out so that a change there is no silent one here.
DEFAULTS = {
    "conv2d": {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True},
    "linear": {"bias": True},
    "max_pool2d": {"padding": 0},
    "batch_norm2d": {"eps": 1e-5, "momentum": 0.1},
}


def make_layer(kind, fields, inputs):
    """The torch module of one layer; `inputs` is its input's number of channels or features."""
    fields = DEFAULTS.get(kind, {}) | fields
    if kind == "conv2d":
        return torch.nn.Conv2d(inputs, fields.pop("out_channels"), fields.pop("kernel"), **fields)
    if kind == "linear":
        return torch.nn.Linear(inputs, fields.pop("out_features"), **fields)
    if kind == "max_pool2d":
        return torch.nn.MaxPool2d(fields.pop("kernel"), **fields)
    if kind == "batch_norm2d":
        return torch.nn.BatchNorm2d(inputs, **fields)
    if kind in ("relu", "flatten") and not fields:
        return {"relu": torch.nn.ReLU, "flatten": torch.nn.Flatten}[kind]()
    sys.exit(f"layer of kind {kind!r} with {fields}: this script does not know it yet")


def make_network(spec):
    """A chain of layers, each under its name in the file."""
    network = torch.nn.Sequential()
    x = torch.zeros(2, *spec["input"])
    for layer in spec["layers"]:
        if layer["inputs"]:
            sys.exit(f"layer {layer['name']} names its inputs: this script knows chains only")
        network.add_module(layer["name"], make_layer(layer["kind"], layer["fields"], x.shape[1]))
        x = network[-1](x)
    return network


def make_optimizer(run, network):
    """By the options' defaults in src/nn/optimizer.h."""
    if run["optimizer"] == "momentum":
        return torch.optim.SGD(network.parameters(), lr=run["learning_rate"], momentum=0.9)
    if run["optimizer"] == "adam":
        return torch.optim.Adam(network.parameters(), lr=run["learning_rate"], betas=(0.9, 0.999), eps=1e-8)
    sys.exit(f"optimizer {run['optimizer']!r}: this script does not know it yet")


def train(run, tensors, dtype):
    """Every step's loss, and the running statistics after the last one."""
    network = make_network(run["network"])
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()  # make_network has pushed zeros through it
    network.to(dtype)
    names = [name for name, _ in network.named_parameters()]
    assert set(names) | {"x", "y"} == set(tensors), "the file holds other parameters than the network"
    # Not strict: the running statistics are absent and start as PyTorch's do.
    network.load_state_dict({name: tensors[name].to(dtype) for name in names}, strict=False)
    optimizer = make_optimizer(run, network)
    losses = []
    for step in range(run["steps"]):
        part = slice(step * run["batch"], (step + 1) * run["batch"])
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(tensors["x"][part].to(dtype)), tensors["y"][part])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    statistics = {name: buffer.tolist() for name, buffer in network.named_buffers()
                  if not name.endswith(".num_batches_tracked")}
    return losses, statistics


def record(path):
    """One row of the table from one file of PROGRAM."""
    with safe_open(path, framework="pt") as file:
        run = json.loads(file.metadata()["run"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    row = {key: run[key] for key in ("name", "optimizer", "learning_rate", "batch", "steps")}
    row["float64"], statistics = train(run, tensors, torch.float64)
    row["float32"], _ = train(run, tensors, torch.float32)
    if statistics:
        row["statistics"] = statistics
    return row


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    root = Path(__file__).resolve().parent.parent
    table = Path(sys.argv[2]) if len(sys.argv) == 3 else root / "tests/data/pytorch_losses.json"
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        runs = [record(path) for path in sorted(Path(folder).glob("*.safetensors"))]
    recorded = {"by": "tools/record_pytorch_losses.py", "torch": torch.__version__,
                "cpu_capability": torch.backends.cpu.get_cpu_capability(), "threads": 1}
    table.parent.mkdir(exist_ok=True)
    table.write_text(json.dumps({"recorded": recorded, "runs": runs}, indent=1) + "\n")
    for run in runs:
        print(f"{run['name']}: loss {run['float64'][0]:.4f} -> {run['float64'][-1]:.4f} in {run['steps']} steps")
    print(f"{table}: {table.stat().st_size} bytes")


if __name__ == "__main__":
    main()
