import { expect, it } from "vitest";
import { type LabPair, roles } from "./labPair.ts";
import { failuresMeanwhile } from "./meanwhile.ts";
import { occupy } from "./occupy.ts";
import { apply, liveBundle, must, sha256, withFile } from "./onHost.ts";

const config = "etc/haproxy/haproxy.cfg";
/** As `hapair apply --help` has them. */
const [failed, badInput] = [1, 2];

/** Bundles that must not become live, handed to the node that serves. */
export function refusalTests(lab: () => LabPair): void {
  /** What must be the same before and after. */
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

  it("a config that haproxy refuses changes nothing, and haproxy's own words say why", () =>
    serves(async (holder) => {
      const live = await liveBundle(lab().lab, holder);
      const text = withFile(live, config, (cfg) => cfg.replace("balance leastconn", "balance leastcon"));
      const { exitCode, stderr } = await apply(lab().lab, holder, text);
      expect(exitCode).toBe(badInput);
      expect(stderr).toMatch(/nothing was changed/);
      expect(stderr).toMatch(/haproxy\.cfg:\d+.*leastcon\b/s);
    }));

  it.each([
    ["without its sha256", (text: string) => sha256(text.slice(0, text.length / 2)), "not whole"],
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
      const text = withFile(live, config, (cfg) => cfg.replace("maxconn 4000", "maxconn 4001"));
      const { exitCode, stderr } = await apply(lab().lab, holder, text, live.sha);
      expect([exitCode, stderr]).toEqual([badInput, expect.stringContaining(`expected ${live.sha}`)]);
    }));

  it("another host's bundle changes nothing", () =>
    serves(async (holder) => {
      const { backup } = await roles(lab());
      const { text } = await liveBundle(lab().lab, backup);
      const { exitCode, stderr } = await apply(lab().lab, holder, text);
      expect([exitCode, stderr]).toEqual([
        badInput,
        expect.stringContaining(`for host "${backup}", this is "${holder}"`),
      ]);
    }));

  it("a bundle that passes every check and cannot serve is taken back, with haproxy's reason", () =>
    serves(async (holder) => {
      const port = 9998;
      const other = await occupy(lab().lab, holder, port);
      try {
        const live = await liveBundle(lab().lab, holder);
        const text = withFile(live, config, (cfg) =>
          cfg.replace(`bind :${lab().pair.haproxy.statsPort}`, `bind :${port}`),
        );
        const { exitCode, stdout } = await apply(lab().lab, holder, text);
        const outcome = JSON.parse(stdout);
        expect([exitCode, outcome.outcome]).toEqual([failed, "restored"]);
        expect(outcome.reason).toMatch(new RegExp(`cannot bind socket.*${port}`, "is"));
      } finally {
        await other.leave();
      }
    }));
}
