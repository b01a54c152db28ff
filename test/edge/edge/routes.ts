import { writeFileSync } from "node:fs";
import { Agent } from "node:https";
import { join } from "node:path";
import { expect, it } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { userCommands } from "../../harness/userCommands.ts";
import { must } from "../../lab/hosts/onHost.ts";
import { get, nodes } from "./edgeLab.ts";
import {
  access,
  agent,
  both,
  domain,
  listOn,
  type RoutesLab,
  routesOf,
  statusOnBoth,
  targetUrl,
} from "./routesLab.ts";

/** The node that was asked is the first. */
const onBoth = expect.arrayContaining(both);

/** Routes as programs, users and operators change them, on a pair where all works. */
export function routeTests(lab: () => RoutesLab): void {
  it("a route is on disk and served by both nodes when the client's call returns, until it is removed", async () => {
    const routes = routesOf(lab());
    for (let round = 0; round < 5; round += 1) {
      const added = await routes.addHttpRoute(agent, "made", targetUrl);
      expect([added.appliedOn.toSorted(), added.pendingOn]).toEqual([both, []]);
      expect(await statusOnBoth(lab(), "made")).toEqual(["200", "200"]);
      for (const node of nodes) expect(await listOn(lab(), node)).toContain(`made.${domain}`);
      const removed = await routes.removeHttpRoute(agent, "made");
      expect(removed.appliedOn.toSorted()).toEqual(both);
      expect(await statusOnBoth(lab(), "made")).toEqual(["404", "404"]);
    }
  });

  it("curl's way takes the token, and no other one", async () => {
    const { inside } = access(lab());
    const ca = join(lab().stack.home.folder, "routes-authority.pem");
    writeFileSync(ca, inside.ca);
    const put = async (token: string) => {
      const { stdout } = await exec(
        lab().lab,
        "app",
        [
          ...[
            "curl",
            "--silent",
            "--cacert",
            ca,
            "--config",
            "-",
            "-X",
            "PUT",
            "--write-out",
            "%{http_code}",
          ],
          ...["-d", JSON.stringify({ agent, target: targetUrl }), `${inside.url}/api/routes/curled`],
        ],
        `header = "Authorization: Bearer ${token}"\n`,
      );
      const [body = "", status] = stdout.trim().split("\n");
      return { ...JSON.parse(body), status };
    };
    expect(await put(inside.token)).toMatchObject({ status: "200", appliedOn: onBoth });
    expect(await put(`${inside.token}x`)).toMatchObject({ status: "401", code: "bad-token" });
    expect(await statusOnBoth(lab(), "curled")).toEqual(["200", "200"]);
  });

  it("a change that may not be is refused with its reason, and changes nothing", async () => {
    const routes = routesOf(lab());
    await routes.addHttpRoute(agent, "held", targetUrl);
    const before = await routes.listRoutes();
    const refused = async (work: Promise<unknown>) =>
      work.then(
        () => "accepted",
        ({ code, status }) => `${status} ${code}`,
      );
    expect({
      "another agent": await refused(routes.addHttpRoute("other", "held", targetUrl)),
      "another agent's removal": await refused(routes.removeHttpRoute("other", "held")),
      loopback: await refused(routes.addHttpRoute(agent, "bad", "http://127.0.0.1:8404")),
      metadata: await refused(routes.addHttpRoute(agent, "bad", "http://169.254.169.254")),
      "the pair's own": await refused(routes.addHttpRoute(agent, "bad", "http://10.0.1.30:5432")),
      "a denied network": await refused(routes.addHttpRoute(agent, "bad", "http://10.0.9.7")),
      "half good": await refused(
        routes.transaction([
          { do: "put", route: { host: "good", agent, target: targetUrl } },
          { do: "put", route: { host: "bad", agent, target: "http://10.0.9.7" } },
        ]),
      ),
      "a version that has passed": await refused(
        routes.addHttpRoute(agent, "bad", targetUrl, {}, { ifVersion: before.version - 1 }),
      ),
      "a target that refuses": await refused(
        routes.addHttpRoute(agent, "bad", "http://10.0.1.10:3999", {}, { probe: true }),
      ),
      "an unknown option": await refused(routes.addHttpRoute(agent, "bad", targetUrl, { lane: 1 } as object)),
    }).toEqual({
      "another agent": "409 taken",
      "another agent's removal": "409 taken",
      loopback: "403 forbidden-target",
      metadata: "403 forbidden-target",
      "the pair's own": "403 forbidden-target",
      "a denied network": "403 forbidden-target",
      "half good": "403 forbidden-target",
      "a version that has passed": "412 changed",
      "a target that refuses": "422 probe-failed",
      "an unknown option": "400 bad-request",
    });
    expect(await routes.listRoutes()).toEqual(before);
  });

  it("a dry run answers what would change, and changes nothing", async () => {
    const routes = routesOf(lab());
    const before = await routes.listRoutes();
    const { changes, appliedOn } = await routes.addHttpRoute(agent, "dry", targetUrl, {}, { dryRun: true });
    expect([changes.map(({ host }) => host), appliedOn]).toEqual([[`dry.${domain}`], []]);
    expect(await routes.listRoutes()).toEqual(before);
    expect(await statusOnBoth(lab(), "dry")).toEqual(["404", "404"]);
  });

  it("a client never sees half of a transaction of 200", async () => {
    const routes = routesOf(lab());
    const hosts = Array.from({ length: 200 }, (_, index) => `many${index}`);
    const change = (host: string) => ({ do: "put" as const, route: { host, agent, target: targetUrl } });
    const { outputs } = lab();
    const { https = "" } = outputs.reach?.edge ?? {};
    const keeping = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = async (host: string) =>
      (await get(https, `${host}.${domain}`, { ca: outputs.edgeAuthority ?? "", agent: keeping })).status;
    let isOver = false;
    const seen: string[] = [];
    // One that is there is followed by none that is not.
    const watching = (async () => {
      while (!isOver) seen.push([await ask("many199"), await ask("many0"), await ask("many100")].join(" "));
    })();
    await expect.poll(() => seen, { interval: 5 }).toContain("404 404 404");
    const { appliedOn } = await routes.transaction(hosts.map(change));
    expect(appliedOn.toSorted()).toEqual(both);
    await expect.poll(() => seen, { interval: 5 }).toContain("200 200 200");
    isOver = true;
    await watching;
    keeping.destroy();
    expect(seen.filter((line) => /200.*404/.test(line))).toEqual([]);
    expect(await statusOnBoth(lab(), "many57")).toEqual(["200", "200"]);
    const removed = hosts.map((host) => ({ do: "remove" as const, host, agent }));
    expect((await routes.transaction(removed)).appliedOn.toSorted()).toEqual(both);
    expect(await statusOnBoth(lab(), "many57")).toEqual(["404", "404"]);
  });

  it("a removal lets a request that runs end", async () => {
    const routes = routesOf(lab());
    await routes.addHttpRoute(agent, "slow", targetUrl);
    const { outputs } = lab();
    const slow = get(`${outputs.reach?.edge?.https}/slow`, `slow.${domain}`, {
      ca: outputs.edgeAuthority ?? "",
    });
    const running = async () =>
      (await must(lab().lab, "app", ["ss", "-Htn", "state", "established", "sport = :3000"])).stdout !== "";
    await expect.poll(running, { timeout: 1000, interval: 20 }).toBe(true);
    await routes.removeHttpRoute(agent, "slow");
    expect(await statusOnBoth(lab(), "slow")).toEqual(["404", "404"]);
    expect((await slow).status).toBe(200);
  });

  it("an operator and a node's root have the same by command", async () => {
    const run = userCommands(lab().stack);
    const operator = async (...words: readonly string[]) => {
      const { exitCode, stdout, stderr } = await run("route", ...words, "--json").ended;
      if (exitCode !== 0) throw new Error(stderr);
      return JSON.parse(stdout);
    };
    const root = async (...words: readonly string[]) =>
      JSON.parse((await must(lab().lab, nodes[1], ["hapair", "route", ...words, "--json"])).stdout);
    expect(await operator("add", "typed", targetUrl, "--agent", agent)).toMatchObject({ appliedOn: onBoth });
    expect(await root("list", "--agent", agent)).toEqual(await operator("list", "--agent", agent));
    expect(await root("show", "typed")).toMatchObject({ target: targetUrl });
    expect(await root("remove", "typed", "--agent", agent)).toMatchObject({ appliedOn: onBoth });
    await expect(operator("show", "typed")).rejects.toThrow(/nothing of this name/);
  });

  it("each change has a line in the journal that says who has made it, and no token", async () => {
    const { version } = await routesOf(lab(), "deployer").addHttpRoute(agent, "told", targetUrl);
    const lines = async () =>
      Promise.all(
        nodes.map(
          async (node) => (await must(lab().lab, node, ["journalctl", "-u", "hapair", "-o", "cat"])).stdout,
        ),
      ).then((texts) => texts.join("\n"));
    const wanted = new RegExp(
      `route told to ${targetUrl}: made as ${version} on .* event=audit who=deployer `,
    );
    await expect.poll(lines, { timeout: 5000 }).toMatch(wanted);
    const text = await lines();
    for (const token of Object.values(lab().outputs.routeTokens ?? {}))
      expect(text.includes(token)).toBe(false);
  });
}
