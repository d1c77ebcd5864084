"""What Keras's `fit` says under TensorFlow's strategy for several workers, with one worker and with two.

    python benchmarks/tensorflow_workers.py --every-network

TensorFlow's workers listen on every network of this machine while they run, some seconds, and whoever reaches
them can run programs there. So nothing starts without the option, and the course's notebooks start none.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys

ONE_STEP = """
import os, keras, numpy as np, tensorflow as tf
with tf.distribute.MultiWorkerMirroredStrategy().scope():
    net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    net.compile("sgd", "mse")
try:
    net.fit(np.ones((64, 3)), np.ones((64, 1)), batch_size=32, verbose=0)
    print("fit trains", flush=True)
except Exception as error:
    print("fit fails:", type(error).__name__, str(error)[:45], flush=True)
os._exit(0)  # the other may be waiting for this one
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--every-network", action="store_true", help="yes, listen there for some seconds")
    if not parser.parse_args().every_network:
        parser.error("TensorFlow's workers listen on every network of this machine: say --every-network")
    for workers in (1, 2):
        print(f"{workers} worker(s): {', '.join(sorted(set(said_by(workers))))}")


def said_by(workers: int) -> list[str]:
    """What each of so many workers says of its `fit`."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(workers)]
    started = []
    for index in range(workers):
        config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        environment = os.environ | {"TF_CONFIG": json.dumps(config), "KERAS_BACKEND": "tensorflow"}
        environment["CUDA_VISIBLE_DEVICES"] = "-1"
        command = [sys.executable, "-c", ONE_STEP]
        started.append(subprocess.Popen(command, env=environment, stdout=-1, stderr=-3, text=True))
    return [one.communicate(timeout=300)[0].strip() for one in started]


def free_ports(count: int) -> list[int]:
    lines = [socket.socket() for _ in range(count)]
    for line in lines:
        line.bind(("127.0.0.1", 0))
    ports = [line.getsockname()[1] for line in lines]
    for line in lines:
        line.close()
    return ports


if __name__ == "__main__":
    main()
