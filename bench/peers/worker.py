#!/usr/bin/env python3
"""One participant of bench/peers/run.py, in a process of its own.

Usage: worker.py torch|tensorflow|onnxruntime|openvino DESCRIPTION.json; reads lines "steps N" on standard input and answers each with one
line of JSON: the times of N steps and the processor time of all in nanoseconds, and the process's peak resident memory. The description
holds network, batch, threads, inference, the file of the examples and the participant's own settings. Examples lie in memory as the
framework's tensors before the first step, a batch each: what a loader costs is not in a peer's step (it is in ours).
`worker.py export DESCRIPTION.json` writes the network as ONNX instead, where the description says. `worker.py nursery FRAMEWORK` imports the
framework, then forks for each line "PATH DESCRIPTION.json" a participant between the pipes PATH.in and PATH.out, and prints its number.
"""
import importlib
import itertools
import json
import os
import resource
import signal
import sys
import time

import numpy

from network import tensorflow_network, torch_network


def batches(job):
    """The examples, a batch after the other: images N x C x H x W and labels."""
    with numpy.load(job["examples"]) as file:
        x, y = file["x"], file["y"]
    count = job["batch"]
    return [(x[begin:begin + count], y[begin:begin + count]) for begin in range(0, len(x) - count + 1, count)]


def torch_step(job):
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(job["threads"])
    data = [(torch.from_numpy(x.copy()), torch.from_numpy(y.copy())) for x, y in batches(job)]
    model = torch_network(job["network"])
    model(data[0][0])  # lazy modules take their sizes
    versions = {"PyTorch": torch.__version__, "configuration": torch.__config__.show(), "instructions": torch.backends.cpu.get_cpu_capability()}
    if job.get("compile"):
        import torch._inductor.config as inductor

        inductor.freezing = job["inference"]
        if os.environ.get("ATEN_CPU_CAPABILITY") == "avx2":
            inductor.cpp.simdlen = 256  # the compiler does not look at that variable
    if job.get("channels_last"):
        model = model.to(memory_format=torch.channels_last)
        data = [(x.contiguous(memory_format=torch.channels_last), y) for x, y in data]
    source = itertools.cycle(data)
    if job["inference"]:
        model.eval()
        if job.get("frozen"):
            with torch.no_grad():
                model = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, data[0][0])))
        elif job.get("compile"):
            model = torch.compile(model)

        # Compiled weights are frozen into the program only where no gradient can be asked for.
        without = torch.no_grad if job.get("compile") else torch.inference_mode

        def step():
            with without():
                return model(next(source)[0])

        return step, versions
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9, fused=bool(job.get("fused")) or None)

    def loss_of(x, y):
        return torch.nn.functional.cross_entropy(model(x), y)

    forward = torch.compile(loss_of) if job.get("compile") else loss_of

    def step():
        optimizer.zero_grad(set_to_none=True)
        forward(*next(source)).backward()
        optimizer.step()

    return step, versions


def tensorflow_step(job):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(job["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(job["threads"] if job.get("inter") else 1)
    tf.config.run_functions_eagerly(bool(job.get("eager")))
    tf.random.set_seed(0)
    model = tensorflow_network(job["network"])
    versions = {"TensorFlow": tf.__version__, "configuration": str(dict(tf.sysconfig.get_build_info()))}
    source = itertools.cycle([(tf.constant(x.transpose(0, 2, 3, 1)), tf.constant(y, tf.int32)) for x, y in batches(job)])
    if job["inference"]:
        run = tf.function(lambda x: model(x, training=False), jit_compile=bool(job.get("xla")))
        return lambda: run(next(source)[0]).numpy(), versions
    # The update written out, as Keras' own costs more and XLA would not fuse it.
    moments = [tf.Variable(tf.zeros_like(v)) for v in model.trainable_variables]

    @tf.function(jit_compile=bool(job.get("xla")))
    def train(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, model(x, training=True)))
        variables = [v.value if hasattr(v, "value") and not callable(v.value) else v for v in model.trainable_variables]
        for variable, moment, gradient in zip(variables, moments, tape.gradient(loss, variables)):
            moment.assign(0.9 * moment + gradient)
            variable.assign_sub(0.001 * moment)
        return loss

    return lambda: train(*next(source)).numpy(), versions


def export(job):
    """The network with random weights as an ONNX file."""
    import torch

    torch.manual_seed(0)
    model, x = torch_network(job["network"]), torch.from_numpy(batches(job)[0][0].copy())
    model(x)  # lazy modules take their sizes
    torch.onnx.export(model.eval(), (x,), job["onnx"], input_names=["x"], output_names=["y"], dynamo=False)


def onnxruntime_step(job):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = job["threads"], 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    session = onnxruntime.InferenceSession(job["onnx"], options, providers=["CPUExecutionProvider"])
    versions = {"ONNX Runtime": onnxruntime.__version__, "configuration": onnxruntime.get_build_info()}
    inputs = [numpy.ascontiguousarray(x) for x, _ in batches(job)]
    if not job.get("binding"):
        source = itertools.cycle(inputs)
        return lambda: session.run(None, {"x": next(source)}), versions
    # Inputs and the output lie where they are, so that no call makes an array.
    output = onnxruntime.OrtValue.ortvalue_from_numpy(session.run(None, {"x": inputs[0]})[0])
    bound = []
    for x in inputs:
        binding = session.io_binding()
        binding.bind_ortvalue_input("x", onnxruntime.OrtValue.ortvalue_from_numpy(x))
        binding.bind_ortvalue_output("y", output)
        bound.append(binding)
    source = itertools.cycle(bound)
    return lambda: session.run_with_iobinding(next(source)), versions


def openvino_step(job):
    import openvino

    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": job["threads"], "INFERENCE_PRECISION_HINT": "f32"} | job["openvino"]
    request = core.compile_model(core.read_model(job["onnx"]), "CPU", settings).create_infer_request()
    source = itertools.cycle([numpy.ascontiguousarray(x) for x, _ in batches(job)])
    return lambda: request.infer({"x": next(source)}, share_inputs=True, share_outputs=True), {"OpenVINO": openvino.__version__}


MAKERS = {"torch": torch_step, "tensorflow": tensorflow_step, "onnxruntime": onnxruntime_step, "openvino": openvino_step}


def take_part(framework, path):
    with open(path) as file:
        job = json.load(file)
    step, versions = MAKERS[framework](job)
    for _ in range(job["warmup"]):
        step()
    print(json.dumps({"ready": versions | {"NumPy": numpy.__version__}}), flush=True)
    for line in sys.stdin:
        times, busy = [], time.process_time_ns()
        for _ in range(int(line.split()[1])):
            begin = time.perf_counter_ns()
            step()
            times.append(time.perf_counter_ns() - begin)
        busy = time.process_time_ns() - busy
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"times": times, "cpu_ns": busy, "peak_rss_bytes": peak}), flush=True)


def fork(framework, path, description):
    """A participant between two pipes, in a process of its own. Its number."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for end, stream, mode in (("in", sys.stdin, os.O_RDONLY), ("out", sys.stdout, os.O_WRONLY)):
            os.dup2(os.open(f"{path}.{end}", mode), stream.fileno())
        sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)
        take_part(framework, description)
        status = 0
    except Exception as error:
        print(f"{framework}: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(status)


def main():
    command, argument = sys.argv[1:]
    if command == "export":
        with open(argument) as file:
            export(json.load(file))
    elif command == "nursery":
        importlib.import_module(argument)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how one ended
        for line in iter(sys.stdin.readline, ""):
            print(fork(argument, *line.split()), flush=True)
    else:
        take_part(command, argument)


if __name__ == "__main__":
    main()
