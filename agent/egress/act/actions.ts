import type { EgressConfig, EgressGroupConfig } from "../../../contract/egressConfig.ts";
import type { RuntimeClient } from "../../haproxy/runtime.ts";
import { setServerState } from "../../haproxy/servers.ts";
import { closeEverywhere } from "../../haproxy/sessions.ts";

/**
 * What the daemon may have done with rights that it lacks: commands that HAProxy allows to its administrator only. A
 * request names a group and one of its servers; what HAProxy gets is made of the names in root's config.
 */

/** haproxy's sockets, as an administrator. */
export interface Administrator {
  readonly runtime: RuntimeClient;
  readonly master: RuntimeClient;
}

/** Both backends of a group; the second has no checks. */
export function backendsOf({ backend }: Pick<EgressGroupConfig, "backend">): readonly [string, string] {
  return [backend, `${backend}-unchecked`];
}

/** Does what a request asks for. Rejects with a RuntimeError, or with an Error for a request that is none. */
export async function act(
  request: string,
  { groups }: Pick<EgressConfig, "groups">,
  administrator: Administrator,
): Promise<void> {
  const [verb, name, server, state, ...more] = request.split(" ");
  const group = groups.find((group) => group.name === name);
  const known = group?.servers.find((one) => one.name === server);
  if (!group || !known || more.length > 0) throw new Error("no such request");
  const backends = backendsOf(group);
  if (verb === "close" && state === undefined) {
    await closeEverywhere(known.name, backends, administrator);
  } else if (verb === "follow" && (state === "maint" || state === "ready")) {
    await setServerState(administrator.runtime, `${backends[1]}/${known.name}`, state);
  } else throw new Error("no such request");
}
