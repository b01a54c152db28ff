import { readFileSync } from "node:fs";
import { join } from "node:path";
import { shellWord } from "../../base/commands.ts";
import { machineData } from "../../base/vagrantFiles.ts";
import { type Channel, overChannel } from "./channel.ts";

/**
 * Gives a machine SSH host keys of its own, once. A box may bring keys that everybody has who has the box: a pinned one
 * would tell no machine from another. A machine that is made from a copy of this one gets new ones too.
 * @throws Failure where its SSH does not come back with them
 */
export async function makeHostKeys(channel: Channel, provider: string): Promise<void> {
  const id = readFileSync(join(machineData(channel.machine, provider), "id"), "utf8").trim();
  await overChannel(channel, `sudo sh -euc ${shellWord(script)} sh ${shellWord(id)} /etc/ssh`);
}

/** With the arguments ID, the provider's for the machine, and FOLDER of the keys. The ID is written down last: what was interrupted is done again. */
const script = `
mark="$2/host-keys-made-for"
[ "$(cat "$mark" 2>/dev/null)" != "$1" ] || exit 0
new=$(mktemp -d "$2/new-keys.XXXXXX")
mkdir -p "$new/etc/ssh"
ssh-keygen -q -A -f "$new"
mv "$new"/etc/ssh/ssh_host_* "$2"
rm -r "$new"
systemctl try-restart ssh.service
echo "$1" >"$mark"`;
