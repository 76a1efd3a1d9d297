import * as tf from "@tensorflow/tfjs";
import {
  checkDtype,
  floatRef,
  input,
  type KernelCall,
  type Lowering,
  scalar,
} from "../trace/lowering.ts";
import {
  channelsFirst,
  checkedWindow,
  checkShape,
  fromChannelsFirst,
  spread,
  type Window,
  type WindowAttrs,
} from "./convolution.ts";

interface PoolAttrs extends WindowAttrs {
  filterSize: [number, number] | number;
}

function windowOf(call: KernelCall, x: tf.TensorInfo): Window {
  const { filterSize, strides, pad, dimRoundingMode } = call.attrs as PoolAttrs;
  const window = checkedWindow(
    call,
    tf.backend_util.computePool2DInfo(
      x.shape as [number, number, number, number],
      filterSize,
      strides,
      1,
      pad,
      dimRoundingMode,
    ),
  );
  const { pads, filterHeight, filterWidth } = window;
  const [top, left, bottom, right] = pads;
  if (Math.max(top, bottom) >= filterHeight || Math.max(left, right) >= filterWidth)
    throw new RangeError(
      `${call.kernel}: padding must be smaller than the filter [${filterHeight}, ${filterWidth}], got ${pads.join(", ")}; a window of padding alone holds no number`,
    );
  return window;
}

/** Whether each number is a window of its own, and stays what it is. */
function isIdentity({ filterHeight, filterWidth, inShape, outShape }: Window): boolean {
  return filterHeight === 1 && filterWidth === 1 && inShape.join() === outShape.join();
}

function onnxAttributes({ filterHeight, filterWidth, strideHeight, strideWidth, pads }: Window) {
  return { kernel_shape: [filterHeight, filterWidth], strides: [strideHeight, strideWidth], pads };
}

function pooled(op: string, prepare: (call: KernelCall, x: string) => string): Lowering {
  return (call) => {
    const { emit } = call;
    const x = input(call, "x");
    checkDtype(call, x, "float32");
    const window = windowOf(call, x);
    if (isIdentity(window)) return emit.output(emit.ref(x), x.shape, "float32");
    const name = emit.node(
      op,
      [channelsFirst(call, prepare(call, emit.ref(x)), window)],
      onnxAttributes(window),
    );
    return emit.output(fromChannelsFirst(call, name, window), window.outShape, "float32");
  };
}

/** tfjs passes over NaN here. */
function withoutNaN(call: KernelCall, x: string): string {
  return call.emit.node("Where", [call.emit.node("IsNaN", [x]), scalar(call, -Infinity), x]);
}

/** Pooling over two dimensions, with what its gradients are made of. */
export const pooling: Readonly<Record<string, Lowering>> = {
  MaxPool: pooled("MaxPool", withoutNaN),
  /** Padding does not count. */
  AvgPool: pooled("AveragePool", (_call, x) => x),

  /** To the first maximum of each window; nowhere from a window that holds no number above -Infinity. */
  MaxPoolGrad: (call) => {
    const { emit } = call;
    const [dy, x] = [input(call, "dy"), input(call, "input")];
    checkDtype(call, dy, "float32");
    checkDtype(call, x, "float32");
    const window = windowOf(call, x);
    checkShape(call, "dy", window.outShape);
    const { batchSize, inChannels, inHeight, inWidth } = window;
    const count = [batchSize * inChannels * inHeight * inWidth];
    const outCount = [batchSize * inChannels * window.outHeight * window.outWidth];
    const flat = (name: string) => emit.node("Reshape", [name, emit.shape(outCount)]);
    const [most = "", places = ""] = emit.several(
      "MaxPool",
      [channelsFirst(call, withoutNaN(call, emit.ref(x)), window)],
      onnxAttributes(window),
      2,
    );
    const isPlace = emit.node("Greater", [flat(most), scalar(call, -Infinity)]);
    const sum = emit.node(
      "ScatterElements",
      [
        emit.filled(count, 0, "float32"),
        flat(places),
        emit.node("Where", [
          isPlace,
          flat(channelsFirst(call, emit.ref(dy), window)),
          scalar(call, 0),
        ]),
      ],
      { reduction: "add" },
    );
    const images = emit.shape([batchSize, inChannels, inHeight, inWidth]);
    const name = fromChannelsFirst(call, emit.node("Reshape", [sum, images]), window);
    return emit.output(name, x.shape, "float32");
  },

  /** Divided by the filter's whole size, padding or not, as tfjs has it. */
  AvgPoolGrad: (call) => {
    const { emit } = call;
    const [dy, x] = [floatRef(call, "dy"), input(call, "input")];
    const window = windowOf(call, x);
    checkShape(call, "dy", window.outShape);
    const { inChannels, filterHeight, filterWidth } = window;
    const share = emit.filled(
      [inChannels, 1, filterHeight, filterWidth],
      1 / (filterHeight * filterWidth),
      "float32",
    );
    const name = spread(call, channelsFirst(call, dy, window), share, window, inChannels);
    return emit.output(fromChannelsFirst(call, name, window), x.shape, "float32");
  },
};
