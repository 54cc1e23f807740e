#!/usr/bin/env python3
"""One participant of bench/peers/run.py, in a process of its own.

Usage: worker.py torch|tensorflow|onnxruntime|openvino DESCRIPTION.json; reads lines "steps N" on standard input and answers each with one line of JSON:
the times of N steps in nanoseconds, and the process's peak resident memory. The description holds network, batch, threads,
inference and the participant's own settings.
"""
import json
import resource
import sys
import time

from network import tensorflow_network, torch_network


def torch_step(job):
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(job["threads"])
    shape = [job["batch"], *job["network"]["input"]]
    model, x = torch_network(job["network"]), torch.randn(shape)
    model(x)  # lazy modules take their sizes
    y = torch.randint(0, job["network"]["classes"], (job["batch"],))
    if job.get("channels_last"):
        model = model.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    if job["inference"]:
        model.eval()
        if job.get("frozen"):
            with torch.no_grad():
                model = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, x)))
        elif job.get("compile"):
            model = torch.compile(model)

        def step():
            with torch.inference_mode():
                return model(x)

        return step, torch.__version__
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)

    def loss_of():
        return torch.nn.functional.cross_entropy(model(x), y)

    forward = torch.compile(loss_of) if job.get("compile") else loss_of

    def step():
        optimizer.zero_grad(set_to_none=True)
        forward().backward()
        optimizer.step()

    return step, torch.__version__


def tensorflow_step(job):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(job["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.run_functions_eagerly(bool(job.get("eager")))
    tf.random.set_seed(0)
    channels, height, width = job["network"]["input"]
    model = tensorflow_network(job["network"])
    x = tf.random.normal((job["batch"], height, width, channels))
    y = tf.random.uniform((job["batch"],), 0, job["network"]["classes"], tf.int32)
    if job["inference"]:
        run = tf.function(lambda: model(x, training=False), jit_compile=bool(job.get("xla")))
        return lambda: run().numpy(), tf.__version__
    # The update written out, as Keras' own costs more and XLA would not fuse it.
    moments = [tf.Variable(tf.zeros_like(v)) for v in model.trainable_variables]

    @tf.function(jit_compile=bool(job.get("xla")))
    def train():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, model(x, training=True)))
        variables = [v.value if hasattr(v, "value") and not callable(v.value) else v for v in model.trainable_variables]
        for variable, moment, gradient in zip(variables, moments, tape.gradient(loss, variables)):
            moment.assign(0.9 * moment + gradient)
            variable.assign_sub(0.001 * moment)
        return loss

    return lambda: train().numpy(), tf.__version__


def onnx_model(job):
    """The network with random weights as an ONNX file's bytes, and a batch."""
    import io

    import torch

    torch.manual_seed(0)
    model, x = torch_network(job["network"]), torch.randn([job["batch"], *job["network"]["input"]])
    model(x)  # lazy modules take their sizes
    file = io.BytesIO()
    torch.onnx.export(model.eval(), (x,), file, input_names=["x"], output_names=["y"], dynamo=False)
    return file.getvalue(), x.numpy()


def onnxruntime_step(job):
    import onnxruntime

    model, x = onnx_model(job)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = job["threads"], 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"x": x}), onnxruntime.__version__


def openvino_step(job):
    import io

    import openvino

    model, x = onnx_model(job)
    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": job["threads"], "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    request = core.compile_model(core.read_model(io.BytesIO(model)), "CPU", settings).create_infer_request()
    return lambda: request.infer({"x": x}, share_inputs=True, share_outputs=True), openvino.__version__


def main():
    framework, path = sys.argv[1:]
    with open(path) as file:
        job = json.load(file)
    makers = {"torch": torch_step, "tensorflow": tensorflow_step, "onnxruntime": onnxruntime_step, "openvino": openvino_step}
    step, version = makers[framework](job)
    for _ in range(job["warmup"]):
        step()
    print(json.dumps({"ready": version}), flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line.split()[1])):
            begin = time.perf_counter_ns()
            step()
            times.append(time.perf_counter_ns() - begin)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"times": times, "peak_rss_bytes": peak}), flush=True)


if __name__ == "__main__":
    main()
