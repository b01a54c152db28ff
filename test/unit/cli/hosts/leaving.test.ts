import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { stringify } from "yaml";
import { namedHosts, refuseUnknown } from "../../../../cli/config/namedHosts.ts";
import { loginsIn, withoutResources } from "../../../../cli/engine/deployment.ts";
import { onlyRemovals } from "../../../../cli/engine/engineUp.ts";
import { hostsToGiveBack, leavingHosts, resourcesOf } from "../../../../cli/engine/hostResources.ts";
import { loggedIn } from "../../../../cli/hosts/ask.ts";
import { openHome } from "../../../../cli/session/home.ts";
import { firstToLeave } from "../../../../cli/targets/hosts/leaving.ts";
import { loginTrouble } from "../../../../cli/targets/hosts/loginTrouble.ts";
import { removeMachines } from "../../../../cli/targets/targets.ts";
import { parseFacts } from "../../../../components/machines/hosts/facts.ts";
import { parseTopology } from "../../../../topology/parse.ts";
import { sshKeyPair } from "../../../harness/sshKeyPair.ts";
import { hostsConfig } from "../../../harness/testConfig.ts";

/** Hosts that a stack's state has to give back, and that its config or its outputs do not have any more. */

const topology = parseTopology(hostsConfig());
const named = (...hosts: readonly string[]) => hosts.map((host) => ({ name: `${host}-give-back` }));
const login = { host: "192.0.2.29", port: 22, user: "admin", hostKey: "ssh-ed25519 AAAA" };
const urn = (name: string) => `urn:pulumi:hosts::hapair::command:remote:Command::${name}`;
/** As `pulumi stack export --show-secrets` prints it. */
const deployment = {
  manifest: { version: "v3" },
  resources: [
    { urn: urn("haproxy9-facts"), inputs: {} },
    {
      urn: urn("haproxy9-give-back"),
      inputs: {
        connection: {
          "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
          plaintext: JSON.stringify({ ...login, dialErrorLimit: 3, perDialTimeout: 10 }),
        },
      },
      dependencies: [urn("haproxy9-facts")],
    },
    {
      urn: urn("haproxy1-packages"),
      inputs: { create: "true" },
      dependencies: [urn("haproxy9-facts"), urn("haproxy1-facts")],
      propertyDependencies: { create: [urn("haproxy9-facts"), urn("haproxy1-facts")], stdin: null },
    },
  ],
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-leaving-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a host of the state that the config does not have can be left out, and no other name", () => {
  const leaving = leavingHosts(named("haproxy1", "haproxy9"), topology);
  expect(leaving).toEqual(["haproxy9"]);
  expect(namedHosts(topology, ["haproxy9"], leaving)).toEqual(["haproxy9"]);
  expect(() => namedHosts(topology, ["haproxy8"], leaving)).toThrow(
    "no such host: the stack has db1, haproxy1",
  );
});

test("a removal refuses to leave out a host that the state does not have", () => {
  const hosts = hostsToGiveBack(named("haproxy1", "db1"));
  expect(() => refuseUnknown(["haproxy1", "haproxi2"], hosts)).toThrow(
    "--without haproxi2: no such host: the stack has haproxy1, db1",
  );
  expect(() => refuseUnknown(["db1"], hostsToGiveBack([{ name: "mylab" }]))).toThrow("none that can stay");
});

test("the state has the login of every host that it gives back", () => {
  expect(loginsIn(deployment)).toEqual({ haproxy9: login });
});

test("what is forgotten of a host is referred to by nothing that stays", () => {
  expect(withoutResources(deployment, resourcesOf("haproxy9"))).toEqual({
    manifest: { version: "v3" },
    resources: [
      {
        urn: urn("haproxy1-packages"),
        inputs: { create: "true" },
        dependencies: [urn("haproxy1-facts")],
        propertyDependencies: { create: [urn("haproxy1-facts")], stdin: [] },
      },
    ],
  });
});

test("a node that leaves, and a machine that stays under another name, are given back before the others change", () => {
  const asked = ["haproxy9", "db8", "db9"].map((host) => ({
    host,
    answer: parseFacts(`distribution debian 13\nmachine id-${host} boot`),
  }));
  const resources = [{ name: "haproxy9-apply" }, { name: "db8-check" }];
  expect(firstToLeave(asked, resources, ["id-db9 boot", "id-db1 boot"])).toEqual(["haproxy9", "db9"]);
});

test("a roll-out that only could not remove something is told from one that failed", () => {
  const removal = { op: "delete", urn: urn("haproxy9-give-back") } as const;
  expect(onlyRemovals([removal])).toEqual([removal.urn]);
  expect(onlyRemovals([removal, { op: "create", urn: urn("db1-check") }])).toEqual([]);
  expect(onlyRemovals([])).toEqual([]);
});

test("a removal names every host of the state whose login is lost, unless it is left out", async () => {
  vi.stubEnv("SSH_AUTH_SOCK", join(folder, "agent"));
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  const file = join(folder, "stack.yaml");
  const key = sshKeyPair("ed25519").public.trim();
  const machines = { haproxy1: { hostKey: key }, haproxy2: { hostKey: key }, db1: { hostKey: key } };
  const config = { ...hostsConfig(), hosts: { machines } };
  const keys = Object.entries(config).map(([name, value]) => [`hapair:${name}`, value]);
  writeFileSync(file, stringify({ config: Object.fromEntries(keys) }));
  const resources = named("haproxy9").map(({ name }) => ({
    name,
    urn: urn(name),
    type: "command:remote:Command",
  }));
  const remove = (...without: readonly string[]) =>
    removeMachines({ name: "hosts", home: openHome(folder), without, resources, configFile: () => file });
  try {
    await expect(remove()).rejects.toThrow(
      /^haproxy9 is not given back: .*sudo hapair give-back.*--without haproxy9$/s,
    );
    await remove("haproxy9");
  } finally {
    said.mockRestore();
    vi.unstubAllEnvs();
  }
});

test("a host that hangs after the login is not one that does not answer", () => {
  const words = `${loggedIn}, but the command has not ended within 20 s`;
  expect(loginTrouble("db1", login, words)).toEqual({
    text: `db1: admin@192.0.2.29:22: ${words}`,
    answered: true,
    ofBastion: false,
  });
});

test("a bastion's trouble is told with the bastion's keys of the config, and a host's behind it with the host's", () => {
  const bastion = { host: "gate", port: 22, user: "jump", hostKey: "ssh-ed25519 BBBB" };
  const told = (words: string) => loginTrouble("db1", { ...login, proxy: bastion }, words);
  expect(told("bastion jump@gate:22: Handshake failed: no matching host key format")).toMatchObject({
    text: expect.stringMatching(/^bastion: jump@gate:22 shows another host key .* hosts\.bastion\.hostKey/),
    ofBastion: true,
  });
  expect(told("bastion jump@gate:22: All configured authentication methods failed").text).toMatch(
    /^bastion: jump@gate:22 accepts none of the keys: .* hosts\.bastion\.user$/,
  );
  expect(told("bastion jump@gate:22: (SSH) Channel open failure: administratively prohibited").text).toMatch(
    /^bastion: .*AllowTcpForwarding yes/,
  );
  expect(told("bastion jump@gate:22: (SSH) Channel open failure: Connection refused")).toMatchObject({
    text: expect.stringMatching(/^db1: does not answer at admin@192\.0\.2\.29:22 through the bastion gate: /),
    ofBastion: false,
  });
  expect(told("All configured authentication methods failed").text).toMatch(/^db1: admin@192.* hosts\.user$/);
});
