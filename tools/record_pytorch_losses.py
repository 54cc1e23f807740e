#!/usr/bin/env python3
"""Records PyTorch's losses for the test PyTorchAgreement into tests/data/pytorch_losses.json.

Usage: tools/record_pytorch_losses.py PROGRAM [TABLE [NAME]], where PROGRAM is the built write_pytorch_inputs; with
NAME only runs whose names contain it are trained, and the others stay as TABLE has them. From the root:

    cmake --preset release && cmake --build build/release --target write_pytorch_inputs
    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch numpy safetensors
    /tmp/venv/bin/python tools/record_pytorch_losses.py build/release/tests/write_pytorch_inputs

PROGRAM writes the weights before the first step, the examples and each run's description (network, optimiser,
learning rate); this script builds the same network in PyTorch from that description, trains it in float64 and in
float32 on one thread, and writes every step's loss and, where the network keeps running statistics, the loss that the
trained network has on the last batch when it uses them (float64). Record again when a run in
tests/support/pytorch_runs.cc, the initial weights or the built-in sets change. The table says which PyTorch made it.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors import safe_open
from torch import nn

# What a layer's absent fields mean; PyTorch's own defaults are spelt out so that a change there is no silent one here.
CONVOLUTION = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}
# kind: (its module, by PyTorch's names of the fields, their defaults). What fields do not say (numbers of inputs, rows
# to normalise) comes from the weights.
ACTIVATIONS = {
    "relu": (nn.ReLU, {}),
    "relu6": (nn.ReLU6, {}),
    "leaky_relu": (lambda alpha: nn.LeakyReLU(alpha), {"alpha": 0.01}),
    "elu": (lambda alpha: nn.ELU(alpha), {"alpha": 1.0}),
    "selu": (nn.SELU, {}),
    "gelu": (lambda approximate: nn.GELU("tanh" if approximate else "none"), {"approximate": False}),
    "silu": (nn.SiLU, {}),
    "softplus": (lambda beta: nn.Softplus(beta), {"beta": 1.0}),
    "hardswish": (nn.Hardswish, {}),
    "sigmoid": (nn.Sigmoid, {}),
    "tanh": (nn.Tanh, {}),
}
PLACES = {
    "max_pool2d": (lambda kernel, stride, **f: nn.MaxPool2d(kernel, stride, **f), {"stride": None, "padding": 0}),
    "avg_pool2d": (lambda kernel, stride, **f: nn.AvgPool2d(kernel, stride, **f),
                   {"stride": None, "padding": 0, "count_include_pad": True}),
    "adaptive_avg_pool2d": (lambda output: nn.AdaptiveAvgPool2d(output), {}),
    "global_avg_pool2d": (lambda: nn.AdaptiveAvgPool2d(1), {}),
    "upsample2d": (lambda scale, bilinear: nn.Upsample(scale_factor=scale, mode="bilinear" if bilinear else "nearest"),
                   {"scale": 2, "bilinear": False}),
    "instance_norm2d": (lambda eps: lambda x: nn.functional.instance_norm(x, eps=eps), {"eps": 1e-5}),
    "flatten": (nn.Flatten, {}),
    "add": (lambda: torch.add, {}),
    "concat": (lambda: lambda *parts: torch.cat(parts, 1), {}),
}
WITH_WEIGHT = {
    "conv2d": (lambda w, out_channels, kernel, groups, **f:
               nn.Conv2d(w[1] * groups, out_channels, kernel, groups=groups, **f), CONVOLUTION),
    "conv_transpose2d": (lambda w, out_channels, kernel, **f: nn.ConvTranspose2d(w[0], out_channels, kernel, **f),
                         CONVOLUTION | {"output_padding": 0}),
    "linear": (lambda w, out_features, bias: nn.Linear(w[1], out_features, bias), {"bias": True}),
    "batch_norm2d": (lambda w, **f: nn.BatchNorm2d(w[0], **f), {"eps": 1e-5, "momentum": 0.1}),
    "layer_norm": (lambda w, eps, axes: nn.LayerNorm(w, eps), {"eps": 1e-5, "axes": None}),
    "rms_norm": (lambda w, eps, axes: nn.RMSNorm(w, eps), {"eps": 1e-6, "axes": None}),
    "group_norm": (lambda w, groups, eps: nn.GroupNorm(groups, w[0], eps), {"eps": 1e-5}),
}


class Network(nn.Module):
    """The network of a description (what `tacho inspect --toml` prints, as JSON): each layer reads those it names, or
    the one before it. `shapes` are those of the parameters in the file."""

    def __init__(self, description, shapes):
        super().__init__()
        self.steps = []
        before = "input"
        for layer in description["layers"]:
            module = self.make(layer, shapes)
            if isinstance(module, nn.Module):
                self.add_module(self.key(layer["name"]), module)
            self.steps.append((layer["name"], module, layer["inputs"] or [before]))
            before = layer["name"]

    @staticmethod
    def key(layer):
        """PyTorch allows no dots in a module's name."""
        return layer.replace(".", "/")

    @staticmethod
    def make(layer, shapes):
        kind, fields = layer["kind"], layer["fields"]
        if kind in WITH_WEIGHT:
            make, defaults = WITH_WEIGHT[kind]
            return make(list(shapes[layer["name"] + ".weight"]), **(defaults | fields))
        if kind not in ACTIVATIONS | PLACES:
            sys.exit(f"layer of kind {kind!r}: this script does not know it yet")
        make, defaults = (ACTIVATIONS | PLACES)[kind]
        return make(**(defaults | fields))

    def forward(self, x):
        values = {"input": x}
        for name, module, inputs in self.steps:
            values[name] = module(*(values[i] for i in inputs))
        return values[name]

    def load(self, tensors):
        """Every parameter from the file, which holds no others. Running statistics start as PyTorch's do."""
        loaded = {}
        for name, tensor in tensors.items():
            layer, _, suffix = name.rpartition(".")
            loaded[f"{self.key(layer)}.{suffix}"] = tensor
        assert set(loaded) == {name for name, _ in self.named_parameters()}, "other parameters than the network's"
        self.load_state_dict(loaded, strict=False)


def make_optimizer(optimizer, rate, network):
    """By the settings that the run's description spells out in full."""
    kind, parameters = optimizer["kind"], network.parameters()
    momentum = {"momentum": optimizer["momentum"], "weight_decay": optimizer["weight_decay"]}
    moments = {"betas": optimizer["betas"], "eps": optimizer["eps"], "weight_decay": optimizer["weight_decay"]}
    if kind == "sgd":
        return torch.optim.SGD(parameters, rate, weight_decay=optimizer["weight_decay"])
    if kind in ("momentum", "nesterov"):
        return torch.optim.SGD(parameters, rate, nesterov=kind == "nesterov", **momentum)
    if kind in ("adam", "adamw"):
        return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[kind](parameters, rate, **moments)
    if kind in ("rmsprop", "adagrad"):
        moments.pop("betas")
        return {"rmsprop": torch.optim.RMSprop, "adagrad": torch.optim.Adagrad}[kind](parameters, rate, **moments)
    sys.exit(f"optimizer {kind!r}: this script does not know it yet")


def clip_gradients(optimizer, network):
    """By value, then by the norm of all; 0 is no bound."""
    if optimizer["clip_value"]:
        nn.utils.clip_grad_value_(network.parameters(), optimizer["clip_value"])
    if optimizer["clip_norm"]:
        nn.utils.clip_grad_norm_(network.parameters(), optimizer["clip_norm"])


def train(run, parameters, x, y, dtype):
    """Every step's loss, and the loss of the last batch by running statistics after the last step (None without)."""
    settings = run["settings"]
    network = Network(run["network"], {name: tensor.shape for name, tensor in parameters.items()}).to(dtype)
    network.load({name: tensor.to(dtype) for name, tensor in parameters.items()})
    optimizer = make_optimizer(settings["optimizer"], settings["learning_rate"], network)
    losses = []
    for step in range(settings["steps"]):
        part = slice(step * settings["batch"], (step + 1) * settings["batch"])
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(network(x[part].to(dtype)), y[part])
        loss.backward()
        clip_gradients(settings["optimizer"], network)
        optimizer.step()
        losses.append(loss.item())
    if not any("running_" in name for name, _ in network.named_buffers()):
        return losses, None
    network.eval()
    with torch.no_grad():
        return losses, nn.functional.cross_entropy(network(x[part].to(dtype)), y[part]).item()


def record(path, only, known):
    """One row of the table from one file of PROGRAM: trained where its name contains `only`, else as it is known."""
    with safe_open(path, framework="pt") as file:
        run = json.loads(file.metadata()["run"])
        if only not in run["name"]:
            return known[run["name"]]
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    x, y = tensors.pop("x"), tensors.pop("y")
    row = {"name": run["name"], "settings": run["settings"]}
    row["float64"], evaluation = train(run, tensors, x, y, torch.float64)
    losses, _ = train(run, tensors, x, y, torch.float32)
    row["float32"] = [float(f"{loss:.9g}") for loss in losses]  # nine digits tell any two float32 apart
    if evaluation is not None:
        row["evaluation"] = evaluation
    return row


def main():
    if len(sys.argv) not in (2, 3, 4) or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    root = Path(__file__).resolve().parent.parent
    table = Path(sys.argv[2]) if len(sys.argv) > 2 else root / "tests/data/pytorch_losses.json"
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    only = sys.argv[3] if len(sys.argv) > 3 else ""
    known = {run["name"]: run for run in json.loads(table.read_text())["runs"]} if only else {}
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        for path in sorted(Path(folder).glob("*.safetensors"), key=lambda path: int(path.stem)):
            runs.append(record(path, only, known))
            first, last, steps = runs[-1]["float64"][0], runs[-1]["float64"][-1], len(runs[-1]["float64"])
            apart = max(abs(a - b) / abs(b) for a, b in zip(runs[-1]["float32"], runs[-1]["float64"]))
            print(f"{runs[-1]['name']}: loss {first:.4f} -> {last:.4f} in {steps} steps; float32 within {apart:.1e}")
    recorded = {"by": "tools/record_pytorch_losses.py", "torch": torch.__version__,
                "cpu_capability": torch.backends.cpu.get_cpu_capability(), "threads": 1}
    rows = ",\n".join(json.dumps(run) for run in runs)  # one line each
    table.parent.mkdir(exist_ok=True)
    table.write_text(f'{{"recorded": {json.dumps(recorded)},\n"runs": [\n{rows}\n]}}\n')
    print(f"{table}: {table.stat().st_size} bytes")


if __name__ == "__main__":
    main()
