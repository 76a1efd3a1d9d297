"""What bert.py and encoders.py share: random weights, exits in torch, losses, gradients and dropout's masks."""

import platform

import torch
import transformers
from torch.nn import functional

SEED = 20230604
CLASSES = 5
EXITS = (1, 2, 3)
SHAPE = dict(
    vocab_size=29, hidden_size=12, num_hidden_layers=3, num_attention_heads=3, intermediate_size=20,
    hidden_dropout_prob=0.25, attention_probs_dropout_prob=0.5,
)


def begin(made_by):
    """Seeds torch and gives it one thread. -> what the script's JSON file says of the run."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    return {
        "madeBy": made_by,
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        },
        "seed": SEED,
    }


def padded(rows, pad=0):
    """Rows of ids -> ids padded with `pad`, and the mask, both [B, T]."""
    length = max(map(len, rows))
    ids = torch.tensor([row + [pad] * (length - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in rows])
    return ids, mask


def int32(x):
    return x.to(torch.int32)


def shapes(model):
    return {name: list(tensor.shape) for name, tensor in model.state_dict().items()}


def random_weights(encoder, generator):
    """Under this project's names: Hugging Face's for the encoder, `exits.N` for the heads.

    Far larger than initial weights are, so that no attention is nearly uniform and every
    nonlinearity is felt.
    """
    spec = shapes(encoder)
    c = encoder.config.hidden_size
    for n in EXITS:
        spec[f"exits.{n}.pooler.dense.weight"] = [c, c]
        spec[f"exits.{n}.pooler.dense.bias"] = [c]
        spec[f"exits.{n}.classifier.weight"] = [CLASSES, c]
        spec[f"exits.{n}.classifier.bias"] = [CLASSES]
    weights = {}
    for name, shape in spec.items():
        x = torch.randn(shape, generator=generator)
        if name.endswith("LayerNorm.weight"):
            weights[name] = 1 + 0.3 * x
        elif "embeddings" in name:
            weights[name] = x
        else:
            weights[name] = 0.4 * x
    return weights


def given(weights, batch, labels, example_weights):
    """The inputs and the parameters, by the names that the tests read."""
    ids, mask, types = batch
    return {
        "inputIds": int32(ids),
        "tokenTypeIds": int32(types),
        "attentionMask": mask.float(),
        "labels": int32(labels),
        "weights": example_weights,
        **{f"param/{name}": w for name, w in weights.items()},
    }


def exits_in_torch(model, weights, batch, activation=torch.tanh):
    """Every exit's logits from one pass of an encoder, and the parameters by this project's names."""
    model.load_state_dict({n: w for n, w in weights.items() if not n.startswith("exits.")}, strict=True)
    params = dict(model.named_parameters())
    for name, w in weights.items():
        if name.startswith("exits."):
            params[name] = w.clone().requires_grad_()
    hidden = model(*batch, output_hidden_states=True).hidden_states
    logits = []
    for n in EXITS:
        head = {k: params[f"exits.{n}.{k}"] for k in ("pooler.dense.weight", "pooler.dense.bias", "classifier.weight", "classifier.bias")}
        pooled = activation(functional.linear(hidden[n][:, 0], head["pooler.dense.weight"], head["pooler.dense.bias"]))
        logits.append(functional.linear(pooled, head["classifier.weight"], head["classifier.bias"]))
    return params, hidden, logits


def weighted_losses(logits, labels, example_weights):
    """Each exit's loss."""
    each = [functional.cross_entropy(x, labels, reduction="none") for x in logits]
    return [(x * example_weights).sum() / example_weights.sum() for x in each]


def gradients(prefix, loss, params):
    """Under `prefix` by name; parameters that the loss does not reach are left out."""
    found = torch.autograd.grad(loss, list(params.values()), allow_unused=True, retain_graph=True)
    return {f"{prefix}/{name}": g for name, g in zip(params, found) if g is not None}


def with_masks(logits, generator):
    """`logits()` in training mode, and the masks that dropout used, in the order in which it used them."""
    masks = []

    def dropout(x, p=0.5, training=True, inplace=False):
        if p == 0:
            return x
        assert training and 0 < p < 1
        keep = (torch.rand(x.shape, generator=generator) >= p).float()
        masks.append(keep)
        return x * keep / (1 - p)

    real, functional.dropout = functional.dropout, dropout
    try:
        with torch.no_grad():
            dropped = logits()
    finally:
        functional.dropout = real
    return {"dropout/logits": dropped, **{f"dropout/mask.{i}": int32(m) for i, m in enumerate(masks)}}
