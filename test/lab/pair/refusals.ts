import { expect, it } from "vitest";
import { apply, liveBundle, must, occupy, sha256, withFile } from "../hosts/onHost.ts";
import { failuresMeanwhile } from "./client.ts";
import { type LabPair, roles } from "./labPair.ts";

const config = "etc/haproxy/haproxy.cfg";
/** Exit statuses of `hapair apply`. */
const [failed, badInput] = [1, 2];

/** Bundles that must not become live, most of them given to the holder. */
export function refusalTests(lab: () => LabPair): void {
  const statsBind = () => `bind :${lab().pair.haproxy.statsPort}`;

  /** The live bundle and the checksums of the live files. */
  const fingerprint = async (machine: string) => {
    const files = [
      "sh",
      "-c",
      "readlink /var/lib/hapair/current; sha256sum /etc/haproxy/*.cfg /etc/keepalived/*.conf",
    ];
    return (await must(lab().lab, machine, files)).stdout;
  };

  const serves = async (work: (holder: string) => Promise<void>) => {
    const { holder } = await roles(lab());
    const before = await fingerprint(holder);
    expect(await failuresMeanwhile(lab(), () => work(holder))).toEqual([]);
    expect(await fingerprint(holder)).toBe(before);
    expect((await roles(lab())).holder).toBe(holder);
  };

  it("a config that haproxy refuses changes nothing, and haproxy's message is reported", () =>
    serves(async (holder) => {
      const live = await liveBundle(lab().lab, holder);
      const text = withFile(live, config, (cfg) => cfg.replace("balance leastconn", "balance leastcon"));
      const { exitCode, stderr } = await apply(lab().lab, holder, text);
      expect(exitCode).toBe(badInput);
      expect(stderr).toMatch(/nothing was changed/);
      expect(stderr).toMatch(/\[\/etc\/haproxy\/haproxy\.cfg:\d+\] : balance only supports/);
    }));

  it("shared buffers beyond the memory of the pool's machine change nothing, and the sentence says how much fits", async () => {
    const { name } = lab().db;
    const live = await liveBundle(lab().lab, name);
    const settings = "etc/postgresql/17/main/conf.d/hapair.conf";
    const text = withFile(live, settings, (conf) => conf.replace("'128MB'", "'8000000MB'"));
    const { exitCode, stderr } = await apply(lab().lab, name, text);
    expect([exitCode, stderr]).toEqual([
      badInput,
      expect.stringMatching(
        /nothing was changed\npostgresql:\n {2}pool\.postgres\.sharedBuffersMb is 8000000 .* MB of memory: lower it to \d+ or less/,
      ),
    ]);
    expect((await liveBundle(lab().lab, name)).sha).toBe(live.sha);
  });

  it.each([
    ["without its sha256", (text: string) => sha256(text.slice(0, text.length / 2)), "is incomplete"],
    ["with its sha256", sha256, "copy it again"],
  ])("a truncated bundle changes nothing, %s", (_, announced, reason) =>
    serves(async (holder) => {
      const { text } = await liveBundle(lab().lab, holder);
      const cut = text.slice(0, text.length / 2);
      const { exitCode, stderr } = await apply(lab().lab, holder, cut, announced(text));
      expect([exitCode, stderr]).toEqual([badInput, expect.stringContaining(reason)]);
    }),
  );

  it("a bundle that was tampered with changes nothing", () =>
    serves(async (holder) => {
      const live = await liveBundle(lab().lab, holder);
      const text = withFile(live, config, (cfg) => cfg.replace("maxconn 5500", "maxconn 5501"));
      const { exitCode, stderr } = await apply(lab().lab, holder, text, live.sha);
      expect([exitCode, stderr]).toEqual([badInput, expect.stringContaining(`expected ${live.sha}`)]);
    }));

  it("a bundle for another host changes nothing", () =>
    serves(async (holder) => {
      const { backup } = await roles(lab());
      const { text } = await liveBundle(lab().lab, backup);
      const { exitCode, stderr } = await apply(lab().lab, holder, text);
      expect([exitCode, stderr]).toEqual([
        badInput,
        expect.stringContaining(`for host "${backup}", this is "${holder}"`),
      ]);
    }));

  it("a config with a port that another process uses changes nothing, and the process is named", () =>
    serves(async (holder) => {
      const port = 9998;
      const other = await occupy(lab().lab, holder, port);
      try {
        const live = await liveBundle(lab().lab, holder);
        const text = withFile(live, config, (cfg) => cfg.replace(statsBind(), `bind :${port}`));
        const { exitCode, stderr } = await apply(lab().lab, holder, text);
        expect([exitCode, stderr]).toEqual([
          badInput,
          expect.stringMatching(new RegExp(`bind :${port}: the port is taken by node \\(pid \\d+\\)`)),
        ]);
      } finally {
        await other.leave();
      }
    }));

  // Both pass haproxy's check. They go to the backup, where a roll-out begins.
  it.each([
    [
      "that haproxy cannot bind",
      (cfg: string) => cfg.replace(statsBind(), `${statsBind()}\n    bind /nowhere/socket`),
      /cannot bind.*\/nowhere\/socket/is,
    ],
    [
      "whose haproxy reaches no pooler",
      (cfg: string) => cfg.replaceAll(/(server db1-\d+ \S+):\d+/g, "$1:7777"),
      /no query gets through/,
    ],
  ])("a bundle %s is rolled back with the reason, and no client notices", async (_, change, reason) => {
    const { backup } = await roles(lab());
    const before = await fingerprint(backup);
    const failures = await failuresMeanwhile(lab(), async () => {
      const live = await liveBundle(lab().lab, backup);
      const { exitCode, stdout } = await apply(lab().lab, backup, withFile(live, config, change));
      const outcome = JSON.parse(stdout);
      expect([exitCode, outcome.outcome]).toEqual([failed, "restored"]);
      expect(outcome.reason).toMatch(reason);
    });
    expect(failures).toEqual([]);
    expect(await fingerprint(backup)).toBe(before);
    const healthz = `http://127.0.0.1:${lab().pair.haproxy.statsPort}/healthz`;
    await must(lab().lab, backup, ["curl", "--fail", "--silent", "--max-time", "5", healthz]);
  });
}
