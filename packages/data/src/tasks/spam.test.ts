import { expect, test } from "vitest";
import { cleanedBody } from "./spam.ts";

test("only what its author wrote is left of an e-mail", () => {
  const text = [
    "On Monday Jane Doe wrote:",
    "> Did it work?",
    ">> It should.",
    "--] quoted otherwise",
    "X-Mailer: Foo",
    "Subject: Re: it",
    "It did, see http://example.com/a?b=c or www.example.org.",
    "Mail me@example.com **************** soon.",
    "-- ",
    "Joe",
    "Senior Something",
  ].join("\n");
  expect(cleanedBody(text)).toBe("It did, see or Mail soon.");
});

test("the footer of a list is left out", () => {
  const text = "First.\nSecond.\nThird.\n_______________________\nList mailing list";
  expect(cleanedBody(text)).toBe("First. Second. Third.");
});
