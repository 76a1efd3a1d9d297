import type { LoopDefinition } from "@sweetspot/compile/session";
import {
  type DropoutSite,
  dropoutSites,
  encoderParameters,
  exitParameters,
  initialWeights,
  type ParameterSpec,
  type PretrainedEncoder,
} from "@sweetspot/model";
import type { MaskSource } from "../step/dropout-masks.ts";
import { initialState, stepState } from "../step/state-layout.ts";
import { type StepObjective, stepInputs, trainingStep } from "../step/training-step.ts";

/** A training step of an encoder with new exits (their weights drawn from `seed`), as a loop takes it. */
export async function stepLoop(
  encoder: PretrainedEncoder,
  {
    exitLayers,
    classes,
    objective,
    maxGradientNorm = 1,
    seed = 1,
    masks,
  }: {
    exitLayers: number[];
    classes: number;
    objective: StepObjective;
    maxGradientNorm?: number;
    seed?: number;
    masks?: MaskSource;
  },
): Promise<{ definition: LoopDefinition; parameters: ParameterSpec[]; sites: DropoutSite[] }> {
  const { config, pooling } = encoder;
  const heads = exitParameters(config, exitLayers, classes, pooling);
  const parameters = [...encoderParameters(config), ...heads];
  const weights = {
    ...(await encoder.weights(config.numHiddenLayers)),
    ...initialWeights(heads, config, seed),
  };
  const sites = dropoutSites(config, exitLayers, pooling);
  const about = { config, pooling, exitLayers, parameters, objective, dropoutSites: sites };
  const definition = {
    state: stepState(parameters),
    initialState: initialState(parameters, weights),
    inputs: stepInputs(sites, {}, masks),
    step: trainingStep({ ...about, maxGradientNorm }),
  };
  return { definition, parameters, sites };
}
