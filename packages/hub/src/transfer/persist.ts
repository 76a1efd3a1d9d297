import { PassingError } from "./hub-error.ts";

const tries = 5;

/**
 * Retries an attempt that fails with `PassingError`: gives up after five in a row without progress, and
 * waits 1, 2, 4 and 8 seconds between them unless the server names a time.
 *
 * @param broken whether to retry after a broken connection or a 5xx; a 429 is always retried
 */
export async function persist<T>(
  { log, wait }: { log: (line: string) => void; wait: (ms: number) => Promise<unknown> },
  attempt: () => Promise<T>,
  broken = true,
): Promise<T> {
  for (let failures = 0; ;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof PassingError)) throw error;
      failures = error.progress ? 1 : failures + 1;
      if (!broken && error.afterMs === undefined)
        throw new Error(`${error.message}; ${error.fix}`, { cause: error });
      if (failures === tries)
        throw new Error(`${error.message}, ${tries} times in a row; ${error.fix}`, {
          cause: error,
        });
      const ms = error.afterMs ?? 1000 * 2 ** (failures - 1);
      log(`${error.message}; trying again in ${Math.ceil(ms / 1000)} s`);
      await wait(ms);
    }
  }
}

const stalled = "StallError";

/** Whether an error means that a transfer broke: fetch throws a TypeError, {@link watch} its own error. */
export function isBroken(error: unknown): error is Error {
  return error instanceof TypeError || (error instanceof Error && error.name === stalled);
}

/** The bytes that must arrive within `stallMs`: 2 KiB per second by default. */
const leastBytes = 64 << 10;

/** A signal that aborts a transfer if too few bytes arrive for a while, so that a drip does not keep it alive. */
export function watch(ms: number): {
  signal: AbortSignal;
  touch(bytes: number): void;
  stop(): void;
} {
  const controller = new AbortController();
  let received = 0;
  const abort = () => {
    const time = ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
    const reason = new Error(
      received === 0 ? `no byte for ${time}` : `only ${received} bytes in ${time}`,
    );
    reason.name = stalled;
    controller.abort(reason);
  };
  let timer = setTimeout(abort, ms);
  return {
    signal: controller.signal,
    touch(bytes) {
      received += bytes;
      if (received < leastBytes) return;
      received = 0;
      clearTimeout(timer);
      timer = setTimeout(abort, ms);
    },
    stop: () => clearTimeout(timer),
  };
}
