"""Reference values of the metrics; the tests read them and need no Python.

    python -m venv VENV && VENV/bin/pip install numpy==2.4.6 scikit-learn==1.9.1
    VENV/bin/python packages/eval/reference/metrics.py && npx oxfmt packages/eval/reference

Writes metrics.json beside itself, with the versions and the seed. Takes minutes, for the bootstrap.
"""

import json
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, matthews_corrcoef, precision_score, recall_score

HERE = pathlib.Path(__file__).resolve().parent
SEED = 20260


def case(classes, labels, answers):
    labels, answers = np.asarray(labels), np.asarray(answers)
    every = list(range(classes))
    scores = {
        "accuracy": accuracy_score(labels, answers),
        "macroF1": f1_score(labels, answers, average="macro"),
        "mcc": matthews_corrcoef(labels, answers),
    }
    if classes == 2:
        scores["f1"] = f1_score(labels, answers, average="binary")
    return {
        "classes": classes,
        "labels": labels.tolist(),
        "answers": answers.tolist(),
        "confusion": confusion_matrix(labels, answers, labels=every).ravel().tolist(),
        "scores": {name: float(value) for name, value in scores.items()},
        "precision": precision_score(labels, answers, average=None, labels=every).tolist(),
        "recall": recall_score(labels, answers, average=None, labels=every).tolist(),
    }


def drawn(rng, classes, n, right, shares=None):
    labels = rng.choice(classes, n, p=shares)
    return case(classes, labels, np.where(rng.uniform(size=n) < right, labels, rng.integers(classes, size=n)))


def bootstrap(rng, counts):
    """95% percentile intervals over examples, by NumPy's multinomial and scikit-learn on the cells."""
    counts = np.asarray(counts)
    rows, columns = (axis.ravel() for axis in np.indices(counts.shape))
    scores = {
        "macroF1": lambda w: f1_score(rows, columns, average="macro", sample_weight=w),
        "mcc": lambda w: matthews_corrcoef(rows, columns, sample_weight=w),
    }
    if len(counts) == 2:
        scores["f1"] = lambda w: f1_score(rows, columns, average="binary", sample_weight=w)
    draws = rng.multinomial(counts.sum(), counts.ravel() / counts.sum(), size=10_000)
    intervals = {name: np.quantile([of(w) for w in draws], [0.025, 0.975]).tolist() for name, of in scores.items()}
    return {"counts": counts.tolist(), "intervals": intervals}


def main():
    rng = np.random.default_rng(SEED)
    warnings.simplefilter("ignore")  # of shares of nothing, which are cases here
    cases = [
        drawn(rng, 2, 101, 0.7),
        drawn(rng, 2, 211, 0.4, [0.9, 0.1]),
        drawn(rng, 3, 97, 0.6),
        drawn(rng, 7, 307, 0.5, [0.4, 0.3, 0.1, 0.1, 0.05, 0.03, 0.02]),
        # Always one answer; one class only; all right; all wrong.
        case(2, [0, 1, 0, 0, 1], [0, 0, 0, 0, 0]),
        case(2, [1, 1, 1, 1], [0, 1, 1, 1]),
        case(2, [0, 1, 1], [0, 1, 1]),
        case(2, [0, 1, 1], [1, 0, 0]),
        # A class without examples is answered; one is present and never answered; one is neither.
        case(4, [0, 0, 1, 1, 1, 0], [0, 2, 1, 2, 1, 0]),
        case(4, [0, 0, 1, 2, 2, 0], [0, 0, 1, 1, 0, 0]),
    ]
    values = {"versions": {"numpy": np.__version__, "scikit-learn": sklearn.__version__}, "seed": SEED, "cases": cases, "bootstrap": [bootstrap(rng, counts) for counts in ([[480, 120], [60, 340]], [[90, 10], [5, 6]], [[50, 9, 4], [6, 34, 0], [3, 1, 17]])]}
    (HERE / "metrics.json").write_text(json.dumps(values) + "\n")


main()
