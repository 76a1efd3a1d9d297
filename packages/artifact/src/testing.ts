// For the tests and checks of other packages; no part of the API.
export { exampleTiming } from "./testing/example-timing.ts";
export { ownIdentity, type ProcessIdentity } from "./lock/process-identity.ts";
export { type LockRaces, raceLocks } from "./testing/lock-races.ts";
