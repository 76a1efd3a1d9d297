"""The names of the weights of Hugging Face's classes; the tests need no Python.

    VENV/bin/python test/reference/published_names.py        # the environment of encoders.py

Writes `encoders/published-names.json`: of each encoder in `encoders/encoders.json` the class that
AutoModelForSequenceClassification makes of its configuration, and the names in its `state_dict`.
"""

import json
import pathlib
import platform

import torch
import transformers
from transformers import AutoModelForSequenceClassification, CONFIG_MAPPING

HERE = pathlib.Path(__file__).parent / "encoders"

facts = json.loads((HERE / "encoders.json").read_text())
models = {}
for kind, encoder in facts["encoders"].items():
    config = CONFIG_MAPPING[encoder["config"]["model_type"]](**encoder["config"])
    model = AutoModelForSequenceClassification.from_config(config)
    models[kind] = {"class": type(model).__name__, "names": sorted(model.state_dict())}

written = {
    "madeBy": "test/reference/published_names.py",
    "versions": {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    },
    "models": models,
}
(HERE / "published-names.json").write_text(json.dumps(written, indent=2) + "\n")
