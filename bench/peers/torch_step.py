"""A fine-tuning step of BERT with exits in PyTorch: the peer of bench/ours/training-step.ts.

Reads a folder that bench/training-work.ts wrote. Answers each line of JSON on stdin with one on
stdout: {"steps": n, "first": i} runs n steps on the batches from i on.

  python torch_step.py FOLDER [--adamw eager|fused] [--compile] [--no-dropout]
"""

import argparse
import json
import os
import resource
import sys
import time

import torch
from bert import adamw, load, read_work, sum_of_losses
from safetensors.torch import load_file
from torch import nn


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--adamw", choices=["eager", "fused"], default="fused")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--no-dropout", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(os.cpu_count())
    torch.manual_seed(1)
    work = read_work(args.folder)
    if args.no_dropout:
        work["config"]["hidden_dropout_prob"] = work["config"]["attention_probs_dropout_prob"] = 0.0
    began = time.perf_counter()
    model = load(args.folder, work)
    optimizer = adamw(model, fused=args.adamw == "fused")
    batches = load_file(os.path.join(args.folder, "batches.safetensors"))
    ids, labels = batches["inputIds"].long(), batches["labels"].long()
    mask = torch.ones(ids.shape[1:])
    forward = torch.compile(model) if args.compile else model
    start_ms = 1e3 * (time.perf_counter() - began)
    print(json.dumps({"torch": torch.__version__, "startMs": start_ms}), flush=True)
    for line in sys.stdin:
        ask = json.loads(line)
        kept = []
        began = time.perf_counter()
        for i in range(ask["first"], ask["first"] + ask["steps"]):
            loss, losses = sum_of_losses(forward(ids[i % len(ids)], mask), labels[i % len(ids)])
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            kept.append(losses)
        ms = 1e3 * (time.perf_counter() - began)
        peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        answer = {"ms": ms, "losses": [x.tolist() for x in kept], "peakBytes": peak}
        print(json.dumps(answer), flush=True)


main()
