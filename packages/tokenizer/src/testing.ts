// For tests and checks, in Node and in this repository, whose reference files they read.
export { slowParts } from "./testing/slow-texts.ts";
export {
  type Mismatch,
  type Parity,
  tokenizerParity,
  tokenizers,
} from "./testing/tokenizer-parity.ts";
