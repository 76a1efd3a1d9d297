"""A tiny DeBERTa v3 as its repository on the Hub is, and a data set of GLUE's shape, for tests.

    python -m venv VENV && VENV/bin/pip install torch==2.15.0 transformers==5.23.0 pyarrow==21.0.0
    VENV/bin/python test/reference/hub_fixture.py

Writes into `test/fixtures/hub/`:

deberta-v3-tiny/{config.json,pytorch_model.bin}  random weights, float16; the tests put `spm.model` and
    `tokenizer_config.json` of packages/tokenizer/reference/encoders/deberta-v2 beside it
glue/rte/{train,validation}-00000-of-00001.parquet  pairs of sentences, of which the second repeats a
    word of the first or does not, with the features' metadata that `datasets` writes
made.json  versions and seed
"""

import json
import pathlib
import platform
import random

import pyarrow
import pyarrow.parquet
import torch
import transformers
from transformers import DebertaV2Config, DebertaV2ForMaskedLM

SEED = 20230604
HERE = pathlib.Path(__file__).parent.parent / "fixtures" / "hub"
VOCABULARY = 2003


def model():
    torch.manual_seed(SEED)
    config = DebertaV2Config(
        vocab_size=VOCABULARY,
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=128,
        type_vocab_size=0,
        relative_attention=True,
        max_relative_positions=-1,
        position_buckets=32,
        norm_rel_ebd="layer_norm",
        share_att_key=True,
        position_biased_input=False,
        pos_att_type="p2c|c2p",
        initializer_range=0.2,
        pooler_dropout=0,
    )
    folder = HERE / "deberta-v3-tiny"
    folder.mkdir(parents=True, exist_ok=True)
    # As microsoft/deberta-v3-base has it: few keys, the terms in one string.
    keys = (
        "model_type attention_probs_dropout_prob hidden_act hidden_dropout_prob hidden_size initializer_range "
        "intermediate_size max_position_embeddings relative_attention position_buckets norm_rel_ebd share_att_key "
        "layer_norm_eps max_relative_positions position_biased_input num_attention_heads num_hidden_layers "
        "type_vocab_size vocab_size pos_att_type"
    ).split()
    whole = {**config.to_dict(), "model_type": "deberta-v2", "pos_att_type": "p2c|c2p"}
    (folder / "config.json").write_text(json.dumps({k: whole[k] for k in keys}, indent=2) + "\n")
    state = DebertaV2ForMaskedLM(config).state_dict()
    kept = {name: t.half() for name, t in state.items() if name.startswith("deberta.")}
    torch.save(kept, folder / "pytorch_model.bin")


NOUNS = "river bridge teacher garden letter window doctor market forest engine".split()
VERBS = "crossed painted followed repaired described watched".split()


def sentences(generator, count):
    rows = []
    for i in range(count):
        a, b, c, d = generator.sample(NOUNS, 4)
        label = i % 2
        second = f"The {a if label == 0 else d} was {generator.choice(VERBS)}."
        first = f"The {a} near the {b} {generator.choice(VERBS)} the {c} number {i}."
        rows.append({"sentence1": first, "sentence2": second, "label": label, "idx": i})
    return rows


def data_set():
    generator = random.Random(SEED)
    folder = HERE / "glue" / "rte"
    folder.mkdir(parents=True, exist_ok=True)
    features = {
        "sentence1": {"dtype": "string", "_type": "Value"},
        "sentence2": {"dtype": "string", "_type": "Value"},
        "label": {"names": ["entailment", "not_entailment"], "_type": "ClassLabel"},
        "idx": {"dtype": "int32", "_type": "Value"},
    }
    schema = pyarrow.schema(
        [("sentence1", "string"), ("sentence2", "string"), ("label", "int64"), ("idx", "int32")],
        metadata={"huggingface": json.dumps({"info": {"features": features}})},
    )
    for split, count in (("train", 300), ("validation", 60)):
        table = pyarrow.Table.from_pylist(sentences(generator, count), schema=schema)
        file = folder / f"{split}-00000-of-00001.parquet"
        pyarrow.parquet.write_table(table, file, compression="snappy", row_group_size=200)


model()
data_set()
made = {
    "madeBy": "test/reference/hub_fixture.py",
    "versions": {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "pyarrow": pyarrow.__version__,
    },
    "seed": SEED,
}
(HERE / "made.json").write_text(json.dumps(made, indent=2) + "\n")
