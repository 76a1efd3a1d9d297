import { parse } from "@sweetspot/artifact/parse";
import { z } from "zod";

const templateSchema = z.array(
  z.union([
    z.object({ SpecialToken: z.object({ id: z.string(), type_id: z.int() }) }),
    z.object({ Sequence: z.object({ id: z.enum(["A", "B"]), type_id: z.int() }) }),
  ]),
);
const tokenSchema = z.tuple([z.string(), z.int()]);
const postProcessorSchema = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("Sequence"), processors: z.array(z.unknown()) }),
  z.looseObject({ type: z.literal("ByteLevel") }),
  z.looseObject({ type: z.literal("BertProcessing"), sep: tokenSchema, cls: tokenSchema }),
  z.looseObject({ type: z.literal("RobertaProcessing"), sep: tokenSchema, cls: tokenSchema }),
  z.looseObject({
    type: z.literal("TemplateProcessing"),
    single: templateSchema,
    pair: templateSchema,
    special_tokens: z.record(z.string(), z.looseObject({ ids: z.array(z.int()) })),
  }),
]);

/** A part of an encoder's input: special tokens or one of the texts, and its type. */
type Part = { type: number } & ({ ids: readonly number[] } | { text: "A" | "B" });

/** Where special tokens go around one text, and around a pair. */
export interface Template {
  single: readonly Part[];
  pair: readonly Part[];
}

const first: Part = { text: "A", type: 0 };

/** The template that adds nothing: the second text has type 1. */
const plain: Template = { single: [first], pair: [first, { text: "B", type: 1 }] };

/**
 * Reads the `post_processor` of a `tokenizer.json`.
 *
 * @param where starts errors
 * @throws Error if it is unknown or incomplete
 * Source: Hugging Face tokenizers 0.23, `processors/`.
 */
export function postProcessor(config: unknown, where = "post_processor"): Template {
  return (config === null || config === undefined ? undefined : adding(config, where)) ?? plain;
}

/** No published tokenizer has more parts in a template or processors in a sequence. */
const mostParts = 100;
const deepest = 10;

/** The template of a processor; undefined if it adds nothing. */
function adding(config: unknown, where: string, depth = 0): Template | undefined {
  if (depth > deepest) throw new RangeError(`${where}: nested deeper than ${deepest}`);
  const parsed = parse(postProcessorSchema, config, where);
  switch (parsed.type) {
    case "ByteLevel":
      return undefined;
    case "Sequence": {
      checkLength(parsed.processors, `${where}.processors`);
      const templates = parsed.processors.flatMap(
        (p, i) => adding(p, `${where}.processors.${i}`, depth + 1) ?? [],
      );
      if (templates.length > 1) {
        throw new TypeError(
          `${where}: expected one of a Sequence to add tokens, got ${templates.length}`,
        );
      }
      return templates[0];
    }
    case "BertProcessing":
    case "RobertaProcessing": {
      const isBert = parsed.type === "BertProcessing";
      const cls: Part = { ids: [parsed.cls[1]], type: 0 };
      const sep: Part = { ids: [parsed.sep[1]], type: 0 };
      const type = isBert ? 1 : 0;
      const second: Part[] = [
        { text: "B", type },
        { ...sep, type },
      ];
      return {
        single: [cls, first, sep],
        pair: [cls, first, sep, ...(isBert ? [] : [sep]), ...second],
      };
    }
    case "TemplateProcessing": {
      const parts = (of: "single" | "pair"): Part[] => {
        checkTemplate(parsed[of], of, `${where}.${of}`);
        return parsed[of].map((item) => {
          if ("Sequence" in item) return { text: item.Sequence.id, type: item.Sequence.type_id };
          const { id, type_id: type } = item.SpecialToken;
          const token = Object.hasOwn(parsed.special_tokens, id)
            ? parsed.special_tokens[id]
            : undefined;
          if (token === undefined) {
            throw new TypeError(`${where}: expected "${id}" among special_tokens, got none`);
          }
          checkLength(token.ids, `${where}.special_tokens.${id}.ids`);
          return { ids: token.ids, type };
        });
      };
      return { single: parts("single"), pair: parts("pair") };
    }
  }
}

/** Each text occurs once in a template: with two copies no maximum length would hold. */
function checkTemplate(
  template: z.infer<typeof templateSchema>,
  of: "single" | "pair",
  where: string,
): void {
  checkLength(template, where);
  const expected = of === "single" ? "A" : "A, B";
  const got = template.flatMap((item) => ("Sequence" in item ? [item.Sequence.id] : [])).sort();
  if (got.join(", ") === expected) return;
  throw new TypeError(
    `${where}: expected the sequences ${expected}, each once, got ${got.join(", ") || "none"}`,
  );
}

function checkLength(list: readonly unknown[], where: string): void {
  if (list.length <= mostParts) return;
  throw new RangeError(`${where}: expected at most ${mostParts} parts, got ${list.length}`);
}

/** The number of tokens that a template adds. */
export function addedCount(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + ("ids" in part ? part.ids.length : 0), 0);
}

/** The ids of the texts and of the tokens that a template adds, and the type of each. */
export function fill(
  parts: readonly Part[],
  texts: Readonly<Record<"A" | "B", readonly number[]>>,
): { inputIds: number[]; tokenTypeIds: number[] } {
  const inputIds: number[] = [];
  const tokenTypeIds: number[] = [];
  for (const part of parts) {
    for (const id of "ids" in part ? part.ids : texts[part.text]) {
      inputIds.push(id);
      tokenTypeIds.push(part.type);
    }
  }
  return { inputIds, tokenTypeIds };
}
