"""A network file (what `tacho inspect --toml` prints) as a model of PyTorch or TensorFlow."""
import sys


def layers_of(description):
    """Each layer with the names of those it reads: the ones it says, or the layer before it."""
    before = "input"
    for layer in description["layer"]:
        yield layer, layer.get("inputs", [before])
        before = layer["name"]


def unknown(layer):
    sys.exit(f"layer of kind {layer['kind']!r}: bench/peers/network.py does not know it yet")


def torch_network(description):
    """A torch.nn.Module over N x C x H x W; sizes of inputs are taken from a first call."""
    from torch import cat, nn

    def make(layer):
        kind, get = layer["kind"], layer.get
        if kind == "conv2d":
            return nn.LazyConv2d(get("out_channels"), get("kernel"), get("stride", 1), get("padding", 0), get("dilation", 1),
                                 get("groups", 1), get("bias", True))
        if kind == "linear":
            return nn.LazyLinear(get("out_features"), get("bias", True))
        if kind == "batch_norm2d":
            return nn.LazyBatchNorm2d()
        if kind == "max_pool2d":
            return nn.MaxPool2d(get("kernel"), get("stride"), get("padding", 0))
        if kind == "avg_pool2d":
            return nn.AvgPool2d(get("kernel"), get("stride"), get("padding", 0))
        plain = {"relu": nn.ReLU, "relu6": nn.ReLU6, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "flatten": nn.Flatten,
                 "global_avg_pool2d": lambda: nn.AdaptiveAvgPool2d(1)}
        return plain[kind]() if kind in plain else None

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.steps = []
            for number, (layer, inputs) in enumerate(layers_of(description)):
                module = make(layer)
                if module is not None:
                    self.add_module(f"layer{number}", module)
                elif layer["kind"] not in ("add", "concat"):
                    unknown(layer)
                self.steps.append((layer["name"], layer["kind"], module, inputs))

        def forward(self, x):
            values = {"input": x}
            for name, kind, module, inputs in self.steps:
                read = [values[i] for i in inputs]
                if module is not None:
                    values[name] = module(read[0])
                else:
                    values[name] = read[0] + read[1] if kind == "add" else cat(read, 1)
            return values[name]

    return Network()


def tensorflow_network(description):
    """A Keras model over N x H x W x C, TensorFlow's own order on CPUs."""
    from tensorflow import keras

    channels, height, width = description["input"]
    values = {"input": keras.Input((height, width, channels))}
    image = values["input"]

    def padded(x, layer):
        padding = layer.get("padding", 0)
        return keras.layers.ZeroPadding2D(padding)(x) if padding else x

    def convolution(x, layer):
        kernel, stride = layer["kernel"], layer.get("stride", 1)
        common = {"strides": stride, "use_bias": layer.get("bias", True), "dilation_rate": layer.get("dilation", 1)}
        groups = layer.get("groups", 1)
        # "same" pads as we do at stride 1, without a pass of its own.
        same = stride == 1 and 2 * layer.get("padding", 0) == (kernel - 1) * layer.get("dilation", 1)
        common["padding"] = "same" if same else "valid"
        x = x if same else padded(x, layer)
        if groups == x.shape[-1] == layer["out_channels"]:
            return keras.layers.DepthwiseConv2D(kernel, **common)(x)
        return keras.layers.Conv2D(layer["out_channels"], kernel, groups=groups, **common)(x)

    for layer, inputs in layers_of(description):
        kind, read = layer["kind"], [values[i] for i in inputs]
        x = read[0]
        if kind == "conv2d":
            y = convolution(x, layer)
        elif kind == "linear":
            y = keras.layers.Dense(layer["out_features"], use_bias=layer.get("bias", True))(x)
        elif kind == "batch_norm2d":
            y = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
        elif kind in ("max_pool2d", "avg_pool2d"):
            pool = keras.layers.MaxPooling2D if kind == "max_pool2d" else keras.layers.AveragePooling2D
            y = pool(layer["kernel"], layer.get("stride", layer["kernel"]))(padded(x, layer))
        elif kind in ("relu", "relu6", "tanh", "sigmoid"):
            y = keras.layers.Activation(kind)(x)
        elif kind == "global_avg_pool2d":
            y = keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
        elif kind == "flatten":
            y = keras.layers.Flatten()(x)
        elif kind == "add":
            y = keras.layers.Add()(read)
        elif kind == "concat":
            y = keras.layers.Concatenate(axis=-1)(read)
        else:
            unknown(layer)
        values[layer["name"]] = y
    return keras.Model(image, y)
