import { describe, expect, test } from "vitest";
import { htmlText, messageText } from "./mime.ts";

const message = (...lines: string[]) => lines.join("\n");

describe("messageText", () => {
  test("is the body, after the mbox's line and headers that go on in the next line", () => {
    const text = message(
      "From a@b Thu Aug 22 2002",
      "Subject: one",
      "\ttwo",
      "",
      "Key: value",
      "Text",
    );
    expect(messageText(text).trim()).toBe("Key: value\nText");
  });

  test("undoes quoted-printable and base64, in the characters of the part", () => {
    const quoted = (charset: string, body: string) =>
      messageText(
        message(
          `Content-Type: text/plain; charset=${charset}`,
          "Content-Transfer-Encoding: quoted-printable",
          "",
          body,
        ),
      ).trim();
    expect(quoted("utf-8", "caf=C3=A9 au=\n lait")).toBe("café au lait");
    expect(quoted("iso-8859-1", "caf=E9 =93hot=94")).toBe("café “hot”");
    const base64 = Buffer.from("Dear friend").toString("base64");
    expect(messageText(`Content-Transfer-Encoding: base64\n\n${base64}`)).toBe("Dear friend");
  });

  test("of several kinds takes the plain one, of several parts all texts, and no attachment", () => {
    const part = (type: string, body: string, ...headers: string[]) =>
      message("--x", `Content-Type: ${type}`, ...headers, "", body);
    const parts = (kind: string, ...parts: string[]) =>
      messageText(
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
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean);
    const html = part("text/html", "<b>rich</b>");
    expect(parts("alternative", html, part("text/plain", "plain"))).toEqual(["plain"]);
    expect(parts("alternative", html)).toEqual(["rich"]);
    expect(
      parts(
        "mixed",
        part("text/plain", "one"),
        part("image/gif", "R0lGOD"),
        part("text/plain", "file", "Content-Disposition: attachment"),
        html,
      ),
    ).toEqual(["one", "rich"]);
  });
});

test("htmlText has a line for each block, and neither tags, scripts nor comments", () => {
  const html =
    '<style>p {}</style><p class="a">Buy<br>now &amp;\nsave&nbsp;5&#37;<!-- no --></p><script>x()</script>';
  expect(
    htmlText(html)
      .trim()
      .split(/\s*\n\s*/),
  ).toEqual(["Buy", "now & save 5%"]);
});
