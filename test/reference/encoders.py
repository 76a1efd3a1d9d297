"""Reference values of every kind of encoder, made by Hugging Face transformers; the tests need no Python.

    python -m venv VENV && VENV/bin/pip install torch==2.15.0 transformers==5.23.0 safetensors==0.8.0
    VENV/bin/python test/reference/encoders.py

Everything is float32 on the CPU, one thread, attention written out (attn_implementation="eager").
Writes into `encoders/` beside itself:

NAME.safetensors  a random encoder of 3 layers with an exit after each: weights, inputs (padded, a pair,
                  odd lengths), hidden states (0 at padding), logits (also under given dropout masks),
                  losses, gradients of early-exit and of SWEET
encoders.json     versions, seed, configurations, and the buckets of relative positions by distance
"""

import json
import pathlib

import torch
from exits import CLASSES, EXITS, SEED, SHAPE, begin, exits_in_torch, given, gradients, padded, random_weights, weighted_losses, with_masks
from safetensors.torch import save_file
from torch.nn import functional
from transformers import AutoModel, AutoModelForSequenceClassification, CONFIG_MAPPING
from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position

HERE = pathlib.Path(__file__).parent / "encoders"
DEBERTA = dict(max_position_embeddings=19, relative_attention=True, layer_norm_eps=1e-7)

KINDS = {
    "bert": ("bert", dict(max_position_embeddings=19, type_vocab_size=2, layer_norm_eps=1e-12)),
    "roberta": ("roberta", dict(max_position_embeddings=21, type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5)),
    "xlm-roberta": ("xlm-roberta", dict(max_position_embeddings=17, type_vocab_size=1, pad_token_id=2, layer_norm_eps=1e-5)),
    # As microsoft/deberta-base, distances past the table included.
    "deberta": ("deberta", dict(**DEBERTA, max_relative_positions=5, position_biased_input=False, type_vocab_size=0, pos_att_type=["c2p", "p2c"])),
    # The rest of what a configuration may say.
    "deberta-c2p": ("deberta", dict(**DEBERTA, max_relative_positions=-1, position_biased_input=True, type_vocab_size=2, pos_att_type=["c2p"], pooler_hidden_act="tanh")),
    # As microsoft/deberta-v3-base.
    "deberta-v3": ("deberta-v2", dict(**DEBERTA, max_relative_positions=-1, position_buckets=6, norm_rel_ebd="layer_norm", share_att_key=True, position_biased_input=False, type_vocab_size=0, pos_att_type=["p2c", "c2p"])),
    # As microsoft/deberta-v2-xlarge.
    "deberta-v2-conv": ("deberta-v2", dict(**DEBERTA, max_relative_positions=-1, position_buckets=4, norm_rel_ebd="layer_norm", share_att_key=True, position_biased_input=False, type_vocab_size=0, pos_att_type=["p2c", "c2p"], conv_kernel_size=3, conv_act="gelu")),
    "deberta-v2-plain": ("deberta-v2", dict(**DEBERTA, max_relative_positions=4, position_buckets=-1, share_att_key=False, position_biased_input=True, type_vocab_size=2, pos_att_type=["p2c"])),
}


def config_of(kind, **more):
    model_type, own = KINDS[kind]
    return CONFIG_MAPPING[model_type](**{**SHAPE, **own, **more}, attn_implementation="eager")


def bare(config, detach=False):
    """The encoder alone; with `detach`, the layers after an exit get what comes from before cut off from
    the graph: its layer's output, and the embeddings of relative positions, which belong to the first segment."""
    model = AutoModel.from_config(config).eval()
    if hasattr(model, "pooler"):
        model.pooler = None
    if detach:

        def cut(_module, args, kwargs):
            kwargs = dict(kwargs)
            if kwargs.get("rel_embeddings") is not None:
                kwargs["rel_embeddings"] = kwargs["rel_embeddings"].detach()
            return (args[0].detach(), *args[1:]), kwargs

        for layer in EXITS[:-1]:
            model.encoder.layer[layer].register_forward_pre_hook(cut, with_kwargs=True)
    return model


def inputs(kind):
    """4 rows of 13, 7, 5 and 2 tokens; the first is a pair. The last example weighs a half."""
    config = config_of(kind)
    rows = [
        [3, 17, 28, 5, 4, 11, 23, 8, 4, 19, 6, 27, 4],
        [3, 9, 9, 22, 4, 13, 4],
        [3, 20, 3, 7, 4],
        [3, 4],
    ]
    ids, mask = padded(rows, config.pad_token_id or 0)
    types = torch.zeros_like(ids)
    if config.type_vocab_size == 2:
        types[0, 5:] = 1
    return ids, mask, types


def activation(config):
    if not config.model_type.startswith("deberta"):
        return torch.tanh
    return torch.tanh if config.pooler_hidden_act == "tanh" else functional.gelu


def classifier_after(kind, layer, weights):
    """Hugging Face's own classifier of that depth, holding exit `layer`'s pooler and classifier."""
    config = config_of(kind, num_hidden_layers=layer, num_labels=CLASSES)
    model = AutoModelForSequenceClassification.from_config(config).eval()
    exit_ = f"exits.{layer}"
    heads = {
        "classifier.dense.": f"{exit_}.pooler.dense.",  # RoBERTa
        "classifier.out_proj.": f"{exit_}.classifier.",
        "classifier.": f"{exit_}.classifier.",
        "bert.pooler.": f"{exit_}.pooler.",
        "pooler.": f"{exit_}.pooler.",  # DeBERTa
    }
    state = {}
    for name in model.state_dict():
        found = next((h for h in heads if name.startswith(h)), None)
        if found is not None:
            state[name] = weights[heads[found] + name.removeprefix(found)]
        else:
            state[name] = weights[name.split(".", 1)[1]]
    model.load_state_dict(state, strict=True)
    return model


def head_logits(model, batch):
    """Logits of a classifier; of RoBERTa's without the dropout before its dense layer, which no exit has."""
    if not model.config.model_type.endswith("roberta"):
        return model(*batch).logits
    head = model.classifier
    features = torch.tanh(head.dense(model.roberta(*batch)[0][:, 0]))
    return head.out_proj(head.dropout(features))


def encoder(kind):
    generator = torch.Generator().manual_seed(SEED)
    config = config_of(kind)
    weights = random_weights(bare(config), generator)
    batch = inputs(kind)
    labelled = (torch.tensor([4, 0, 2, 2]), torch.tensor([1.0, 1.0, 1.0, 0.5]))
    out = given(weights, batch, *labelled)

    params, hidden, logits = exits_in_torch(bare(config), weights, batch, activation(config))
    out.update({f"hidden.{i}": h.detach() * batch[1][:, :, None] for i, h in enumerate(hidden)})
    losses = weighted_losses(logits, *labelled)
    out["losses"] = torch.stack(losses).detach()
    for n, x in zip(EXITS, logits):
        theirs = classifier_after(kind, n, weights)(*batch).logits
        assert torch.allclose(theirs, x, rtol=0, atol=2e-6), (kind, n, (theirs - x).abs().max())
        out[f"logits.{n}"] = theirs.detach()
    out.update(gradients("grad/early-exit", sum(losses), params))

    params, _, cut = exits_in_torch(bare(config, detach=True), weights, batch, activation(config))
    assert all(torch.equal(a, b) for a, b in zip(logits, cut))
    out.update(gradients("grad/sweet", sum(weighted_losses(cut, *labelled)), params))

    model = classifier_after(kind, 3, weights).train()
    out.update(with_masks(lambda: head_logits(model, batch), generator))
    return out, {"config": config_of(kind).to_dict(), "classes": CLASSES}


def buckets(size, most):
    distances = torch.arange(-(most - 1), most)
    return {"buckets": size, "most": most, "rows": make_log_bucket_position(distances, size, most).long().tolist()}


def main():
    HERE.mkdir(exist_ok=True)
    about = {**begin("test/reference/encoders.py"), "encoders": {}}
    for kind in KINDS:
        tensors, facts = encoder(kind)
        file = HERE / f"{kind}.safetensors"
        save_file({k: v.contiguous().clone() for k, v in tensors.items()}, file)
        file.chmod(0o644)
        about["encoders"][kind] = facts
    about["buckets"] = [buckets(*pair) for pair in ((256, 512), (32, 128), (6, 19))]
    (HERE / "encoders.json").write_text(json.dumps(about) + "\n")


main()
