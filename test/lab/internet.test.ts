import { execa } from "execa";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { formatSummary } from "../../cli/clients/summary.ts";
import { shippedStack } from "../../cli/config/stackConfig.ts";
import { hostStatuses } from "../../cli/hosts/ask.ts";
import { labOf } from "../../cli/targets/lab/target.ts";
import { crash, restart, restoreAll, slow, uplink } from "../../drills/proxies.ts";
import { kill } from "../../lab/faults/power.ts";
import { exec } from "../../lab/machine/exec.ts";
import { up } from "../../lab/machine/up.ts";
import { internetPorts } from "../../render/services/haproxyInternet.ts";
import type { LabProxy } from "../../topology/labInternet.ts";
import { type Answer, type LabInternet, labInternet } from "./internet/labInternet.ts";

let made: LabInternet | undefined;

beforeAll(async () => {
  made = await labInternet("t-internet");
});

afterEach(() => restoreAll(internet().lab));

afterAll(() => made?.stack.destroy());

function internet(): LabInternet {
  if (made === undefined) throw new Error("the lab's internet is not up");
  return made;
}

const socksPort = ({ address, port }: LabProxy) => `${address}:${port}`;
const site = (path: string) => `https://${internet().address}${path}`;

/** Requests the page that answers with the client's source address, through a proxy. */
const exitOf = (proxy: LabProxy): Promise<Answer> => internet().ask(site("/exit"), socksPort(proxy));

/** The proxy that a test breaks, and one that must stay unaffected. */
function twoProxies(): { readonly hurt: LabProxy; readonly other: LabProxy } {
  const [hurt, other] = internet().proxies;
  if (hurt === undefined || other === undefined) throw new Error("the lab has no two proxies");
  return { hurt, other };
}

/** Whether the port accepts connections. */
async function accepts({ address, port }: Pick<LabProxy, "address" | "port">): Promise<boolean> {
  const probe = `exec 3<>/dev/tcp/${address}/${port}`;
  return (await exec(internet().lab, "app", ["timeout", "1", "bash", "-c", probe])).exitCode === 0;
}

it("every proxy reaches each site with a valid certificate, from its own exit address", async () => {
  const { proxies, ask, address } = internet();
  for (const proxy of proxies) {
    for (const port of internetPorts) {
      const scheme = port === 80 ? "http" : "https";
      const answer = await ask(`${scheme}://${address}:${port}/exit`, socksPort(proxy));
      expect(answer).toMatchObject({ status: 0, text: proxy.address });
    }
  }
  expect(new Set(proxies.map((proxy) => proxy.address)).size).toBe(proxies.length);
});

it("a client that trusts another authority refuses the sites", async () => {
  const { proxies, ask } = internet();
  for (const proxy of proxies) {
    const answer = await ask(site("/"), socksPort(proxy), "--cacert", "/etc/ssl/certs/ca-certificates.crt");
    expect(answer.status).toBe(60);
  }
});

it("any path answers, also to HEAD, and without a proxy the source is the client's own address", async () => {
  const { ask, stack } = internet();
  expect(await ask(site("/any/path"))).toMatchObject({ status: 0, text: "hello" });
  expect((await ask(site("/"), undefined, "--head")).text).toMatch(/^HTTP\/\S+ 200/);
  expect(await ask(site("/exit"))).toMatchObject({ status: 0, text: labOf(stack.topology, "this test").app });
});

it("the trace says warp=on only through the last resort", async () => {
  for (const proxy of internet().proxies) {
    const { text } = await internet().ask(site("/cdn-cgi/trace"), socksPort(proxy));
    expect(text.split("\n")).toEqual([`ip=${proxy.address}`, `warp=${proxy.name === "warp" ? "on" : "off"}`]);
  }
});

it("a request through a cut uplink hangs while the SOCKS port answers, and the other proxies work", async () => {
  const { hurt, other } = twoProxies();
  for (const again of [1, 2]) {
    await uplink(internet().lab, hurt.name, "cut");
    expect(await exitOf(hurt), `cut ${again}×`).toMatchObject({ status: 28 });
  }
  expect(await accepts(hurt)).toBe(true);
  expect(await exitOf(other)).toMatchObject({ status: 0 });
  await uplink(internet().lab, hurt.name, "open");
  expect(await exitOf(hurt)).toMatchObject({ status: 0 });
});

it("a SOCKS port with a refused uplink answers and reports the refusal at once", async () => {
  const { hurt, other } = twoProxies();
  await uplink(internet().lab, hurt.name, "refused");
  const answer = await exitOf(hurt);
  expect(answer.status).toBe(97);
  expect(answer.ms).toBeLessThan(500);
  expect(await accepts(hurt)).toBe(true);
  expect(await exitOf(other)).toMatchObject({ status: 0 });
});

it("an uplink goes from cut to refused without opening in between", async () => {
  const { hurt } = twoProxies();
  await uplink(internet().lab, hurt.name, "cut");
  await uplink(internet().lab, hurt.name, "refused");
  expect(await exitOf(hurt)).toMatchObject({ status: 97 });
});

it("a slow exit adds the delay that was set, and is fast at once when it is removed", async () => {
  const { hurt, other } = twoProxies();
  for (const ms of [200, 600]) {
    await slow(internet().lab, hurt.name, ms);
    const answer = await exitOf(hurt);
    expect(answer).toMatchObject({ status: 0, text: hurt.address });
    expect(answer.ms).toBeGreaterThanOrEqual(ms);
    expect(answer.ms).toBeLessThan(ms + 400);
    expect((await exitOf(other)).ms).toBeLessThan(ms);
  }
  await slow(internet().lab, hurt.name, 0);
  expect((await exitOf(hurt)).ms).toBeLessThan(200);
});

it("a crashed proxy refuses connections until its unit starts it again", async () => {
  const { hurt, other } = twoProxies();
  await crash(internet().lab, hurt.name);
  expect(await exitOf(hurt)).toMatchObject({ status: 7 });
  expect(await exitOf(other)).toMatchObject({ status: 0 });
  await expect.poll(async () => (await exitOf(hurt)).status, { timeout: 10_000 }).toBe(0);
});

it("a crash does not restore an uplink, and a proxy answers as soon as its restart has ended", async () => {
  const { hurt } = twoProxies();
  await uplink(internet().lab, hurt.name, "refused");
  await crash(internet().lab, hurt.name);
  await restart(internet().lab, hurt.name);
  expect(await exitOf(hurt)).toMatchObject({ status: 97 });
});

it("one call restores all proxies, whatever their fault", async () => {
  const { lab, proxies } = internet();
  const [first, second, third] = proxies.map(({ name }) => name);
  if (first === undefined || second === undefined || third === undefined) throw new Error("no three proxies");
  await uplink(lab, first, "cut");
  await slow(lab, second, 1000);
  await crash(lab, third);
  await restoreAll(lab);
  for (const proxy of proxies) {
    const answer = await exitOf(proxy);
    expect(answer).toMatchObject({ status: 0, text: proxy.address });
    expect(answer.ms).toBeLessThan(500);
  }
});

it("only the sites and SSH are open on the machine", async () => {
  const { lab, address } = internet();
  const listening = await exec(lab, "internet", ["ss", "-Hltn"]);
  const ports = [...listening.stdout.matchAll(/:(\d+)\s/g)].map(([, port]) => Number(port));
  const open: number[] = [];
  for (const port of new Set([22, ...internetPorts, ...ports])) {
    if (await accepts({ address, port })) open.push(port);
  }
  expect(open).toEqual([22, ...internetPorts]);
});

it("the curl command in the summary of a start reaches the sites through the pair's SOCKS port", async () => {
  const { stack, proxies } = internet();
  const outputs = await stack.outputs();
  const summary = formatSummary(stack.home, shippedStack, outputs, await hostStatuses(outputs.ssh));
  const line = /SOCKS5 +(curl \S.*) \(main\)/.exec(summary)?.[1] ?? "";
  const shown = async () =>
    (await execa("sh", ["-c", `${line} --silent --max-time 2`], { reject: false })).stdout;
  const answers = proxies.map(({ address, warp }) => `ip=${address}\nwarp=${warp ? "on" : "off"}`);
  await expect.poll(shown, { timeout: 10_000 }).toBeOneOf(answers);
});

it("all proxies work again when the machine starts after a power cut", async () => {
  const { lab, proxies } = internet();
  kill(lab, "internet");
  await up(lab, "internet");
  for (const proxy of proxies) {
    await expect.poll(async () => (await exitOf(proxy)).text, { timeout: 20_000 }).toBe(proxy.address);
  }
});
