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
const oneMaster = async () => (await vrrp()).toSorted().join() === "BACKUP,MASTER";
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
    await expect.poll(oneMaster, { timeout: 30_000 }).toBe(true);
    const master = ec2().pair.nodes[(await vrrp()).indexOf("MASTER")];
    await expect.poll(ownerOf, { timeout: 30_000 }).toBe(master);
    expect(await whoServes()).toBe(master);
    expect((await ec2().vpc.state()).problems).toEqual([]);
  });

  test("nodes call nothing but what their policy allows, with keys and signatures that AWS accepts", async () => {
    const { calls } = await ec2().vpc.state();
    expect(Object.keys(calls)).toEqual(["AssignPrivateIpAddresses ok"]);
  });

  test("without the declared rules for protocol 112 no advert passes, and both nodes are MASTER", async () => {
    const { vpc, rules, lab } = ec2();
    const before = (await vpc.dropped()).egress;
    try {
      await vpc.setRules(rules.filter(({ protocol }) => protocol !== "112"));
      // What the rules let through before is remembered for as long as it flows.
      await must(lab, "app", ["nft", "flush", "set", "ip", "vpc", "seen"]);
      await expect.poll(vrrp, { timeout: 10_000 }).toEqual(["MASTER", "MASTER"]);
      expect((await vpc.dropped()).egress).toBeGreaterThan(before);
    } finally {
      await vpc.setRules(rules);
    }
    await expect.poll(oneMaster, { timeout: 30_000 }).toBe(true);
  });

  test("a node cannot have the address by force: its packets from it are dropped", async () => {
    const owner = await ownerOf();
    const other = ec2().pair.nodes.find((node) => node !== owner) ?? "";
    const before = (await ec2().vpc.dropped()).spoofed;
    const send = `exec 3<>/dev/udp/10.0.1.10/9; echo x >&3`;
    const route = ["10.0.1.10/32", "via", "10.0.1.1", "src", vip];
    await must(ec2().lab, other, ["ip", "route", "add", ...route]);
    try {
      await must(ec2().lab, other, ["bash", "-c", send]);
    } finally {
      await must(ec2().lab, other, ["ip", "route", "delete", ...route]);
    }
    expect((await ec2().vpc.dropped()).spoofed).toBeGreaterThan(before);
    expect(await whoServes()).toBe(owner);
  });
});

describe("clients of a pair on EC2 see no more than the budget", () =>
  withinBudget(
    () => ec2().pair,
    kindNames.filter((kind) => kinds[kind].needs === "ec2"),
  ));

/** Of the running daemon on a node, kB. */
async function memoryOf(node: string): Promise<readonly number[]> {
  const read = "cat /proc/$(systemctl show -P MainPID hapair)/status";
  const { stdout } = await must(ec2().lab, node, ["sh", "-c", read]);
  return [...stdout.matchAll(/^Vm(?:RSS|HWM):\s+(\d+) kB/gm)].map(([, kB]) => Number(kB));
}

// Declared last: the daemons have moved the address, over TLS, and have been through every failure.
test("after all drills the daemon needs at most 80 MB, and has never needed more", async () => {
  for (const node of ec2().pair.nodes) {
    const memory = await memoryOf(node);
    expect(memory).toHaveLength(2);
    for (const kB of memory) expect(kB, node).toBeLessThan(80 * 1024);
  }
});
