import { classify, openBundle } from "@sweetspot/infer";

// The folder that the `export` stage wrote.
const bundle = await openBundle(process.argv[2] ?? "bundle");
const texts = ["Loved it.", "Not bad, but not good either.", "The worst phone that I ever had."];

// A text leaves at the first exit that is at least 90% sure.
const answers = await classify(bundle, texts, { threshold: 0.9 });
for (const [i, { label, confidence, exitLayer, layersRun }] of answers.entries()) {
  const percent = (100 * confidence).toFixed(0);
  console.log(`${label} (${percent}%), after layer ${exitLayer}, ${layersRun} run: ${texts[i]}`);
}
await bundle.dispose();
