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
import platform

import torch
import transformers
from safetensors.torch import save_file
from torch.nn import functional
from transformers import AutoModel, AutoModelForSequenceClassification, CONFIG_MAPPING
from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position

SEED = 20230604
HERE = pathlib.Path(__file__).parent / "encoders"
CLASSES = 5
EXITS = (1, 2, 3)
SHAPE = dict(
    vocab_size=29,
    hidden_size=12,
    num_hidden_layers=3,
    num_attention_heads=3,
    intermediate_size=20,
    hidden_dropout_prob=0.25,
    attention_probs_dropout_prob=0.5,
)
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


def bare(config):
    model = AutoModel.from_config(config).eval()
    if hasattr(model, "pooler"):
        model.pooler = None
    return model


def shapes(model):
    return {name: list(tensor.shape) for name, tensor in model.state_dict().items()}


def random_weights(kind, generator):
    """Under this project's names: Hugging Face's for the encoder, `exits.N` for the heads.

    Far larger than initial weights are, so that no attention is nearly uniform and every
    nonlinearity is felt.
    """
    spec = shapes(bare(config_of(kind)))
    c = SHAPE["hidden_size"]
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


def inputs(kind):
    """4 rows of 13, 7, 5 and 2 tokens; the first is a pair. The last example weighs a half."""
    config = config_of(kind)
    pad = config.pad_token_id or 0
    rows = [
        [3, 17, 28, 5, 4, 11, 23, 8, 4, 19, 6, 27, 4],
        [3, 9, 9, 22, 4, 13, 4],
        [3, 20, 3, 7, 4],
        [3, 4],
    ]
    length = max(map(len, rows))
    ids = torch.tensor([row + [pad] * (length - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in rows])
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


def exits_in_torch(kind, weights, batch, detach):
    """Every exit's logits from one pass, and the parameters by this project's names."""
    config = config_of(kind)
    model = bare(config)
    model.load_state_dict({n: w for n, w in weights.items() if not n.startswith("exits.")}, strict=True)
    params = dict(model.named_parameters())
    for name, w in weights.items():
        if name.startswith("exits."):
            params[name] = w.clone().requires_grad_()
    if detach:
        # The layers after an exit get what comes from before cut off from the graph: its layer's
        # output, and the embeddings of relative positions, which belong to the first segment.
        def cut(_module, args, kwargs):
            kwargs = dict(kwargs)
            if kwargs.get("rel_embeddings") is not None:
                kwargs["rel_embeddings"] = kwargs["rel_embeddings"].detach()
            return (args[0].detach(), *args[1:]), kwargs

        for layer in EXITS[:-1]:
            model.encoder.layer[layer].register_forward_pre_hook(cut, with_kwargs=True)
    hidden = model(*batch, output_hidden_states=True).hidden_states
    logits = []
    for n in EXITS:
        head = {k: params[f"exits.{n}.{k}"] for k in ("pooler.dense.weight", "pooler.dense.bias", "classifier.weight", "classifier.bias")}
        pooled = activation(config)(functional.linear(hidden[n][:, 0], head["pooler.dense.weight"], head["pooler.dense.bias"]))
        logits.append(functional.linear(pooled, head["classifier.weight"], head["classifier.bias"]))
    return params, hidden, logits


def weighted_loss(logits, labels, example_weights):
    each = functional.cross_entropy(logits, labels, reduction="none")
    return (each * example_weights).sum() / example_weights.sum()


def gradients(loss, params):
    """By name; parameters that the loss does not reach are left out."""
    found = torch.autograd.grad(loss, list(params.values()), allow_unused=True, retain_graph=True)
    return {name: g for name, g in zip(params, found) if g is not None}


def head_logits(model, batch):
    """Logits of a classifier; of RoBERTa's without the dropout before its dense layer, which no exit has."""
    if not model.config.model_type.endswith("roberta"):
        return model(*batch).logits
    head = model.classifier
    features = torch.tanh(head.dense(model.roberta(*batch)[0][:, 0]))
    return head.out_proj(head.dropout(features))


def with_masks(model, batch, generator):
    """Logits in training mode; the masks that dropout used, in the order in which it used them."""
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
            return head_logits(model.train(), batch), masks
    finally:
        functional.dropout = real


def encoder(kind):
    generator = torch.Generator().manual_seed(SEED)
    weights = random_weights(kind, generator)
    batch = ids, mask, types = inputs(kind)
    labels = torch.tensor([4, 0, 2, 2])
    example_weights = torch.tensor([1.0, 1.0, 1.0, 0.5])
    out = {
        "inputIds": ids.to(torch.int32),
        "tokenTypeIds": types.to(torch.int32),
        "attentionMask": mask.float(),
        "labels": labels.to(torch.int32),
        "weights": example_weights,
    }
    out.update({f"param/{name}": w for name, w in weights.items()})

    params, hidden, logits = exits_in_torch(kind, weights, batch, detach=False)
    out.update({f"hidden.{i}": h.detach() * mask[:, :, None] for i, h in enumerate(hidden)})
    losses = [weighted_loss(x, labels, example_weights) for x in logits]
    out["losses"] = torch.stack(losses).detach()
    for n, x in zip(EXITS, logits):
        theirs = classifier_after(kind, n, weights)(*batch).logits
        assert torch.allclose(theirs, x, rtol=0, atol=2e-6), (kind, n, (theirs - x).abs().max())
        out[f"logits.{n}"] = theirs.detach()
    out.update({f"grad/early-exit/{name}": g for name, g in gradients(sum(losses), params).items()})

    params, _, cut = exits_in_torch(kind, weights, batch, detach=True)
    assert all(torch.equal(a, b) for a, b in zip(logits, cut))
    loss = sum(weighted_loss(x, labels, example_weights) for x in cut)
    out.update({f"grad/sweet/{name}": g for name, g in gradients(loss, params).items()})

    dropped, masks = with_masks(classifier_after(kind, 3, weights), batch, generator)
    out["dropout/logits"] = dropped
    out.update({f"dropout/mask.{i}": m.to(torch.int32) for i, m in enumerate(masks)})
    return out, {"config": config_of(kind).to_dict(), "classes": CLASSES}


def buckets(size, most):
    distances = torch.arange(-(most - 1), most)
    return {"buckets": size, "most": most, "rows": make_log_bucket_position(distances, size, most).long().tolist()}


def main():
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    HERE.mkdir(exist_ok=True)
    about = {
        "madeBy": "test/reference/encoders.py",
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        },
        "seed": SEED,
        "encoders": {},
    }
    for kind in KINDS:
        tensors, facts = encoder(kind)
        file = HERE / f"{kind}.safetensors"
        save_file({k: v.contiguous().clone() for k, v in tensors.items()}, file)
        file.chmod(0o644)
        about["encoders"][kind] = facts
    about["buckets"] = [buckets(*pair) for pair in ((256, 512), (32, 128), (6, 19))]
    (HERE / "encoders.json").write_text(json.dumps(about) + "\n")


main()
