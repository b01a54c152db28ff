import { exec } from "../../../lab/exec.ts";

/** The last word of the running keepalived about its instance; systemd forgets what an earlier one said. */
const lastWord = `
systemctl is-active --quiet haproxy && systemctl is-active --quiet keepalived || exit 1
invocation=$(systemctl show --property=InvocationID --value keepalived)
exec journalctl --quiet --reverse --output=cat --lines=1 --grep='Entering .* STATE' _SYSTEMD_INVOCATION_ID="$invocation"`;

/** `MASTER`, `BACKUP` or `FAULT`; undefined where the node's haproxy or keepalived does not run (yet). */
export async function vrrpState(lab: string, node: string): Promise<string | undefined> {
  try {
    const { stdout } = await exec(lab, node, ["sh", "-c", lastWord]);
    return /Entering (\w+) STATE/.exec(stdout)?.[1];
  } catch {
    // Not a running machine.
    return undefined;
  }
}
