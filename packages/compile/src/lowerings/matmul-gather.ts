import * as tf from "@tensorflow/tfjs";
import { input, type Lowering } from "../lowering.ts";

/** Matrix products, and the kernels that look rows up or add into them. */
export const matmulGather: Readonly<Record<string, Lowering>> = {
  BatchMatMul: (call) => {
    const { emit } = call;
    const a = input(call, "a");
    const b = input(call, "b");
    const { transposeA, transposeB } = call.attrs as { transposeA: boolean; transposeB: boolean };
    const rows = a.shape.at(transposeA ? -1 : -2) ?? 0;
    const columns = b.shape.at(transposeB ? -2 : -1) ?? 0;
    const batch = tf.backend_util.assertAndGetBroadcastShape(
      a.shape.slice(0, -2),
      b.shape.slice(0, -2),
    );
    const names = [emit.ref(a), emit.ref(b)];
    const product =
      transposeA || transposeB
        ? emit.node(
            "FusedMatMul",
            names,
            { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 },
            "com.microsoft",
          )
        : emit.node("MatMul", names);
    return emit.output(product, [...batch, rows, columns], a.dtype);
  },
  GatherV2: (call) => {
    const x = input(call, "x");
    const indices = input(call, "indices");
    const { axis, batchDims = 0 } = call.attrs as { axis: number; batchDims?: number };
    if (batchDims !== 0) throw new RangeError(`GatherV2: batchDims must be 0, got ${batchDims}`);
    const at = tf.util.parseAxisParam(axis, x.shape)[0] ?? 0;
    const name = call.emit.node("Gather", [call.emit.ref(x), call.emit.ref(indices)], { axis: at });
    return call.emit.output(name, x.shape.toSpliced(at, 1, ...indices.shape), x.dtype);
  },
  OneHot: (call) => {
    const { emit } = call;
    const indices = input(call, "indices");
    const {
      depth,
      onValue,
      offValue,
      dtype = "float32",
    } = call.attrs as { depth: number; onValue: number; offValue: number; dtype?: tf.DataType };
    // By comparison, not ONNX's OneHot: that counts negative indices from the end, tfjs gives a row of offValue.
    const classes = emit.constant(
      Int32Array.from({ length: depth }, (_, i) => i),
      [depth],
      "int32",
    );
    const column = emit.node("Reshape", [emit.ref(indices), emit.shape([...indices.shape, 1])]);
    const kind = dtype === "int32" ? "int32" : "float32";
    const hot = emit.node("Where", [
      emit.node("Equal", [column, classes]),
      emit.constant([onValue], [], kind),
      emit.constant([offValue], [], kind),
    ]);
    return emit.output(hot, [...indices.shape, depth], kind);
  },
  UnsortedSegmentSum: (call) => {
    const { emit } = call;
    const x = input(call, "x");
    const segmentIds = input(call, "segmentIds");
    const { numSegments } = call.attrs as { numSegments: number };
    const shape = [numSegments, ...x.shape.slice(1)];
    const zeros = emit.filled(shape, 0, x.dtype === "int32" ? "int32" : "float32");
    const rows = emit.node(
      "Cast",
      [emit.node("Reshape", [emit.ref(segmentIds), emit.shape([...segmentIds.shape, 1])])],
      { to: 7 },
    );
    return emit.output(
      emit.node("ScatterND", [zeros, rows, emit.ref(x)], { reduction: "add" }),
      shape,
      x.dtype,
    );
  },
};
