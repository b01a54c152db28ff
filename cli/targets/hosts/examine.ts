import { messageOf } from "../../../base/failure.ts";
import { connectionsOf } from "../../../components/machines/hosts/connections.ts";
import { factProblems, type HostAnswers } from "../../../components/machines/hosts/factProblems.ts";
import type { HostAnswer } from "../../../components/machines/hosts/facts.ts";
import type { Connection } from "../../../contract/stackOutputs.ts";
import { clusterFolder } from "../../../render/services/postgresql.ts";
import { type Host, hostsOf } from "../../../topology/hosts.ts";
import { ConfigError } from "../../../topology/problem.ts";
import type { Target, Topology } from "../../../topology/topology.ts";
import { type Finding, later, unknown, wrong } from "../../doctor/finding.ts";
import { runOnHost } from "../../hosts/ask.ts";
import { answersAmong, askFacts, silentAmong } from "./ask.ts";
import { hostFindings } from "./hostFindings.ts";
import { lookCommand, parseLook } from "./look.ts";
import { placesOf } from "./places.ts";

/** Looks at machines that exist already, all at once, before a roll-out touches them. */
export async function examineHosts(target: Target<"hosts">, topology: Topology): Promise<readonly Finding[]> {
  const hosts = hostsOf(topology);
  let connections: Readonly<Record<string, Connection>>;
  try {
    connections = connectionsOf(target, hosts);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(wrong);
    throw error;
  }
  const asked = await askFacts(topology, hosts, connections);
  const answers = answersAmong(asked);
  const looks = hosts.map(async (host) => {
    const [answer, connection] = [answers[host.name], connections[host.name]];
    return answer && connection ? lookAt(host, answer, connection) : [];
  });
  return [
    ...silentAmong(asked).map(({ text, answered }) => (answered ? wrong : unknown)(text)),
    ...factProblems(topology, answers).map(wrong),
    ...(await Promise.all(looks)).flat(),
    ...leftToRollOut(topology, answers),
  ];
}

async function lookAt(host: Host, answer: HostAnswer, connection: Connection): Promise<readonly Finding[]> {
  const { command, stdin } = lookCommand(placesOf(host).map(({ at }) => at));
  const begunMs = Date.now();
  try {
    const { failure, stdout, stderr } = await runOnHost(connection, command, 30_000, stdin);
    if (failure) throw new Error(stderr.trim() || failure);
    return hostFindings(host, answer, { look: parseLook(stdout), begunMs, endedMs: Date.now() });
  } catch (error) {
    return [unknown(`${host.name}: does not say what it has: ${messageOf(error)}`)];
  }
}

/** What only a login to a database can tell. */
function leftToRollOut({ pairs }: Topology, answers: HostAnswers): readonly Finding[] {
  const clusters = Object.entries(answers).flatMap(([name, { own }]) =>
    `${clusterFolder}/pg_hba.conf` in own.files ? [name] : [],
  );
  const databases = [
    ...(pairs.some(({ pool }) => pool?.database.external) ? ["the external database's"] : []),
    ...(pairs.some(({ routes }) => routes?.database) ? ["the routes' database's"] : []),
  ];
  return [
    ...(clusters.length > 0
      ? [
          later(
            `${clusters.join(", ")}: data, roles and settings of the PostgreSQL that is there already are looked for by the roll-out once it has installed its packages, before it changes anything else`,
          ),
        ]
      : []),
    ...databases.map((whose) =>
      later(`${whose} certificate, role and password are tried by the roll-out, which proves them`),
    ),
  ];
}
