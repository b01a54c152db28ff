import * as z from "zod";
import { type Adapter, networkOf } from "./adapter.ts";

/** What `ip` of iproute2 says of this machine. */

const Routes = z.array(z.looseObject({ dev: z.optional(z.string()), metric: z.optional(z.int()) }));

const Links = z.array(
  z.looseObject({
    ifname: z.optional(z.string()),
    operstate: z.optional(z.string()),
    flags: z.optional(z.array(z.string())).default([]),
    addr_info: z
      .optional(
        z.array(
          z.looseObject({
            family: z.optional(z.string()),
            local: z.optional(z.string()),
            prefixlen: z.optional(z.int()),
          }),
        ),
      )
      .default([]),
  }),
);

/** The interface of the default route that the kernel prefers, in the output of `ip -j -4 route show default`. Pure. */
export function defaultRouteIn(json: string): string | undefined {
  const routes = Routes.parse(JSON.parse(json || "[]"));
  return routes.toSorted((one, other) => (one.metric ?? 0) - (other.metric ?? 0))[0]?.dev;
}

/** The addresses in the output of `ip -j -4 address show` by which others reach this machine, each with its network. Pure. */
export function addressesIn(
  json: string,
): readonly { readonly device: string; readonly address: string; readonly network: string }[] {
  return Links.parse(JSON.parse(json || "[]")).flatMap(({ ifname: device, flags, addr_info }) =>
    addr_info.flatMap(({ local: address = "", prefixlen = 32 }) => {
      const network = networkOf(address, prefixlen);
      if (device === undefined || network === undefined || flags.includes("LOOPBACK")) return [];
      return [{ device, address, network }];
    }),
  );
}

/** The bridges in the output of `ip -j -4 address show type bridge`. Pure. */
export function bridgesIn(json: string): readonly Adapter[] {
  // Of a link that is filtered out, ip prints an empty object.
  return Links.parse(JSON.parse(json || "[]")).flatMap(({ ifname, operstate, addr_info }): Adapter[] => {
    if (ifname === undefined) return [];
    const own = addr_info.find(({ family }) => family === "inet");
    return [
      {
        name: ifname,
        network: own && networkOf(own.local ?? "", own.prefixlen ?? 32),
        state: operstate === "UP" ? "up" : operstate === "DOWN" ? "down" : "unknown",
        wireless: false,
      },
    ];
  });
}
