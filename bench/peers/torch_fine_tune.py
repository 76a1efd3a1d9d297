"""Fine-tuning on real text in PyTorch, evaluation included: the peer of bench/ours/fine-tune.ts.

Reads a folder that bench/fine-tune-work.ts wrote, trains each method on it, every batch padded to its
longest row, and prints one line of JSON: each exit's accuracy on the test split, by method.

  python torch_fine_tune.py FOLDER METHOD...
"""

import json
import os
import sys

import torch
from bert import adamw, load, read_work, sum_of_losses
from safetensors.torch import load_file
from torch import nn


def read_split(folder, name):
    tensors = load_file(os.path.join(folder, "data", f"{name}.safetensors"))
    sizes = tensors["inputIds.offsets"].diff().tolist()
    return tensors["inputIds.values"].long().split(sizes), tensors["labels"].long()


def padded(rows):
    ids = nn.utils.rnn.pad_sequence(rows, batch_first=True)
    mask = nn.utils.rnn.pad_sequence([torch.ones(len(r)) for r in rows], batch_first=True)
    return ids, mask


def train(folder, work, exits, sweet):
    settings = work["settings"]
    work = {**work, "exitLayers": exits}
    model = load(folder, work, sweet=sweet)
    optimizer = adamw(model)
    rows, labels = read_split(folder, "train")
    batch = settings["batchSize"]
    total = settings["epochs"] * -(-len(rows) // batch)
    warm = int(total * settings["warmupRatio"])
    rate = lambda s: (s + 1) / warm if s < warm else (total - s) / (total - warm)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    for _ in range(settings["epochs"]):
        for chosen in torch.randperm(len(rows)).split(batch):
            ids, mask = padded([rows[i] for i in chosen])
            loss, _ = sum_of_losses(model(ids, mask), labels[chosen])
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
    model.eval()
    rows, labels = read_split(folder, "test")
    right = torch.zeros(len(exits))
    with torch.inference_mode():
        for chosen in torch.arange(len(rows)).split(32):
            ids, mask = padded([rows[i] for i in chosen])
            logits = torch.stack(model(ids, mask))
            right += (logits.argmax(-1) == labels[chosen]).sum(-1)
    return (right / len(rows)).tolist()


def main():
    folder, *methods = sys.argv[1:]
    torch.set_num_threads(os.cpu_count())
    torch.manual_seed(1)
    work = read_work(folder)
    exits = work["exitLayers"]
    accuracies = {}
    for method in methods:
        members = [[layer] for layer in exits] if method == "multi-model" else [exits]
        each = [train(folder, work, member, sweet=method == "sweet") for member in members]
        accuracies[method] = [x for member in each for x in member]
    print(json.dumps({"torch": torch.__version__, "accuracies": accuracies}), flush=True)


main()
