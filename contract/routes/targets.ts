/**
 * Networks that no target is in unless the config allows it, and what is there: whoever may set a route could otherwise
 * reach it through the pair (RFC 6890). HAProxy's configuration refuses them as the agent does.
 */
export const forbiddenTargets: Readonly<Record<string, string>> = {
  "0.0.0.0/8": "no address of a host",
  "127.0.0.0/8": "the node itself (loopback)",
  "169.254.0.0/16": "link-local, where clouds have the credentials of a machine",
  // Outside of link-local: Alibaba's metadata, and Azure's channel to the host of a machine.
  "100.100.100.200/32": "a cloud's metadata",
  "168.63.129.16/32": "a cloud's metadata",
  "224.0.0.0/4": "multicast",
  "240.0.0.0/4": "reserved or broadcast",
};
