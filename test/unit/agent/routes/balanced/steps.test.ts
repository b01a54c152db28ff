import { describe, expect, test } from "vitest";
import { type RunningServer, stepsTo } from "../../../../../agent/routes/balanced/commands.ts";
import { wantedBackends } from "../../../../../agent/routes/balanced/servers.ts";
import type { RouteInput } from "../../../../../contract/routes/route.ts";
import { routeWith } from "../routeFixtures.ts";

const authorities = "/etc/ssl/certs/ca-certificates.crt";
const addresses: Readonly<Record<string, string>> = { "app.internal": "10.0.9.8" };
const addressOf = (host: string) => (/^\d/.test(host) ? host : (addresses[host] ?? null));
const wantedOf = (parts: Partial<RouteInput>) => {
  const route = routeWith({ host: "a.test", ...parts });
  return wantedBackends(new Map([["a.test", route]]), new Map([["a.test", 3]]), addressOf, authorities);
};
const serversOf = (parts: Partial<RouteInput>) => [...(wantedOf(parts).get(3)?.servers.values() ?? [])];
const two = [{ url: "http://10.0.9.5:3000", weight: 2 }, { url: "http://10.0.9.6" }];
const check = { path: "/health" };

/** The servers as HAProxy has them once the steps are done. */
const made = (parts: Partial<RouteInput>): RunningServer[] =>
  serversOf(parts).map(({ name, weight, limit, isChecked }) => ({
    ...{ backend: "edge-balanced3", name, weight, limit, isChecked },
    ...{ isLeaving: false, sessions: 0, sinceS: 0 },
  }));
const commands = (
  parts: Partial<RouteInput>,
  servers: readonly RunningServer[],
  checks: readonly (readonly [string, string])[] = [["edge-balanced3", "/health|a.test"]],
  drainS = 60,
) =>
  stepsTo(wantedOf(parts), { servers, checks: new Map(checks) }, drainS).map((step) =>
    step.do === "close" ? `close ${step.backend}/${step.server}` : step.command,
  );

describe("the servers of a route", () => {
  test("are its targets with weight, check and share of the limit", () => {
    expect(serversOf({ targets: two, options: { check, maxConnections: 10, queue: 5 } })).toMatchObject([
      {
        name: expect.stringMatching(/^10\.0\.9\.5:3000-[0-9a-f]{6}$/),
        keywords:
          "10.0.9.5:3000 check inter 2000ms fall 3 rise 2 observe layer7 error-limit 10 on-error mark-down",
        ...{ weight: 2, limit: 7, isChecked: true },
      },
      { weight: 1, limit: 4 },
    ]);
  });

  test("of https verify their certificate for the target's name, in checks too", () => {
    const targets = [{ url: "https://app.internal" }, { url: "https://10.0.9.6" }];
    expect(serversOf({ targets, options: { check } }).map(({ keywords }) => keywords)).toEqual([
      `10.0.9.8:443 ssl no-ssl-reuse verify required ca-file ${authorities} sni str(app.internal) check inter 2000ms fall 3 rise 2 observe layer7 error-limit 10 on-error mark-down check-ssl check-sni app.internal`,
      `10.0.9.6:443 ssl no-ssl-reuse verify required ca-file ${authorities} sni str(10.0.9.6) check inter 2000ms fall 3 rise 2 observe layer7 error-limit 10 on-error mark-down check-ssl check-sni 10.0.9.6`,
    ]);
    expect(serversOf({ targets, options: { verify: false } })[1]?.keywords).toBe(
      "10.0.9.6:443 ssl no-ssl-reuse verify none",
    );
  });

  test("leave out a target whose address is unknown, and add up two names of one address", () => {
    const targets = [
      { url: "http://app.internal", weight: 2 },
      { url: "http://10.0.9.8" },
      { url: "http://nowhere.internal" },
    ];
    expect(serversOf({ targets })).toMatchObject([{ keywords: "10.0.9.8:80", weight: 3 }]);
  });
});

describe("HAProxy is told", () => {
  test("to add what it lacks, with its check on, and then nothing more", () => {
    const [first, second] = made({ targets: two, options: { check } });
    expect(commands({ targets: two, options: { check } }, [])).toEqual([
      expect.stringMatching(`^add server edge-balanced3/${first?.name} 10.0.9.5:3000 check .* weight 2$`),
      `enable health edge-balanced3/${first?.name}`,
      `enable server edge-balanced3/${first?.name}`,
      expect.stringContaining(`add server edge-balanced3/${second?.name} 10.0.9.6:80`),
      `enable health edge-balanced3/${second?.name}`,
      `enable server edge-balanced3/${second?.name}`,
    ]);
    expect(
      commands({ targets: two, options: { check } }, made({ targets: two, options: { check } })),
    ).toEqual([]);
  });

  test("that a target which joins others gets requests after its first good checks", () => {
    const [first, second] = made({ targets: two, options: { check } });
    if (first === undefined) throw new Error("there are no servers");
    expect(commands({ targets: two, options: { check } }, [first])).toEqual([
      expect.stringMatching(/^add server .* weight 0$/),
      `enable health edge-balanced3/${second?.name}`,
      `enable server edge-balanced3/${second?.name}`,
      `set server edge-balanced3/${second?.name} health down`,
      `set server edge-balanced3/${second?.name} weight 1`,
    ]);
    const leaving = { ...first, isLeaving: true };
    expect(commands({ targets: two, options: { check } }, [leaving]).join("\n")).not.toContain("health down");
  });

  test("a new weight or limit of a server that is there", () => {
    const options = { maxConnections: 30, queue: 1 };
    const [name] = made({ targets: two }).map((one) => one.name);
    const heavier = two.map((one) => ({ ...one, weight: 1 }));
    expect(commands({ targets: heavier, options }, made({ targets: two, options }))).toEqual([
      `set server edge-balanced3/${name} weight 1`,
      `set maxconn server edge-balanced3/${name} 15`,
      expect.stringMatching(/^set maxconn server .* 15$/),
    ]);
  });

  test("to close a server that goes, to end what is open at the bound, and to delete it once nothing is", () => {
    const [stays, goes] = made({ targets: two });
    if (stays === undefined || goes === undefined) throw new Error("there are no servers");
    const targets = two.slice(0, 1);
    const told = (change: Partial<RunningServer>) => commands({ targets }, [stays, { ...goes, ...change }]);
    const place = `edge-balanced3/${goes.name}`;
    expect(told({ sessions: 4 })).toEqual([`disable server ${place}`]);
    expect(told({ sessions: 4, isLeaving: true, sinceS: 59 })).toEqual([]);
    expect(told({ sessions: 4, isLeaving: true, sinceS: 60 })).toEqual([`close ${place}`]);
    expect(told({ isLeaving: true, sinceS: 1 })).toEqual([`del server ${place}`]);
  });

  test("that a target is back which has not gone yet", () => {
    const servers = made({ targets: two }).map((one) => ({ ...one, isLeaving: true, sessions: 1 }));
    expect(commands({ targets: two }, servers)).toEqual(
      servers.map(({ name }) => `enable server edge-balanced3/${name}`),
    );
  });

  test("to check a server that it does not check although it should, before that gets requests again", () => {
    const parts = { targets: two.slice(0, 1), options: { check } };
    const [server] = made(parts);
    if (server === undefined) throw new Error("there is no server");
    const place = `edge-balanced3/${server.name}`;
    expect(commands(parts, [{ ...server, isChecked: false }])).toEqual([`enable health ${place}`]);
    expect(commands(parts, [{ ...server, isChecked: false, isLeaving: true }])).toEqual([
      `enable health ${place}`,
      `enable server ${place}`,
    ]);
  });

  test("what checks ask for, and as which host, where it does not know that", () => {
    const options = { check: { path: "/health?deep=1" }, hostHeader: "inner.test" };
    const servers = made({ targets: two, options });
    const asked = "virt@edge-checks edge-balanced3 /health?deep=1|inner.test";
    expect(commands({ targets: two, options }, servers)).toEqual([`set map ${asked}`]);
    expect(commands({ targets: two, options }, servers, [])).toEqual([`add map ${asked}`]);
    expect(commands({ targets: two }, made({ targets: two }), [])).toEqual([]);
  });
});
