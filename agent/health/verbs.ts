/** What the daemon may ask root's narrow door to do to HAProxy; no verb takes an argument. */
export const haproxyVerbs = ["recover", "revive", "revive-or-give-up", "bid-again", "validate"] as const;
export type HaproxyVerb = (typeof haproxyVerbs)[number];
