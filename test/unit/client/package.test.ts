import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../../cli/session/home.ts";
import { authority, served, tokens } from "../agent/door/doorFixtures.ts";

/** A program of somebody else, which has installed the client. */
const program = mkdtempSync(join(tmpdir(), "hapair-program-"));
const installed = join(program, "node_modules/hapair");
const compiler = join(root, "node_modules/typescript7/bin/tsc");

beforeAll(() => {
  execFileSync(process.execPath, ["cli/main.ts", "client"], { cwd: root });
  mkdirSync(join(program, "node_modules"));
  cpSync(join(root, "dist/client"), installed, { recursive: true });
  writeFileSync(join(program, "package.json"), '{"type":"module"}');
});
afterAll(() => rmSync(program, { recursive: true }));

const main = `import { connect, RouteError, type StoredRoute } from "hapair/client";
const [url = "", token = "", ca = ""] = process.argv.slice(2);
const routes = connect({ url, token, ca });
await routes.addHttpRoute("shop", "a", "http://10.0.9.5:3000", { websocket: false });
const found: readonly StoredRoute[] = (await routes.listRoutes()).routes;
// @ts-expect-error: no option has this name
() => routes.addHttpRoute("shop", "a", "http://10.0.9.5:3000", { retires: 3 });
console.log(found.map(({ host }) => host).join());
try {
  await routes.removeHttpRoute("thief", "a");
} catch (error) {
  if (error instanceof RouteError) console.log(error.code);
}
`;

test("a plain program imports it by its name, with types, and without a package beside it", async () => {
  using api = await served();
  writeFileSync(join(program, "main.ts"), main);
  const options = ["--module", "nodenext", "--strict", "--target", "es2022", "--skipLibCheck", "false"];
  const types = ["--types", "node", "--typeRoots", join(root, "node_modules/@types")];
  execFileSync(process.execPath, [compiler, ...options, ...types, "main.ts"], {
    cwd: program,
    stdio: "pipe",
  });
  const url = `https://127.0.0.1:${api.port}`;
  const argv = ["main.js", url, tokens.writer, authority.certificate];
  const stdout = await new Promise<string>((resolve, reject) =>
    execFile(process.execPath, argv, { cwd: program }, (error, text) =>
      error ? reject(error) : resolve(text),
    ),
  );
  expect(stdout).toBe("a.example.com\ntaken\n");
});

test("what it runs imports Node's own modules and its own files alone", () => {
  const files = readdirSync(installed).filter((file) => file.endsWith(".js"));
  const imports = files.flatMap((file) =>
    [...readFileSync(join(installed, file), "utf8").matchAll(/from "([^"]+)"/g)].map(([, from = ""]) => from),
  );
  expect(imports.length).toBeGreaterThan(5);
  expect(imports.filter((from) => !/^(?:node:|\.\/)/.test(from))).toEqual([]);
});
