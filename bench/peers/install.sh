#!/usr/bin/env bash
# Makes a virtual environment with the newest PyTorch, TensorFlow, ONNX Runtime and OpenVINO, for bench/peers/run.py.
# Usage: bench/peers/install.sh FOLDER (outside of the repository)
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: bench/peers/install.sh FOLDER" >&2; exit 2; }
root=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")
case "$(readlink -f "$1")/" in "$root"/*) echo "install: choose a folder outside of the repository" >&2; exit 2 ;; esac
# What some of the peers' settings put before a process's own; without them these settings are left out, and said.
packages=(libjemalloc2 libtcmalloc-minimal4 libomp5)
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  apt-get install --yes --quiet --no-install-recommends "${packages[@]}" > /dev/null || echo "install: apt-get failed; without ${packages[*]}" >&2
else
  echo "install: some settings need Debian's packages ${packages[*]}" >&2
fi
python3 -m venv "$1"
"$1/bin/pip" install --quiet --upgrade pip
"$1/bin/pip" install --quiet numpy torch tensorflow-cpu onnx onnxruntime openvino
"$1/bin/python" -c 'import torch, tensorflow; print("PyTorch", torch.__version__, "TensorFlow", tensorflow.__version__)'
