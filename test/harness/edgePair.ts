/** What makes the tests' pair one with an edge and routes: keys of `pairs[]`. */
export const edgePair = {
  edge: {
    domains: ["apps.example.test"],
    deny: ["203.0.113.0/24"],
    tls: { names: ["shop.example.test"], redirect: true, hstsS: 31_536_000 },
  },
  routes: {
    // Targets in the lab are on the application server, which is no address of the pair.
    deniedTargets: ["10.0.9.0/24"],
    drainS: 15,
    tokens: [
      { name: "operator", role: "admin" },
      { name: "deployer", role: "routes" },
    ],
  },
} as const;

/** A service on the application server that names the nodes of a route, and its key. */
export const nodesService = {
  address: "10.0.1.10",
  port: 3290,
  apiKey: "key-of-the-service-0123456789abcdef",
} as const;

/** What makes it a pair that asks this service each second; its secrets are `updateSecrets`. */
export const updatingPair = {
  ...edgePair,
  edge: {
    ...edgePair.edge,
    updates: {
      url: `http://${nodesService.address}:${nodesService.port}/nodes`,
      ...{ host: "ws", intervalS: 1, timeoutMs: 800, confirmAfter: 6 },
      options: { check: { path: "/health", intervalMs: 200, fall: 2, rise: 2 } },
    },
  },
} as const;
export const updateSecrets = { updates: { pg: { apiKey: nodesService.apiKey } } };
