import { compile, compileLoop } from "@sweetspot/compile/session";
import * as tf from "@tensorflow/tfjs";
import { type Contender, interleave } from "./interleave.ts";
import { type Row, row } from "./results.ts";

type Named = Record<string, tf.Tensor>;

/** A classifier of ten classes: its parameters' shapes and a function of them. */
interface Network {
  title: string;
  parameters: Readonly<Record<string, readonly number[]>>;
  /** The shape of one example. */
  input: readonly number[];
  logits(p: Named, x: tf.Tensor): tf.Tensor;
  /** Steps in one of our training runs: so many that starting it does not matter. */
  steps: number;
}

const at = (p: Named, name: string) => p[name] as tf.Tensor;
const dense = (p: Named, name: string, x: tf.Tensor) =>
  tf.add(tf.matMul(x, at(p, `${name}.weight`)), at(p, `${name}.bias`));

const networks: readonly Network[] = [
  {
    title: "MLP 784-128-64-10",
    input: [784],
    parameters: {
      "one.weight": [784, 128],
      "one.bias": [128],
      "two.weight": [128, 64],
      "two.bias": [64],
      "three.weight": [64, 10],
      "three.bias": [10],
    },
    logits: (p, x) => dense(p, "three", tf.relu(dense(p, "two", tf.relu(dense(p, "one", x))))),
    steps: 100,
  },
  {
    title: "CNN, 28 x 28 pixels, two convolutions of 8 and 16",
    input: [28, 28, 1],
    parameters: {
      "one.filter": [3, 3, 1, 8],
      "one.bias": [8],
      "two.filter": [3, 3, 8, 16],
      "two.bias": [16],
      "last.weight": [784, 10],
      "last.bias": [10],
    },
    logits(p, x) {
      const block = (x: tf.Tensor, name: string) => {
        const filter = at(p, `${name}.filter`) as tf.Tensor4D;
        const y = tf.add(tf.conv2d(x as tf.Tensor4D, filter, 1, "same"), at(p, `${name}.bias`));
        return tf.maxPool(tf.relu(y) as tf.Tensor4D, 2, 2, "same");
      };
      return dense(p, "last", tf.reshape(block(block(x, "one"), "two"), [-1, 784]));
    },
    steps: 20,
  },
  {
    title: "LSTM of 32 units over 20 x 16 numbers",
    input: [20, 16],
    parameters: {
      "cell.weight": [48, 128],
      "cell.bias": [128],
      "last.weight": [32, 10],
      "last.bias": [10],
    },
    logits(p, x) {
      const steps = tf.unstack(x, 1) as tf.Tensor2D[];
      let [c, h] = [0, 0].map(() => tf.zeros([x.shape[0] ?? 0, 32])) as [tf.Tensor2D, tf.Tensor2D];
      const [weight, bias] = [at(p, "cell.weight"), at(p, "cell.bias")];
      for (const step of steps)
        [c, h] = tf.basicLSTMCell(1, weight as tf.Tensor2D, bias as tf.Tensor1D, step, c, h);
      return dense(p, "last", h);
    },
    steps: 40,
  },
];

const batch = 32;
const rounds = 5;
const learningRate = 0.05;

/** float32 numbers of a shape, in [-scale, scale]. */
function numbers(shape: readonly number[], scale: number): Float32Array {
  const count = shape.reduce((a, b) => a * b, 1);
  return Float32Array.from({ length: count }, (_, i) => scale * Math.sin(i * 78.233 + count));
}

/** The rows of each network's training step and inference, compiled and in tfjs's `cpu` backend, in turns. */
export async function smallNetworkRows(
  log: (line: string) => void,
): Promise<{ rows: Row[]; versions: Record<string, string> }> {
  await tf.setBackend("cpu");
  const rows: Row[] = [];
  for (const network of networks) rows.push(...(await rowsOf(network, log)));
  return { rows, versions: {} };
}

async function rowsOf(network: Network, log: (line: string) => void): Promise<Row[]> {
  const { title, steps } = network;
  const about = { unit: "ms", goal: 1, goalIs: "atMost", peerIs: "tfjs, cpu backend" } as const;
  const rows: Row[] = [];

  log(`${title}: a training step on ${batch} examples`);
  const training = await trainers(network);
  await checkAgreement(title, training);
  rows.push(
    row(
      { work: `${title}, training step on ${batch}`, ...about },
      await interleave(
        { measure: async () => (await timed(() => training.ours(steps))) / steps },
        { measure: () => timed(() => training.peer()) },
        rounds,
        log,
      ),
    ),
  );
  await training.dispose();

  for (const B of [1, batch]) {
    log(`${title}: inference on ${B}`);
    const { ours, peer, dispose } = await inference(network, B);
    rows.push(
      row(
        { work: `${title}, inference on ${B}`, ...about },
        await interleave(ours, peer, rounds, log),
      ),
    );
    await dispose();
  }
  return rows;
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

/** The same training step, compiled and eager, from the same parameters. Each returns the losses. */
async function trainers({ parameters, input, logits }: Network) {
  const names = Object.keys(parameters);
  const step = (state: Named, { x, labels }: Named) => {
    const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]) =>
      tf.losses.softmaxCrossEntropy<tf.Tensor, tf.Scalar>(
        tf.oneHot(labels as tf.Tensor, 10),
        logits(Object.fromEntries(names.map((n, i) => [n, values[i]])) as Named, x as tf.Tensor),
      ),
    )(names.map((n) => at(state, n)));
    const next = names.map((n, i) => [
      n,
      tf.sub(at(state, n), tf.mul(grads[i] as tf.Tensor, learningRate)),
    ]);
    return { state: Object.fromEntries(next) as Named, outputs: { loss: value } };
  };
  const initialState = Object.fromEntries(names.map((n) => [n, numbers(parameters[n] ?? [], 0.1)]));
  const loop = await compileLoop({
    state: Object.fromEntries(
      names.map((n) => [n, { dtype: "float32", shape: parameters[n] ?? [] } as const]),
    ),
    initialState,
    inputs: {
      x: { dtype: "float32", shape: ["B", ...input] },
      labels: { dtype: "int32", shape: ["B"] },
    },
    step,
  });
  const x = numbers([batch, ...input], 1);
  const labels = Int32Array.from({ length: batch }, (_, i) => i % 10);
  let state = Object.fromEntries(
    names.map((n) => [n, tf.tensor(initialState[n] ?? [], [...(parameters[n] ?? [])])]),
  ) as Named;
  const xTensor = tf.tensor(x, [batch, ...input]);
  const labelTensor = tf.tensor(labels, [batch], "int32");
  return {
    async ours(steps: number): Promise<number[]> {
      const outputs = await loop.run(
        Array.from({ length: steps }, () => ({ x, labels })),
        { B: batch },
      );
      return outputs.flatMap(({ loss = [] }) => [...loss]);
    },
    async peer(): Promise<number[]> {
      const { loss, ...next } = tf.tidy(() => {
        const result = step(state, { x: xTensor, labels: labelTensor });
        return { ...result.state, loss: result.outputs.loss };
      }) as Named;
      tf.dispose(state);
      state = next as Named;
      const losses = [...((await loss?.data()) ?? [])];
      tf.dispose(loss as tf.Tensor);
      return losses;
    },
    async dispose() {
      tf.dispose([state, xTensor, labelTensor]);
      await loop.dispose();
    },
  };
}

/** @throws Error if the losses of three steps differ by more than one in ten thousand */
async function checkAgreement(
  title: string,
  { ours, peer }: Awaited<ReturnType<typeof trainers>>,
): Promise<void> {
  const mine = await ours(3);
  const theirs = [await peer(), await peer(), await peer()].flat();
  const apart = Math.max(...mine.map((l, i) => Math.abs(l / (theirs[i] ?? NaN) - 1)));
  if (!(apart < 1e-4) || mine.length !== theirs.length)
    throw new Error(`bench: ${title}: the losses differ: ours ${mine}, tfjs's ${theirs}`);
}

async function inference(
  { parameters, input, logits }: Network,
  B: number,
): Promise<{ ours: Contender; peer: Contender; dispose(): Promise<void> }> {
  // Parameters from outside become constants of the graph.
  const weights = Object.fromEntries(
    Object.entries(parameters).map(([n, shape]) => [n, tf.tensor(numbers(shape, 0.1), [...shape])]),
  ) as Named;
  const session = await compile(({ x }) => ({ y: tf.softmax(logits(weights, x)) }), {
    x: { dtype: "float32", shape: ["B", ...input] },
  });
  const x = numbers([B, ...input], 1);
  const repeats = 50;
  return {
    ours: {
      measure: async () =>
        (await timed(async () => {
          for (let i = 0; i < repeats; i++) await session.run({ x }, { B });
        })) / repeats,
    },
    peer: {
      measure: () =>
        timed(async () => {
          const y = tf.tidy(() => tf.softmax(logits(weights, tf.tensor(x, [B, ...input]))));
          await y.data();
          y.dispose();
        }),
    },
    async dispose() {
      tf.dispose(weights);
      await session.dispose();
    },
  };
}
