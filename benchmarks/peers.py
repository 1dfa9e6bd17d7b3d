"""What nnctl is compared with, in milliseconds per iteration and in whole commands."""

from dataclasses import dataclass

from workloads import WORKLOADS


@dataclass(frozen=True)
class Peer:
    """worker: in workers/. group: what a table of the fastest calls it. variant: the worker's last argument.

    backend: KERAS_BACKEND. kernels: NNCTL_KERNELS.
    """

    worker: str
    group: str
    variant: str | None = None
    backend: str | None = None
    kernels: str | None = None


NNCTL, NUMPY_ONLY, TORCH_ENGINE = "nnctl", "nnctl, NumPy only", "nnctl, torch engine"
PYTORCH, COMPILED, KERAS, SKLEARN = "PyTorch", "torch.compile", "Keras", "scikit-learn"
PEERS = {
    # measured runs are too short for nnctl to ask for Numba by itself
    NNCTL: Peer("in_nnctl", NNCTL, kernels="numba"),
    NUMPY_ONLY: Peer("in_nnctl", NUMPY_ONLY, kernels="numpy"),
    TORCH_ENGINE: Peer("in_nnctl", TORCH_ENGINE, "torch"),
    "PyTorch, Adam": Peer("in_torch", PYTORCH, "adam"),
    "PyTorch, fused Adam": Peer("in_torch", PYTORCH, "fused"),
    "PyTorch, channels last": Peer("in_torch", PYTORCH, "channels_last"),
    "torch.compile": Peer("in_torch", COMPILED, "compile"),
    "Keras, JAX": Peer("in_keras", KERAS, backend="jax"),
    "Keras, torch": Peer("in_keras", KERAS, backend="torch"),
    "Keras, TensorFlow": Peer("in_keras", KERAS, backend="tensorflow"),
    "scikit-learn": Peer("in_sklearn", SKLEARN),
}
GROUPS = (PYTORCH, COMPILED, KERAS, SKLEARN)
# whole commands; nnctl's own is `python -m nnctl train`
SCRIPTS = {
    "PyTorch": Peer("script_torch", "PyTorch"),
    "Keras, JAX": Peer("script_keras", "Keras", backend="jax"),
    "Keras, torch": Peer("script_keras", "Keras", backend="torch"),
    "Keras, TensorFlow": Peer("script_keras", "Keras", backend="tensorflow"),
    "scikit-learn": Peer("script_sklearn", SKLEARN),
}


def fits(peer: str, name: str) -> bool:
    """Whether a peer can run a workload."""
    workload = WORKLOADS[name]
    if peer == SKLEARN:
        return all("Dense" in entry for entry in workload.layers) and workload.target == "classes"
    return PEERS[peer].variant != "channels_last" or len(workload.shape) == 3
