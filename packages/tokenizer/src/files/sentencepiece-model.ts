import { readProtobuf, type ProtobufField } from "./protobuf.ts";
import { shown } from "../models/vocabulary.ts";

/** The kinds of pieces, SentencePiece's `ModelProto.SentencePiece.Type`: from 1. */
const pieceTypes = ["normal", "unknown", "control", "userDefined", "unused", "byte"] as const;
/** The algorithms of models, from 1. */
const algorithms = ["Unigram", "BPE", "word", "char"];

/** A SentencePiece model of the kind Unigram, as far as a tokenizer needs it. */
export interface SentencePieceModel {
  /** In the order of their ids. */
  pieces: { piece: string; score: number; type: (typeof pieceTypes)[number] }[];
  unknownId: number;
  /** The compiled normalisation rules; empty if there are none. */
  charsmap: Uint8Array;
}

/** The settings of normalisation that every encoder's SentencePiece model has. */
const whiteSpaceRules = new Map([
  [3, "add_dummy_prefix"],
  [4, "remove_extra_whitespaces"],
  [5, "escape_whitespaces"],
]);

/**
 * Reads a SentencePiece model.
 *
 * @param where names the file in errors
 * @throws Error that names the file if it is cut off, not a protocol buffer or not a Unigram model; if a
 *   piece occurs twice; or if it treats white space in a way that a `tokenizer.json` cannot express
 * Source: SentencePiece 0.2, `sentencepiece_model.proto`.
 */
export function readSentencePieceModel(bytes: Uint8Array, where: string): SentencePieceModel {
  const pieces: SentencePieceModel["pieces"] = [];
  const seen = new Map<string, number>();
  let algorithm = 1;
  let byteFallback = 0;
  let charsmap = new Uint8Array();
  for (const field of readProtobuf(bytes, where)) {
    if (field.number === 1) {
      const id = pieces.length;
      const piece = readPiece(field.bytes(), `${where}: piece ${id}`);
      const other = seen.get(piece.piece);
      if (other !== undefined) {
        throw new RangeError(
          `${where}: expected each piece once, got ${shown(piece.piece)} as ${other} and ${id}`,
        );
      }
      seen.set(piece.piece, id);
      pieces.push(piece);
    } else if (field.number === 2) {
      for (const inner of readProtobuf(field.bytes(), `${where}: trainer_spec`)) {
        if (inner.number === 3) algorithm = inner.integer();
        else if (inner.number === 35) byteFallback = inner.integer();
      }
    } else if (field.number === 3) {
      for (const inner of readProtobuf(field.bytes(), `${where}: normalizer_spec`)) {
        if (inner.number === 2) charsmap = Uint8Array.from(inner.bytes());
        else checkWhiteSpace(inner, where);
      }
    }
  }
  if (algorithm !== 1) {
    throw new TypeError(
      `${where}: expected a SentencePiece model of the kind Unigram, got ${algorithms[algorithm - 1] ?? algorithm}; save its tokenizer.json beside it`,
    );
  }
  if (byteFallback !== 0) {
    throw new TypeError(
      `${where}: expected a SentencePiece model without byte_fallback, got one with it; save its tokenizer.json beside it`,
    );
  }
  const [unknownId, ...more] = pieces.flatMap(({ type }, id) => (type === "unknown" ? [id] : []));
  if (unknownId === undefined || more.length > 0) {
    const got = unknownId === undefined ? "none" : [unknownId, ...more].join(", ");
    throw new TypeError(`${where}: expected one unknown piece, got ${got}`);
  }
  return { pieces, unknownId, charsmap };
}

function readPiece(bytes: Uint8Array, where: string): SentencePieceModel["pieces"][number] {
  let piece: string | undefined;
  let score = 0;
  let typeNumber = 1;
  for (const field of readProtobuf(bytes, where)) {
    if (field.number === 1) piece = field.text();
    else if (field.number === 2) score = field.float();
    else if (field.number === 3) typeNumber = field.integer();
  }
  const type = pieceTypes[typeNumber - 1];
  if (piece === undefined || piece === "")
    throw new TypeError(`${where}: expected a text, got none`);
  if (type === undefined)
    throw new TypeError(`${where}: expected a type, 1 to 6, got ${typeNumber}`);
  if (!Number.isFinite(score)) {
    throw new TypeError(`${where}: expected a finite score, got ${score}`);
  }
  return { piece, score, type };
}

function checkWhiteSpace(field: ProtobufField, where: string): void {
  const rule = whiteSpaceRules.get(field.number);
  if (rule !== undefined && field.integer() === 0) {
    throw new TypeError(
      `${where}: expected ${rule}, as in every encoder's model, got a model without; save its tokenizer.json beside it`,
    );
  }
}
