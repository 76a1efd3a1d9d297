/** A message, or a part of one: its headers by their names in lower case, and what follows them. */
interface Part {
  headers: ReadonlyMap<string, string>;
  body: string;
}

/** How deep parts may lie in parts. */
const deepest = 8;

/**
 * The text that a reader of an e-mail sees: its plain text, or that of its HTML where there is no
 * other; parts that are attached or of another kind are left out. Transfer encodings (quoted-printable,
 * base64) are undone; characters are UTF-8 where they say so, and else windows-1252.
 *
 * @param message headers and body, each byte a character (latin1)
 * Source: RFC 2045 to 2047.
 */
export function messageText(message: string): string {
  return textOf(parsePart(message.replaceAll("\r\n", "\n")), deepest);
}

function textOf(part: Part, depth: number): string {
  const type = (part.headers.get("content-type") ?? "text/plain").toLowerCase();
  if (/^\s*attachment/i.test(part.headers.get("content-disposition") ?? "") || depth === 0)
    return "";
  if (type.startsWith("multipart/")) {
    const parts = subparts(part);
    const texts = parts.map((p) => textOf(p, depth - 1));
    if (!type.startsWith("multipart/alternative")) return texts.filter(Boolean).join("\n\n");
    const plain = parts.findIndex((p, i) => !isHtml(p) && texts[i]?.trim());
    return texts[plain] ?? texts.find((text) => text.trim()) ?? "";
  }
  if (type.startsWith("message/rfc822")) return textOf(parsePart(part.body), depth - 1);
  // A type without a slash is broken, and mostly text.
  if (!type.startsWith("text") && type.includes("/")) return "";
  const text = decoded(part);
  return isHtml(part) || /<html|<body/i.test(text) ? htmlText(text) : text;
}

function isHtml({ headers }: Part): boolean {
  return /^\s*text\/html/i.test(headers.get("content-type") ?? "");
}

function parsePart(source: string): Part {
  const headers = new Map<string, string>();
  const lines = source.split("\n");
  let at = 0;
  // An mbox's line, or an empty one, may come before the headers.
  while (at < lines.length && /^(From .*|>From .*|)$/.test(lines[at] ?? "")) at++;
  let name = "";
  for (; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (/^[ \t]+\S/.test(line)) {
      headers.set(name, `${headers.get(name) ?? ""} ${line.trim()}`);
      continue;
    }
    const header = /^([!-9;-~]+):\s*(.*)$/.exec(line);
    if (header === null) break;
    name = (header[1] ?? "").toLowerCase();
    if (!headers.has(name)) headers.set(name, header[2] ?? "");
  }
  return { headers, body: lines.slice(at).join("\n") };
}

function subparts({ headers, body }: Part): Part[] {
  const type = headers.get("content-type") ?? "";
  const boundary = /boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))/i.exec(type);
  const mark = boundary?.[1] ?? boundary?.[2];
  if (mark === undefined) return [{ headers: new Map(), body }];
  const lines = body.split("\n");
  const parts: string[][] = [];
  for (const line of lines) {
    if (line.trimEnd() === `--${mark}--`) break;
    if (line.trimEnd() === `--${mark}`) parts.push([]);
    else parts.at(-1)?.push(line);
  }
  return parts.map((part) => {
    const source = part.join("\n");
    // A part without headers begins with an empty line.
    return source.startsWith("\n") ? { headers: new Map(), body: source } : parsePart(source);
  });
}

function decoded({ headers, body }: Part): string {
  const encoding = (headers.get("content-transfer-encoding") ?? "").trim().toLowerCase();
  const bytes =
    encoding === "base64"
      ? Buffer.from(body, "base64")
      : Buffer.from(encoding === "quoted-printable" ? unquoted(body) : body, "latin1");
  return /utf-?8/i.test(headers.get("content-type") ?? "")
    ? bytes.toString("utf8")
    : windows1252(bytes);
}

/** What windows-1252 has at 0x80 to 0x9f, where latin1 has controls; five places have nothing. */
const marks = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/** By hand, since `TextDecoder` of Node 20 reads windows-1252 as latin1. */
function windows1252(bytes: Buffer): string {
  return bytes
    .toString("latin1")
    .replaceAll(/[\u0080-\u009f]/g, (mark) => marks[mark.charCodeAt(0) - 0x80] ?? mark);
}

function unquoted(body: string): string {
  return body
    .replaceAll(/=[ \t]*\n/g, "")
    .replaceAll(/=([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

const entities: Readonly<Record<string, string>> = {
  nbsp: " ",
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** The text of HTML: blocks are lines; scripts, styles, comments and tags are left out. */
export function htmlText(html: string): string {
  return html
    .replaceAll(/<!--[^]*?-->/g, "")
    .replaceAll(/<(script|style|title)\b[^]*?<\/\1\s*>/gi, " ")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/<\/?(?:br|p|div|tr|td|th|table|li|ul|ol|h\d|hr|center)\b[^>]*>/gi, "\n")
    .replaceAll(/<[a-z/!?][^>]*>?/gi, "")
    .replaceAll(/&(?:#(\d+)|([a-z]+));?/gi, (whole, code?: string, name?: string) =>
      code === undefined
        ? (entities[(name ?? "").toLowerCase()] ?? whole)
        : character(Number(code)),
    );
}

function character(code: number): string {
  return code > 0 && code < 0x110000 ? String.fromCodePoint(code) : " ";
}
