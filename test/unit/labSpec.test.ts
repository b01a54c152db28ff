import { expect, it } from "vitest";
import { labName, MachineSpec, machineName, NetworkSpec, parseSpec } from "../../lab/spec.ts";

const network = { cidr: "10.0.1.0/24", app: "10.0.1.10", packages: ["curl"], user: "admin" };
const machine = { address: "10.0.1.20", sshPort: 2201, authorizedKey: "ssh-ed25519 AAAA me" };
const parse = (spec: object) => () => parseSpec(NetworkSpec, JSON.stringify(spec), "The network's spec");

it("a network without forwards has none", () => {
  expect(parse(network)().forwards).toEqual([]);
});

it("the application server's address has to lie in the network", () => {
  expect(parse({ ...network, app: "10.0.2.10" })).toThrow("app: is outside the network's cidr");
});

it("every problem of a spec is named with its path, in one error", () => {
  const wrong = { ...network, packages: ["a b"], user: "root; rm", forwards: [{ port: 0, to: "db" }] };
  expect(parse(wrong)).toThrow(/packages\.0: .*user: .*forwards\.0\.port: .*forwards\.0\.to: /s);
});

it("an unknown key is refused", () => {
  expect(parse({ ...network, cidrs: "10.0.2.0/24" })).toThrow("cidrs");
});

it("a spec that is not JSON says so", () => {
  expect(() => parseSpec(MachineSpec, "{", "The machine's spec")).toThrow("The machine's spec is not JSON");
});

it("a key of two lines cannot smuggle in a second key", () => {
  const text = JSON.stringify({ ...machine, authorizedKey: "ssh-ed25519 AAAA\nssh-ed25519 BBBB" });
  expect(() => parseSpec(MachineSpec, text, "The machine's spec")).toThrow("authorizedKey: ");
});

it.each(["", "Haproxy1", "-a", "thirteen-char", "../etc", "app"])("%j names no machine", (name) => {
  expect(() => machineName(name)).toThrow("cannot name a machine");
});

it("a name that leads out of the lab's folder names no lab", () => {
  expect(() => labName("../x")).toThrow("cannot name a lab");
});
