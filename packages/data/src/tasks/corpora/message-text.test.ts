import { describe, expect, test } from "vitest";
import { htmlText, messageText } from "./message-text.ts";

const message = (...lines: string[]) => lines.join("\n");

describe("messageText", () => {
  test("is the body, after the mbox line and folded headers", async () => {
    const text = message(
      "From a@b Thu Aug 22 2002",
      "Subject: one",
      "\ttwo",
      "",
      "Key: value",
      "Text",
    );
    expect((await messageText(text)).trim()).toBe("Key: value\nText");
  });

  test("undoes quoted-printable and base64, in the characters of the part", async () => {
    const quoted = async (charset: string, body: string) => {
      const headers = [
        `Content-Type: text/plain; charset=${charset}`,
        "Content-Transfer-Encoding: quoted-printable",
      ];
      return (await messageText(message(...headers, "", body))).trim();
    };
    expect(await quoted("utf-8", "caf=C3=A9 au=\n lait")).toBe("café au lait");
    expect(await quoted("iso-8859-1", "caf=E9 =93hot=94")).toBe("café “hot”");
    const base64 = Buffer.from("Dear friend").toString("base64");
    const encoded = await messageText(`Content-Transfer-Encoding: base64\n\n${base64}`);
    expect(encoded.trim()).toBe("Dear friend");
  });

  test("prefers plain text, joins all text parts, and leaves out attachments", async () => {
    const part = (type: string, body: string, ...headers: string[]) =>
      message("--x", `Content-Type: ${type}`, ...headers, "", body);
    const parts = async (kind: string, ...parts: string[]) =>
      (
        await messageText(
          message(
            `Content-Type: multipart/${kind};`,
            ' boundary="x"',
            "",
            "preamble",
            ...parts,
            "--x--",
            "end",
          ),
        )
      )
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean);
    const html = part("text/html", "<b>rich</b>");
    expect(await parts("alternative", html, part("text/plain", "plain"))).toEqual(["plain"]);
    expect(await parts("alternative", html)).toEqual(["rich"]);
    expect(
      await parts(
        "mixed",
        part("text/plain", "one"),
        part("image/gif", "R0lGOD"),
        part("text/plain", "file", "Content-Disposition: attachment"),
        html,
      ),
    ).toEqual(["one", "rich"]);
  });
});

test("htmlText has a line per block, and no tags, scripts or comments", () => {
  const html =
    '<style>p {}</style><p class="a">Buy<br>now &amp;\nsave&nbsp;5&#37;<!-- no --></p><script>x()</script>';
  expect(
    htmlText(html)
      .trim()
      .split(/\s*\n\s*/),
  ).toEqual(["Buy", "now & save\u00a05%"]);
});
