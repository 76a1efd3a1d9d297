import * as tf from "@tensorflow/tfjs";
import { floatRef, input, type KernelCall, type Lowering } from "../trace/lowering.ts";

/** What tfjs makes of a convolution's attributes, and the padding in ONNX's order. */
export interface Window extends tf.backend_util.Conv2DInfo {
  /** Top, left, bottom, right: no more than the windows reach over. */
  pads: readonly [number, number, number, number];
  /** What lies beyond the last window, below and beside: less than a stride. Negative: what the window lies beyond. */
  rest: readonly [number, number];
}

export interface WindowAttrs {
  strides: [number, number] | number;
  pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  dilations?: [number, number] | number;
  dataFormat?: "NHWC" | "NCHW";
  dimRoundingMode?: "floor" | "round" | "ceil";
}

/** @throws RangeError if the windows fit in nowhere, or are fewer than would fit, or the padding is no whole number */
export function checkedWindow(call: KernelCall, info: tf.backend_util.Conv2DInfo): Window {
  const { padInfo, inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth } = info;
  const { effectiveFilterHeight, effectiveFilterWidth } = info;
  // ONNX Runtime does not come back from some convolutions of nothing.
  if (info.batchSize < 1 || info.inChannels < 1 || info.outChannels < 1)
    throw new RangeError(
      `${call.kernel}: expected an image and a channel or more, got [${info.inShape}] for [${info.outShape}]`,
    );
  if (outHeight < 1 || outWidth < 1)
    throw new RangeError(
      `${call.kernel}: a filter of [${effectiveFilterHeight}, ${effectiveFilterWidth}] fits nowhere into [${inHeight}, ${inWidth}]; pad the input, or take a smaller filter`,
    );
  const { top, left } = padInfo;
  if (![top, left, outHeight, outWidth].every(Number.isInteger))
    throw new RangeError(`${call.kernel}: padding must be whole numbers, got ${top} and ${left}`);
  const below = inHeight + top - ((outHeight - 1) * strideHeight + effectiveFilterHeight);
  const beside = inWidth + left - ((outWidth - 1) * strideWidth + effectiveFilterWidth);
  // Of padding given as one number, tfjs takes the width from the height's filter and stride.
  if (below >= strideHeight || beside >= strideWidth)
    throw new RangeError(
      `${call.kernel}: tfjs takes one number of padding for a square filter and one stride; give the padding of each side`,
    );
  return {
    ...info,
    rest: [below, beside],
    pads: [top, left, Math.max(0, -below), Math.max(0, -beside)],
  };
}

function windowOf(
  call: KernelCall,
  inputShape: readonly number[],
  filterShape: readonly number[],
  depthwise: boolean,
): Window {
  const { strides, pad, dilations, dataFormat, dimRoundingMode } = call.attrs as WindowAttrs;
  return checkedWindow(
    call,
    tf.backend_util.computeConv2DInfo(
      inputShape as [number, number, number, number],
      filterShape as [number, number, number, number],
      strides,
      // Its gradients have none, and say so by leaving them out.
      dilations ?? 1,
      pad,
      dimRoundingMode,
      depthwise,
      tf.backend_util.convertConv2DDataFormat(dataFormat ?? "NHWC"),
    ),
  );
}

/** `[B, H, W, C] -> [B, C, H, W]`, unless it is so already. */
export function channelsFirst(call: KernelCall, name: string, { dataFormat }: Window): string {
  if (dataFormat === "channelsFirst") return name;
  return call.emit.node("Transpose", [name], { perm: [0, 3, 1, 2] });
}

/** The way back. */
export function fromChannelsFirst(call: KernelCall, name: string, { dataFormat }: Window): string {
  if (dataFormat === "channelsFirst") return name;
  return call.emit.node("Transpose", [name], { perm: [0, 2, 3, 1] });
}

function checkChannels(call: KernelCall, { inChannels }: Window, filterShape: readonly number[]) {
  if (filterShape[2] !== inChannels)
    throw new RangeError(
      `${call.kernel}: expected a filter of ${inChannels} channels, got [${filterShape}]`,
    );
}

/** ONNX's filter: `[H, W, I, O] -> [O, I, H, W]`; of a depthwise one `[H, W, C, M] -> [C * M, 1, H, W]`. */
function onnxFilter(call: KernelCall, name: string, window: Window, depthwise: boolean): string {
  const { emit } = call;
  if (!depthwise) return emit.node("Transpose", [name], { perm: [3, 2, 0, 1] });
  const { outChannels, filterHeight, filterWidth } = window;
  return emit.node("Reshape", [
    emit.node("Transpose", [name], { perm: [2, 3, 0, 1] }),
    emit.shape([outChannels, 1, filterHeight, filterWidth]),
  ]);
}

function onnxAttributes(window: Window) {
  return {
    strides: [window.strideHeight, window.strideWidth],
    dilations: [window.dilationHeight, window.dilationWidth],
    pads: window.pads,
  };
}

function convolution(depthwise: boolean): Lowering {
  return (call) => {
    const { emit } = call;
    const [x, filter] = [input(call, "x"), input(call, "filter")];
    const window = windowOf(call, x.shape, filter.shape, depthwise);
    checkChannels(call, window, filter.shape);
    const y = emit.node(
      "Conv",
      [
        channelsFirst(call, floatRef(call, "x"), window),
        onnxFilter(call, floatRef(call, "filter"), window, depthwise),
      ],
      { ...onnxAttributes(window), group: depthwise ? window.inChannels : 1 },
    );
    return emit.output(fromChannelsFirst(call, y, window), window.outShape, "float32");
  };
}

/** The gradient with respect to the input: each number of `dy` spread over the window that it came from. */
function inputGradient(depthwise: boolean): Lowering {
  return (call) => {
    const { emit } = call;
    const filter = input(call, "filter");
    const { inputShape } = call.attrs as { inputShape: number[] };
    const window = windowOf(call, inputShape, filter.shape, depthwise);
    checkChannels(call, window, filter.shape);
    checkShape(call, "dy", window.outShape);
    const name = spread(
      call,
      channelsFirst(call, floatRef(call, "dy"), window),
      onnxFilter(call, floatRef(call, "filter"), window, depthwise),
      window,
      depthwise ? window.inChannels : 1,
    );
    return emit.output(fromChannelsFirst(call, name, window), inputShape, "float32");
  };
}

/**
 * `[B, O, h, w]` spread over `[B, I, H, W]`, a filter's width for each number.
 *
 * @param filter as of the convolution that this turns round
 */
export function spread(
  call: KernelCall,
  dy: string,
  filter: string,
  window: Window,
  group: number,
): string {
  // What lies beyond the last window has a gradient of 0.
  const [below, beside] = window.rest;
  return call.emit.node("ConvTranspose", [dy, filter], {
    ...onnxAttributes(window),
    output_padding: [Math.max(0, below), Math.max(0, beside)],
    group,
  });
}

export function checkShape(call: KernelCall, name: string, shape: readonly number[]): void {
  const { shape: given } = input(call, name);
  if (given.join() !== shape.join())
    throw new RangeError(`${call.kernel}: expected ${name} of [${shape}], got [${given}]`);
}

/**
 * The gradient with respect to the filter: a convolution of the input by `dy`, in which examples take
 * the place of channels, and the strides that of the dilations.
 */
function filterGradient(depthwise: boolean): Lowering {
  return (call) => {
    const { emit } = call;
    const x = input(call, "x");
    const { filterShape } = call.attrs as { filterShape: number[] };
    const window = windowOf(call, x.shape, filterShape, depthwise);
    const { batchSize, inChannels, outChannels, filterHeight, filterWidth } = window;
    checkChannels(call, window, filterShape);
    checkShape(call, "dy", window.outShape);
    // `[B, H, W, C] -> [C, B, H, W]`
    const perm = window.dataFormat === "channelsFirst" ? [1, 0, 2, 3] : [3, 0, 1, 2];
    const dy = emit.node("Transpose", [floatRef(call, "dy")], { perm });
    const images = emit.node("Transpose", [floatRef(call, "x")], { perm });
    // Depthwise, each channel is a group of B examples.
    const { inHeight, inWidth } = window;
    const grouped = [1, inChannels * batchSize, inHeight, inWidth];
    const gradient = emit.node(
      "Conv",
      [depthwise ? emit.node("Reshape", [images, emit.shape(grouped)]) : images, dy],
      {
        strides: [window.dilationHeight, window.dilationWidth],
        dilations: [window.strideHeight, window.strideWidth],
        pads: window.pads,
        group: depthwise ? inChannels : 1,
      },
    );
    // Where the last window ends before the input does, there are rows that are no filter's.
    const cut = emit.node("Slice", [
      gradient,
      emit.shape([0, 0]),
      emit.shape([filterHeight, filterWidth]),
      emit.shape([2, 3]),
    ]);
    if (!depthwise)
      return emit.output(
        emit.node("Transpose", [cut], { perm: [2, 3, 0, 1] }),
        filterShape,
        "float32",
      );
    // `[1, C * M, H, W] -> [H, W, C, M]`
    const parted = [inChannels, outChannels / inChannels, filterHeight, filterWidth];
    const name = emit.node("Transpose", [emit.node("Reshape", [cut, emit.shape(parted)])], {
      perm: [2, 3, 0, 1],
    });
    return emit.output(name, filterShape, "float32");
  };
}

/** Two-dimensional convolutions, and what their gradients are made of; tf.conv1d and tf.conv2dTranspose call the same. */
export const convolution2d: Readonly<Record<string, Lowering>> = {
  Conv2D: convolution(false),
  Conv2DBackpropInput: inputGradient(false),
  Conv2DBackpropFilter: filterGradient(false),
  DepthwiseConv2dNative: convolution(true),
  DepthwiseConv2dNativeBackpropInput: inputGradient(true),
  DepthwiseConv2dNativeBackpropFilter: filterGradient(true),
};
