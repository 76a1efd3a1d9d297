"""Reference values of confident learning; the tests read them and need no Python.

    python -m venv VENV && VENV/bin/pip install numpy==2.4.6 cleanlab==2.9.0
    VENV/bin/python packages/eval/reference/label-problems.py && npx oxfmt packages/eval/reference

Writes label-problems.json beside itself, with the versions and the seed.
"""

import json
import pathlib

import cleanlab
import numpy as np
from cleanlab.filter import find_label_issues

HERE = pathlib.Path(__file__).resolve().parent
SEED = 20260


def case(rng, classes, n, sharpness):
    """Classes and probabilities that agree with them as much as `sharpness` says; every ninth label is changed."""
    truth = rng.integers(classes, size=n)
    logits = rng.normal(size=(n, classes))
    logits[np.arange(n), truth] += sharpness
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = truth.copy()
    labels[::9] = (labels[::9] + 1) % classes
    issues = find_label_issues(labels, probabilities, filter_by="confident_learning", return_indices_ranked_by="normalized_margin")
    return {"labels": labels.tolist(), "probabilities": probabilities.tolist(), "issues": [int(i) for i in issues]}


def main():
    rng = np.random.default_rng(SEED)
    cases = [case(rng, classes, n, sharpness) for classes, n, sharpness in ((2, 101, 3), (3, 97, 2), (5, 103, 4))]
    values = {"versions": {"numpy": np.__version__, "cleanlab": cleanlab.__version__}, "seed": SEED, "cases": cases}
    (HERE / "label-problems.json").write_text(json.dumps(values) + "\n")


if __name__ == "__main__":  # cleanlab starts processes
    main()
