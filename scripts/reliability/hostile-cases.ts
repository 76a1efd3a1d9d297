import {
  always,
  bomb,
  config,
  drip,
  entry,
  flood,
  type HostileCase,
  json,
  large,
  listing,
  name,
  pages,
  redirect,
  revision,
  says,
  small,
  text,
  token,
} from "./hostile-answers.ts";

const listings: HostileCase[] = [
  {
    title: "a listing with new pages without end",
    ask: "files",
    prepare: pages(
      (n) => [entry(`f${n}`)],
      (n) => n + 1,
    ),
  },
  {
    title: "new pages without end and without a file",
    ask: "files",
    prepare: pages(
      () => [],
      (n) => n + 1,
    ),
  },
  {
    title: "a next page that is the page itself",
    ask: "files",
    prepare: pages(
      (n) => [entry(`f${n}`)],
      () => 0,
    ),
  },
  {
    title: "pages that form a loop",
    ask: "files",
    prepare: pages(
      (n) => [entry(`f${n}`)],
      (n) => (n + 1) % 3,
    ),
  },
  {
    title: "a next page on another host",
    ask: "files",
    prepare: (server) =>
      always(listing, json([], { Link: `<${server.store}/next>; rel="next"` }))(server),
  },
  {
    title: "a next page that is not a web address",
    ask: "files",
    // It is not followed; the listing ends there.
    ends: "either",
    prepare: always(listing, json([], { Link: '<file:///etc/passwd>; rel="next"' })),
  },
  {
    title: "a listing that is a login page",
    ask: "files",
    prepare: always(listing, text("<html>Log in")),
  },
  {
    title: "a listing nested 1,000,000 deep",
    ask: "files",
    prepare: always(listing, text("[".repeat(1e6))),
  },
  { title: "a listing that is null", ask: "files", prepare: always(listing, json(null)) },
  {
    title: "a listing that is an object",
    ask: "files",
    prepare: always(listing, json({ files: [] })),
  },
  { title: "entries that are null", ask: "files", prepare: always(listing, json([null])) },
  { title: "entries that are numbers", ask: "files", prepare: always(listing, json([1, 2])) },
  {
    title: "entries without a path",
    ask: "files",
    prepare: always(listing, json([entry(undefined)])),
  },
  {
    title: "a path that is an object",
    ask: "files",
    prepare: always(listing, json([entry({ a: 1 })])),
  },
  {
    title: "a file twice",
    ask: "files",
    prepare: always(listing, json([entry("a"), entry("a", { size: 2 })])),
  },
  {
    title: "a hash that is a path",
    ask: "files",
    prepare: always(listing, json([entry("a", { oid: "../../evil" })])),
  },
  {
    title: "a hash of a million digits",
    ask: "files",
    prepare: always(listing, json([entry("a", { oid: "0".repeat(1e6) })])),
  },
  {
    title: "a size below 0",
    ask: "files",
    prepare: always(listing, json([entry("a", { size: -1 })])),
  },
  {
    title: "a large file's size that is text",
    ask: "files",
    prepare: always(listing, json([entry("a", { lfs: { oid: "0".repeat(64), size: "9" } })])),
  },
  {
    title: "a size larger than any disk",
    ask: ["a"],
    prepare: always(listing, json([entry("a", { size: 2 ** 53 - 1 })])),
  },
  {
    title: "a gzip bomb in place of a listing",
    ask: "files",
    prepare: always(listing, text(bomb, { "Content-Encoding": "gzip" })),
  },
  { title: "a listing that never ends", ask: "files", prepare: always(listing, flood) },
  { title: "a listing that drips", ask: "files", prepare: always(listing, drip({}, "[")) },
  {
    title: "headers of 1 MB",
    ask: "files",
    prepare: always(listing, json([], { ETag: "x".repeat(1 << 20) })),
  },
  {
    title: "a listing answered by 500 forever",
    ask: "files",
    prepare: says(listing, { status: 500 }),
  },
  {
    title: "a listing that asks to wait for 30 years",
    ask: "files",
    prepare: says(listing, { status: 429, headers: { "Retry-After": "1000000000" } }),
  },
  { title: "an unknown commit", ask: "files", revision: "0".repeat(40) },
];

const names: HostileCase[] = [
  ...[
    "../x",
    "/etc/x",
    "a/../../x",
    "a\\..\\x",
    "C:/x",
    "C:x",
    "a//x",
    "./x",
    "x\0y",
    "x\ny",
    `${"d/".repeat(600)}x`,
  ].map((path): HostileCase => ({
    title: `a file named ${JSON.stringify(path).slice(0, 24)}`,
    ask: ["config.json"],
    files: { [path]: "evil" },
  })),
  ...["aux.txt", "NUL", "com1.json", "a:stream", "ends.", "q?.txt"].map((path): HostileCase => ({
    title: `a file named ${path}`,
    ask: [path],
    files: { [path]: "odd" },
    ends: "either",
  })),
  {
    title: "names that differ only in case",
    ask: ["Config.JSON", "config.json"],
    files: { "Config.JSON": "other" },
    ends: "either",
  },
  {
    title: "a file where another has its folder",
    ask: ["a", "a/b"],
    files: { a: "1", "a/b": "2" },
  },
  {
    title: "a link that leads outside",
    ask: ["link"],
    prepare: always(listing, json([entry("link", { type: "symlink", target: "../../../../x" })])),
  },
  {
    title: "a text that would be a link",
    ask: ["link"],
    files: { link: "../../../../etc/passwd" },
    ends: "answer",
  },
];

const transfers: HostileCase[] = [
  { title: "a well-behaved Hub", ask: ["config.json", "model.bin"], ends: "answer" },
  { title: "wrong bytes", ask: ["config.json"], prepare: says(small, "wrong-bytes") },
  { title: "wrong bytes of a large file", ask: ["model.bin"], prepare: says(large, "wrong-bytes") },
  {
    title: "a large file cut forever",
    ask: ["model.bin"],
    prepare: says(large, { cutAfter: 1000 }),
  },
  { title: "one byte too many", ask: ["model.bin"], prepare: says(large, "too-long") },
  { title: "a file that never ends", ask: ["model.bin"], prepare: always(large, flood) },
  {
    title: "a length that is too short",
    ask: ["config.json"],
    prepare: always(small, text(config, { "Content-Length": 5 })),
  },
  {
    title: "a length that is too long",
    ask: ["config.json"],
    // Its bytes are right, so the claimed length does not matter.
    ends: "either",
    prepare: always(small, text(config, { "Content-Length": 5000 })),
  },
  {
    title: "a file that drips",
    ask: ["model.bin"],
    prepare: always(large, drip({ "Content-Length": 200_000 })),
  },
  { title: "a file that stalls", ask: ["model.bin"], prepare: says(large, { stallAfter: 1000 }) },
  { title: "silence", ask: ["config.json"], prepare: says(small, "silence") },
  { title: "connections that drop", ask: ["config.json"], prepare: says(small, "drop") },
  { title: "500 forever", ask: ["config.json"], prepare: says(small, { status: 500 }) },
  { title: "429 forever", ask: ["config.json"], prepare: says(small, { status: 429 }) },
  {
    title: "a part from elsewhere in the file",
    ask: ["model.bin"],
    prepare: (server) => {
      server.misbehave(large, { cutAfter: 1000 });
      says(large, {
        status: 206,
        headers: { "Content-Range": "bytes 7-199999/200000" },
        body: "x",
      })(server);
    },
  },
  {
    title: "a gzip bomb in place of a file",
    ask: ["config.json"],
    prepare: always(small, text(bomb, { "Content-Encoding": "gzip" })),
  },
  {
    title: "bytes that are not gzip",
    ask: ["config.json"],
    prepare: always(small, text(config, { "Content-Encoding": "gzip" })),
  },
  {
    title: "an ETag of 1 MB",
    ask: ["config.json"],
    prepare: always(small, text(config, { ETag: "x".repeat(1 << 20) })),
  },
  {
    title: "an ETag that differs from the listing's",
    ask: ["config.json"],
    prepare: always(small, text(config, { ETag: '"../../evil"' })),
    ends: "answer",
  },
];

const redirects: HostileCase[] = [
  {
    title: "a redirect to itself",
    ask: ["config.json"],
    prepare: says(small, redirect("config.json")),
  },
  {
    title: "a redirect back and forth",
    ask: ["config.json"],
    prepare: (server) => {
      says(small, redirect(`${server.store}/back`))(server);
      says(
        /^GET \/back/,
        redirect(`${server.endpoint}/org/model/resolve/main/config.json`),
      )(server);
    },
  },
  ...[
    "file:///etc/passwd",
    "ftp://127.0.0.1/x",
    "javascript:alert(1)",
    "data:text/plain,x",
    "http://[",
  ].map((to): HostileCase => ({
    title: `a redirect to ${to}`,
    ask: ["config.json"],
    prepare: says(small, redirect(to)),
  })),
  {
    title: "a redirect to another host, which gives other bytes",
    ask: ["config.json"],
    prepare: (server) => {
      says(small, redirect(`${server.store}/elsewhere`))(server);
      always(/^GET \/elsewhere/, text("other bytes and more of them"))(server);
    },
  },
  {
    title: "a redirect to another host that names a user",
    ask: ["config.json"],
    prepare: (server) =>
      says(small, redirect(server.store.replace("http://", "http://user:pass@") + "/x"))(server),
  },
  {
    title: "an error page that repeats the token",
    ask: ["config.json"],
    prepare: says(small, { status: 403, body: `{"error": "Bearer ${token} is bad"}` }),
  },
  {
    title: "a header that repeats the token",
    ask: ["config.json"],
    prepare: says(small, { status: 403, headers: { "X-Error-Message": `Bearer ${token}` } }),
  },
  {
    title: "a listing that repeats the token",
    ask: "files",
    prepare: always(listing, text(`Bearer ${token}`)),
  },
  {
    title: "an error page of 10 MB",
    ask: ["config.json"],
    prepare: always(small, (response) => response.writeHead(404).end(Buffer.alloc(10 << 20, 32))),
  },
];

const commits: HostileCase[] = [
  ...[null, 5, "main", "../../../etc", "0".repeat(1e6), { sha: 1 }].map((sha): HostileCase => ({
    title: `a commit ${JSON.stringify(sha).slice(0, 20)}`,
    ask: "revision",
    prepare: always(revision, json({ _id: "1", id: name, sha })),
  })),
  { title: "null for a repository", ask: "revision", prepare: always(revision, json(null)) },
  { title: "a list for a repository", ask: "revision", prepare: always(revision, json([])) },
  {
    title: "a repository nested 1,000,000 deep",
    ask: "revision",
    prepare: always(revision, text('{"a":'.repeat(1e6))),
  },
  { title: "a page for a repository", ask: "revision", prepare: always(revision, text("<html>")) },
];

/** All of them. */
export const hostileCases: readonly HostileCase[] = [
  ...listings,
  ...names,
  ...transfers,
  ...redirects,
  ...commits,
];
