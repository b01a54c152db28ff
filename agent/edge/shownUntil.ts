import { connect, type DetailedPeerCertificate } from "node:tls";

/**
 * The end of the first certificate to end of those that a TLS server shows, s since 1970. Rejects where it shows none within
 * the time.
 */
export function shownUntil(
  { address, port }: { readonly address: string; readonly port: number },
  timeoutMs: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    // It is read, not trusted: nothing is sent.
    const socket = connect({ host: address, port, rejectUnauthorized: false });
    const late = setTimeout(
      () => socket.destroy(new Error(`no certificate within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    socket.on("error", reject).on("close", () => {
      clearTimeout(late);
      reject(new Error("closed before it has shown a certificate"));
    });
    socket.on("secureConnect", () => {
      const ends = chainOf(socket.getPeerCertificate(true)).map(
        ({ valid_to }) => Date.parse(valid_to) / 1000,
      );
      socket.destroy();
      if (ends.length === 0) reject(new Error("it shows no certificate"));
      else resolve(Math.min(...ends));
    });
  });
}

/** The server's own certificate, then those of intermediate authorities; one that has signed itself ends them. */
function chainOf(own: DetailedPeerCertificate): readonly DetailedPeerCertificate[] {
  const chain: DetailedPeerCertificate[] = [];
  for (let at: DetailedPeerCertificate | undefined = own; at?.valid_to && !chain.includes(at); ) {
    chain.push(at);
    at = at.issuerCertificate;
  }
  return chain;
}
