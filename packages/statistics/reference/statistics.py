"""Reference values of the statistics; the tests read them and need no Python.

    python -m venv VENV && VENV/bin/pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0
    VENV/bin/python packages/statistics/reference/statistics.py && npx oxfmt packages/statistics/reference

Writes statistics.json beside itself, with the versions and the seed.
"""

import json
import pathlib

import numpy as np
import scipy
import scipy.special
import scipy.stats
import statsmodels
from statsmodels.stats.multitest import multipletests

HERE = pathlib.Path(__file__).resolve().parent
SEED = 20260
RESAMPLES = 99_999


def sfc32(seed, count):
    """PractRand's sfc32, seeded from 64 bits: a is 0, b and c the halves, twelve words thrown away."""
    mask = 0xFFFFFFFF
    a, b, c, counter = 0, seed & mask, seed >> 32, 1
    words = []
    for _ in range(12 + count):
        word = (a + b + counter) & mask
        counter = (counter + 1) & mask
        a, b, c = b ^ (b >> 9), (c + (c << 3)) & mask, ((((c << 21) | (c >> 11)) & mask) + word) & mask
        words.append(word)
    return words[12:]


def bootstrap(rng):
    """Percentile intervals of a mean."""
    differences = rng.choice([-1, 0, 0, 0, 1, 1], size=89).astype(float)
    result = {"differences": differences.tolist(), "levels": []}
    for level in (0.9, 0.95, 0.99):
        interval = scipy.stats.bootstrap((differences,), np.mean, method="percentile", confidence_level=level, n_resamples=RESAMPLES, rng=rng).confidence_interval
        result["levels"].append({"level": level, "interval": [interval.low, interval.high]})
    return result


def holm(rng):
    cases = [rng.uniform(0, 0.2, size) for size in (1, 2, 5, 11)] + [np.array([0.01, 0.01, 0.04, 0.03, 0.5])]
    made = []
    for p in cases:
        rejected, adjusted, _, _ = multipletests(p, alpha=0.05, method="holm")
        made.append({"pValues": p.tolist(), "adjusted": adjusted.tolist(), "rejected": rejected.tolist()})
    return made


def calibration(rng):
    """Bins (low, high] by NumPy's digitize, the first with its lower edge."""
    made = []
    for bins in (15, 7):
        confidences = np.concatenate([[0.0, 1.0], rng.beta(5, 2, 101)])
        correct = (rng.uniform(size=103) < confidences**2).astype(int)
        of = np.maximum(np.digitize(confidences, np.linspace(0, 1, bins + 1), right=True) - 1, 0)
        rows = [(int((of == b).sum()), *((float(confidences[of == b].mean()), float(correct[of == b].mean())) if (of == b).any() else (None, None))) for b in range(bins)]
        ece = sum(count / 103 * abs(accuracy - confidence) for count, confidence, accuracy in rows if count)
        made.append({"bins": bins, "confidences": confidences.tolist(), "correct": correct.tolist(), "rows": rows, "ece": ece})
    return made


def binomial():
    cases = [(0, 1, 0.5), (3, 7, 0.3), (0, 149, 0.02), (9, 500, 0.02), (10, 500, 0.02), (11, 500, 0.02), (499, 500, 0.99), (37, 5003, 0.01), (50_000, 100_000, 0.5), (900, 100_003, 0.01), (3, 11, 0.9)]
    return [{"k": k, "n": n, "p": p, "distribution": float(scipy.stats.binom.cdf(k, n, p))} for k, n, p in cases]


def log_gamma():
    return [{"x": x, "logGamma": float(scipy.special.gammaln(x))} for x in (1e-3, 0.4, 0.5, 1.5, 2.0, 3.7, 11.0, 101.5, 5004.0, 1e6)]


def hoeffding_bentkus():
    made = []
    for total, n, limit in ((0.0, 53, 0.1), (3.5, 101, 0.1), (10.2, 101, 0.1), (70.9, 211, 0.4), (0.25, 1009, 0.01)):
        mean = min(total / n, limit)
        h = scipy.special.rel_entr(mean, limit) + scipy.special.rel_entr(1 - mean, 1 - limit)
        p = min(1.0, np.exp(-n * h), np.e * scipy.stats.binom.cdf(np.ceil(total), n, limit))
        made.append({"sum": total, "n": n, "limit": limit, "p": float(p)})
    return made


def main():
    rng = np.random.default_rng(SEED)
    values = {
        "versions": {"numpy": np.__version__, "scipy": scipy.__version__, "statsmodels": statsmodels.__version__},
        "seed": SEED,
        "sfc32": [{"seed": seed, "words": sfc32(seed, 7)} for seed in (0, 1, 2**32 + 5, 2**53 - 1)],
        "bootstrap": bootstrap(rng),
        "holm": holm(rng),
        "calibration": calibration(rng),
        "binomial": binomial(),
        "logGamma": log_gamma(),
        "hoeffdingBentkus": hoeffding_bentkus(),
    }
    (HERE / "statistics.json").write_text(json.dumps(values) + "\n")


main()
