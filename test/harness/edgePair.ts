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
