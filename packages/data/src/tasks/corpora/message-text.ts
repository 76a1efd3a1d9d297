import { Parser } from "htmlparser2";
import PostalMime from "postal-mime";

/**
 * The text that a reader of an e-mail sees: its plain text, or its HTML's text if there is no plain
 * text. Attachments are left out.
 *
 * @param message headers and body, one character per byte (latin1)
 */
export async function messageText(message: string): Promise<string> {
  const { text = "", html = "" } = await PostalMime.parse(Buffer.from(message, "latin1"));
  // Some HTML is declared as plain text.
  const isHtml = text.trim() === "" || /<html|<body/i.test(text);
  return windows1252(isHtml ? htmlText(text.trim() === "" ? html : text) : text);
}

/** The characters of windows-1252 at 0x80 to 0x9f, where latin1 has controls; five are undefined. */
const marks = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/** Decodes windows-1252 by hand, since Node 20's `TextDecoder` reads it as latin1. */
function windows1252(text: string): string {
  return text.replaceAll(/[\u0080-\u009f]/g, (mark) => marks[mark.charCodeAt(0) - 0x80] ?? mark);
}

const block = /^(?:br|p|div|tr|td|th|table|li|ul|ol|h\d|hr|center)$/;
const unseen = /^(?:script|style|title)$/;

/** The text of HTML: blocks become lines; scripts, styles, titles and comments are left out. */
export function htmlText(html: string): string {
  let text = "";
  let hidden = 0;
  const parser = new Parser({
    onopentag: (name) => {
      if (unseen.test(name)) hidden++;
      else if (block.test(name)) text += "\n";
    },
    onclosetag: (name) => {
      if (unseen.test(name)) hidden--;
      else if (block.test(name)) text += "\n";
    },
    ontext: (data) => {
      // White space within a line is one space.
      if (hidden === 0) text += data.replaceAll(/[ \t\r\n]+/g, " ");
    },
  });
  parser.end(html);
  return text;
}
