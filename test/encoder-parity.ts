import {
  dropout,
  type Dropout,
  dropoutSites,
  type EncoderConfig,
  encoderConfig,
  encoderParameters,
  encoderParams,
  exitLogits,
  exitParameters,
  hiddenStates,
} from "@sweetspot/model";
import { objectives } from "@sweetspot/train";
import { lossesAndGradients } from "@sweetspot/train/testing";
import * as tf from "@tensorflow/tfjs";
import {
  below,
  bertInputs,
  type EncoderFacts,
  type Execution,
  type HostTensors,
  inputsOf,
  labelledInputsOf,
  readEncoderReference,
  tensorNamed,
} from "./reference/bert-reference.ts";

/** An encoder with its reference values. */
export interface EncoderCase {
  kind: string;
  config: EncoderConfig;
  classes: number;
  reference: HostTensors;
}

const exitLayers = [1, 2, 3];
const pooling = "first-token";

/** An encoder's case, by its kind in `encoders.json`. */
export async function encoderCase(facts: EncoderFacts, kind: string): Promise<EncoderCase> {
  const { config, classes } = tensorNamed(facts.encoders, kind);
  const reference = await readEncoderReference(kind);
  return { kind, config: encoderConfig(config, `encoders.json: ${kind}`), classes, reference };
}

/** Our numbers and the reference's, by name. */
export interface Compared {
  name: string;
  got: ArrayLike<number>;
  want: ArrayLike<number>;
}

/** Every layer's hidden states, set to 0 at padding, and each exit's logits. */
export async function compareStates(
  { config, reference }: EncoderCase,
  execution: Execution,
): Promise<Compared[]> {
  const results = await execution.run(
    (tensors) => {
      const inputs = bertInputs(tensors);
      const params = encoderParams(below(tensors, "param/"));
      const mask = tf.expandDims(inputs.attentionMask, 2);
      const states = hiddenStates(params, inputs, config);
      const logits = exitLogits(params, inputs, { config, exitLayers, pooling });
      return {
        ...Object.fromEntries(states.map((h, i) => [`hidden.${i}`, tf.mul(h, mask)])),
        ...Object.fromEntries(logits.map((l, i) => [`logits.${exitLayers[i]}`, l])),
      };
    },
    { ...inputsOf(reference), ...withPrefix("param/", reference) },
  );
  return Object.entries(results).map(([name, got]) => ({
    name,
    got,
    want: tensorNamed(reference, name).data,
  }));
}

/** Every parameter's gradient of the sum of the exits' losses; empty where only one side has the parameter. */
export async function compareGradients(
  { config, classes, reference }: EncoderCase,
  execution: Execution,
  method: "early-exit" | "sweet",
): Promise<Compared[]> {
  const parameters = [
    ...encoderParameters(config),
    ...exitParameters(config, exitLayers, classes, pooling),
  ];
  const objective = objectives[method];
  const results = await execution.run(
    (tensors) => {
      const { gradients } = lossesAndGradients(
        { config, pooling, exitLayers, parameters, objective, dropoutSites: [] },
        below(tensors, "param/"),
        tensors,
      );
      return Object.fromEntries(
        parameters.map(({ name }, i) => [`grad/${name}`, gradients[i] as tf.Tensor]), // one for each
      );
    },
    {
      ...labelledInputsOf(reference),
      ...withPrefix("param/", reference),
    },
  );
  const ours = below(results, "grad/");
  const theirs = below(reference, `grad/${method}/`);
  return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].map((name) => ({
    name,
    got: ours[name] ?? [],
    want: theirs[name]?.data ?? [],
  }));
}

/** The last exit's logits in training, under the reference's dropout masks. */
export async function compareDropout(
  { config, reference }: EncoderCase,
  execution: Execution,
): Promise<Compared> {
  const [b = 0, t = 0] = tensorNamed(reference, "inputIds").shape;
  const sizes = { B: b, T: t };
  const sites = dropoutSites(config, [3], pooling);
  const masks = below(reference, "dropout/mask.");
  if (Object.keys(masks).length !== sites.length)
    throw new RangeError(`${Object.keys(masks).length} masks for ${sites.length} places`);
  const results = await execution.run(
    (tensors) => {
      const drop: Dropout = (name, x) => {
        const i = sites.findIndex((s) => s.name === name);
        const { shape = [], probability = NaN } = sites[i] ?? {};
        let mask = tf.cast(tensorNamed(tensors, `mask/${i}`), "bool");
        // The reference's masks are [B, H, T, T], and cover all tokens even if only the first is read.
        if (shape[1] === "B") mask = tf.transpose(mask, [1, 0, 2, 3]);
        const wanted = shape.map((d) => (typeof d === "number" ? d : sizes[d]));
        mask = tf.slice(
          mask,
          wanted.map(() => 0),
          wanted,
        );
        return dropout(x, mask, 1 - probability);
      };
      const logits = exitLogits(encoderParams(below(tensors, "param/")), bertInputs(tensors), {
        config,
        exitLayers: [3],
        pooling,
        dropout: drop,
      });
      return { logits: logits[0] as tf.Tensor }; // of the one exit
    },
    {
      ...inputsOf(reference),
      ...withPrefix("param/", reference),
      ...Object.fromEntries(Object.entries(masks).map(([i, mask]) => [`mask/${i}`, mask])),
    },
  );
  return {
    name: "logits under dropout",
    got: tensorNamed(results, "logits"),
    want: tensorNamed(reference, "dropout/logits").data,
  };
}

function withPrefix(prefix: string, tensors: HostTensors): HostTensors {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => name.startsWith(prefix)));
}
