"""Quantises an ONNX file to int8 with ONNX Runtime's own tool.

Usage: quantise_dynamic.py INPUT OUTPUT

Weights are int8 for each output channel, activations uint8 with one dynamic scale for the whole tensor. The tool
needs the types of contrib operators' outputs, so it fails on a file without them. Prints one line of JSON: how
many products became int8, and the versions.
"""

import json
import sys

import onnx
import onnxruntime
from onnxruntime.quantization import QuantType, quantize_dynamic

source, target = sys.argv[1:]
quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True)
operators = [node.op_type for node in onnx.load(target).graph.node]
integer = operators.count("MatMulInteger")
if integer == 0:
    sys.exit(f"{target}: expected products in int8, got none")
versions = {"onnxruntime (Python)": onnxruntime.__version__, "onnx": onnx.__version__}
print(json.dumps({"products": integer, "versions": versions}))
