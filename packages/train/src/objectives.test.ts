import {
  encoderParameters,
  exitParameters,
  initialWeights,
  type ParameterSpec,
} from "@sweetspot/model";
import { padBatch } from "@sweetspot/data";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { smallConfig, smallSplit, smallTask } from "../test/small-bert.ts";
import { courseValues } from "./course.ts";
import { type Objective, type ObjectiveName, objectives } from "./objective.ts";
import { stage } from "./stage.ts";
import { initialState, stepState } from "./state-layout.ts";
import { trainModel } from "./training.ts";
import {
  classifierGradients,
  lossesAndGradients,
  objectiveInputs,
  stepInputs,
  teacherInput,
  trainingStep,
} from "./training-step.ts";

type Tensors = Record<string, tf.Tensor>;
type Numbers = Record<string, number[]>;

const exitLayers = [1, 2];
const classes = 3;
const parameters: ParameterSpec[] = [
  ...encoderParameters(smallConfig),
  ...exitParameters(smallConfig, exitLayers, classes, "first-token"),
];
const names = parameters.map((p) => p.name);
const weights = initialWeights(parameters, smallConfig, 5);
const teacher = Float32Array.from({ length: 7 * classes }, (_, i) => ((5 * i) % 11) / 2 - 2);

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** A batch of seven, and the objective's values at a step. */
function inputsAt(objective: Objective, step = 0, totalSteps = 10): Tensors {
  const batch = padBatch(
    smallSplit(7),
    { indices: Int32Array.of(0, 1, 2, 3, 4, 5, 6), length: 11 },
    7,
  );
  const arrays: Record<string, ArrayLike<number>> = {
    ...(batch as unknown as Record<string, ArrayLike<number>>),
    keep: [0.98],
    stepSize: [0.01],
    epsilon: [1e-8],
    [teacherInput]: teacher,
    ...courseValues(objective, { step, totalSteps, exitLayers }),
  };
  const specs = stepInputs([], objectiveInputs(objective, exitLayers, classes));
  const sizes: Record<string, number> = { B: 7, T: 11 };
  return Object.fromEntries(
    Object.entries(specs).map(([name, { dtype, shape }]) => {
      const concrete = shape.map((d) => (typeof d === "string" ? (sizes[d] ?? NaN) : d));
      return [name, tf.tensor(Array.from(arrays[name] ?? []), concrete, dtype)];
    }),
  );
}

const definitionOf = (objective: Objective) => ({
  config: smallConfig,
  pooling: "first-token" as const,
  exitLayers,
  parameters,
  objective,
  dropoutSites: [],
});

const params = (): Tensors =>
  Object.fromEntries(
    Object.entries(weights).map(([n, { data, shape }]) => [n, tf.tensor(data, [...shape])]),
  );

/** The gradient that a step of an objective follows, by parameter. */
function followed(objective: Objective, step = 0, totalSteps = 10): Numbers {
  return tf.tidy(() => {
    const { gradients } = lossesAndGradients(
      definitionOf(objective),
      params(),
      inputsAt(objective, step, totalSteps),
    );
    return byName(gradients);
  });
}

/** Each classifier's own; zeros where it does not reach. */
function ofEach(objective: Objective, step = 0, totalSteps = 10): Numbers[] {
  return tf.tidy(() => {
    const { gradients } = classifierGradients(
      definitionOf(objective),
      params(),
      inputsAt(objective, step, totalSteps),
    );
    return gradients.map((of) =>
      byName(of.map((g, p) => g ?? tf.zeros([...(parameters[p]?.shape ?? [])]))),
    );
  });
}

function byName(gradients: readonly tf.Tensor[]): Numbers {
  return Object.fromEntries(names.map((n, i) => [n, [...(gradients[i]?.dataSync() ?? [])]]));
}

/** `sum_k factors[k] * terms[k]` */
function combined(factors: readonly number[], terms: readonly Numbers[]): Numbers {
  return Object.fromEntries(
    names.map((n) => [
      n,
      (terms[0]?.[n] ?? []).map((_, i) =>
        factors.reduce((sum, f, k) => sum + f * (terms[k]?.[n]?.[i] ?? NaN), 0),
      ),
    ]),
  );
}

/** The largest distance between two gradients. */
function apart(a: Numbers, b: Numbers): number {
  return Math.max(
    ...names.flatMap((n) => (a[n] ?? [NaN]).map((x, i) => Math.abs(x - (b[n]?.[i] ?? NaN)))),
  );
}

const size = (gradient: Numbers, of: (name: string) => boolean): number =>
  Math.max(0, ...names.filter(of).flatMap((n) => (gradient[n] ?? []).map(Math.abs)));

const each = ofEachLazily();
/** Early-exit's classifiers' gradients, computed once. */
function ofEachLazily(): () => Numbers[] {
  let known: Numbers[] | undefined;
  return () => (known ??= ofEach(objectives["early-exit"]));
}

describe("the classifiers' own gradients", () => {
  const all = (Object.entries(objectives) as [ObjectiveName, Objective][]).filter(
    ([, o]) => o.combine === undefined,
  );

  it.each(all)("%s: add up to the one that is followed", (_, objective) => {
    // At step 7 of 10 a course that turns has turned.
    for (const step of [0, 7]) {
      const sum = combined([1, 1], ofEach(objective, step));
      expect(size(sum, () => true)).toBeGreaterThan(0.01);
      expect(apart(sum, followed(objective, step))).toBeLessThan(1e-6);
    }
  });

  it("the deeper one reaches the first layer, the other's head it does not", () => {
    const deeper = each()[1] ?? {};
    expect(size(deeper, (n) => n.startsWith("encoder.layer.0."))).toBeGreaterThan(0.01);
    expect(size(deeper, (n) => n.startsWith("exits.1."))).toBe(0);
  });
});

it("layer-weighted follows the classifiers by their depth: 1/3 and 2/3 of layers 1 and 2", () => {
  const wanted = combined([1 / 3, 2 / 3], each());
  expect(apart(followed(objectives["layer-weighted"]), wanted)).toBeLessThan(1e-6);
});

it("alternating follows the last classifier alone, then all", () => {
  const { alternating } = objectives;
  expect(apart(followed(alternating, 0), combined([0, 1], each()))).toBeLessThan(1e-6);
  expect(apart(followed(alternating, 1), combined([1, 1], each()))).toBeLessThan(1e-6);
  expect(apart(followed(alternating, 2), combined([0, 1], each()))).toBeLessThan(1e-6);
});

it("SWEET with a warm-up follows early-exit's gradient for a fifth of the steps, then SWEET's", () => {
  const warm = objectives["sweet-warm-up"];
  const [early, sweet] = [followed(objectives["early-exit"]), followed(objectives.sweet)];
  expect(apart(early, sweet)).toBeGreaterThan(0.01);
  expect([0, 1].map((step) => apart(followed(warm, step), early))).toEqual([0, 0]);
  expect([2, 9].map((step) => apart(followed(warm, step), sweet))).toEqual([0, 0]);
});

describe("distilled", () => {
  const cases = [
    ["early-exit-distilled", "early-exit"],
    ["sweet-distilled", "sweet"],
  ] as const;

  it.each(cases)("%s: half the labels' gradient, half the teacher's at temperature 2", (name) => {
    const objective = objectives[name];
    const [logits, got] = tf.tidy(() => {
      const inputs = inputsAt(objective);
      // With a head of zeros the logits are its bias, the same for each example.
      const bias = [0.3, -0.7, 1.1];
      const zeroed = {
        ...params(),
        "exits.2.classifier.weight": tf.zeros([classes, 12]),
        "exits.2.classifier.bias": tf.tensor1d(bias),
      };
      const { gradients } = lossesAndGradients(definitionOf(objective), zeroed, inputs);
      return [bias, byName(gradients)["exits.2.classifier.bias"] ?? []] as const;
    });
    const softmax = (row: readonly number[], t = 1) => {
      const e = row.map((x) => Math.exp(x / t));
      return e.map((x) => x / e.reduce((a, b) => a + b, 0));
    };
    const labels = [...smallSplit(7).labels];
    const wanted = logits.map((_, k) => {
      const one = labels.map((label, i) => {
        const taught = [...teacher.subarray(i * classes, (i + 1) * classes)];
        const hard = (softmax(logits)[k] ?? NaN) - Number(label === k);
        const soft = ((softmax(logits, 2)[k] ?? NaN) - (softmax(taught, 2)[k] ?? NaN)) / 2;
        return 0.5 * hard + 0.5 * 4 * soft;
      });
      return one.reduce((a, b) => a + b, 0) / labels.length;
    });
    expect(wanted.some((w) => Math.abs(w) > 0.05)).toBe(true);
    got.forEach((g, k) => expect(g).toBeCloseTo(wanted[k] ?? NaN, 6));
  });

  it.each(cases)("%s: gradients go where %s's do", (name, plain) => {
    const second = ofSecond(objectives[name]);
    const reaches = size(second, (n) => n.startsWith("encoder.layer.0.")) > 0;
    expect(reaches).toBe(
      size(ofSecond(objectives[plain]), (n) => n.startsWith("encoder.layer.0.")) > 0,
    );
    expect(reaches).toBe(plain === "early-exit");
    expect(size(second, (n) => n.startsWith("encoder.layer.1."))).toBeGreaterThan(0);
  });

  const ofSecond = (objective: Objective): Numbers => ofEach(objective)[1] ?? {};

  it("needs a teacher's logits for every row", async () => {
    const task = { ...smallTask(), objective: objectives["sweet-distilled"] };
    await expect(trainModel(task)).rejects.toThrow(
      "training: the objective needs a teacher's logits, [23, 3], got none",
    );
    await expect(trainModel({ ...task, teacher: new Float32Array(6) })).rejects.toThrow(
      "got 6 numbers",
    );
  });
});

describe("projected", () => {
  const combine = (gradients: number[][][]): number[][] =>
    tf.tidy(() => {
      const tensors = gradients.map((of) =>
        of.map((g) => (g.length === 0 ? undefined : tf.tensor1d(g))),
      );
      return (objectives.projected.combine?.(tensors) ?? []).map((t) => [...t.dataSync()]);
    });

  it("adds gradients that do not conflict", () => {
    expect(combine([[[1, 2]], [[2, -1]]])).toEqual([[3, 1]]);
  });

  it("takes from each what it has against the other: nothing of the sum is against either", () => {
    // dot -2: (1, 0) loses -2/8 of (-2, 2), (-2, 2) loses -2/1 of (1, 0).
    expect(combine([[[1, 0]], [[-2, 2]]])).toEqual([[0.5, 2.5]]);
  });

  it("counts only the parameters that both reach", () => {
    // The second parameter is the second classifier's alone.
    expect(
      combine([
        [[1, 0], []],
        [[-2, 2], [7]],
      ]),
    ).toEqual([[0.5, 2.5], [7]]);
  });

  it("projects on the others' own gradients, from the first on", () => {
    const [a, b, c] = [
      [1, 0],
      [-1, 1],
      [-1, -1],
    ];
    // a: against b loses -1/2 b -> (0.5, 0.5); against c (dot -1) loses -1/2 c -> (0, 0).
    // b: against a loses -1 a -> (0, 1); against c (dot -1) loses -1/2 c -> (-0.5, 0.5).
    // c: against a loses -1 a -> (0, -1); against b (dot -1) loses -1/2 b -> (-0.5, -0.5).
    expect(combine([[a ?? []], [b ?? []], [c ?? []]])).toEqual([[-1, 0]]);
  });

  it("survives a gradient of zero", () => {
    expect(combine([[[0, 0]], [[-2, 2]]])).toEqual([[-2, 2]]);
  });

  it("is what a step follows", () => {
    const step = trainingStep({ ...definitionOf(objectives.projected), maxGradientNorm: "off" });
    const norm = tf.tidy(() => {
      const state = stateTensorsOf();
      return step(state, inputsAt(objectives.projected)).outputs["gradientNorm"]?.dataSync()[0];
    });
    const flat = each().map((of) => names.flatMap((n) => of[n] ?? []));
    const shared = names.flatMap((n) =>
      (each()[0]?.[n] ?? []).map(() =>
        Number(!n.startsWith("exits.") && !n.startsWith("encoder.layer.1.")),
      ),
    );
    const along = (a: number[], b: number[]) =>
      a.reduce((sum, x, i) => sum + x * (b[i] ?? NaN) * (shared[i] ?? NaN), 0);
    const [a = [], b = []] = flat;
    const without = (x: number[], y: number[]) => {
      const share = Math.min(0, along(x, y)) / along(y, y);
      return x.map((v, i) => v - share * (y[i] ?? NaN) * (shared[i] ?? NaN));
    };
    const sum = without(a, b).map((v, i) => v + (without(b, a)[i] ?? NaN));
    expect(norm).toBeCloseTo(Math.sqrt(sum.reduce((s, x) => s + x * x, 0)), 4);
  });
});

function stateTensorsOf(): Tensors {
  const state = initialState(parameters, weights);
  return Object.fromEntries(
    Object.entries(stepState(parameters)).map(([name, { shape }]) => [
      name,
      tf.tensor(state[name] ?? [], shape as number[]),
    ]),
  );
}

/** What one step changes of each part of the state. */
function changes(
  objective: Objective,
  step: number,
): { norm: number; change: Numbers; params: Numbers } {
  return tf.tidy(() => {
    const state = stateTensorsOf();
    const next = trainingStep({ ...definitionOf(objective), maxGradientNorm: "off" })(
      state,
      inputsAt(objective, step),
    );
    const part = (of: Readonly<Tensors>): Numbers =>
      Object.fromEntries(
        Object.entries(of)
          .filter(([n]) => n.startsWith("param/"))
          .map(([n, t]) => [n, [...t.dataSync()]]),
      );
    const before = part(state);
    const after = part(next.state);
    return {
      norm: next.outputs["gradientNorm"]?.dataSync()[0] ?? NaN,
      change: Object.fromEntries(
        Object.entries(after).map(([n, a]) => [n, a.map((x, i) => x - (before[n]?.[i] ?? NaN))]),
      ),
      params: before,
    };
  });
}

describe("two stages", () => {
  const two = objectives["two-stage"];
  const moves = (change: Numbers, name: string) =>
    (change[`param/${name}`] ?? []).some((x) => x !== 0);

  it("the first moves the encoder and the last exit; the second the other exits' heads alone", () => {
    const [first, second] = [changes(two, 4).change, changes(two, 5).change];
    const weightOf = [
      "encoder.layer.0.output.dense.weight",
      "exits.1.classifier.weight",
      "exits.2.classifier.weight",
    ];
    expect(weightOf.map((n) => moves(first, n))).toEqual([true, false, true]);
    expect(weightOf.map((n) => moves(second, n))).toEqual([false, true, false]);
    // Biases and norms lie in one vector, in the order of the parameters.
    const spared = parameters.filter((p) => p.role !== "weight" && p.role !== "embedding");
    const owners = spared.flatMap((p) => Array.from({ length: p.shape[0] ?? 0 }, () => p.name));
    const vector = second["param/biases-and-norms"] ?? [];
    expect(vector).toHaveLength(owners.length);
    const moved = new Set(owners.filter((_, i) => vector[i] !== 0));
    expect([...moved]).toEqual(["exits.1.pooler.dense.bias", "exits.1.classifier.bias"]);
  });

  it("what is frozen does not count in the norm", () => {
    const heads = names.filter((n) => n.startsWith("exits.1."));
    const first = each()[0] ?? {};
    const norm = Math.sqrt(heads.flatMap((n) => first[n] ?? []).reduce((s, x) => s + x * x, 0));
    expect(changes(two, 5).norm).toBeCloseTo(norm, 5);
  });

  it("the first is the training of the last exit's model alone", async () => {
    const plain = { ...smallConfig, hiddenDropoutProb: 0, attentionProbsDropoutProb: 0 };
    const { encoder, ...task } = smallTask();
    const undropped = { ...encoder, config: plain };
    const both = await trainModel({ ...task, encoder: undropped, objective: two });
    const alone = await trainModel({
      ...smallTask({ epochs: 1 }),
      encoder: undropped,
      exitLayers: [2],
    });
    const rates = (metrics: typeof both.metrics) => metrics.map((m) => m.learningRate);
    expect(rates(both.metrics)).toEqual([...rates(alone.metrics), ...rates(alone.metrics)]);
    for (const [name, { data }] of Object.entries(alone.weights)) {
      const got = both.weights[name]?.data ?? [];
      const far = Math.max(...Array.from(data, (x, i) => Math.abs(x - Number(got[i]))));
      expect([name, far < 1e-5]).toEqual([name, true]);
    }
  });
});

it("SWEET with a rate for each segment moves segment s of S by 2 s / (S + 1) of the rate, decay too", () => {
  const [plain, own] = [changes(objectives.sweet, 0), changes(objectives["sweet-rates"], 0)];
  for (const [name, share] of [
    ["embeddings.word_embeddings.weight", 2 / 3],
    ["encoder.layer.0.output.dense.weight", 2 / 3],
    ["exits.1.classifier.weight", 2 / 3],
    ["encoder.layer.1.output.dense.weight", 4 / 3],
    ["exits.2.classifier.weight", 4 / 3],
  ] as const) {
    const [a, b] = [plain, own].map((c) => c.change[`param/${name}`] ?? []);
    const far = (a ?? []).map((x, i) => Math.abs(share * x - (b?.[i] ?? NaN)));
    expect(Math.max(...far)).toBeLessThan(2e-7);
    expect(Math.max(...(a ?? []).map(Math.abs))).toBeGreaterThan(0.005);
  }
});

it("telling how gradients lie changes no number but in its last bits", async () => {
  for (const objective of [objectives["early-exit"], objectives.sweet]) {
    const plain = await trainModel({ ...smallTask(), objective });
    const told = await trainModel({ ...smallTask({ gradientConflict: true }), objective });
    expect(plain.metrics[0]?.alignments).toBeUndefined();
    expect(told.metrics.every((m) => m.alignments !== undefined)).toBe(true);
    const losses = ({ metrics }: typeof plain) => metrics.flatMap((m) => m.losses);
    const far = losses(plain).map((x, i) => Math.abs(x - (losses(told)[i] ?? NaN)));
    expect(Math.max(...far)).toBeLessThan(1e-4);
  }
});

it("the methods that the stage says to learn from a teacher are those whose objective has one", () => {
  const taught = Object.entries(objectives).filter(([, o]) => "teacher" in o && o.teacher);
  const settings = (method: string) =>
    stage.settings.parse({ encoder: "tiny", method, exitLayers: [1] });
  const said = Object.keys(objectives).filter((m) => stage.wants?.(settings(m)).length === 1);
  expect(said).toEqual(taught.map(([name]) => name));
});

it("an objective of two stages needs a step for each; one without a teacher wants no logits", async () => {
  const few = smallTask({ epochs: 1, batchSize: 23 });
  await expect(trainModel({ ...few, objective: objectives["two-stage"] })).rejects.toThrow(
    "training: an objective of two stages needs two steps or more, got 1; lower batchSize or raise epochs",
  );
  await expect(trainModel({ ...smallTask(), teacher: new Float32Array(69) })).rejects.toThrow(
    "training: the objective learns from no teacher, got logits of one",
  );
});
