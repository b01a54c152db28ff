import { join } from "node:path";
import { expect, test } from "vitest";
import { overChannel } from "../../../vagrant/machine/channel.ts";
import { standIns } from "./standIns.ts";

const channel = {
  machine: "haproxy1",
  host: "127.0.0.1",
  port: 2222,
  user: "vagrant",
  identityFile: "/nowhere",
};
const pace = { patienceMs: 2000, everyMs: 10 };

/** An ssh that fails with these words before it lets in. */
function sshAfter(times: number, words: string) {
  const programs = standIns();
  const asked = join(programs.folder, "asked");
  programs.put(
    "ssh",
    `echo asked >>'${asked}'
echo ssh >>"$log"
[ $(wc -l <'${asked}') -gt ${times} ] || { echo '${words}' >&2; exit 255; }
echo there`,
  );
  return programs;
}

test("a machine whose sshd lets nobody in for a while is asked again", async () => {
  const { calls } = sshAfter(3, "kex_exchange_identification: Connection closed by remote host");
  expect(await overChannel(channel, "true", pace)).toBe("there");
  expect(calls()).toHaveLength(4);
});

test("one that lets nobody in for longer is an error with ssh's own words", async () => {
  sshAfter(1000, "kex_exchange_identification: Connection closed by remote host");
  const asking = overChannel(channel, "true", { patienceMs: 100, everyMs: 10 });
  await expect(asking).rejects.toThrow(
    "haproxy1: over Vagrant's own SSH (127.0.0.1:2222): kex_exchange_identification: Connection closed",
  );
});

test("one that refuses the key is not asked again", async () => {
  const { calls } = sshAfter(1000, "vagrant@127.0.0.1: Permission denied (publickey).");
  await expect(overChannel(channel, "true", pace)).rejects.toThrow("Permission denied");
  expect(calls()).toHaveLength(1);
});
