"""Reference values of AdamW, made by torch; the tests read them and need no Python.

    python -m venv VENV && VENV/bin/pip install torch==2.15.0
    VENV/bin/python packages/train/reference/adamw.py

torch.optim.AdamW in float32 with decay on the weight and the embedding only, a learning rate of each
step's own, and torch.nn.utils.clip_grad_norm_ or no clipping. Two rows of the embedding never have a
gradient; some of the rest is so small that epsilon counts. Writes adamw.json beside itself.
"""

import json
import pathlib

import torch

SEED = 20240229
RATES = [5e-3, 1e-2, 8e-3, 6e-3, 4e-3, 2e-3, 1e-3]
DECAY = 0.1
SHAPES = {"weight": [2, 3], "embedding": [5, 2], "bias": [3], "norm": [3]}
# Norms above and below the maximum, and gradients near epsilon.
SCALES = [3.0, 0.1, 1.0, 1e-8, 0.5, 1e-9, 2.0]


def train(start, gradients, max_norm):
    params = {name: torch.nn.Parameter(x.clone()) for name, x in start.items()}
    decayed, spared = ["weight", "embedding"], ["bias", "norm"]
    groups = [
        {"params": [params[name] for name in decayed], "weight_decay": DECAY},
        {"params": [params[name] for name in spared], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.999), eps=1e-8)
    norms, steps = [], []
    for rate, gradient in zip(RATES, gradients):
        for group in optimizer.param_groups:
            group["lr"] = rate
        for name, param in params.items():
            param.grad = gradient[name].clone()
        # With an infinite maximum it only measures.
        norm = torch.nn.utils.clip_grad_norm_(params.values(), max_norm or float("inf"))
        norms.append(norm.item())
        optimizer.step()
        steps.append({name: param.flatten().tolist() for name, param in params.items()})
    return {"norms": norms, "steps": steps}


torch.manual_seed(SEED)
torch.set_num_threads(1)
start = {name: torch.randn(shape) for name, shape in SHAPES.items()}
gradients = [{name: scale * torch.randn(s) for name, s in SHAPES.items()} for scale in SCALES]
for gradient in gradients:
    gradient["embedding"][[1, 4]] = 0
facts = {
    "torch": torch.__version__.split("+")[0],
    "seed": SEED,
    "rates": RATES,
    "weightDecay": DECAY,
    "shapes": SHAPES,
    "start": {name: x.flatten().tolist() for name, x in start.items()},
    "gradients": [{n: g.flatten().tolist() for n, g in step.items()} for step in gradients],
    "clipped": {"maxNorm": 1.0, **train(start, gradients, 1.0)},
    "unclipped": train(start, gradients, None),
}
target = pathlib.Path(__file__).with_name("adamw.json")
target.write_text(json.dumps(facts) + "\n")
print(f"{target}: clipped {facts['clipped']['norms']}")
