import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { libvirtTrouble } from "../../../cli/targets/vagrant/tools/libvirt.ts";
import {
  moduleTrouble,
  vagrantVersionIn,
  versionProblems,
  virtualboxVersionIn,
} from "../../../cli/targets/vagrant/tools/versions.ts";

const problems = (vagrant: string, virtualbox: string, architecture = "x64") =>
  versionProblems({ vagrant, virtualbox, architecture });

describe("Vagrant and VirtualBox", () => {
  test.each([
    ["2.3.4", "7.0.20"],
    ["2.3.4", "6.1.50"],
    ["2.4.2", "7.1.0"],
    ["2.4.9", "7.2.4"],
    ["2.10.0", "7.2.4"],
    ["2.4.9", "8.0.0"],
  ])("go together: %s and %s", (vagrant, virtualbox) => {
    expect(problems(vagrant, virtualbox)).toEqual([]);
  });

  test.each([
    [
      "2.3.4",
      "7.1.0",
      /^VirtualBox 7\.1\.0 needs Vagrant 2\.4\.2 or newer, and this is 2\.3\.4: .*Debian's own/,
    ],
    [
      "2.4.1",
      "7.1.6",
      /needs Vagrant 2\.4\.2 or newer, and this is 2\.4\.1: install a newer Vagrant, or an older/,
    ],
    ["2.4.7", "7.2.0", /needs Vagrant 2\.4\.9 or newer/],
    ["2.4.9", "5.2.44", /^VirtualBox is 5\.2\.44, and 6\.1 or newer is needed/],
  ])("do not go together: %s and %s", (vagrant, virtualbox, words) => {
    expect(problems(vagrant, virtualbox)).toEqual([expect.stringMatching(words)]);
  });

  test("need newer versions on an ARM processor", () => {
    expect(problems("2.3.7", "7.0.20", "arm64")).toEqual([
      "on this processor VirtualBox 7.1.6 or newer is needed, and this is 7.0.20",
      "on this processor Vagrant 2.4.0 or newer is needed, and this is 2.3.7",
    ]);
    expect(problems("2.4.9", "7.1.6", "arm64")).toEqual([]);
  });
});

const warning = `WARNING: The vboxdrv kernel module is not loaded. Either there is no module
         available for the current kernel (6.1.0-18-amd64) or it failed to
         load. Please recompile the kernel module and install it by

           sudo /sbin/vboxconfig

         You will not be able to start VMs until this problem is fixed.
7.0.20r163906`;

test("a kernel module that is not loaded is named, and does not hide the version", () => {
  expect(moduleTrouble(warning)).toMatch(
    /^VirtualBox's kernel module vboxdrv is not loaded: run sudo \/sbin\/vboxconfig/,
  );
  expect(virtualboxVersionIn(warning)).toBe("7.0.20");
  expect(moduleTrouble("7.0.20r163906")).toBeUndefined();
});

test("the versions are found in what the programs print", () => {
  expect(virtualboxVersionIn("7.1.6_Debianr167084")).toBe("7.1.6");
  expect(vagrantVersionIn("Vagrant 2.4.9\n")).toBe("2.4.9");
  expect(vagrantVersionIn("vagrant: command not found")).toBeUndefined();
});

describe("libvirt's daemon", () => {
  const folder = () => {
    const made = mkdtempSync(join(tmpdir(), "hapair-libvirt-"));
    onTestFinished(() => rmSync(made, { recursive: true }));
    return made;
  };

  test("is said not to run where nothing answers at its sockets", async () => {
    const at = folder();
    expect(await libvirtTrouble([join(at, "one"), join(at, "other")])).toMatch(
      /^libvirt's daemon does not run: install libvirt-daemon-system/,
    );
  });

  test("is no trouble where one of its sockets answers", async () => {
    const socket = join(folder(), "virtqemud-sock");
    const server = createServer((client) => client.end());
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    onTestFinished(() => void server.close());
    expect(await libvirtTrouble([`${socket}-of-old`, socket])).toBeUndefined();
  });
});
