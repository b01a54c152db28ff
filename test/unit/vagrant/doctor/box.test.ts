import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { boxFindings } from "../../../../cli/targets/vagrant/doctor/boxFindings.ts";
import { boxLook } from "../../../../cli/targets/vagrant/doctor/boxLook.ts";
import type { VagrantBox } from "../../../../contract/vagrantMachines.ts";

/** What the doctor says of a box. */

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-box-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function told(box: VagrantBox): Promise<readonly string[]> {
  const findings = boxFindings(box, await boxLook(box, "virtualbox", join(folder, "home")));
  return findings.map(({ verdict, text }) => `${verdict}: ${text}`);
}
const store = (...path: readonly string[]) =>
  mkdirSync(join(folder, "home/boxes", ...path), { recursive: true });

const pinned: VagrantBox = { name: "bento/debian-13", version: "1.2.3" };
/** Of the text `box`. */
const sha256 = "26f8567f2569182294c3fa5b9f9cb2270b554eef628b4c149cf82a42888ff4ae";

test("a box of the catalogue that Vagrant does not have is left to the roll-out", async () => {
  const later = expect.stringMatching(/^later: bento\/debian-13 1\.2\.3: Vagrant does not have this box yet/);
  expect(await told(pinned)).toEqual([later]);
  store("bento-VAGRANTSLASH-debian-13", "1.2.2", "virtualbox");
  store("bento-VAGRANTSLASH-debian-13", "1.2.3", "libvirt");
  expect(await told(pinned)).toEqual([later]);
});

test("a box that Vagrant has is none of the doctor's business, by either of Vagrant's layouts", async () => {
  store("bento-VAGRANTSLASH-debian-13", "1.2.3", "virtualbox");
  expect(await told(pinned)).toEqual([]);
  store("me-VAGRANTSLASH-box", "0", "amd64", "virtualbox");
  expect(await told({ name: "me/box", file: "/is/not/there.box" })).toEqual([]);
});

test("a box file that cannot be read is told with its path and the key", async () => {
  expect(await told({ name: "hapair/debian-13", file: join(folder, "no.box") })).toEqual([
    expect.stringMatching(
      /^wrong: vagrant\.box\.file: .*no\.box cannot be read \(ENOENT.*let this user read it/,
    ),
  ]);
});

test("a box file with another checksum than the config's is told with its own", async () => {
  const file = join(folder, "a.box");
  writeFileSync(file, "box");
  const box = { name: "hapair/debian-13", file };
  expect(await told(box)).toEqual([]);
  const [line = ""] = await told({ ...box, checksum: "0".repeat(64) });
  expect(line).toMatch(
    /^wrong: vagrant\.box\.checksum: .*a\.box has the SHA-256 [0-9a-f]{64}, and not 0{64}: /,
  );
  const own = /SHA-256 ([0-9a-f]{64})/.exec(line)?.[1] ?? "";
  expect(own).toBe(sha256);
  expect(await told({ ...box, checksum: own })).toEqual([]);
});
