import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { root } from "../../cli/session/home.ts";
import { checkout } from "../harness/checkout.ts";
import { ec2Config, hostsConfig } from "../harness/testConfig.ts";
import { ec2With, labConfig, labWithPair } from "../unit/fixtures.ts";

/** What a pull request shows: each stack of each checkout in processes of its own, in which the engine is played. */

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-compare-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As the workflow runs it, with an environment in which no home can be made. */
function compare(base: string, head: string) {
  return execa(process.execPath, ["cli/compare/main.ts", base], {
    cwd: head,
    env: { HAPAIR_HOME: "/proc/none", HOME: "/nonexistent" },
    reject: false,
  });
}

test("shows the changed lines of each host's files, for every stack, without home and passphrase", async () => {
  const base = checkout(join(folder, "base"), { lab: labConfig(), old: labConfig(), same: labConfig() });
  const head = checkout(join(folder, "head"), {
    lab: labWithPair({ haproxy: { maxConnections: 3700 } }),
    same: labConfig(),
    young: labConfig(),
  });
  const { exitCode, stdout, stderr } = await compare(base, head);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect([...stdout.matchAll(/^## (.*)$/gm)].map(([, stack]) => stack)).toEqual([
    "lab",
    "old",
    "same",
    "young",
  ]);
  const [, lab = "", old = "", same = "", young = ""] = stdout.split(/^## .*$/m);
  expect(lab.match(/^### .*$/gm)?.map((line) => line.split(":")[0])).toContain("### haproxy1");
  expect(lab).toContain("<details open><summary>changed <code>etc/haproxy/haproxy.cfg</code></summary>");
  expect(lab).toMatch(/^-.*maxconn 5500\n\+.*maxconn 5200$/m);
  expect(old.trim()).toBe("This stack is removed.");
  expect(same.trim()).toBe("No file of any host changes.");
  expect(young).toContain("This stack is new.");
  expect(young).toContain("insecure-password '[secret]'");
  // Every resource of a new stack.
  expect(young).toMatch(/^### Resources\n\n```yaml$/m);
  expect(young).toMatch(/^command:remote:Command haproxy1-bundle: \{\}$/m);
});

test("a stack that does not render fails the command, and its problem is shown", async () => {
  const base = checkout(join(folder, "base"), { lab: labConfig() });
  const head = checkout(join(folder, "head"), { lab: { ...labConfig(), target: "moon" } });
  const { exitCode, stdout, stderr } = await compare(base, head);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^stacks\/Pulumi\.lab\.yaml: /);
  expect(stdout).toContain(`This stack cannot be rendered:\n\n\`\`\`\nstacks/Pulumi.lab.yaml: `);
});

test("the project's own stacks render, and differ from themselves by nothing", async () => {
  const { exitCode, stdout, stderr } = await compare(root, root);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toMatch(/^(## .+\n\nNo file of any host changes\.\n*)+$/);
});

test("shows the resources that change, and why a security group lets something through", async () => {
  const base = checkout(join(folder, "base"), { cloud: ec2Config() });
  const head = checkout(join(folder, "head"), {
    cloud: ec2With({}, { monitoring: ["198.51.100.0/24"], diskGb: 32 }),
  });
  const { exitCode, stdout } = await compare(base, head);
  expect(exitCode).toBe(0);
  const [, resources = ""] = stdout.split("### Resources");
  expect(resources).toContain("+    volumeSize: 32");
  expect(resources).toContain(
    "-aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule pg-nodes-in-tcp-8404-from-10.0.2.0/24:",
  );
  expect(resources).toContain("+  cidrIpv4: 198.51.100.0/24");
});

test.for([
  ["lab", labConfig()],
  ["hosts", hostsConfig()],
  ["ec2", ec2Config()],
] as const)(
  "a preview of a stack of the target %s needs no engine, no login and no account",
  async ([stack, config]) => {
    const own = checkout(join(folder, "own"), { [stack]: config });
    const { exitCode, stdout } = await execa(process.execPath, ["cli/compare/declareProgram.ts", stack], {
      cwd: own,
      env: { PATH: "/nonexistent", HOME: "/nonexistent", HAPAIR_HOME: "/proc/none" },
      extendEnv: false,
      reject: false,
    });
    expect(exitCode).toBe(0);
    const lines = stdout.split("\n").filter((line) => /^[a-z]+:/.test(line));
    for (const host of ["haproxy1", "haproxy2", "db1"])
      expect(lines.filter((line) => line.includes(` ${host}-bundle`))).toHaveLength(1);
    expect(lines.some((line) => line.startsWith("aws:"))).toBe(stack === "ec2");
    expect(stdout).not.toMatch(/PRIVATE KEY|password: [^[]/);
  },
);
