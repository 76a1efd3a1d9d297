import type { HostTensor } from "@sweetspot/artifact";

/**
 * Checks that a checkpoint's tensor is finite.
 *
 * @param file the file's name, for the errors
 * @throws RangeError, naming the file and the tensor, if a number is NaN or infinite
 */
export function checkFinite(file: string, name: string, { data }: HostTensor): void {
  if (!(data instanceof Float32Array)) return;
  let sum = 0;
  // A finite number minus itself is 0; NaN or an infinity gives NaN.
  for (const value of data) sum += value - value;
  if (!Number.isNaN(sum)) return;
  const at = data.findIndex((value) => !Number.isFinite(value));
  throw new RangeError(
    `${file}: tensor "${name}" must hold finite numbers, got ${data[at]} at ${at} of ${data.length}; its training diverged or the file is damaged; use another checkpoint`,
  );
}
