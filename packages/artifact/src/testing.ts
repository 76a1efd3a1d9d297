// For the tests and checks of packages that take locks.
export { ownIdentity, type ProcessIdentity } from "./lock/process-identity.ts";
export { type LockRaces, raceLocks } from "./testing/lock-races.ts";
