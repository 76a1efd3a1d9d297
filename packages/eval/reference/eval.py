"""Reference values of curves and exit rules; the tests read them and need no Python.

    python -m venv VENV && VENV/bin/pip install numpy==2.4.6 scipy==1.17.1
    VENV/bin/python packages/eval/reference/eval.py && npx oxfmt packages/eval/reference

Writes eval.json beside itself, with the versions and the seed.
"""

import json
import pathlib

import numpy as np
import scipy
import scipy.optimize
import scipy.special
import scipy.stats

HERE = pathlib.Path(__file__).resolve().parent
SEED = 20260


def area(rng):
    """Mean difference of two broken lines over an interval, by NumPy's interpolation at every knot."""
    made = []
    for low, high in ((0.25, 1.0), (0.3, 0.55), (0.61, 0.62)):
        curves = [
            {"costs": np.concatenate([[start], np.sort(rng.uniform(start, end, 17)), [end]]), "accuracies": rng.uniform(0.5, 1, 19)}
            for start, end in ((0.125, 1.0), (0.25, 13 / 6))
        ]
        knots = np.unique(np.concatenate([curves[0]["costs"], curves[1]["costs"], [low, high]]))
        knots = knots[(knots >= low) & (knots <= high)]
        first, second = (np.interp(knots, c["costs"], c["accuracies"]) for c in curves)
        value = np.trapezoid(first - second, knots) / (high - low)
        made.append({"curves": [{k: v.tolist() for k, v in c.items()} for c in curves], "interval": [low, high], "area": float(value)})
    return made


def logistic(rng):
    """Logistic regression with Platt's targets and an L2 penalty on standardised features, by BFGS."""
    made = []
    for size, n, l2 in ((3, 53, 1.0), (5, 29, 0.1), (2, 11, 1.0)):
        x = rng.normal(2, [1, 5, 0.2, 1, 3][:size], (n, size))
        x[:, -1] = x[:, 0] + x[:, -1] / 10
        y = np.ones(n, int) if n == 11 else (rng.uniform(size=n) < 1 / (1 + np.exp(-2 * (x[:, 0] - 2)))).astype(int)
        z = (x - x.mean(0)) / x.std(0)
        t = np.where(y == 1, (y.sum() + 1) / (y.sum() + 2), 1 / ((1 - y).sum() + 2))

        def loss(w):
            score = z @ w[:-1] + w[-1]
            return np.sum(np.logaddexp(0, score) - t * score) + l2 / 2 * np.sum(w[:-1] ** 2)

        def gradient(w):
            residual = scipy.special.expit(z @ w[:-1] + w[-1]) - t
            return np.concatenate([z.T @ residual + l2 * w[:-1], [residual.sum()]])

        w = scipy.optimize.minimize(loss, np.zeros(size + 1), jac=gradient, method="BFGS", options={"gtol": 1e-11}).x
        weights = w[:-1] / x.std(0)
        made.append({"features": x.tolist(), "answers": y.tolist(), "l2": l2, "weights": weights.tolist(), "bias": float(w[-1] - weights @ x.mean(0))})
    return made


def entropy(rng):
    rows = [rng.dirichlet(np.ones(k)) for k in (2, 3, 7)] + [np.array([1.0, 0.0, 0.0])]
    return [{"probabilities": p.tolist(), "entropy": float(scipy.stats.entropy(p)) / np.log(len(p))} for p in rows]


def main():
    rng = np.random.default_rng(SEED)
    values = {
        "versions": {"numpy": np.__version__, "scipy": scipy.__version__},
        "seed": SEED,
        "area": area(rng),
        "logistic": logistic(rng),
        "entropy": entropy(rng),
    }
    (HERE / "eval.json").write_text(json.dumps(values) + "\n")


main()
