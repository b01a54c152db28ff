/** What the daemon asks root's narrow door for: haproxy's servers as the node's log of routes has them. */
export const balanceVerb = "balance";
