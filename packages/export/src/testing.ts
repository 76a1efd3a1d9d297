export { smallTokenizer, someCard } from "./testing/small-repository.ts";
