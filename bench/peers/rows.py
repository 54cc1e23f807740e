"""What is compared: the rows, the tables that they stand in, and the bars that they are held to. The one place for each."""
import subprocess
import tomllib
from typing import NamedTuple


class Row(NamedTuple):
    network: str
    image: str | None  # None: the network's own
    batch: int
    step_ms: float  # about a peer's training step on two cores: for estimates of how long a table takes

    @property
    def label(self):
        return f"{self.network}{f', {self.image}' if self.image else ''} ({self.batch})"


ROWS = {
    "simplenn-4": Row("simplenn-4", None, 128, 20),
    "simplenn-4-cifar": Row("simplenn-4", "3x32x32", 128, 30),
    "simplenn-7": Row("simplenn-7", None, 128, 80),
    "lenet5": Row("lenet5", None, 128, 5),
    "vgg16": Row("vgg16", None, 64, 400),
    "resnet18": Row("resnet18", None, 64, 700),
    "resnet50-224": Row("resnet50", "3x224x224", 8, 900),
    "simplenn-4-b1": Row("simplenn-4", None, 1, 1),
    "simplenn-4-b8": Row("simplenn-4", None, 8, 2),
    "simplenn-4-b32": Row("simplenn-4", None, 32, 5),
    "simplenn-4-cifar-b1": Row("simplenn-4", "3x32x32", 1, 1),
    "simplenn-7-b1": Row("simplenn-7", None, 1, 2),
    "lenet5-b1": Row("lenet5", None, 1, 1),
    "vgg16-b1": Row("vgg16", None, 1, 20),
    "resnet18-b1": Row("resnet18", None, 1, 30),
    "resnet50-224-b1": Row("resnet50", "3x224x224", 1, 150),
    "mobilenet-v2": Row("mobilenet-v2", None, 64, 200),
    "mobilenet-v2-b16": Row("mobilenet-v2", None, 16, 60),
    "mobilenet-v2-b1": Row("mobilenet-v2", None, 1, 15),
}
TRAINED = ["simplenn-4", "simplenn-4-cifar", "simplenn-7", "lenet5", "vgg16", "resnet18", "resnet50-224", "simplenn-4-b1",
           "simplenn-4-b8", "simplenn-4-b32"]
INFERRED = TRAINED + ["simplenn-4-cifar-b1", "simplenn-7-b1", "lenet5-b1", "vgg16-b1", "resnet18-b1", "resnet50-224-b1"]

# The best peer's median over ours, at least: on two threads (and more), on one.
TRAINING_BARS = {
    "simplenn-4": (2.8, 2.5),
    "simplenn-4-cifar": (2.6, 2.4),
    "simplenn-7": (2.7, 2.5),
    "lenet5": (2.5, 2.5),
    "vgg16": (2.3, 2.2),
    "resnet18": (2.2, 2.1),
    "resnet50-224": (1.4, 1.35),
    "simplenn-4-b1": (4.0, 2.5),
    "simplenn-4-b8": (3.0, 2.5),
    "simplenn-4-b32": (2.8, 2.5),
}
INFERENCE_BARS = (1.5, 1.4)
RESNET50_INFERENCE_BARS = (1.15, 1.1)
AVX2_TRAINING_BAR = 1.5
NEVER_SLOWER = 1.0  # of any other row
# Our peak resident memory in training over the best peer's, at most.
MEMORY_BAR = 0.5


def bar_of(row, inference, threads, isa=None):
    """The ratio that the row is held to. `isa`: what everybody is limited to."""
    column = 1 if threads == 1 else 0
    if inference:
        if row not in INFERRED:
            return NEVER_SLOWER
        return (RESNET50_INFERENCE_BARS if ROWS[row].network == "resnet50" else INFERENCE_BARS)[column]
    if row not in TRAINING_BARS:
        return NEVER_SLOWER
    return AVX2_TRAINING_BAR if isa == "avx2" else TRAINING_BARS[row][column]


class Table(NamedTuple):
    title: str
    rows: list
    inference: bool = False
    one_thread: bool = False
    isa: str | None = None
    after: str | None = None  # the table whose screening says which settings are worth trying here


TABLES = {
    "training": Table("Training (forward, backward, momentum)", TRAINED),
    "training-1": Table("Training", TRAINED, one_thread=True, after="training"),
    "training-avx2": Table("Training limited to AVX2", TRAINED[:4], isa="avx2", after="training"),
    "inference": Table("Inference", INFERRED, inference=True),
    "inference-1": Table("Inference", INFERRED, inference=True, one_thread=True, after="inference"),
}


def description_of(tacho, row):
    """The row's network as `tacho inspect --toml` prints it."""
    network, image = ROWS[row].network, ROWS[row].image
    text = subprocess.run([tacho, "inspect", network, *(["--image", image] if image else []), "--toml"], check=True,
                          capture_output=True, text=True).stdout
    return tomllib.loads(text)
