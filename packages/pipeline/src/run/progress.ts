import { begins } from "./run-folder.ts";
import type { TurboLine } from "./turbo.ts";

/** Turns turbo's lines into progress lines, and keeps turbo's own messages in case it fails. */
export class Progress {
  readonly #total: number;
  readonly #show: (line: string) => void;
  /** Cell -> its place in the order of appearance, from 1. */
  readonly #places = new Map<string, number>();
  readonly turbo: string[] = [];

  constructor(total: number, show: (line: string) => void) {
    this.#total = total;
    this.#show = show;
  }

  line({ cell, text }: TurboLine): void {
    if (cell === undefined) {
      this.turbo.push(text);
      return;
    }
    const place = this.#places.get(cell);
    if (place === undefined) {
      // The first line of each cell comes from turbo. After a failure turbo also reports cells as executed
      // that never start, so wait for the cell's own first line.
      this.#places.set(cell, this.#places.size + 1);
    } else if (text.startsWith("cache hit, ") || text.startsWith("cache miss, ")) {
      // turbo's first line in a later turn.
    } else if (text === begins) {
      this.#show(`[${place}/${this.#total}] ${cell}`);
    } else {
      this.#show(`${cell}: ${text}`);
    }
  }
}
