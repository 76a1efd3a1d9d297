import { checkDevice, devices } from "@sweetspot/runtime";

// Which devices this machine has, and what to install if one is missing.
for (const device of devices) {
  try {
    await checkDevice(device);
    console.log(`${device}: found`);
  } catch (error) {
    console.log(error instanceof Error ? error.message : error);
  }
}
