import * as z from "zod";
import { FixedRoute } from "../../contract/routes/route.ts";
import { tokenRoles } from "../../contract/routesConfig.ts";
import { AddressOrName, Certificates } from "./database.ts";
import { Cidr, Milliseconds, Name, Port } from "./fields.ts";

/** The routes of a pair: an API by which host names of its edge lead to targets while traffic runs. */

const Database = z
  .strictObject({
    address: AddressOrName.describe("its address or DNS name"),
    port: Port.default(5432).describe("its port"),
    name: z
      .string()
      .min(1)
      .max(63)
      .default("postgres")
      .describe("name of the database; its schema `hapair_routes` is the routes'"),
    user: z
      .string()
      .min(1)
      .max(63)
      .default("hapair_routes")
      .describe(
        "role that owns that schema, or may create it; its password is the secret `routes.PAIR.database`",
      ),
    tls: z
      .enum(["verify-full", "off"])
      .default("verify-full")
      .describe("`verify-full` checks its certificate and that this is for its address or name"),
    ca: z
      .optional(Certificates)
      .describe("certificate authority of its certificate, PEM; default the hosts' own store"),
  })
  .describe(
    "a PostgreSQL that exists already, reached without a pooler; without this section the routes are in the pair's own",
  );

const Breaker = z
  .strictObject({
    failures: z
      .int()
      .min(1)
      .max(1000)
      .default(5)
      .describe("failed changes in a row after which further ones are refused at once"),
    resetMs: Milliseconds.default(10_000).describe("time until one is tried again, ms"),
  })
  .describe("what happens while HAProxy or the database does not work");

const Token = z.strictObject({
  name: Name.describe("name of the token, as the audit shows it; another name makes another token"),
  role: z
    .enum(tokenRoles)
    .describe(
      "`read` sees routes and health, `routes` also changes routes, `admin` also restarts HAProxy with the administrator's key",
    ),
});

export const Routes = z
  .strictObject({
    port: Port.default(8407).describe(
      "port of the API, with TLS, on the virtual address and on each node; `firewall.admin` says who may reach it",
    ),
    database: z.optional(Database),
    require: z
      .enum(["reachable", "all"])
      .default("reachable")
      .describe(
        "`reachable`: a change is made while a node is down, which catches up later; `all`: it is refused then",
      ),
    peerDeadlineMs: Milliseconds.default(1000).describe("a change waits this long for the other nodes, ms"),
    allowedTargets: z
      .array(Cidr)
      .max(100)
      .default([])
      .describe(
        "networks in which a target may be although it is loopback, link-local or an address of the pair itself",
      ),
    deniedTargets: z
      .array(Cidr)
      .max(100)
      .default([])
      .describe("networks in which no target may be, whatever `allowedTargets` says"),
    tokens: z
      .array(Token)
      .min(1, "expected at least one token")
      .max(50)
      .default([{ name: "admin", role: "admin" }])
      .describe("who may use the API; the stack makes each, its output `routeTokens` has them"),
    serial: z.int().min(1).max(1_000_000).default(1).describe("another number renews the API's certificate"),
    drainS: z
      .int()
      .min(0)
      .max(86_400)
      .default(600)
      .describe(
        "a target that leaves a route with several gets no new requests; what is open on it then, as a WebSocket, may go on for this long, s",
      ),
    breaker: Breaker.prefault({}),
    fixed: z
      .array(FixedRoute)
      .max(500)
      .default([])
      .describe(
        "routes that the config has, beside those of the API, which cannot change them ([routes of the config](docs/routes.md#routes-of-the-config))",
      ),
    probePort: Port.default(8408).describe("port on each node's loopback where the agent tries a target out"),
  })
  .describe("routes of the edge that programs change while traffic runs");

export type Routes = z.output<typeof Routes>;
