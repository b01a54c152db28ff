import { isAddress, notOfHost, subnet } from "../ip.ts";
import { formatPath, type Problem } from "../problem.ts";
import { allProxies, type Claim, type Config, groupsOf, itemsOf, type Path, pairs } from "./draft.ts";
import { addressClaims, ofOneHost } from "./hosts.ts";
import type { Rule } from "./rule.ts";

/** Where the hosts send packets outside the pairs: the log server, egress proxies, and the pages behind them. */
export const destinationRules: readonly Rule[] = [
  otherHosts,
  (config) => pages(config).flatMap((page) => [...reachable(page)]),
];

/** Addresses of other hosts: `insideNetwork` checks those that the pairs and the target claim. */
function* otherHosts(config: Config): Iterable<Problem> {
  const range = subnet(config.network?.cidr);
  if (range === undefined) return;
  const checked = new Set(addressClaims(config).map(({ path }) => formatPath(path)));
  const others: Claim<string>[] = [
    { value: config.syslog?.address, path: ["syslog", "address"] },
    ...pairs(config)
      .flatMap(({ pair, path }) => allProxies(pair, path))
      .map(({ proxy, path }) => ({ value: proxy.address, path: [...path, "address"] })),
  ];
  for (const claim of others) if (!checked.has(formatPath(claim.path))) yield* ofOneHost(range, claim);
}

interface Page {
  readonly url: URL;
  readonly path: Path;
}

/** The pages that are requested through the proxies of all groups. */
function pages(config: Config): readonly Page[] {
  return pairs(config)
    .flatMap(({ pair, path }) => groupsOf(pair, path))
    .flatMap(({ group, path }) => [
      ...itemsOf(group.targets, [...path, "targets"]),
      { item: group.warpTrace, path: [...path, "warpTrace"] },
    ])
    .flatMap(({ item, path }) =>
      item !== undefined && URL.canParse(item) ? [{ url: new URL(item), path }] : [],
    );
}

/** What servers and clients are asked to support at least (RFC 9110, 4.1); haproxy sends a check from one 16 kB buffer. */
const longestUrl = 8000;
/** RFC 1035, 2.3.4. */
const longest = { name: 253, label: 63 };

function* reachable({ url, path }: Page): Iterable<Problem> {
  const { username, password, hostname, port, href } = url;
  if (username !== "" || password !== "")
    yield { path, message: "has a user or password in its address: choose a page that asks for none" };
  if (href.length > longestUrl)
    yield {
      path,
      message: `has ${href.length} characters: choose a page with an address of at most ${longestUrl}`,
    };
  if (port === "0") yield { path, message: "has the port 0: choose one from 1 to 65535, or leave it out" };
  if (hostname.startsWith("["))
    yield { path, message: `${hostname} is an IPv6 address: use a name or an IPv4 address` };
  else if (isAddress(hostname)) {
    const reason = notOfHost(hostname);
    if (reason !== undefined)
      yield { path, message: `${hostname} is ${reason}: choose the address of a host` };
  } else if (hostname.length > longest.name) {
    yield { path, message: `has a host name longer than ${longest.name} characters` };
  } else if (hostname.split(".").some((label) => label.length > longest.label)) {
    yield {
      path,
      message: `has a part of its host name longer than ${longest.label} characters: correct the name`,
    };
  }
}
