import { expect, test } from "vitest";
import { act } from "../../../../agent/egress/act/actions.ts";
import { requestsTo } from "../../../../agent/egress/act/requests.ts";
import { groupOf } from "../election/electionFixtures.ts";
import { RecordedHaproxy } from "../haproxy/runtimeFixtures.ts";

function administrator(haproxy: RecordedHaproxy) {
  const client = {
    ask: async (command: string) => haproxy.answer(command),
    do: async (command: string) => void haproxy.answer(command),
  };
  return { runtime: client, master: client };
}

test.each([
  "",
  "close",
  "close main",
  "close main wg9",
  "close poolers pooler1",
  "close main wg1 now",
  "follow main wg1 drain",
  "follow main wg1 maint now",
  "follow main poolers/pooler1 maint",
  "show info",
  "close main wg1;disable frontend postgresql",
])("a request that names no server of an egress group sends haproxy nothing: %j", async (request) => {
  const haproxy = new RecordedHaproxy(["wg1"]);
  await expect(act(request, { groups: [groupOf(["wg1"])] }, administrator(haproxy))).rejects.toThrow();
  expect(haproxy.commands).toEqual([]);
});

test("maint is followed in the backend without checks alone", async () => {
  const haproxy = new RecordedHaproxy(["wg1"]);
  await act("follow main wg1 maint", { groups: [groupOf(["wg1"])] }, administrator(haproxy));
  expect(haproxy.commands).toEqual(["set server egress-main-unchecked/wg1 state maint"]);
});

test("a request that fails is not repeated at once: each one starts a program", async () => {
  let sent = 0;
  const requests = requestsTo({
    ask: async () => "",
    do: async () => {
      sent += 1;
      throw new Error("no action socket");
    },
  });
  for (let round = 0; round < 5; round += 1)
    await expect(requests.close("main", "wg1")).rejects.toThrow("no action socket");
  expect(sent).toBe(1);
});
