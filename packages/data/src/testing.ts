// For the tests and checks of packages that read data: parquet files, whole and damaged, and what leaks
// in the splits of a task.
export { madeSeeds, parquetMutant } from "./testing/parquet-mutants.ts";
export { type Splits, type TaskLeaks, taskLeaks } from "./testing/task-leaks.ts";
export { type Column, type Lies, parquetFile, type Thrift } from "./testing/write-parquet.ts";
