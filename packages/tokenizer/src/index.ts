export { parseJson, textOf } from "./json-text.ts";
export { postProcessor } from "./post-processor.ts";
export { repositoryTokenizerJson, tokenizerFiles } from "./files/repository-tokenizer.ts";
export { type EncodedText, textTokenizer, type TextTokenizer } from "./tokenizer.ts";
export type { TokenizerFiles } from "./files/tokenizer-files.ts";
