"""A fine-tuning step of BERT with exits in PyTorch: the peer of bench/ours/training_step.ts.

Reads a folder that bench/training-work.ts wrote. Answers each line of JSON on stdin with one on
stdout: {"steps": n, "first": i} takes n steps on the batches from i on.

  python torch_step.py FOLDER [--adamw eager|fused] [--compile] [--no-dropout]
"""

import argparse
import json
import math
import os
import resource
import sys
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        h, f = c["hidden_size"], c["intermediate_size"]
        self.heads = c["num_attention_heads"]
        self.p_attention = c["attention_probs_dropout_prob"]
        self.query, self.key, self.value = nn.Linear(h, h), nn.Linear(h, h), nn.Linear(h, h)
        self.attention_output = nn.Linear(h, h)
        self.attention_norm = nn.LayerNorm(h, eps=c["layer_norm_eps"])
        self.intermediate, self.output = nn.Linear(h, f), nn.Linear(f, h)
        self.output_norm = nn.LayerNorm(h, eps=c["layer_norm_eps"])
        self.dropout = nn.Dropout(c["hidden_dropout_prob"])

    def forward(self, x, mask):
        b, t, h = x.shape
        split = lambda y: y.view(b, t, self.heads, h // self.heads).transpose(1, 2)
        context = F.scaled_dot_product_attention(
            split(self.query(x)),
            split(self.key(x)),
            split(self.value(x)),
            attn_mask=mask,
            dropout_p=self.p_attention if self.training else 0.0,
        )
        context = context.transpose(1, 2).reshape(b, t, h)
        x = self.attention_norm(x + self.dropout(self.attention_output(context)))
        return self.output_norm(x + self.dropout(self.output(F.gelu(self.intermediate(x)))))


class Bert(nn.Module):
    def __init__(self, work):
        super().__init__()
        c = work["config"]
        h = c["hidden_size"]
        self.words = nn.Embedding(c["vocab_size"], h)
        self.positions = nn.Embedding(c["max_position_embeddings"], h)
        self.types = nn.Embedding(c["type_vocab_size"], h)
        self.norm = nn.LayerNorm(h, eps=c["layer_norm_eps"])
        self.layers = nn.ModuleList(Layer(c) for _ in range(work["exitLayers"][-1]))
        self.pooling = work["pooling"]
        exits = [str(n) for n in work["exitLayers"]]
        if self.pooling == "first-token":
            self.poolers = nn.ModuleDict({n: nn.Linear(h, h) for n in exits})
        self.classifiers = nn.ModuleDict({n: nn.Linear(h, work["classes"]) for n in exits})
        self.dropout = nn.Dropout(c["hidden_dropout_prob"])

    def pool(self, n, x, mask):
        if self.pooling == "first-token":
            return torch.tanh(self.poolers[n](x[:, 0]))
        return (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1e-9)

    def forward(self, ids, mask, labels):
        bias = ((mask - 1) * 1e9)[:, None, None, :]
        positions = torch.arange(ids.shape[1])
        x = self.words(ids) + self.types(torch.zeros_like(ids)) + self.positions(positions)
        x = self.dropout(self.norm(x))
        losses = []
        for i, layer in enumerate(self.layers):
            x = layer(x, bias)
            n = str(i + 1)
            if n in self.classifiers:
                logits = self.classifiers[n](self.dropout(self.pool(n, x, mask)))
                losses.append(F.cross_entropy(logits, labels))
        return torch.stack(losses)


def names(work):
    """Hugging Face's names -> this module's."""
    pairs = {
        "embeddings.word_embeddings": "words",
        "embeddings.position_embeddings": "positions",
        "embeddings.token_type_embeddings": "types",
        "embeddings.LayerNorm": "norm",
    }
    for i in range(work["exitLayers"][-1]):
        for theirs, here in {
            "attention.self.query": "query",
            "attention.self.key": "key",
            "attention.self.value": "value",
            "attention.output.dense": "attention_output",
            "attention.output.LayerNorm": "attention_norm",
            "intermediate.dense": "intermediate",
            "output.dense": "output",
            "output.LayerNorm": "output_norm",
        }.items():
            pairs[f"encoder.layer.{i}.{theirs}"] = f"layers.{i}.{here}"
    for n in work["exitLayers"]:
        pairs[f"exits.{n}.pooler.dense"] = f"poolers.{n}"
        pairs[f"exits.{n}.classifier"] = f"classifiers.{n}"
    return pairs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--adamw", choices=["eager", "fused"], default="fused")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--no-dropout", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(os.cpu_count())
    torch.manual_seed(1)
    work = json.load(open(os.path.join(args.folder, "work.json")))
    if args.no_dropout:
        work["config"]["hidden_dropout_prob"] = work["config"]["attention_probs_dropout_prob"] = 0.0
    began = time.perf_counter()
    model = Bert(work)
    pairs = names(work)
    weights = load_file(os.path.join(args.folder, "weights.safetensors"))
    state = {}
    for name, tensor in weights.items():
        module, _, part = name.rpartition(".")
        state[f"{pairs[module]}.{part}"] = tensor
    model.load_state_dict(state)
    model.train()
    decayed = [p for p in model.parameters() if p.ndim == 2]
    spared = [p for p in model.parameters() if p.ndim == 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": spared, "weight_decay": 0.0}],
        lr=5e-5,
        fused=args.adamw == "fused",
    )
    batches = load_file(os.path.join(args.folder, "batches.safetensors"))
    ids, labels = batches["inputIds"].long(), batches["labels"].long()
    mask = torch.ones(ids.shape[1:])
    forward = torch.compile(model) if args.compile else model
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads(), "startMs": 1e3 * (time.perf_counter() - began)}), flush=True)
    for line in sys.stdin:
        ask = json.loads(line)
        told = []
        began = time.perf_counter()
        for i in range(ask["first"], ask["first"] + ask["steps"]):
            losses = forward(ids[i % len(ids)], mask, labels[i % len(ids)])
            losses.sum().backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            told.append(losses.detach())
        ms = 1e3 * (time.perf_counter() - began)
        peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps({"ms": ms, "losses": [x.tolist() for x in told], "peakBytes": peak}), flush=True)


main()
