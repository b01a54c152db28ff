import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { checkout } from "../../harness/checkout.ts";
import { testConfig } from "../../harness/testConfig.ts";
import { lab } from "./machineLab.ts";

/** `npm run lab -- …` is about the lab that the stack's config names. */
export function defaultLabTests(): void {
  it("a verb without --lab is for the stack's lab, and says so where there are others", async () => {
    await inClone({ name: "t-another" }, async (run) => {
      const { exitCode, stderr } = await run("exec", "one", "df", "-h");
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(
        /^lab: this is lab t-another\nlab: Machine one of lab t-another is not running; /,
      );
    });
    await inClone({ name: lab }, async (run) => {
      expect(await run("exec", "one", "hostname")).toMatchObject({ exitCode: 0, stdout: "one" });
    });
  });

  it("a verb with --lab is for that one, and says nothing more, also where the config is broken", async () => {
    await inClone({ name: "t-another" }, async (run, folder) => {
      const named = await run("exec", "--lab", lab, "one", "hostname");
      expect(named).toMatchObject({ exitCode: 0, stdout: "one", stderr: "" });
      writeFileSync(join(folder, "stacks/Pulumi.lab.yaml"), "config: [");
      expect(await run("exec", "--lab", lab, "one", "hostname")).toMatchObject({
        exitCode: 0,
        stdout: "one",
      });
      expect(await run("exec", "one", "hostname")).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining("the stack's lab is not known: name one with --lab NAME"),
      });
    });
  });
}

async function inClone(
  section: object,
  work: (
    run: (...args: string[]) => Promise<{ exitCode?: number; stdout: string; stderr: string }>,
    folder: string,
  ) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "hapair-default-lab-"));
  try {
    checkout(folder, { lab: { ...testConfig(), lab: section } });
    const program = join(folder, "cli/lab.ts");
    await work(
      (...args) => execa(process.execPath, [program, ...args], { reject: false, stdin: "ignore" }),
      folder,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
