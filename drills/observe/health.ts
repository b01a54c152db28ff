import { messageOf } from "../../base/failure.ts";
import { EgressPage } from "../../contract/egressPage.ts";
import { exec } from "../../lab/machine/exec.ts";
import { vpcOf } from "../../lab/vpc/vpc.ts";
import { type DrilledPair, egressOf } from "../pair.ts";
import { agentPage, poolersUp, serverStates } from "./daemons.ts";
import { addressPage } from "./owners.ts";
import type { HolderWatch } from "./watchHolders.ts";

/** Why a pair cannot be drilled now, as a sentence; undefined for a healthy pair. */
export async function unhealthy(pair: DrilledPair, watch: HolderWatch): Promise<string | undefined> {
  const [holder, ...more] = watch.holders();
  if (holder === undefined) return `no node holds ${pair.vip.address}`;
  if (more.length > 0) return `${pair.vip.address} is held by ${[holder, ...more].join(" and ")}`;
  for (const node of pair.nodes) {
    const poolers = await poolersUp(pair.lab, node);
    const all = pair.pool.poolers.length;
    if (poolers < all) return `haproxy on ${node} sees ${poolers} of ${all} poolers up`;
  }
  for (const node of pair.nodes) {
    const wanted = node === holder ? "MASTER" : "BACKUP";
    const state = await vrrpState(pair.lab, node);
    if (state !== wanted) return `keepalived on ${node} is ${state}, not ${wanted}`;
  }
  return pair.ec2 && unhealthyEc2(pair, holder);
}

/** AWS and every agent must agree on the one owner of the address. */
async function unhealthyEc2(pair: DrilledPair, holder: string): Promise<string | undefined> {
  const { address } = pair.vip;
  const { owners, delivered, problems } = await vpcOf(pair.lab).state();
  if (problems.length > 0) return `the VPC has problems: ${problems.join("; ")}`;
  if (owners[address] !== holder || delivered[address] !== holder)
    return `${address} belongs to ${owners[address]} and reaches ${delivered[address]}, not ${holder}`;
  for (const node of pair.nodes) {
    const page = await addressPage(pair, node);
    if (page === undefined) return `no agent answers on ${node}`;
    const { mine, contested, problem } = page;
    if (mine !== (node === holder)) return `the agent on ${node} finds that the address is mine: ${mine}`;
    if (contested) return `the agent on ${node} finds the address contested`;
    if (problem !== null) return `the agent on ${node} has a problem: ${problem}`;
  }
  return undefined;
}

/** Why a pair's egress cannot be drilled now, as a sentence; undefined for a healthy egress. */
export async function unhealthyEgress(pair: DrilledPair): Promise<string | undefined> {
  const { backend, servers } = egressOf(pair);
  for (const node of pair.nodes) {
    const states = await serverStates(pair.lab, node, backend);
    const down = servers.find(({ name }) => states[name] !== "UP");
    if (down) return `haproxy on ${node} sees ${down.name} ${states[down.name] ?? "not at all"}`;
  }
  for (const node of pair.nodes) {
    const page = await agentPage(pair, node, "/egress");
    if (page === "") return `no agent answers on ${node}`;
    const measured = EgressPage.parse(JSON.parse(page)).groups.flatMap((group) => group.servers);
    const bad = measured.find(({ state }) => state !== "online");
    if (bad) return `the agent on ${node} finds ${bad.name} ${bad.state ?? "not measured yet"}`;
  }
  return undefined;
}

/**
 * The latest state in the log of the running keepalived, without those of earlier processes; or what is there in its
 * place, for whoever reads why a drill did not begin.
 */
const latestState = `
for unit in haproxy keepalived; do
  state=$(systemctl is-active "$unit") || {
    echo "without a state, since $unit is $state after $(systemctl show --property=NRestarts --value "$unit") restarts"
    exit
  }
done
invocation=$(systemctl show --property=InvocationID --value keepalived)
log() { journalctl --quiet --reverse --output=cat --lines=1 "$@" _SYSTEMD_INVOCATION_ID="$invocation"; }
state=$(log --grep='Entering .* STATE')
processes() { ps -C keepalived -o pid=,cls=,stat=,wchan=,etimes= | tr -s ' \\n' ' ;'; }
echo "\${state:-running without a state in its log, which ends with: $(log); its processes:$(processes)}"`;

/** `MASTER`, `BACKUP` or `FAULT`, or what a node has in place of a state. */
async function vrrpState(lab: string, node: string): Promise<string> {
  try {
    const { stdout } = await exec(lab, node, ["sh", "-c", latestState]);
    return /Entering (\w+) STATE/.exec(stdout)?.[1] ?? stdout.trim();
  } catch (error) {
    return `not known: ${messageOf(error)}`;
  }
}
