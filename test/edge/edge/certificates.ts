import { expect, it } from "vitest";
import { startEdgeSessions } from "../../../drills/clients/edge/sessions.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { type Signed, signed } from "../../harness/certificates.ts";
import { edgePair } from "../../harness/edgePair.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { nodes, runtime } from "./edgeLab.ts";
import { followEvents } from "./events.ts";
import { agent, domain, type RoutesLab, routesOf, targetUrl } from "./routesLab.ts";

/** Certificates of the edge that are renewed while clients go on. */

const label = "renewed";
const folder = "/etc/letsencrypt/live/edge";
/** For a pair's clients that all have one address. */
export const manyConnections = { connections: 2000, connectionsIn10S: 100_000, requestsIn10S: 1_000_000 };

/** 100 new connections a second, 20 kept ones, and 50 WebSockets. */
async function startSessions({ lab }: RoutesLab, ca: string) {
  const size = { newEveryMs: 10, kept: 20, webSockets: 50, everyMs: 250, deadlineMs: 5000 };
  const at = { address: "10.0.1.100", port: 8443, host: `${label}.${domain}`, sources: [] };
  const sessions = await startEdgeSessions(lab, { ...at, ca, ...size });
  return {
    ...sessions,
    /** Waits until so many more new connections have ended. */
    more: async (count: number) => {
      const before = sessions.count();
      await expect.poll(sessions.count, { timeout: 20_000 }).toBeGreaterThanOrEqual(before + count);
    },
  };
}

/** Serial number of the certificate that a node's own edge shows. */
const shows = `require("tls").connect({ host: "127.0.0.1", port: 8443, rejectUnauthorized: false }, function () {
  console.log(this.getPeerCertificate().serialNumber);
  this.destroy();
});`;

export function certificateTests(lab: () => RoutesLab): void {
  const onBoth = async (read: (node: string) => Promise<string>) => Promise.all(nodes.map(read));
  const shown = () =>
    onBoth(async (node) => (await must(lab().lab, node, ["node", "-e", shows])).stdout.trim());
  const workers = () =>
    onBoth(async (node) => /^Pid: (\d+)$/m.exec(await runtime(lab().lab, node, "show info"))?.[1] ?? "none");
  const configure = (tls: object) =>
    lab().stack.configure({
      lab: { internet: undefined },
      pair: {
        ...edgePair,
        edge: { ...edgePair.edge, limits: manyConnections, tls: { ...edgePair.edge.tls, ...tls } },
        egress: undefined,
      },
    });
  const metric = async (node: string, name: string) => {
    const { stdout } = await must(lab().lab, node, ["curl", "--silent", "http://127.0.0.1:8405/metrics"]);
    return new RegExp(`^hapair_edge_certificate_${name} (\\S+)$`, "m").exec(stdout)?.[1];
  };

  /** What clients notice of a renewal; resolves to the serial numbers before and after it. */
  async function renewal(ca: string, renew: () => Promise<unknown>) {
    await routesOf(lab()).addHttpRoute(agent, label, targetUrl);
    const sessions = await startSessions(lab(), ca);
    const [before, pids] = [await shown(), await workers()];
    try {
      await sessions.more(200);
      await renew();
      await expect.poll(shown, { timeout: 20_000 }).not.toContain(before[0]);
      await sessions.more(200);
    } finally {
      await sessions.stop();
    }
    expect(sessions.problems()).toEqual([]);
    expect(await workers()).toEqual(pids);
    const after = await shown();
    expect(new Set(after).size).toBe(1);
    expect(sessions.serials()).toEqual([before[0], after[0]]);
  }

  it("a certificate that the stack renews is shown by both nodes: no connection fails, none is closed, HAProxy is not reloaded", async () => {
    await renewal(lab().outputs.edgeAuthority ?? "", () => configure({ serial: 2 }));
  }, 240_000);

  it("one that certbot renews in a folder of the nodes is shown in the same way, and a bad one is not", async () => {
    const root = signed("root of the tests");
    const make = () => signed("edge", root, `DNS:*.${domain},DNS:shop.example.test`);
    const bad: Signed = { ...make(), key: make().key };
    let version = 0;
    /** certbot's way: new files in `archive`, then the links in `live`, one after the other. */
    const put = ({ certificate, key }: Signed) => {
      version += 1;
      const script = `set -e
        live=${folder} archive=/etc/letsencrypt/archive/edge
        mkdir -p $live $archive && chmod 700 $live $archive
        cat > $archive/fullchain${version}.pem && cat $archive/fullchain${version}.pem > $archive/privkey${version}.pem
        for kind in privkey fullchain; do
          rm -f $live/$kind.pem
          ln -s ../../archive/edge/"$kind"${version}.pem $live/$kind.pem
        done`;
      return Promise.all(
        nodes.map((node) => must(lab().lab, node, ["sh", "-c", script], `${certificate}${key}`)),
      );
    };
    const refused = () => onBoth(async (node) => (await metric(node, "refused")) ?? "none");

    await put(make());
    await configure({ certificate: "folder", folder });
    await renewal(root.certificate, () => put(make()));
    const end = Number(await metric(nodes[0], "end_seconds"));
    expect(end * 1000).toBeGreaterThan(Date.now() + 300 * 86_400_000);

    const good = await shown();
    const following = await followEvents(lab(), nodes[0]);
    const told = () => following.of("certificate").map(({ problem }) => problem);
    await put(bad);
    await expect.poll(refused, { timeout: 20_000 }).toEqual(["1", "1"]);
    await expect
      .poll(told, { timeout: 5000 })
      .toEqual([expect.stringMatching(/privkey\.pem: belongs to another/)]);
    const status = await exec(lab().lab, nodes[1], ["hapair", "status"]);
    expect(status.stdout).toMatch(
      /warning .*goes on with its old certificate.*privkey\.pem: belongs to another/,
    );
    // HAProxy starts with the last good one.
    await must(lab().lab, nodes[1], ["systemctl", "restart", "haproxy"]);
    expect(await shown()).toEqual(good);
    await put(make());
    await expect.poll(refused, { timeout: 20_000 }).toEqual(["0", "0"]);
    await expect.poll(shown, { timeout: 20_000 }).not.toContain(good[0]);
    await expect.poll(() => told().slice(1), { timeout: 5000 }).toEqual([null]);
    await following.stop();
    await configure({});
  }, 240_000);
}
