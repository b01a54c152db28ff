import { shellWord } from "../../base/commands.ts";
import type { InternetOutputs, PairOutputs, StackOutputs } from "../../contract/stackOutputs.ts";
import type { HostStatus } from "../hosts/ask.ts";
import { formatHolding, holdingOf } from "../hosts/holding.ts";
import type { Home } from "../session/home.ts";
import { results as pc } from "../session/output.ts";
import { clientFile, loginLine, psqlAccess } from "./clientFiles.ts";

/** After a start: who holds the address, where this machine reaches each part, what to try next. */
export function formatSummary(
  home: Home,
  stack: string,
  { pairs, ssh, internet }: StackOutputs,
  hosts: readonly HostStatus[],
): string {
  return [
    ...Object.entries(pairs).flatMap(([name, pair]) => {
      const { vip, endpoints, statsUser, statsPassword, reach } = pair;
      const holding = holdingOf(hosts.filter(({ host }) => host in endpoints));
      return [
        `${pc.bold(name)}: ${vip} ${formatHolding(holding)}`,
        ...(reach?.databaseUrl
          ? [`  PostgreSQL  ${psqlLine(home, { stack, name }, reach.databaseUrl)}`]
          : []),
        ...(reach?.sessionUrl
          ? [`  sessions    ${psqlLine(home, { stack, name: `${name}.sessions` }, reach.sessionUrl)}`]
          : []),
        ...Object.entries(reach?.socks ?? {}).map(
          ([group, address]) => `  SOCKS5      ${curlLine(home, stack, address, internet)} (${group})`,
        ),
        ...edgeLines(home, { stack, name }, pair),
        ...(reach
          ? [
              `  stats       ${reach.stats} (user ${statsUser}, password in ${clientFile(home, stack, `${name}.stats`, `${statsPassword}\n`)})`,
            ]
          : []),
      ];
    }),
    `${pc.bold("hosts")}: ${Object.keys(ssh).join(", ")}`,
    `  SSH         ${loginLine(home, stack, ssh)}`,
    "try next:",
    "  npm run -s psql -- -Atc 'select 1'    ask PostgreSQL through the pair",
    "  npm run status                        holder, daemons, servers, pool",
    "  npm run drill -- host-loss            kill the holder and measure what a client sees",
    "  npm run destroy                       remove everything",
  ].join("\n");
}

/** Works as printed: where a lab's machine plays the internet, it trusts that machine's certificate. */
function curlLine(home: Home, stack: string, address: string, internet: InternetOutputs | undefined): string {
  const curl = `curl --proxy socks5h://${address}`;
  if (internet === undefined) return `${curl} https://1.1.1.1/cdn-cgi/trace`;
  const file = clientFile(home, stack, "internet.pem", internet.certificate);
  return `${curl} --cacert ${shellWord(file)} https://${internet.address}/cdn-cgi/trace`;
}

/** Works as printed: a certificate that the stack has made is checked by its authority. */
function edgeLines(
  home: Home,
  { stack, name }: { readonly stack: string; readonly name: string },
  { reach, edgeAuthority, routesAuthority }: PairOutputs,
): readonly string[] {
  const trusting = (authority: string | undefined, part: string) =>
    authority ? ` --cacert ${shellWord(clientFile(home, stack, `${name}.${part}.pem`, authority))}` : "";
  const api = `curl${trusting(routesAuthority, "routes")} ${reach?.routesUrl}/api/health/system`;
  return [
    ...(reach?.edge
      ? [`  edge        curl${trusting(edgeAuthority, "edge")} ${reach.edge.https}/healthz`]
      : []),
    ...(reach?.routesUrl === undefined ? [] : [`  routes      ${api}`]),
  ];
}

/** Works as printed, and contains no password. */
function psqlLine(home: Home, of: Parameters<typeof psqlAccess>[1], databaseUrl: string): string {
  const { url, passFile } = psqlAccess(home, of, databaseUrl);
  return `PGPASSFILE=${shellWord(passFile)} psql ${url} -c 'select 1'`;
}
