import type { LinearPooling } from "@sweetspot/artifact";
import { definitionOf, type EncoderConfig } from "../encoders/definitions.ts";
import type { TokensRead } from "../encoders/encoder-kind.ts";
import type { DropoutSite } from "../encoders/layers/dropout-sites.ts";
import { denseParameters, type ParameterSpec } from "../encoders/layers/parameters.ts";

/** An exit's head: a linear classifier, one after a pooler of the exit's own, or after one that exits share. */
type Head = "linear" | "pooler" | "shared-pooler";

/**
 * How an exit reads its layer, and what its head is. `first-token` and `mean` name what it reads: the first
 * token's state, or the mean of the unmasked tokens. A pooler is a dense layer with an activation before the
 * classifier; the first token is read through one unless the name ends in `-linear`, the mean only if it
 * ends in `-pooler`. `shared-pooler` reads the first token through the encoder's own pooler, which all
 * exits share, as the reference implementation of SWEET does.
 */
export type Pooling = LinearPooling | "first-token" | "mean-pooler" | "shared-pooler";

const forms: Readonly<Record<Pooling, { reads: TokensRead; head: Head }>> = {
  "first-token": { reads: "first", head: "pooler" },
  "first-token-linear": { reads: "first", head: "linear" },
  mean: { reads: "all", head: "linear" },
  "mean-pooler": { reads: "all", head: "pooler" },
  "shared-pooler": { reads: "first", head: "shared-pooler" },
};

/** Every kind of pooling. */
export const poolings: readonly Pooling[] = Object.keys(forms) as Pooling[]; // its own keys

/** Which tokens of its layer an exit reads. */
export function tokensRead(pooling: Pooling): TokensRead {
  return forms[pooling].reads;
}

/** What an exit's head is. */
export function headOf(pooling: Pooling): Head {
  return forms[pooling].head;
}

/** The pooling that reads the same tokens with a linear head. */
export function linearPooling(pooling: Pooling): LinearPooling {
  return tokensRead(pooling) === "all" ? "mean" : "first-token-linear";
}

/** @throws RangeError if there is no layer, or one is 0, repeated, out of order or past the depth */
export function checkExitLayers(exitLayers: readonly number[], depth: number): void {
  if (exitLayers.length === 0)
    throw new RangeError("exitLayers: expected one layer or more, got none");
  exitLayers.forEach((layer, i) => {
    if (!Number.isInteger(layer) || layer < 1 || layer > depth) {
      throw new RangeError(
        `exitLayers: expected layers from 1 to ${depth}, the encoder's depth, got ${layer}`,
      );
    }
    if (layer <= (exitLayers[i - 1] ?? 0)) {
      throw new RangeError(`exitLayers: must rise, each layer once, got ${exitLayers.join(", ")}`);
    }
  });
}

/** The pooler that exits share, under Hugging Face's name; a pretrained encoder may have one. */
export function sharedPoolerParameters({
  hiddenSize: c,
}: Pick<EncoderConfig, "hiddenSize">): ParameterSpec[] {
  return denseParameters("pooler.dense", c, c);
}

/** The parameters of the exits' heads. */
export function exitParameters(
  config: Pick<EncoderConfig, "hiddenSize">,
  exitLayers: readonly number[],
  classes: number,
  pooling: Pooling,
): ParameterSpec[] {
  const c = config.hiddenSize;
  const heads = exitLayers.flatMap((layer) => [
    ...(headOf(pooling) === "pooler" ? denseParameters(`exits.${layer}.pooler.dense`, c, c) : []),
    ...denseParameters(`exits.${layer}.classifier`, classes, c),
  ]);
  return headOf(pooling) === "shared-pooler"
    ? [...sharedPoolerParameters(config), ...heads]
    : heads;
}

/**
 * Every place where an encoder with exits applies dropout, in order of use: after the embeddings, in
 * each layer, before each exit's classifier. The last layer's masks cover the tokens that its exit
 * reads.
 */
export function dropoutSites(
  config: EncoderConfig,
  exitLayers: readonly number[],
  pooling: Pooling,
): DropoutSite[] {
  const { hiddenSize: c, hiddenDropoutProb: probability } = config;
  const depth = Math.max(...exitLayers);
  const tokensOf = (layer: number) =>
    layer === depth && tokensRead(pooling) === "first" ? 1 : "T";
  return [
    { name: "embeddings", shape: ["B", "T", c], probability },
    ...Array.from({ length: depth }, (_, i): DropoutSite[] => [
      ...definitionOf(config).layerSites(config, i + 1, tokensOf(i + 1)),
      ...(exitLayers.includes(i + 1)
        ? [{ name: `exit.${i + 1}`, shape: ["B", c], probability } as const]
        : []),
    ]).flat(),
  ];
}
