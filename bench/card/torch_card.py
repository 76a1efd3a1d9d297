"""The same training step in PyTorch on the card. It answers each line of JSON on stdin ({"steps": n}) with one.

  python torch_card.py MODEL ROWS TOKENS --precision fp32|tf32|bf16 --compile none|default|reduce-overhead [--device cpu]
"""

import argparse
import contextlib
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))

import torch
from bert import Bert, adamw, sum_of_losses
from torch import nn

MODELS = {
    "minilm": (384, 6, 12, 1536, [1, 2, 4, 6], "mean"),
    "bert-base": (768, 12, 12, 3072, [1, 4, 6, 12], "first-token"),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("rows", type=int)
    parser.add_argument("tokens", type=int)
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--compile", default="none")
    parser.add_argument("--device", default="cuda")
    args = parser.parse_args()
    h, layers, heads, f, exits, pooling = MODELS[args.model]
    config = {
        "hidden_size": h, "num_hidden_layers": layers, "num_attention_heads": heads,
        "intermediate_size": f, "vocab_size": 30522, "max_position_embeddings": 512,
        "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
    }
    began = time.perf_counter()
    torch.manual_seed(1)
    tf32 = args.precision == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    with torch.device(args.device):
        model = Bert({"config": config, "exitLayers": exits, "pooling": pooling, "classes": 2})
        for p in model.parameters():
            if p.ndim == 2:
                nn.init.normal_(p, std=0.02)
        ids = torch.randint(1000, 30522, (16, args.rows, args.tokens))
        labels = torch.randint(0, 2, (16, args.rows))
        mask = torch.ones(args.rows, args.tokens)
    model.train()
    optimizer = adamw(model)
    forward = model
    if args.compile != "none":
        forward = torch.compile(model, mode=None if args.compile == "default" else args.compile)
    cast = (
        (lambda: torch.autocast(args.device, dtype=torch.bfloat16))
        if args.precision == "bf16"
        else contextlib.nullcontext
    )
    cuda = args.device == "cuda"
    sync = torch.cuda.synchronize if cuda else lambda: None
    graphs = args.compile == "reduce-overhead"

    def take(steps, first):
        kept = []
        for i in range(first, first + steps):
            if graphs:
                torch.compiler.cudagraph_mark_step_begin()
            with cast():
                loss, losses = sum_of_losses(forward(ids[i % 16], mask), labels[i % 16])
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            kept.append(losses.clone() if graphs else losses)
        return kept

    take(4, 0)
    sync()
    print(json.dumps({"torch": torch.__version__, "startMs": 1e3 * (time.perf_counter() - began)}), flush=True)
    at = 4
    for line in sys.stdin:
        steps = json.loads(line)["steps"]
        sync()
        start = time.perf_counter()
        losses = take(steps, at)
        sync()
        ms = 1e3 * (time.perf_counter() - start)
        at += steps
        answer = {"ms": ms, "losses": losses[-1].tolist()}
        if cuda:
            answer["gpuBytes"] = torch.cuda.max_memory_allocated()
        print(json.dumps(answer), flush=True)


main()
