import { readdirSync, readFileSync } from "node:fs";

const packages = new URL("../../packages/", import.meta.url).pathname;

const manifests = readdirSync(packages).map((folder) => ({
  folder,
  ...JSON.parse(readFileSync(`${packages}${folder}/package.json`, "utf8")),
}));

/** The sources of the packages' entry points. */
const entryPoints = manifests.flatMap(({ folder, exports }) =>
  Object.values(exports).map(({ default: file }) =>
    file.replace("./dist/", `${packages}${folder}/src/`).replace(/\.js$/, ".ts"),
  ),
);

/** @type {import("typedoc").TypeDocOptions} */
export default {
  name: "Sweetspot",
  entryPoints,
  tsconfig: "tsconfig.json",
  out: "../../.run/api",
  readme: "none",
  basePath: packages,
  disableSources: true,
  githubPages: false,
  // tsc checks the types.
  skipErrorChecking: true,
  excludeInternal: true,
  excludePrivate: true,
  packagesRequiringDocumentation: manifests.map(({ name }) => name),
  requiredToBeDocumented: ["Class", "Enum", "Function", "Interface", "TypeAlias", "Variable"],
  validation: { invalidLink: true, notDocumented: true, notExported: true },
  treatWarningsAsErrors: true,
};
