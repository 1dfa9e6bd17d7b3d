"""Trained models as ONNX files, which onnxruntime and model servers run.

writer.py         the file: inputs, outputs, metadata, and the check before it is written
builder.py        nodes, constants, names
lowering.py       the graph, layer by layer
layers/           a function for each layer, in the table of its family
activations.py    a function for each activation
masks.py          the masks of padded time steps
raw_inputs.py     preprocessing inside of the model
outputs.py        class names, probabilities, numbers in their unit
"""

from nnctl.interop.onnx.writer import export

__all__ = ["export"]
