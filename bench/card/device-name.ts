import { type Device, devices } from "@sweetspot/runtime";

/** @throws RangeError if there is no device of this name */
export function deviceName(text: string | undefined): Device {
  const found = devices.find((d) => d === text);
  if (found === undefined)
    throw new RangeError(`expected a device of ${devices.join(", ")}, got ${text}`);
  return found;
}
