import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reportIn } from "../../cli/hosts/ask.ts";
import { EgressPage } from "../../contract/egressPage.ts";
import { HostilePeer } from "./faults/pageAnswer.ts";
import { faultOfRuntimeAnswer } from "./faults/runtimeAnswers.ts";
import { faultOfStatus } from "./faults/status.ts";
import { goodEgressPage, goodReport, hostReports, pageAnswers } from "./generators/pages.ts";
import { runtimeAnswers } from "./generators/runtimeAnswers.ts";
import { holds } from "./support/holds.ts";
import { seeds } from "./support/seeds.ts";

let peer: HostilePeer;
beforeAll(async () => {
  peer = await HostilePeer.start();
});
afterAll(() => peer?.stop());

test("the documents that are changed are good ones", () => {
  expect(EgressPage.parse(goodEgressPage)).toEqual(goodEgressPage);
  expect(
    reportIn({ stdout: JSON.stringify(goodReport), stderr: "", failure: undefined }).report,
  ).toBeDefined();
});

describe.each(seeds())("with the $kind seed $seed", ({ seed }) => {
  test("a peer's page that is none, or has no end, costs its deadline at most", async () => {
    await holds({ inputs: pageAnswers, fault: peer.faultOfAnswer, seed, count: 200 });
  });

  test("what a host says of itself is shown as a status, or in one line why it is unknown", async () => {
    await holds({ inputs: hostReports, fault: faultOfStatus, seed, count: 400 });
  });

  test("what is no answer of HAProxy's is refused as that", async () => {
    await holds({ inputs: runtimeAnswers, fault: faultOfRuntimeAnswer, seed, count: 400 });
  });
});
