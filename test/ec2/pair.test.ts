import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kindNames } from "../../drills/budgets.ts";
import { kinds } from "../../drills/kinds/kinds.ts";
import { exec } from "../../lab/machine/exec.ts";
import { withinBudget } from "../drill/withinBudget.ts";
import { must } from "../lab/hosts/onHost.ts";
import { type Ec2Lab, ec2Lab } from "./pair/ec2Lab.ts";

let made: Ec2Lab | undefined;

beforeAll(async () => {
  made = await ec2Lab("t-ec2");
});
afterAll(() => made?.remove());

function ec2(): Ec2Lab {
  if (made === undefined) throw new Error("the pair is not there");
  return made;
}

const vip = "10.0.1.100";
const ownerOf = async () => (await ec2().vpc.state()).owners[vip];
/** keepalived's states, in the order of the nodes. */
const vrrp = () =>
  Promise.all(
    ec2().pair.nodes.map(async (node) =>
      (await exec(ec2().lab, node, ["cat", "/run/hapair/vrrp"])).stdout.trim(),
    ),
  );
/** The node whose HAProxy answers at the virtual address. */
async function whoServes(): Promise<string> {
  const open = `exec 3<>/dev/tcp/${vip}/5432 && sleep 1`;
  const asked = exec(ec2().lab, "app", ["timeout", "3", "bash", "-c", open]);
  const connected = async (node: string) => {
    const { stdout } = await exec(ec2().lab, node, ["ss", "-Htn", "state", "established", `src ${vip}`]);
    return stdout.trim() !== "";
  };
  let found = "nobody";
  const look = async () => {
    for (const node of ec2().pair.nodes) if (await connected(node)) found = node;
    return found;
  };
  await expect.poll(look, { timeout: 2500, interval: 100 }).not.toBe("nobody");
  await asked;
  return found;
}

describe("a pair of the stack for EC2", () => {
  test("AWS delivers the address to keepalived's MASTER, and clients reach that node", async () => {
    await expect
      .poll(async () => (await vrrp()).toSorted(), { timeout: 30_000 })
      .toEqual(["BACKUP", "MASTER"]);
    const master = ec2().pair.nodes[(await vrrp()).indexOf("MASTER")];
    await expect.poll(ownerOf, { timeout: 30_000 }).toBe(master);
    expect(await whoServes()).toBe(master);
    expect((await ec2().vpc.state()).problems).toEqual([]);
  });

  test("nodes call nothing but what their policy allows, with keys and signatures that AWS accepts", async () => {
    const { calls } = await ec2().vpc.state();
    expect(Object.keys(calls)).toEqual(["AssignPrivateIpAddresses ok"]);
  });

  test("where the rule for protocol 112 is missing both are MASTER, and the address stays where it is", async () => {
    const { vpc, rules } = ec2();
    const owner = await ownerOf();
    const { deliveries } = await vpc.state();
    await vpc.setRules(rules.filter(({ protocol }) => protocol !== "112"));
    // What the rules let through before is remembered for ten minutes.
    await must(ec2().lab, "app", ["nft", "flush", "set", "ip", "vpc", "seen"]);
    await expect.poll(vrrp, { timeout: 10_000 }).toEqual(["MASTER", "MASTER"]);
    await expect.poll(async () => (await vpc.dropped()).egress, { timeout: 10_000 }).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    expect(await ownerOf()).toBe(owner);
    expect((await vpc.state()).deliveries).toEqual(deliveries);
    expect(await whoServes()).toBe(owner);
    await vpc.setRules(rules);
    await expect
      .poll(async () => (await vrrp()).toSorted(), { timeout: 30_000 })
      .toEqual(["BACKUP", "MASTER"]);
  });

  test("a node cannot have the address by force: its packets from it are dropped", async () => {
    const owner = await ownerOf();
    const other = ec2().pair.nodes.find((node) => node !== owner) ?? "";
    const before = (await ec2().vpc.dropped()).spoofed;
    const send = `exec 3<>/dev/udp/10.0.1.10/9; echo x >&3`;
    await exec(ec2().lab, other, ["ip", "route", "add", "10.0.1.10/32", "via", "10.0.1.1", "src", vip]);
    await exec(ec2().lab, other, ["bash", "-c", send]);
    await exec(ec2().lab, other, ["ip", "route", "delete", "10.0.1.10/32"]);
    expect((await ec2().vpc.dropped()).spoofed).toBeGreaterThan(before);
    expect(await whoServes()).toBe(owner);
  });

  test("the daemon needs at most 80 MB", async () => {
    for (const node of ec2().pair.nodes) {
      const { stdout } = await must(ec2().lab, node, [
        ...["sh", "-c", "grep VmRSS /proc/$(systemctl show -P MainPID hapair)/status"],
      ]);
      expect(Number(/(\d+) kB/.exec(stdout)?.[1]), node).toBeLessThan(80 * 1024);
    }
  });
});

describe("clients of a pair on EC2 see no more than the budget", () =>
  withinBudget(
    () => ec2().pair,
    kindNames.filter((kind) => kinds[kind].needs === "ec2"),
  ));
