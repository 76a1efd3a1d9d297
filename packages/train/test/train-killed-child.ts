// A process that trains until it is done or killed: `train-killed.test.ts` starts it.
import { runStage } from "@sweetspot/artifact";
import { stage } from "../src/stage.ts";
import { runTrain } from "../src/train-stage.ts";

const [data = "", output = ""] = process.argv.slice(2);
await runStage(
  { ...stage, run: (context) => runTrain(context, { checkpointEveryMs: 50 }) },
  {
    settings: {
      encoder: "tiny",
      method: "multi-model",
      exitLayers: [1, 2],
      epochs: 9,
      batchSize: 8,
      learningRate: 1e-3,
    },
    inputs: { data },
    output,
    log: (line) => console.log(line),
  },
);
