/** `process.platform` and `process.arch` of each build that onnxruntime-node 1.30 ships. */
const builds = ["darwin arm64", "linux arm64", "linux x64", "win32 arm64", "win32 x64"];

/**
 * Why ONNX Runtime cannot be loaded on a platform, and what to do; undefined where it can.
 *
 * Source: the folder `bin` of the npm package onnxruntime-node, version 1.30.0.
 */
export function platformProblem(
  platform: string = process.platform,
  arch: string = process.arch,
): string | undefined {
  if (builds.includes(`${platform} ${arch}`)) return undefined;
  const here = platform === "darwin" && arch === "x64" ? "Intel Macs" : `${platform} ${arch}`;
  return `onnxruntime-node has no build for ${here} (it has ${builds.join(", ")}); use one of these, or Docker with a Linux image`;
}
