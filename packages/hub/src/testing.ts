// For the tests and checks of packages that read or write repositories: a Hub on this machine.
export { badBlobs } from "./testing/bad-blobs.ts";
export { clearHubEnvironment } from "./testing/hub-environment.ts";
export {
  gitHash,
  type HubServer,
  type Misbehaviour,
  type ServedRepository,
  type ServedRequest,
  startHubServer,
} from "./testing/hub-server.ts";
