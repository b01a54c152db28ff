import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { virtualAddressesOf } from "../../../../agent/giveBack/virtualAddress.ts";
import { applied, live, staged } from "../apply/applying.ts";
import { bundle, ScratchHost } from "../apply/scratchHost.ts";
import { extra, givenBack, install } from "./givingBack.ts";

const config = `vrrp_instance mine {
    virtual_ipaddress {
        10.0.1.100/32 dev host0  # not 10.9.9.9
        # 10.0.1.101
    }
    virtual_ipaddress_excluded { 10.0.1.102 }
    unicast_peer { 10.0.1.21 }
}
`;

/** A node of a pair whose other node answers at 10.0.1.21. */
function nodeBundle(): Buffer {
  const units = { enabled: ["haproxy.service", "keepalived.service"], disabled: [] };
  const whole = JSON.parse(bundle("node", { units }, [extra]).toString());
  const egress = {
    ...{ host: "haproxy1", runtimeSocket: "/r", actionSocket: "/a", stateFile: "/s", trackFile: "/t" },
    ...{
      haproxyTrackFile: "/t",
      keepalivedEvents: "/e",
      logFolder: "/l",
      moveVip: false,
      ca: "",
      groups: [],
    },
    ...{ listen: [{ address: "10.0.1.20", port: 9494 }], virtualAddress: "10.0.1.100" },
    peers: [{ name: "haproxy2", address: "10.0.1.21", port: 9494 }],
  };
  const file = { ...whole.files[1], path: "etc/hapair/egress.json", text: JSON.stringify(egress) };
  return Buffer.from(JSON.stringify({ ...whole, files: [...whole.files, file] }));
}

let host: ScratchHost;
/** Whether another machine answers for the virtual address, and whether the peer's agent does. */
let held = true;
let peerRuns = true;

beforeEach(async () => {
  held = true;
  peerRuns = true;
  host = new ScratchHost();
  await install(host);
  rmSync(join(host.root, extra));
  writeFileSync(join(host.root, extra), config);
  host.active.add("keepalived.service");
  await staged(host, nodeBundle(), ["keepalived"]);
  await applied(host, nodeBundle());
  host.listens = async (address: string, port: number) =>
    peerRuns && address === "10.0.1.21" && port === 9494;
  host.answer = (line) => {
    const stdout = answerOf(line);
    return stdout === undefined ? undefined : { status: 0, stdout };
  };
});
afterEach(() => host.remove());

function answerOf(line: string): string | undefined {
  if (line.includes("route get")) return `${line.split(" ").at(-1)} dev host0 src 10.0.1.20 uid 0`;
  if (!line.startsWith("ip neighbour show")) return undefined;
  return line.includes("10.0.1.100") && held
    ? "10.0.1.100 dev host0 lladdr 02:00:00:00:00:15 REACHABLE"
    : "10.0.1.100 dev host0 FAILED";
}

test("a keepalived of somebody's own stays stopped while a node of the pair has its virtual address", async () => {
  const first = await givenBack(host);
  expect(first).toMatchObject({
    outcome: "stuck",
    troubles: [
      expect.stringMatching(
        /^keepalived\.service stays stopped: another machine has its virtual address 10\.0\.1\.100 \(hardware address 02:00:00:00:00:15\): give the pair's other nodes back, .*start keepalived\.service/,
      ),
    ],
    started: ["haproxy.service"],
  });
  expect(host.active).not.toContain("keepalived.service");
  expect(live(host, extra)).toBe(config);

  held = false;
  expect(await givenBack(host)).toMatchObject({ outcome: "given back", started: ["keepalived.service"] });
});

test("a keepalived that a person has started since is left alone, whoever has the address", async () => {
  await givenBack(host);
  host.active.add("keepalived.service");
  host.commands.length = 0;
  expect(await givenBack(host)).toMatchObject({ outcome: "given back", started: [] });
  expect(host.commands).not.toContain("systemctl restart keepalived.service");
});

test("it starts where the machine that has the address is no node of the pair, such as its own backup", async () => {
  peerRuns = false;
  expect(await givenBack(host)).toMatchObject({ outcome: "given back", troubles: [] });
  expect(host.active).toContain("keepalived.service");
});

test("it waits for a peer that is given back at the same moment", async () => {
  const pause = host.pause.bind(host);
  let pauses = 0;
  host.pause = async (ms) => {
    if (++pauses > 5) held = false;
    await pause(ms);
  };
  expect(await givenBack(host)).toMatchObject({ outcome: "given back" });
  expect(pauses).toBeGreaterThan(5);
});

test("the addresses of keepalived.conf are those of its virtual_ipaddress blocks", () => {
  expect(virtualAddressesOf(config)).toEqual(["10.0.1.100", "10.0.1.102"]);
  const template = readFileSync("templates/etc/keepalived/keepalived.conf", "utf8");
  expect(virtualAddressesOf(template.replace("{{ virtualAddress }}", "10.0.1.100"))).toEqual(["10.0.1.100"]);
});
