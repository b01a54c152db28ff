import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../cli/session/home.ts";
import { drilledPair } from "../../drills/pair.ts";
import { edgePair } from "../harness/edgePair.ts";
import { type TestStack, testStack } from "../harness/testStack.ts";
import { withPart } from "../unit/docs/pages.ts";
import { pairOutputs, startTarget, target } from "./edge/edgeLab.ts";
import { agent, domain, routesOf, targetUrl } from "./edge/routesLab.ts";
import { h2spec, sslyze, testssl } from "./suites/conformance.ts";
import { publicTools } from "./suites/publicTools.ts";
import { attacks, slowClients, slowUpload } from "./suites/slowClients.ts";
import type { Result, SuitesLab } from "./suites/suitesLab.ts";
import { webSockets } from "./suites/webSockets.ts";

/** Public suites that nobody here has written, against an edge on real daemons. Their results are a table in docs/edge.md. */
let stack: TestStack | undefined;
let stopTarget: (() => Promise<void>) | undefined;
let made: SuitesLab | undefined;
const results: Result[] = [];
const suites = 4 + attacks.length;

function lab(): SuitesLab {
  if (made === undefined) throw new Error("the edge is not up");
  return made;
}

/** Without the redirect to HTTPS: WebSockets come by HTTP too. */
const tls = { ...edgePair.edge.tls, redirect: false };

beforeAll(async () => {
  const tools = await publicTools();
  const edge = { ...edgePair.edge, tls };
  stack = await testStack("t-suites", {
    lab: { internet: undefined },
    pair: { ...edgePair, edge, egress: undefined },
  });
  const outputs = await pairOutputs(stack);
  const { edgeAuthority: ca = "", databaseUrl = "", vip: address } = outputs;
  made = { lab: stack.lab, host: `suites.${domain}`, address, port: 8443, ca, databaseUrl, tools };
  stopTarget = (await startTarget(stack.lab, "../suites/webSocketTargetProgram.ts")).stop;
  const pair = drilledPair(stack.topology, { pairs: { pg: outputs } });
  await routesOf({ stack, lab: stack.lab, outputs, pair }).addHttpRoute(agent, "suites", targetUrl);
});

afterAll(async () => {
  await stopTarget?.();
  await stack?.destroy();
});

describe("under the limits that an edge has by default", () => {
  it("h2spec finds HTTP/2 as its RFCs have it", async () => {
    results.push(await h2spec(lab()));
  });

  it("WebSockets say through the edge what they say straight to the target", async () => {
    results.push(await webSockets(lab(), target));
  });

  it.each(attacks)("slowhttptest's $name cost nobody else anything", async (attack) => {
    results.push(await slowClients(lab(), attack));
  });

  it("an upload over a slow line takes longer than a slow body may", async () => {
    expect(await slowUpload(lab())).toBe("200");
  });
});

describe("without limits of one address, which a scanner exceeds", () => {
  beforeAll(async () => {
    const limits = { connections: 10_000, connectionsIn10S: 100_000, errorsIn10S: 100_000 };
    await stack?.configure({
      lab: { internet: undefined },
      pair: { ...edgePair, edge: { ...edgePair.edge, tls, limits }, egress: undefined },
    });
  });

  it("sslyze finds the TLS that Mozilla recommends", async () => {
    results.push(await sslyze(lab()));
  });

  it("testssl finds nothing bad", async () => {
    results.push(await testssl(lab()));
  }, 600_000);
});

it("the results are in the page (vitest -u writes them)", async ({ skip }) => {
  if (results.length < suites) skip("not all suites have run");
  const path = join(root, "docs/edge.md");
  const lines = results.map(({ suite, result }) => `| ${suite} | ${result} |`);
  const table = ["| suite | result |", "| --- | --- |", ...lines].join("\n");
  await expect(withPart(readFileSync(path, "utf8"), "suites", table)).toMatchFileSnapshot(path);
});
