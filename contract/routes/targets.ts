/**
 * Networks that no target is in unless it is allowed: this network, loopback, link-local with the metadata of clouds,
 * multicast, and those that no host has (RFC 6890). HAProxy's configuration refuses them as the agent does.
 */
export const forbiddenTargets: readonly string[] = [
  "0.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/4",
  "240.0.0.0/4",
];
