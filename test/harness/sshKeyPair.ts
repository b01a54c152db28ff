import ssh2 from "ssh2";

/**
 * A pair of SSH keys that can be read again. Of those that ssh2 makes, its own parser and OpenSSH refuse one in some
 * hundreds as malformed.
 */
export function sshKeyPair(type: "ed25519" | "ecdsa"): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair =
      type === "ed25519"
        ? ssh2.utils.generateKeyPairSync(type)
        : ssh2.utils.generateKeyPairSync(type, { bits: 256 });
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}
