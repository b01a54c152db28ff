import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { installProgram, onHostMs, withinDeadline } from "../../../components/HostDelivery.ts";
import { giveBackCommand } from "../../../components/machines/hosts/ExistingHosts.ts";

/** Commands that hosts run, in a folder that is the login's home and has the program. */

let home: string;
const at = (name: string) => join(home, name);

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "hapair-home-"));
  program("systemctl", "exit 3");
});
afterEach(() => rmSync(home, { recursive: true }));

function program(name: string, text: string): void {
  writeFileSync(at(name), `#!/bin/sh\n${text}\n`);
  chmodSync(at(name), 0o755);
}

const run = (command: string) =>
  execa("sh", ["-euc", command.replaceAll("/usr/local/sbin/hapair", at("hapair"))], {
    cwd: home,
    env: { PATH: `${home}:${process.env.PATH}` },
    reject: false,
  });

test("a copied program is installed, and neither it nor an earlier copy stays in the login's home", async () => {
  const sha256 = createHash("sha256").update("the program").digest("hex");
  const copy = `hapair-${sha256.slice(0, 16)}.cjs`;
  const copies = () => readdirSync(home).filter((name) => name.endsWith(".cjs"));
  for (const _ of ["missing", "installed already"]) {
    for (const name of [copy, "hapair-0123456789abcdef.cjs", "hapair-notes.cjs"])
      writeFileSync(at(name), "the program");
    expect((await run(installProgram(copy, sha256))).exitCode).toBe(0);
    expect(readFileSync(at("hapair"), "utf8")).toBe("the program");
    expect(copies()).toEqual(["hapair-notes.cjs"]);
  }
  // The copy is not made again.
  expect((await run(installProgram(copy, sha256))).exitCode).toBe(0);
});

test("a host is given back by a root login that has no sudo, and by another login with sudo", async () => {
  program("hapair", `echo "$@" >>${at("ran")}`);
  program("sudo", `echo sudo "$1" >>${at("ran")}; shift; exec "$@"`);
  for (const uid of ["0", "1000"]) {
    program("id", `echo ${uid}`);
    writeFileSync(at("hapair-0123456789abcdef.cjs"), "");
    expect((await run(giveBackCommand)).exitCode).toBe(0);
    expect(existsSync(at("hapair-0123456789abcdef.cjs"))).toBe(false);
  }
  expect(readFileSync(at("ran"), "utf8")).toBe("give-back\nsudo -n\ngive-back\n");
  rmSync(at("hapair"));
  expect((await run(giveBackCommand)).exitCode).toBe(0);
});

test("who waits for a host's command waits longer than the host lets it run", () => {
  const [, , killAfter = "", deadline = ""] = withinDeadline("true");
  const seconds = Number(killAfter.replace("--kill-after=", "")) + Number(deadline);
  expect(onHostMs).toBeGreaterThan(seconds * 1000);
});
