import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CommandStack, commandStack } from "./support/commandStack.ts";
import { connectionTo, makeSshd, type Sshd } from "./support/sshd.ts";

/** Contract of `command:remote:CopyToRemote`, against a real OpenSSH server. */
describe("a copy to a host", () => {
  let stack: CommandStack;
  let sshd: Sshd;
  let source: string;
  let target: string;
  const bytes = randomBytes(1_500_000);

  beforeAll(async () => {
    stack = await commandStack();
    sshd = await makeSshd();
    await sshd.start();
    source = join(stack.folder, "source");
    target = join(stack.folder, "target");
    await mkdir(join(source, "dir/inner"), { recursive: true });
    await writeFile(join(source, "file"), bytes);
    await writeFile(join(source, "dir/outer.txt"), "outer");
    await writeFile(join(source, "dir/inner/inner.txt"), "inner");
    await writeFile(join(source, "dir/empty"), "");
    await execa("tar", ["-czf", join(source, "dir.tgz"), "-C", source, "dir"]);
  });
  afterAll(async () => {
    await stack.remove();
    await sshd.remove();
  });

  const copies = (sources: Record<string, remote.CopyToRemoteArgs["source"]>) => async () => {
    for (const [name, source] of Object.entries(sources)) {
      new remote.CopyToRemote(name, {
        connection: connectionTo(sshd),
        source,
        remotePath: join(target, name),
      });
    }
  };
  const sources = () => ({
    "deep/folders/file": new pulumi.asset.FileAsset(join(source, "file")),
    "text/file": new pulumi.asset.StringAsset("some text: ü\n"),
    "archive.tgz": new pulumi.asset.FileArchive(join(source, "dir.tgz")),
    whole: new pulumi.asset.FileArchive(join(source, "dir")),
    contents: new pulumi.asset.FileArchive(`${join(source, "dir")}/`),
  });
  const tree = async (path: string) => (await readdir(join(target, path), { recursive: true })).sort();

  test("writes nothing in a preview", async () => {
    expect(await stack.preview(copies(sources()))).toEqual({ create: 6 });
    await expect(readdir(target)).rejects.toThrow("ENOENT");
  });

  test("copies files, texts and archives byte by byte, and makes the folders that they need", async () => {
    await stack.up(copies(sources()));
    expect((await readFile(join(target, "deep/folders/file"))).equals(bytes)).toBe(true);
    expect(await readFile(join(target, "text/file"), "utf8")).toBe("some text: ü\n");
    const archive = await readFile(join(source, "dir.tgz"));
    expect((await readFile(join(target, "archive.tgz"))).equals(archive)).toBe(true);
  });

  test('puts "dir" under its name, and the contents of "dir/" in place', async () => {
    const files = ["empty", "inner", "inner/inner.txt", "outer.txt"];
    expect(await tree("whole/dir")).toEqual(files);
    expect(await tree("contents")).toEqual(files);
    expect(await readFile(join(target, "contents/inner/inner.txt"), "utf8")).toBe("inner");
  });

  test("is left alone while nothing changes", async () => {
    await writeFile(join(target, "text/file"), "edited on the host");
    expect((await stack.up(copies(sources()))).changes).toEqual({ same: 6 });
    expect(await readFile(join(target, "text/file"), "utf8")).toBe("edited on the host");
  });

  test("copies only what has changed", async () => {
    const changed = { ...sources(), "text/file": new pulumi.asset.StringAsset("short") };
    expect(await stack.preview(copies(changed))).toEqual({ update: 1, same: 5 });
    expect((await stack.up(copies(changed))).changes).toEqual({ update: 1, same: 5 });
    expect(await readFile(join(target, "text/file"), "utf8")).toBe("short");
  });

  test("puts a file into a folder that exists at its path", async () => {
    await stack.up(copies({ ...sources(), contents: new pulumi.asset.FileAsset(join(source, "file")) }));
    expect((await readFile(join(target, "contents/file"))).equals(bytes)).toBe(true);
  });

  test("fails on a path that cannot be written, and names the path", async () => {
    const blocked = copies({ ...sources(), "text/file/below": new pulumi.asset.StringAsset("x") });
    expect(await stack.failedUp(blocked)).toContain("text/file");
  });

  test("keeps secret contents out of the state's plain text", async () => {
    const secret = pulumi.secret(new pulumi.asset.StringAsset("hidden-text"));
    await stack.up(copies({ "secret/file": secret }));
    expect(await readFile(join(target, "secret/file"), "utf8")).toBe("hidden-text");
    expect(await stack.stored()).not.toContain("hidden-text");
  });

  test("removes nothing when it leaves the program", async () => {
    await stack.up(async () => {});
    expect(await readFile(join(target, "secret/file"), "utf8")).toBe("hidden-text");
  });
});
