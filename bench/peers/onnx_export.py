"""BERT with one exit, exported by PyTorch and fused by ONNX Runtime's own transformer optimizer: the
peer of the segments that @sweetspot/export writes.

Reads a folder that bench/training-work.ts wrote, writes peer.onnx into it (`ids` and `mask` int64 [B, T]
to `logits` [B, K]) and prints one line of JSON: the versions, and what was fused.

  python onnx_export.py FOLDER
"""

import json
import math
import os
import sys
import warnings

import bert
import onnxruntime
import torch
from onnxruntime.transformers.optimizer import optimize_model
from torch import nn


def attention(query, key, value, attn_mask, dropout_p):
    """scaled_dot_product_attention written out, which the optimizer recognises and fuses."""
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1]) + attn_mask
    return torch.softmax(scores, -1) @ value


class Exported(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids, mask):
        # As in Hugging Face's BERT: the optimizer looks for this.
        bias = (1.0 - mask[:, None, None, :].to(torch.float32)) * -10000.0
        return self.model(ids, mask.to(torch.float32), bias)[0]


def main():
    folder = sys.argv[1]
    bert.F.scaled_dot_product_attention = attention
    work = bert.read_work(folder)
    model = Exported(bert.load(folder, work)).eval()
    example = (torch.ones(2, 8, dtype=torch.int64), torch.ones(2, 8, dtype=torch.int64))
    exported = os.path.join(folder, "exported.onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The TorchScript exporter: in the newer one's graphs the optimizer finds no attention.
        torch.onnx.export(
            model,
            example,
            exported,
            dynamo=False,
            opset_version=17,
            input_names=["ids", "mask"],
            output_names=["logits"],
            dynamic_axes={"ids": {0: "B", 1: "T"}, "mask": {0: "B", 1: "T"}},
        )
    config = work["config"]
    optimised = optimize_model(
        exported,
        model_type="bert",
        num_heads=config["num_attention_heads"],
        hidden_size=config["hidden_size"],
    )
    optimised.save_model_to_file(os.path.join(folder, "peer.onnx"))
    fused = {name: n for name, n in optimised.get_fused_operator_statistics().items() if n > 0}
    versions = {"torch": torch.__version__, "onnxruntime": onnxruntime.__version__}
    print(json.dumps({"versions": versions, "fused": fused}))


main()
