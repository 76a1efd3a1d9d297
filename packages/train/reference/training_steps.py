"""Three steps of fine-tuning a small BERT with exits in PyTorch; the tests read them and need no Python.

    python -m venv VENV && VENV/bin/pip install torch==2.15.0 safetensors==0.8.0
    VENV/bin/python packages/train/reference/training_steps.py

Everything is float32 on the CPU, one thread, dropout off; the model is the one that the bench times
(bench/peers/bert.py). Writes beside itself:

training-steps.json         versions, seed, configuration, exits, learning rates and other settings
training-steps.safetensors  for early-exit and SWEET: weights before, inputs and labels of each step,
                            each step's losses, gradient norm (before clipping) and gradients (before
                            clipping), weights after
"""

import json
import pathlib
import platform
import sys

import torch
from safetensors.torch import save_file
from torch import nn

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent.parent / "bench/peers"))

from bert import Bert, names, sum_of_losses  # noqa: E402

SEED = 20230604
CONFIG = dict(
    model_type="bert", hidden_act="gelu",
    vocab_size=31, hidden_size=12, num_hidden_layers=3, num_attention_heads=3, intermediate_size=20,
    max_position_embeddings=11, type_vocab_size=2, layer_norm_eps=1e-12,
    initializer_range=0.2, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
)
WORK = dict(config=CONFIG, exitLayers=[1, 2, 3], classes=3, pooling="first-token")
RATES = [0.01, 0.02, 0.005]
DECAY = 0.1
MAX_NORM = 1.5
ROWS, LENGTH = 4, 7


def hugging_face(model):
    """The module's parameters by Hugging Face's names."""
    theirs = {ours: name for name, ours in names(WORK).items()}
    for name, parameter in model.named_parameters():
        module, _, part = name.rpartition(".")
        yield f"{theirs[module]}.{part}", parameter


def batches():
    ids = torch.randint(1, CONFIG["vocab_size"], (len(RATES), ROWS, LENGTH))
    lengths = torch.tensor([[7, 3, 5, 1], [2, 7, 7, 6], [4, 1, 7, 5]])
    mask = (torch.arange(LENGTH) < lengths[:, :, None]).float()
    labels = torch.randint(0, WORK["classes"], (len(RATES), ROWS))
    return ids * mask.long(), mask, labels


def train(sweet, out):
    torch.manual_seed(SEED)
    model = Bert(WORK, sweet=sweet)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=CONFIG["initializer_range"])
    for module in model.modules():
        if isinstance(module, nn.LayerNorm):
            nn.init.normal_(module.weight, mean=1.0, std=0.1)
    ids, mask, labels = batches()
    name = "sweet" if sweet else "early-exit"
    for key, parameter in hugging_face(model):
        out[f"{name}.before.{key}"] = parameter.detach().clone()
    decayed = [p for p in model.parameters() if p.ndim == 2]
    spared = [p for p in model.parameters() if p.ndim == 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": DECAY}, {"params": spared, "weight_decay": 0.0}]
    )
    for step, rate in enumerate(RATES):
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss, losses = sum_of_losses(model(ids[step], mask[step]), labels[step])
        loss.backward()
        for key, parameter in hugging_face(model):
            out[f"{name}.gradient.{step}.{key}"] = parameter.grad.clone()
        out[f"{name}.norm.{step}"] = nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)[None]
        out[f"{name}.losses.{step}"] = losses
        optimizer.step()
        optimizer.zero_grad()
    for key, parameter in hugging_face(model):
        out[f"{name}.after.{key}"] = parameter.detach().clone()
    out["inputIds"], out["attentionMask"], out["labels"] = ids.int(), mask, labels.int()


def main():
    torch.set_num_threads(1)
    out = {}
    for sweet in (False, True):
        train(sweet, out)
    save_file({k: v.contiguous() for k, v in out.items()}, HERE / "training-steps.safetensors")
    facts = dict(
        versions=dict(python=platform.python_version(), torch=torch.__version__),
        seed=SEED,
        **WORK,
        learningRates=RATES,
        weightDecay=DECAY,
        maxGradientNorm=MAX_NORM,
    )
    (HERE / "training-steps.json").write_text(json.dumps(facts, indent=2) + "\n")


main()
