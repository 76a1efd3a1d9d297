"""BERT with exits in plain PyTorch, for the peers, and readers of the files of bench/training-work.ts."""

import json
import os

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
    def __init__(self, work, sweet=False):
        super().__init__()
        self.sweet = sweet
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

    def forward(self, ids, mask, bias=None):
        """bias: added to the attention scores, [B, 1, 1, T]; by default from the mask."""
        if bias is None:
            bias = ((mask - 1) * 1e9)[:, None, None, :]
        positions = torch.arange(ids.shape[1], device=ids.device)
        x = self.words(ids) + self.types(torch.zeros_like(ids)) + self.positions(positions)
        x = self.dropout(self.norm(x))
        logits = []
        for i, layer in enumerate(self.layers):
            x = layer(x, bias)
            n = str(i + 1)
            if n in self.classifiers:
                logits.append(self.classifiers[n](self.dropout(self.pool(n, x, mask))))
                if self.sweet:
                    x = x.detach()
        return logits


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


def load(folder, work, **more):
    """The model with the folder's weights, ready for training; deeper layers' weights are left out."""
    model = Bert(work, **more)
    pairs = names(work)
    state = {}
    for name, tensor in load_file(os.path.join(folder, "weights.safetensors")).items():
        module, _, part = name.rpartition(".")
        if module in pairs:
            state[f"{pairs[module]}.{part}"] = tensor
    model.load_state_dict(state)
    model.train()
    return model


def read_work(folder):
    with open(os.path.join(folder, "work.json")) as file:
        return json.load(file)


def adamw(model, fused=True):
    """AdamW as in @sweetspot/train: no decay on biases and norms."""
    decayed = [p for p in model.parameters() if p.ndim == 2]
    spared = [p for p in model.parameters() if p.ndim == 1]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": spared, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=5e-5, fused=fused)


def sum_of_losses(logits, labels):
    """The training loss, and each exit's loss."""
    losses = torch.stack([F.cross_entropy(l, labels) for l in logits])
    return losses.sum(), losses.detach()
