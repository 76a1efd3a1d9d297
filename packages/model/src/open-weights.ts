import { type HostTensor, SafetensorsFile } from "@sweetspot/artifact";
import type { Repository } from "@sweetspot/hub";

/** The tensors of a repository. Whoever opens it closes it. */
export interface Weights {
  names: ReadonlySet<string>;
  read(name: string, shape?: readonly number[]): Promise<HostTensor>;
  close(): Promise<void>;
}

export async function openWeights(repository: Repository): Promise<Weights> {
  const file = await SafetensorsFile.open(await repository.path("model.safetensors"));
  return {
    names: new Set(file.entries.keys()),
    read: (name, shape) => file.read(name, shape),
    close: () => file.close(),
  };
}

/** The files that hold a repository's weights. */
export async function weightFiles(repository: Repository): Promise<string[]> {
  return (await repository.files()).filter((file) => file === "model.safetensors");
}
