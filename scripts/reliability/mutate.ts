import { splitmix32, uniform } from "@sweetspot/statistics";

/** Values that break readers when they replace others. */
const values: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  5e6,
  2 ** 31,
  2 ** 53,
  1e308,
  "",
  "\u0000",
  "../../outside",
  "__proto__",
  "(a+)+$",
  "a".repeat(5000),
  [],
  {},
  [[[[]]]],
  Array.from({ length: 2000 }, () => 0),
];

/**
 * Damages a file, the same way for the same number. Every other mutant of JSON is still JSON, with values
 * replaced, removed, doubled or nested deeply. The rest, and other files, have bytes replaced, stretches
 * removed or copied, or the end cut off.
 *
 * @param isJson whether the file is one JSON value
 */
export function mutate(bytes: Uint8Array, number: number, isJson: boolean): Uint8Array {
  const random = splitmix32(number, bytes.length);
  const below = (n: number): number => Math.floor(uniform(random) * n);
  if (isJson && below(2) === 0) return mutateJson(bytes, below);
  let out = Buffer.from(bytes);
  for (let times = 1 + below(3); times > 0; times--) {
    const at = below(out.length + 1);
    const [before, after] = [out.subarray(0, at), out.subarray(at)];
    switch (below(7)) {
      case 0:
        out = Buffer.from(before);
        break;
      case 1:
        out = Buffer.concat([before, after.subarray(1 + below(40))]);
        break;
      case 2:
        out = Buffer.concat([before, after.subarray(0, 1 + below(400)), after]);
        break;
      case 3:
        out = Buffer.concat([before, Buffer.alloc(1 + below(8), below(256)), after]);
        break;
      default: {
        // Extreme bytes more often than others.
        const byte = below(2) === 0 ? below(256) : ([0, 1, 0x7f, 0x80, 0xff][below(5)] ?? 0);
        out = Buffer.concat([before, Buffer.of(byte), after.subarray(1)]);
      }
    }
  }
  return out;
}

function mutateJson(bytes: Uint8Array, below: (n: number) => number): Uint8Array {
  const root: { value: unknown } = { value: JSON.parse(Buffer.from(bytes).toString("utf8")) };
  for (let times = 1 + below(2); times > 0; times--) {
    const places = placesIn(root, below);
    const place = places[below(places.length)];
    if (place === undefined) break;
    const { holder, key } = place;
    const value = holder[key];
    const kind = below(6);
    if (kind === 0 && !Array.isArray(holder)) delete holder[key];
    else if (kind === 1 && Array.isArray(value)) holder[key] = [...value, ...value];
    else if (kind === 2 && typeof value === "number")
      holder[key] = [-value, value + 1, value * 1e6, value / 3, String(value)][below(5)];
    else if (kind === 3) return Buffer.from(nested(root.value, 10 ** (2 + below(4))));
    else holder[key] = structuredClone(values[below(values.length)]);
  }
  return Buffer.from(JSON.stringify(root.value) ?? "null");
}

interface Place {
  holder: Record<string | number, unknown>;
  key: string | number;
}

/** The places of values in the whole; only some in long lists, such as a vocabulary. */
function placesIn(root: object, below: (n: number) => number): Place[] {
  const places: Place[] = [];
  const look = (holder: Record<string, unknown>): void => {
    const keys = Object.keys(holder);
    const from = keys.length > 60 ? below(keys.length - 20) : 0;
    for (const key of keys.slice(from, from + 60)) {
      places.push({ holder, key });
      const value = holder[key];
      if (typeof value === "object" && value !== null) look(value as Record<string, unknown>);
    }
  };
  look(root as Record<string, unknown>);
  return places;
}

function nested(value: unknown, depth: number): string {
  return `${"[".repeat(depth)}${JSON.stringify(value)}${"]".repeat(depth)}`;
}
