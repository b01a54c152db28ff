import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderShown } from "../../../render/bundle.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { ec2Config } from "../../harness/testConfig.ts";
import { scratchFolder } from "../agent/haproxy/runtimeFixtures.ts";

/** The script of a node of EC2 in a folder, run with these events of keepalived, once for each list. */
function scriptIn(folder: string) {
  const topology = parseTopology(ec2Config());
  const node = hostsOf(topology).find(({ name }) => name === "haproxy1");
  const text = node && renderShown(topology, node)["etc/keepalived/state.sh"];
  if (text === undefined) throw new Error("haproxy1 has no script");
  const state = join(folder, "vrrp");
  const [script, events] = ["state.sh", "events"].map((name) => join(folder, name)) as [string, string];
  writeFileSync(script, text.replaceAll("/run/hapair/vrrp", state));
  chmodSync(script, 0o755);
  return {
    state,
    /** @param limits commands of the shell that starts it */
    run: (states: readonly string[], limits = "") => {
      writeFileSync(events, states.map((one) => `INSTANCE "pair1" ${one} 200\n`).join(""));
      execFileSync("sh", ["-c", `${limits}\numask 077\nexec "$0" "$1"`, script, events], { stdio: "ignore" });
    },
  };
}

test("keepalived's last state is what the agent reads, and none once it has ended", () => {
  using folder = scratchFolder();
  const { state, run } = scriptIn(folder.path);
  run(["BACKUP", "MASTER"]);
  expect(readFileSync(state, "utf8")).toBe("MASTER\n");
  expect(statSync(state).mode & 0o777).toBe(0o644);
  run(["FAULT", "STOP"]);
  expect(existsSync(state)).toBe(false);
});

test("a state that cannot be written is none: a node that is MASTER no more does not stay so in the file", () => {
  using folder = scratchFolder();
  const { state, run } = scriptIn(folder.path);
  run(["MASTER"]);
  expect(existsSync(state)).toBe(true);
  // As where /run is full: every write fails.
  run(["BACKUP"], "trap '' XFSZ; ulimit -f 0");
  expect([state, `${state}.new`].filter((path) => existsSync(path))).toEqual([]);
});
