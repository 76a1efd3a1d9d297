import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { z } from "zod";

const answerSchema = z.object({
  ms: z.number(),
  /** By step, each exit's loss. */
  losses: z.array(z.array(z.number())),
  /** Its peak memory so far. */
  peakBytes: z.number(),
});

/** The answer of a process that runs training steps. */
export type StepAnswer = z.infer<typeof answerSchema>;

/** A process that runs training steps when asked, and waits in between. */
export class StepServer {
  /** The first line that it printed, once it was ready. */
  readonly about: Record<string, unknown>;
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #label: string;
  readonly #ended: Promise<unknown>;
  #next = 0;

  private constructor(
    label: string,
    child: ChildProcess,
    answers: AsyncIterator<string>,
    about: Record<string, unknown>,
  ) {
    this.#label = label;
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once("close", resolve));
    this.#answers = answers;
    this.about = about;
  }

  /**
   * @param label its name in errors
   * @param env variables added to this process's environment
   */
  static async start(
    label: string,
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<StepServer> {
    const child = spawn(command, args, {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    const failed = new Promise<never>((_, reject) => {
      child.once("error", (cause) => reject(new Error(`${label}: ${cause.message}`, { cause })));
    });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const about = await Promise.race([failed, answer(label, answers)]);
    return new StepServer(label, child, answers, about);
  }

  /** Runs the next steps. */
  async take(steps: number): Promise<StepAnswer> {
    this.#child.stdin?.write(`${JSON.stringify({ steps, first: this.#next })}\n`);
    this.#next += steps;
    return answerSchema.parse(await answer(this.#label, this.#answers));
  }

  /** Further calls do nothing. */
  async stop(): Promise<void> {
    this.#child.stdin?.end();
    await this.#ended;
  }
}

async function answer(
  label: string,
  answers: AsyncIterator<string>,
): Promise<Record<string, unknown>> {
  const { value, done } = await answers.next();
  if (done === true)
    throw new Error(`${label}: ended without an answer; its output above says why`);
  return JSON.parse(value) as Record<string, unknown>;
}
