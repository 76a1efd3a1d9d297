import { cast, input, type Lowering, range, refAs, scalar } from "../trace/lowering.ts";
import { counterStep, type RandomMasksAttrs, rounds } from "./random-masks.ts";
import { elementCount } from "../graph/graph.ts";

/** Random numbers of a counter and a key, in 32-bit words that wrap around. */
export const random: Readonly<Record<string, Lowering>> = {
  RandomMasks(call) {
    const { emit } = call;
    const { shape, kept } = call.attrs as RandomMasksAttrs;
    // The place of a number is row * columns + column: counting to both takes a moment where counting
    // to all would be left to the CPU, and copied.
    const columns = shape.at(-1) ?? 1;
    const rows = elementCount(shape.slice(0, -1));
    const word = (value: number) => cast(call, scalar(call, value | 0, "int32"), "int32", "uint32");
    const key = refAs(call, input(call, "key"), "uint32");
    const [first = "", second = ""] = emit.several("Split", [key], { axis: 0, num_outputs: 2 }, 2);
    const add = (x: string, y: string) => emit.node("Add", [x, y]);
    const times = (x: string, factor: number) => emit.node("Mul", [x, word(factor)]);
    const upTo = (count: number) => cast(call, range(call, 0, count), "int64", "uint32");
    const column = times(upTo(columns), counterStep);
    const rowStep = times(cast(call, emit.shape([columns]), "int64", "uint32"), counterStep);
    const row = emit.node("Reshape", [upTo(rows), emit.shape([rows, 1])], { allowzero: 1 });
    let x = add(add(emit.node("Mul", [row, rowStep]), column), first);
    for (let round = 0; round < rounds; round++) {
      x = emit.node("Mul", [x, add(add(x, x), word(1))]);
      x = add(x, emit.node("Div", [x, word(2 ** 16)]));
      if (round === 0) x = add(x, second);
    }
    const words = emit.node("Reshape", [x, emit.shape(shape)], { allowzero: 1 });
    // A product moves the byte to the top of the word, where it decides what is smaller.
    return [0, 8, 16, 24].map((bits) => {
      const top = bits === 0 ? words : times(words, 2 ** bits);
      return emit.output(emit.node("Less", [top, word(kept * 2 ** 24)]), shape, "bool");
    });
  },
};
